"""One mailbox by Graph: sends, obeys its orders to wait, tries reads again, follows its links.

Over the transport of the data path, since answers hold hundreds of megabytes. A link or a redirect
is followed within Graph's own origin alone: the token goes nowhere else.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar
from urllib.parse import quote, urlsplit

from strongroom.clock import Clock
from strongroom.errors import OperatorError, SignInEnded, StrongroomError, TransientError
from strongroom.pace.lane import LanePace
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget, Patience, TooMuchAtOnce
from strongroom.pace.retry import read
from strongroom.pace.told import Told
from strongroom.pace.turn import Turn
from strongroom.slots.api import Outcome
from strongroom.wire.graph.answers import NotReadable, Row, read_object
from strongroom.wire.graph.connection import PAGES_MAX
from strongroom.wire.graph.faults import Fault, fault_in
from strongroom.wire.graph.lanes import asked_for
from strongroom.wire.graph.mailbox.at_once import AtOnce
from strongroom.wire.graph.mailbox.question import (
    Heard,
    Page,
    Question,
    answer_of,
    page_of,
    written,
)
from strongroom.wire.graph.pacing import told_by_answer
from strongroom.wire.graph.refusals import refusal
from strongroom.wire.origins import Origins
from strongroom.wire.reply import AnswerTooLarge, Reply
from strongroom.wire.sign_in.doubt import RefusedForNow
from strongroom.wire.transport import Transport

T = TypeVar("T")

V1, BETA = "v1.0", "beta"

ANSWER_BYTES_MAX = 64 * 1024 * 1024
"""A page of a thousand rows has two megabytes; a batch of twenty of them forty."""

_REDIRECTS_MAX = 3
MOVED = frozenset({301, 302, 307, 308})
_TOO_LATE = frozenset({413, 504})

PREFER_IDS = 'IdType="ImmutableId"'
"""Ids that stay when an item is moved. Accepted everywhere; whether ``mailboxItem`` honours it is
not documented, so nothing counts on it."""


class _Moved(Exception):
    """The answer sends us elsewhere, within Graph. Ends the turn."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.target = target


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxLine:
    """Speaks with one mailbox. Safe in many threads.

    Attributes:
        transport: To Graph (``https://graph.microsoft.com``, or another cloud's, with its path).
        mailbox: The mailbox's id, ``MBX:GUID@TENANT``.
        version: ``v1.0``; archives are in ``beta`` only.
        clock: Time and waiting.
        pace: Graph's pace, shared by everything that talks to it.
        random: Where the jitter of waits comes from.
        budget: How long one read keeps trying.
        at_once: What is on its way to the mailbox.
        heard: What its last answer told.
    """

    transport: Transport
    mailbox: str
    version: str = V1
    clock: Clock
    pace: Pace
    random: Random
    budget: Budget = field(default_factory=Budget)
    at_once: AtOnce = field(default_factory=AtOnce)
    heard: Heard = field(default_factory=Heard)

    @property
    def lane(self) -> LanePace:
        """The mailbox's own pace."""
        return LanePace(self.pace, quote(self.mailbox, safe=":@"))

    @property
    def path(self) -> str:
        """The mailbox's own path, below the version."""
        return f"admin/exchange/mailboxes/{quote(self.mailbox, safe=':@')}"

    def elsewhere(self, mailbox: str, version: str) -> MailboxLine:
        """Give the line to another part of the mailbox: an archive may lie in several."""
        return replace(self, mailbox=mailbox, version=version)

    def target(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """Write a whole target.

        Args:
            path: Below the version, its parts quoted.
            query: OData options and their values.
        """
        base = urlsplit(self.transport.url).path.rstrip("/")
        return f"{base}/{self.version}/{path}{written(query)}"

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Row:
        """Read one object.

        Raises:
            TransientError: the budget is used up.
            CursorExpired: the link is not taken any more.
            StrongroomError: Graph's no, in its branch.
        """
        kind = asked_for("GET", path).kind
        return self.ask(Question("GET", self.target(path, query), kind, prefer=(PREFER_IDS,)))

    def ask(self, question: Question) -> Row:
        """Send a question that changes nothing, and again while time may heal it.

        Raises:
            StrongroomError: as ``get``.
        """
        return self.again(lambda patience: self.once(question, patience))

    def pages(
        self, path: str, query: Mapping[str, str], *, at_once: int, link: str = ""
    ) -> Iterator[Page]:
        """Read a collection, page after page.

        Args:
            path: Below the version.
            query: OData options; they stand in the links of later pages by themselves.
            at_once: How many rows a page should have.
            link: Where to go on, in place of all that: a link that an earlier answer gave.

        Raises:
            ForbiddenOrigin: a link leads where the token may not go.
            StrongroomError: as ``get``.
        """
        kind = asked_for("GET", path).kind
        target = self.within(link) if link else self.target(path, query)
        prefer = (PREFER_IDS, f"odata.maxpagesize={at_once}")
        seen: set[str] = set()
        while True:
            seen.add(target)
            page = page_of(self.ask(Question("GET", target, kind, prefer=prefer)))
            yield page
            if not page.following:
                return
            target = self.within(page.following)
            if target in seen or len(seen) >= PAGES_MAX:
                raise OperatorError(
                    "Microsoft Graph's list has no end.",
                    why="It names the same page twice, or more pages than can be meant.",
                )

    def within(self, link: str) -> str:
        """Make a target of a link that an answer gave.

        Raises:
            ForbiddenOrigin: it leads where the token may not go.
        """
        if link.startswith("/") and not link.startswith("//"):
            return link
        Origins.of([self.transport.url]).check(link, named_by="a link in an answer")
        parts = urlsplit(link)
        return f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"

    def again(self, call: Callable[[Patience], T]) -> T:
        """Make a read, and again while time may heal it, within the budget."""
        return read(call, clock=self.clock, budget=self.budget, random=self.random)

    def once(self, question: Question, patience: Patience) -> Row:
        """Send once and read the answer whole."""
        with self.opened(question._replace(takes_packed=True), patience) as (reply, turn):
            try:
                body = reply.read(ANSWER_BYTES_MAX)
                found = read_object(bytes(body))
            except AnswerTooLarge as error:
                raise TooMuchAtOnce(
                    "Microsoft Graph would answer too much at once.", why=error.what
                ) from error
            except NotReadable:
                # Not "from" it: its text would repeat what the server sent.
                raise TransientError(
                    "Microsoft Graph gave an answer that cannot be read."
                ) from None
            turn.size = len(body)
            return found

    @contextmanager
    def opened(self, question: Question, patience: Patience) -> Iterator[tuple[Reply, Turn]]:
        """Send once, and give a success unread, redirects within Graph followed.

        Raises:
            TooMuchAtOnce: it took Graph too long, and fewer items can be asked for.
            StrongroomError: as ``get``, of one attempt.
        """
        for _ in range(_REDIRECTS_MAX):
            try:
                with self._turn(question, patience) as given:
                    yield given
                    return
            except _Moved as moved:
                question = question._replace(target=moved.target)
        raise OperatorError(
            "Microsoft Graph sends us from one place to the next.",
            why=f"More than {_REDIRECTS_MAX} times for one question.",
        )

    @contextmanager
    def _turn(self, question: Question, patience: Patience) -> Iterator[tuple[Reply, Turn]]:
        with (
            self.at_once.of(question.at_once),
            self.lane.turn(
                patience,
                kind=question.kind,
                items=question.items,
                size=question.size,
                slots=question.at_once,
                requests=question.requests,
            ) as turn,
            self._sent(question) as reply,
        ):
            turn.head_s = reply.round_trip_s
            if not 200 <= reply.status < 300:
                self._refuse(question, reply, turn)
            self.heard.date = reply.header("Date")
            self.heard.round_trip_s = reply.round_trip_s
            yield reply, turn
            if turn.told is None:
                now = self.clock.now()
                turn.tell(told_by_answer(reply.status, reply.header, Fault(), now))

    def _sent(self, question: Question) -> Reply:
        headers = {
            "Accept": "application/json",
            "client-request-id": str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
        }
        if question.takes_packed:
            headers["Accept-Encoding"] = "gzip"
        if question.prefer:
            headers["Prefer"] = ", ".join(question.prefer)
        if question.method == "GET":
            return self.transport.get(question.target, headers)
        headers["Content-Type"] = "application/json"
        if question.method != "POST":
            send = self.transport.change
            return send(question.method, question.body, headers, target=question.target)
        return self.transport.post(question.body, headers, target=question.target)

    def _refuse(self, question: Question, reply: Reply, turn: Turn) -> None:
        """Raise what an answer without success means, always."""
        answer = answer_of(reply)
        if reply.status in MOVED and answer.header("location"):
            turn.tell(Told(outcome=Outcome.OK))
            raise _Moved(self.within(answer.header("location")))
        fault = fault_in(answer.body)
        turn.tell(told_by_answer(reply.status, answer.header, fault, self.clock.now()))
        error: StrongroomError = refusal(answer, user=self.transport.sign_in.user, clock=self.clock)
        if isinstance(error, SignInEnded):
            if reply.had_success:
                raise RefusedForNow(
                    f"{self.transport.host} refused a token that it had accepted.",
                    why="HTTP 401: nothing was done, and the next one counts.",
                )
            self.transport.doubt.end(error)
        if isinstance(error, TransientError) and error.is_throttle:
            self.transport.meter.add(throttled=1)
        elif reply.status in _TOO_LATE and question.items > 1:
            raise TooMuchAtOnce(error.what, why=error.why)
        raise error
