"""What a server saw of its clients, for tests that judge how they behave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.lab.weather.model import Whose
from strongroom.lab.weather.visit import Asked, Key, Reason, Refusal

# A request on its way when an order to wait is given was not sent against it: the order and the
# request cross. Threads that were about to send need as long as this to hear of it.
_CROSSING_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts since the weather began.

    Attributes:
        requests: All that came, the next two sorts included.
        answered: Sent whole.
        items: Items in these.
        sent_bytes: Bytes in these.
        refused: Turned away, by the reason.
        broken: Broken on the way, or by an outage; also those that found the server away.
        timed_out: Given up by a worker after its most.
        abandoned: Given up by the client before the answer was through.
        disobedient: Sent against an order to wait, by whom the order spoke about.
        in_outages: Sent while the server was away, later than a client needs to notice.
        at_once_max: The most that were inside at once, waiting, worked on or being sent.
    """

    requests: int
    answered: int
    items: int
    sent_bytes: int
    refused: Mapping[Reason, int]
    broken: int
    timed_out: int
    abandoned: int
    disobedient: Mapping[Whose, int]
    in_outages: int
    at_once_max: int

    @property
    def failed(self) -> int:
        """Requests that ended without an answer of use."""
        return sum(self.refused.values()) + self.broken + self.timed_out


class Counting:
    """Counts while it happens."""

    def __init__(self) -> None:
        self.requests = 0
        self.answered = 0
        self.items = 0
        self.sent_bytes = 0
        self.broken = 0
        self.timed_out = 0
        self.abandoned = 0
        self.in_outages = 0
        self.at_once_max = 0
        self._refused: Counter[Reason] = Counter()
        self._disobedient: Counter[Whose] = Counter()
        self._orders: dict[Key, _Order] = {}

    def came(self, now: float, asked: Asked, at_once: int) -> None:
        """Count a newcomer, and whether it should have stayed away."""
        self.requests += 1
        self.at_once_max = max(self.at_once_max, at_once)
        for whose in Whose:
            order = self._orders.get(asked.key(whose))
            if order is not None and order.given_s + _CROSSING_S <= now < order.until_s:
                self._disobedient[whose] += 1

    def turned_away(self, now: float, asked: Asked, refusal: Refusal) -> None:
        """Count a refusal, and remember until when it told the client to stay away."""
        self._refused[refusal.reason] += 1
        if refusal.wait_s is None:
            return
        key = asked.key(refusal.whose)
        order = self._orders.get(key)
        until_s = now + refusal.wait_s
        if order is None or now >= order.until_s:
            self._orders[key] = _Order(given_s=now, until_s=until_s)
        else:
            order.until_s = max(order.until_s, until_s)

    def tally(self) -> Tally:
        """Say how it stands."""
        return Tally(
            requests=self.requests,
            answered=self.answered,
            items=self.items,
            sent_bytes=self.sent_bytes,
            refused=dict(self._refused),
            broken=self.broken,
            timed_out=self.timed_out,
            abandoned=self.abandoned,
            disobedient=dict(self._disobedient),
            in_outages=self.in_outages,
            at_once_max=self.at_once_max,
        )


@dataclass(slots=True)
class _Order:
    given_s: float
    until_s: float
