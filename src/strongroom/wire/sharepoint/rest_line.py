"""One question to a SharePoint at a time: its turn, its sign-in, its digest, and its no."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from random import Random
from typing import TypeVar
from urllib.parse import urlsplit

from strongroom.clock import Clock
from strongroom.errors import OutcomeUnknown, StrongroomError, TransientError
from strongroom.pace.lane import LanePace
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget, Patience
from strongroom.pace.retry import read
from strongroom.pace.turn import Turn
from strongroom.wire.http import ANSWER_BYTES_MAX
from strongroom.wire.reply import AnswerTooLarge, Body, Reply
from strongroom.wire.sharepoint import digests
from strongroom.wire.sharepoint.bearing import Bearing
from strongroom.wire.sharepoint.digests import ContextInfo, Digests
from strongroom.wire.sharepoint.odata import LIGHT, VERBOSE
from strongroom.wire.sharepoint.pacing import resource_units, told_by_answer
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest_facts import RestFacts, facts_of
from strongroom.wire.sharepoint.rest_refusals import (
    SiteDenied,
    SiteRefused,
    is_form_refused,
    is_sign_in_wanted,
    refusal,
)
from strongroom.wire.sharepoint.sealed import not_understood
from strongroom.wire.sign_in import BearerSignIn, RenewableSignIn
from strongroom.wire.transport import Transport

T = TypeVar("T")

_PATIENCE = Budget(wait_s=300.0, tries=6)
"""Somebody waits for a test or a list: long enough for one order to wait, not for an outage."""


def site_of(target: str) -> str:
    """Give the site that a target is about, as a lane: what stands before ``/_api``."""
    path = target.partition("?")[0].partition("/_api")[0]
    return path.partition("/_vti_")[0].casefold()


class _NothingDone(Exception):
    """The server did nothing yet, and will if it is asked otherwise.

    Ends the turn: what is to be mended is mended without holding a slot.
    """


class _SignInWanted(_NothingDone):
    """It asks for its own sign-in."""


class _DigestRefused(_NothingDone):
    """The digest ended or is not of here."""


class _WordyWanted(_NothingDone):
    """It knows only the older form of JSON."""


class RestLine:
    """Sends questions as they are. Safe in many threads.

    Args:
        transport: To the server of the sites, made with ``ALWAYS``; whoever makes it closes it.
        clock: Time and waiting.
        pace: The server's pace, shared by everything that talks to it.
        random: Where the jitter of waits comes from.
        budget: How long one read keeps trying.
        site: Whose lane all questions go by; empty: that of the site which each is about.

    Attributes:
        lane: The pace of what is about no site in particular; or of the one site.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        clock: Clock,
        pace: Pace,
        random: Random,
        budget: Budget = _PATIENCE,
        site: str = "",
    ) -> None:
        self.transport = transport
        self.clock = clock
        self.lane = LanePace(pace, site)
        self._pace = pace
        self._random = random
        self._budget = budget
        self._shared = _Shared(clock)

    @property
    def facts(self) -> RestFacts:
        """What the last answer told, to any view."""
        return self._shared.facts

    @property
    def user(self) -> str:
        """Who asks, for messages to people."""
        return self.transport.sign_in.user

    @property
    def subject(self) -> str:
        """The same at the beginning of a sentence; a name stays as it is."""
        is_application = self.user.startswith("application ")
        return f"A{self.user[1:]}" if is_application else self.user

    def read(self, question: Question) -> Answer:
        """Send a question that changes nothing, and again while time may heal it.

        Raises:
            StrongroomError: as ``get``.
        """
        return self.again(lambda patience: self.once(question, patience))

    def write(self, question: Question) -> Answer:
        """Send a question that changes something, once.

        Raises:
            StrongroomError: as ``post``.
        """
        return self.once(question, Patience(self._budget))

    @property
    def bearing(self) -> Bearing:
        """How many writes the server takes together."""
        return self._shared.bearing

    def forget_digest(self, question: Question) -> None:
        """Have a new digest got: the one that this was sent with was refused inside an answer."""
        site = site_of(question.target)
        self._shared.digests.forget(site, self._shared.digests.of(site))

    def draw(self) -> str:
        """Draw letters that separate what is sent together."""
        return f"{self._random.getrandbits(128):032x}"

    def again(self, call: Callable[[Patience], T]) -> T:
        """Make a read, and again while time may heal it, within the budget."""
        return read(call, clock=self.clock, budget=self._budget, random=self._random)

    def opened(
        self, question: Question, patience: Patience, stack: ExitStack
    ) -> tuple[Reply, Turn]:
        """Send once, and give a success unread; its turn and its line are held by the stack.

        A sign-in that ended, a digest that did, or a form of JSON that is too new for the server
        mean that nothing was done: then it is sent once more, writes included.

        Raises:
            StrongroomError: as ``get``, of one attempt.
        """
        try:
            return self._opened(question, patience, stack)
        except TransientError as error:
            if error.is_throttle:
                self.transport.meter.add(throttled=1)
            raise

    def _opened(
        self, question: Question, patience: Patience, stack: ExitStack
    ) -> tuple[Reply, Turn]:
        tried: set[type[_NothingDone]] = set()
        while True:
            proof = self.transport.sign_in.headers()
            digest = self._digest(question, patience)
            try:
                with ExitStack() as inner:
                    entered = inner.enter_context(
                        self._turn(question, digest, patience, tried=tried)
                    )
                    stack.enter_context(inner.pop_all())
                    return entered
            except _NothingDone as error:
                self._mend(error, question, proof, digest)
                tried.add(type(error))

    def _mend(self, error: _NothingDone, question: Question, proof: object, digest: str) -> None:
        """Make ready to send once more.

        Raises:
            TransientError: what was to be sent is used up; whoever has it gives it again.
        """
        match error:
            case _SignInWanted():
                self._renew(proof)
            case _DigestRefused():
                self._shared.digests.forget(site_of(question.target), digest)
            case _WordyWanted():
                self._shared.is_wordy = True
        if isinstance(question.body, Body):
            raise TransientError(
                f"{self.transport.host} wants what was sent once more.",
                why="Nothing was done: it asked for a new proof of who sends it.",
            )

    def once(self, question: Question, patience: Patience) -> Answer:
        """Send once and read the answer whole; what is left of the patience is for its turn."""
        with ExitStack() as stack:
            reply, turn = self.opened(question, patience, stack)
            body = self._body(reply, question)
            if not question.is_write:
                turn.size = len(body)
            etag = reply.header("ETag")
            return Answer(status=reply.status, body=body, url=self.transport.url, etag=etag)

    @contextmanager
    def _turn(
        self,
        question: Question,
        digest: str,
        patience: Patience,
        *,
        tried: Collection[type[_NothingDone]],
    ) -> Iterator[tuple[Reply, Turn]]:
        """Ask in a turn of its own, and tell the pace what came back.

        Raises:
            _NothingDone: it is to be asked once more, for a reason that is not in ``tried``.
        """
        lane = self.lane if self.lane.name else LanePace(self._pace, site_of(question.target))
        units = resource_units(question.call) * question.count
        with (
            lane.turn(patience, kind=question.call, items=units) as turn,
            self._sent(question, digest) as reply,
        ):
            turn.head_s = reply.round_trip_s
            if _SignInWanted not in tried and is_sign_in_wanted(reply):
                raise _SignInWanted
            self._shared.facts = facts_of(reply)
            if not 200 <= reply.status < 300:
                self._refuse(reply, question, turn, tried)
            self._tell(turn, reply)
            yield reply, turn

    def _sent(self, question: Question, digest: str) -> Reply:
        accept = VERBOSE if self._shared.is_wordy else LIGHT
        headers = {"Accept": accept, **question.headers}
        if digest:
            headers[digests.HEADER] = digest
        if question.method == "GET":
            return self.transport.get(question.target, headers)
        return self.transport.post(
            question.body, headers, is_write=question.is_write, target=question.target
        )

    def _refuse(
        self,
        reply: Reply,
        question: Question,
        turn: Turn,
        tried: Collection[type[_NothingDone]],
    ) -> None:
        """Raise what an answer without success means, always."""
        body = self._body(reply, replace(question, bytes_max=ANSWER_BYTES_MAX))
        url = self.transport.url
        no: StrongroomError = refusal(reply, body, url=url, user=self.user, clock=self.clock)
        code = no.code if isinstance(no, SiteDenied | SiteRefused) else ""
        self._tell(turn, reply, code=code, body=body)
        is_digest_refused = reply.status == 403 and code.startswith(digests.REFUSED)
        if _DigestRefused not in tried and is_digest_refused:
            raise _DigestRefused
        if _WordyWanted not in tried and is_form_refused(reply.status, code):
            raise _WordyWanted
        if question.is_write and isinstance(no, TransientError) and not no.is_throttle:
            raise OutcomeUnknown(no.what, why=no.why)
        raise no

    def _body(self, reply: Reply, question: Question) -> bytes:
        try:
            return bytes(reply.read(question.bytes_max))
        except AnswerTooLarge as error:
            raise not_understood(self.transport.url, reply.status) from error

    def _tell(self, turn: Turn, reply: Reply, *, code: str = "", body: bytes = b"") -> None:
        now = self.clock.now()
        turn.tell(told_by_answer(reply.status, reply.header, now, code=code, body=body))

    def _digest(self, question: Question, patience: Patience) -> str:
        """Give what a POST must carry; empty where nothing is needed."""
        is_bearer = isinstance(self.transport.sign_in, BearerSignIn)
        if question.method == "GET" or not question.needs_digest or is_bearer:
            return ""
        site = site_of(question.target)
        if known := self._shared.digests.of(site):
            return known
        path = urlsplit(question.target).path.partition("/_")[0]
        return self._shared.digests.learn(site, self._context(path, patience))

    def _context(self, path: str, patience: Patience) -> ContextInfo:
        """Ask for a digest: the one POST that needs none."""
        question = Question(target=f"{path}/_api/contextinfo", method="POST", needs_digest=False)
        return self.once(question, patience).read(ContextInfo)

    def _renew(self, proof: object) -> None:
        sign_in = self.transport.sign_in
        if not isinstance(sign_in, RenewableSignIn):
            return
        # Of many threads that are refused at once, the first one renews for all.
        with self._shared.renewing:
            if sign_in.headers() == proof:
                sign_in.refused(())


class _Shared:
    """What all views of one connection know together."""

    def __init__(self, clock: Clock) -> None:
        self.facts = RestFacts()
        self.digests = Digests(clock)
        self.is_wordy = False
        self.bearing = Bearing()
        self.renewing = threading.Lock()
