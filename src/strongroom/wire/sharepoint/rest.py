"""Asks a SharePoint's ``_api``: one sign-in, many sites of one server, pace and patience.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/get-to-know-the-sharepoint-rest-service
"""

from __future__ import annotations

import threading
from random import Random
from typing import TypeVar

import msgspec

from strongroom.clock import Clock
from strongroom.errors import TransientError
from strongroom.pace.lane import LanePace
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget, Patience
from strongroom.pace.retry import read
from strongroom.pace.turn import Turn
from strongroom.wire.http import ANSWER_BYTES_MAX
from strongroom.wire.reply import AnswerTooLarge, Reply
from strongroom.wire.sharepoint.pacing import Call, resource_units, told_by_answer
from strongroom.wire.sharepoint.rest_facts import RestFacts, facts_of
from strongroom.wire.sharepoint.rest_refusals import (
    SiteDenied,
    SiteRefused,
    is_sign_in_wanted,
    refusal,
)
from strongroom.wire.sharepoint.sealed import not_understood
from strongroom.wire.sign_in import RenewableSignIn
from strongroom.wire.transport import Transport

T = TypeVar("T")

ALWAYS = {"X-FORMS_BASED_AUTH_ACCEPTED": "f"}
"""For the transport: without it a farm sends programs to its sign-in page as well."""

ONLINE = {**ALWAYS, "User-Agent": "ISV|Strongroom|Strongroom/0.1"}
"""In place of ``ALWAYS`` for Microsoft's own: where it has to choose, it lets traffic that names
itself this way go first."""

_JSON = {"Accept": "application/json;odata=nometadata"}
_PATIENCE = Budget(wait_s=300.0, tries=6)
"""Somebody waits for a test or a list: long enough for one order to wait, not for an outage."""


def context_url(site: str) -> str:
    """Give the address that the transport must be made for; connections are signed in there.

    A POST there gives a digest, and changes nothing.
    """
    return f"{site.rstrip('/')}/_api/contextinfo"


def site_of(target: str) -> str:
    """Give the site that a target is about, as a lane: what stands before ``/_api``."""
    return target.partition("?")[0].partition("/_api")[0].casefold()


class _SignInWanted(Exception):
    """The server asks for its own sign-in. Ends the turn: that is done without holding a slot."""


class RestConnection:
    """Asks. Safe in many threads.

    Args:
        transport: To the server of the sites, made with ``ALWAYS``; whoever makes it closes it.
        clock: Time and waiting.
        pace: The server's pace, shared by everything that talks to it.
        random: Where the jitter of waits comes from.
        budget: How long one read keeps trying.

    Attributes:
        facts: What the last answer told about who gave it.
        lane: The pace of what is about no site in particular.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        clock: Clock,
        pace: Pace,
        random: Random,
        budget: Budget = _PATIENCE,
    ) -> None:
        self.transport = transport
        self.facts = RestFacts()
        self._clock = clock
        self._pace = pace
        self.lane = LanePace(pace, "")
        self._random = random
        self._budget = budget
        self._renewing = threading.Lock()

    def __repr__(self) -> str:
        return f"RestConnection({self.transport!r})"

    @property
    def user(self) -> str:
        """Who asks, for messages to people."""
        return self.transport.sign_in.user

    @property
    def subject(self) -> str:
        """The same at the beginning of a sentence; a name stays as it is."""
        is_application = self.user.startswith("application ")
        return f"A{self.user[1:]}" if is_application else self.user

    def get(self, target: str, kind: type[T], *, call: Call = Call.ONE) -> T:
        """Ask, and again while time may heal it.

        Args:
            target: Path and query below the server: ``/sites/a/_api/web?$select=Id``.
            kind: What the answer is read as.
            call: What sort of call it is, for the pace: sorts differ in what they cost.

        Raises:
            SiteDenied: the sign-in is not taken, or lacks a right there.
            SiteRefused: there is no such thing, or the question makes no sense there.
            TransientError: the budget is used up.
            OperatorError: it is no SharePoint; or the sign-in did not come about.
        """
        return read(
            lambda patience: self._attempt(target, kind, call, patience),
            clock=self._clock,
            budget=self._budget,
            random=self._random,
        )

    def _attempt(self, target: str, kind: type[T], call: Call, patience: Patience) -> T:
        proof = self.transport.sign_in.headers()
        try:
            try:
                return self._once(target, kind, call, patience)
            except _SignInWanted:
                # Cookies that ended: nothing was done, and no 401 told it to the transport.
                self._renew(proof)
                return self._once(target, kind, call, patience, is_last=True)
        except TransientError as error:
            if error.is_throttle:
                self.transport.meter.add(throttled=1)
            raise

    def _once(
        self, target: str, kind: type[T], call: Call, patience: Patience, *, is_last: bool = False
    ) -> T:
        """Ask in a turn of its own, and tell the pace what came back."""
        lane = LanePace(self._pace, site_of(target))
        with (
            lane.turn(patience, kind=call, items=resource_units(call)) as turn,
            self.transport.get(target, _JSON) as reply,
        ):
            turn.head_s = reply.round_trip_s
            if not is_last and is_sign_in_wanted(reply):
                raise _SignInWanted
            return self._read(reply, kind, turn)

    def _read(self, reply: Reply, kind: type[T], turn: Turn) -> T:
        self.facts = facts_of(reply)
        url = self.transport.url
        try:
            body = bytes(reply.read(ANSWER_BYTES_MAX))
        except AnswerTooLarge as error:
            raise not_understood(url, reply.status) from error
        if reply.status != 200:
            no = refusal(reply, body, url=url, user=self.user, clock=self._clock)
            code = no.code if isinstance(no, SiteDenied | SiteRefused) else ""
            self._tell(turn, reply, code=code, body=body)
            raise no
        turn.size = len(body)
        self._tell(turn, reply)
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # Not "from" it: its text would repeat what the server sent. From the library,
            # RecursionError is said of what is nested deeper than it reads.
            raise not_understood(url, reply.status) from None

    def _tell(self, turn: Turn, reply: Reply, *, code: str = "", body: bytes = b"") -> None:
        now = self._clock.now()
        turn.tell(told_by_answer(reply.status, reply.header, now, code=code, body=body))

    def _renew(self, proof: object) -> None:
        sign_in = self.transport.sign_in
        if not isinstance(sign_in, RenewableSignIn):
            return
        # Of many threads that are refused at once, the first one renews for all.
        with self._renewing:
            if sign_in.headers() == proof:
                sign_in.refused(())
