"""Drives the stations by hand: what happens when, without any waiting."""

from __future__ import annotations

from strongroom.lab.weather.model import (
    FOREVER,
    BackEnd,
    Cost,
    Link,
    Profile,
)
from strongroom.lab.weather.stations import Stations
from strongroom.lab.weather.visit import Asked, Stage, Visit

NO_CHANCE = Cost(base_s=1.0, item_s=0.0, rate=FOREVER, jitter=0.0)
NO_LINE = Link(rtt_s=0.0, handshake_s=0.0, bandwidth=1e12, per_connection=1e12)


def profile(**parts: object) -> Profile:
    """Make a server where only the named parts matter: one second a request, no line."""
    return Profile(**{"cost": NO_CHANCE, "link": NO_LINE, **parts})  # type: ignore[arg-type]


def workers(count: int, **more: object) -> tuple[BackEnd, ...]:
    """Make one back end."""
    return (BackEnd(workers=count, **more),)  # type: ignore[arg-type]


class Hand:
    """Carries requests out as soon as a worker has them, and sends the answers at once.

    Attributes:
        ends: When each visit came to its end, and which.
    """

    def __init__(
        self,
        server: Profile,
        *,
        items: int = 1,
        size: int = 0,
        wire: int | None = None,
        seed: int = 1,
    ) -> None:
        self.stations = Stations(server, seed=seed)
        self.now = 0.0
        self.items, self.size = items, size
        self.wire = size if wire is None else wire
        self.ends: dict[Visit, tuple[float, Stage]] = {}
        self.most_at_work = 0

    def send(
        self, place: str = "ann", *, caller: str = "keeper", kind: str = "", new: bool = False
    ) -> Visit:
        asked = Asked(caller=caller, place=place, kind=kind)
        visit = self.stations.enter(self.now, asked, is_new_connection=new)
        self._look()
        return visit

    def until(self, when: float) -> None:
        """Let time pass, in steps of what happens."""
        while (at := self.stations.wake_at()) <= when:
            self.now = max(self.now, at)
            self._look()
        self.now = when
        self._look()

    def end_of(self, visit: Visit) -> tuple[float, Stage]:
        at, stage = self.ends[visit]
        return round(at, 6), stage

    def _look(self) -> None:
        while changed := self.stations.advance(self.now):
            self.most_at_work = max(self.most_at_work, *(p.busy for p in self.stations.pools))
            for visit in changed:
                self._serve(visit)

    def _serve(self, visit: Visit) -> None:
        match visit.stage:
            case Stage.AT_WORK:
                self.stations.work(self.now, visit, items=self.items, size=self.size)
            case Stage.ANSWERED:
                self.stations.send(self.now, visit, self.wire)
            case Stage.SENT | Stage.REFUSED | Stage.TIMED_OUT | Stage.BROKEN | Stage.LOST if (
                visit not in self.ends
            ):
                self.ends[visit] = (self.now, visit.stage)
                self.stations.leave(self.now, visit)
