"""Speaks with Graph: sends, obeys its orders to wait, tries reads again, follows its pages."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import NamedTuple
from urllib.parse import urlencode

import orjson

from strongroom.clock import Clock
from strongroom.errors import OperatorError, StrongroomError, TransientError
from strongroom.pace.lane import LanePace
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget, Patience
from strongroom.pace.retry import read
from strongroom.pace.turn import Turn
from strongroom.slots.api import Outcome
from strongroom.wire.graph.answers import (
    NEXT_LINK,
    NotReadable,
    Row,
    read_object,
    rows_in,
    rows_of,
)
from strongroom.wire.graph.faults import Fault, error_of, fault_in
from strongroom.wire.graph.lanes import Asked, asked_for
from strongroom.wire.graph.pacing import told_by_answer, told_by_items
from strongroom.wire.graph.refusals import refusal
from strongroom.wire.http import HttpAnswer, HttpClient
from strongroom.wire.origins import Origins
from strongroom.wire.sign_in import RenewableSignIn
from strongroom.wire.traffic import TrafficMeter
from strongroom.wire.transport import USER_AGENT

VERSION = "v1.0"
PAGES_MAX = 10_000
_PATIENCE = Budget(wait_s=300.0, tries=6)
"""Somebody waits for a test or a list: long enough for one order to wait, not for an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphFacts:
    """What the last answer told about who gave it; empty where it did not say.

    Attributes:
        data_center: Where the gateway is, as it calls itself (``West Europe``).
        round_trip_s: How long the last request took, in seconds.
    """

    data_center: str = ""
    round_trip_s: float = 0.0


class _Question(NamedTuple):
    """One request, before it is sent."""

    method: str
    url: str
    asked: Asked
    body: bytes = b""
    is_page: bool = False


class _TokenRefused(Exception):
    """The answer is a 401. Ends the turn: a new token is fetched without holding a slot."""

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class GraphConnection:
    """Speaks with Graph as one application or person. Safe in many threads.

    Args:
        http: Sends; whoever made it closes it.
        graph: ``https://graph.microsoft.com``, or another cloud's; the token goes there alone.
        sign_in: Whose token.
        clock: Time and waiting.
        pace: Graph's pace, shared by everything that talks to it.
        random: Where the jitter of waits comes from.
        budget: How long one read keeps trying.
        meter: Counts what goes over the line.

    Attributes:
        lane: The pace of what is about no mailbox and no site.
        facts: What the last answer told about who gave it.
    """

    def __init__(
        self,
        http: HttpClient,
        graph: str,
        sign_in: RenewableSignIn,
        *,
        clock: Clock,
        pace: Pace,
        random: Random,
        budget: Budget = _PATIENCE,
        meter: TrafficMeter | None = None,
    ) -> None:
        self.url = graph.rstrip("/")
        self.sign_in = sign_in
        self.meter = meter or TrafficMeter()
        self.facts = GraphFacts()
        self._http = http
        self._origins = Origins.of([graph])
        self._clock = clock
        self._pace = pace
        self.lane = LanePace(pace, "")
        self._random = random
        self._budget = budget
        self._renewing = threading.Lock()

    def __repr__(self) -> str:
        return f"GraphConnection({self.url!r}, {self.sign_in!r})"

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Row:
        """Read one object.

        Args:
            path: Below the version, its parts quoted: ``users/ann%40lab.example``.
            query: OData options and their values.

        Raises:
            TransientError: the budget is used up.
            StrongroomError: Graph's no, in its branch.
        """
        return self._read(_Question("GET", self._url(path, query), asked_for("GET", path)))

    def ask(self, path: str, body: Mapping[str, object] | None = None) -> Row:
        """Send a question that is a POST and changes nothing; it is tried again like a read.

        Raises:
            StrongroomError: as ``get``.
        """
        content = orjson.dumps(body) if body is not None else b""
        question = _Question("POST", self._url(path, None), asked_for("POST", path), content)
        return self._read(question)

    def rows(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[Row]:
        """Read a collection, page after page.

        Raises:
            ForbiddenOrigin: the next page's link leads where the token may not go.
            StrongroomError: as ``get``.
        """
        url = self._url(path, query)
        asked = asked_for("GET", path)
        seen: set[str] = set()
        while True:
            seen.add(url)
            page = self._read(_Question("GET", url, asked, is_page=True))
            yield from rows_of(page)
            following = page.get(NEXT_LINK)
            if not isinstance(following, str):
                return
            self._origins.check(following, named_by="the next page's link")
            if following in seen or len(seen) >= PAGES_MAX:
                raise OperatorError(
                    "Microsoft Graph's list has no end.",
                    why="It names the same page twice, or more pages than can be meant.",
                )
            url = following

    def _url(self, path: str, query: Mapping[str, str] | None) -> str:
        url = f"{self.url}/{VERSION}/{path}"
        return f"{url}?{urlencode(query)}" if query else url

    def _read(self, question: _Question) -> Row:
        return read(
            lambda patience: self._attempt(question, patience),
            clock=self._clock,
            budget=self._budget,
            random=self._random,
        )

    def _attempt(self, question: _Question, patience: Patience) -> Row:
        """Send once; where the token was refused and there is another one, once more."""
        proof = self.sign_in.headers()
        try:
            try:
                return self._once(question, proof, patience)
            except _TokenRefused as refused:
                if not self._is_renewed(proof, refused.answer):
                    raise
                return self._once(question, self.sign_in.headers(), patience)
        except _TokenRefused as refused:
            raise self._refusal(refused.answer) from None

    def _once(self, question: _Question, proof: Mapping[str, str], patience: Patience) -> Row:
        """Send in a turn of its own, and tell the pace what came back."""
        lane = LanePace(self._pace, question.asked.lane)
        with lane.turn(patience, kind=question.asked.kind, size=len(question.body)) as turn:
            answer = self._send(question, proof)
            if 200 <= answer.status < 300:
                return self._understood(question, answer, turn)
            fault = fault_in(answer.body)
            turn.tell(told_by_answer(answer.status, answer.header, fault, self._clock.now()))
            if answer.status == 401:
                raise _TokenRefused(answer)
            raise self._refusal(answer)

    def _understood(self, question: _Question, answer: HttpAnswer, turn: Turn) -> Row:
        try:
            found = read_object(answer.body)
            rows = rows_of(found) if question.is_page else rows_in(found)
        except NotReadable:
            # Not "from" it: its text would repeat what the server sent.
            raise TransientError("Microsoft Graph gave an answer that cannot be read.") from None
        turn.items, turn.size = max(1, len(rows)), len(answer.body)
        now = self._clock.now()
        told = told_by_answer(answer.status, answer.header, Fault(), now)
        by_items = told_by_items(error_of(row) for row in rows)
        turn.tell(told if by_items.outcome == Outcome.OK else by_items)
        return found

    def _refusal(self, answer: HttpAnswer) -> StrongroomError:
        error = refusal(answer, user=self.sign_in.user, clock=self._clock)
        if isinstance(error, TransientError) and error.is_throttle:
            self.meter.add(throttled=1)
        return error

    def _is_renewed(self, proof: Mapping[str, str], answer: HttpAnswer) -> bool:
        # Of many threads that are refused at once, the first one renews for all.
        with self._renewing:
            return self.sign_in.headers() != proof or self.sign_in.refused(
                answer.header_values.get("www-authenticate", ())
            )

    def _send(self, question: _Question, proof: Mapping[str, str]) -> HttpAnswer:
        headers = {
            **proof,
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "client-request-id": str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
        }
        if question.body:
            headers["Content-Type"] = "application/json"
        self.meter.add(requests=1, bytes_sent=len(question.body))
        answer = self._http.request(
            question.method, question.url, headers=headers, body=question.body
        )
        self.meter.add(bytes_read=len(answer.body))
        self.facts = GraphFacts(
            data_center=_data_center(answer.headers.get("x-ms-ags-diagnostic", "")),
            round_trip_s=answer.round_trip_s,
        )
        return answer


def _data_center(diagnostic: str) -> str:
    """Read where the gateway is out of the header that it describes itself in.

    Source:
        https://learn.microsoft.com/graph/best-practices-concept
    """
    try:
        told = read_object(diagnostic.encode()).get("ServerInfo")
    except NotReadable:
        return ""
    name = told.get("DataCenter") if isinstance(told, dict) else None
    return name[:64] if isinstance(name, str) and name.isprintable() else ""
