"""Several workers on one database: who is found dead, who stops itself, who takes over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime

import pytest

from strongroom.clock import Clock, SystemClock
from strongroom.control import workers
from strongroom.control.database import open_database
from strongroom.control.outages import DatabaseUnreachable
from strongroom.control.postgres import PostgresPlace
from strongroom.engine.liveness import Timing
from strongroom.engine.membership import Membership, PlaceLost
from tests.fakes.hand_clock import HandClock

_SOON_S = 20.0


class Held:
    """A ``Durable`` that says who has something in hand, and remembers what was taken over."""

    def __init__(self) -> None:
        self.holding: set[str] = set()
        self.taken: list[list[str]] = []
        self.woken = 0

    def holders(self) -> frozenset[str]:
        return frozenset(self.holding)

    def recover(self, dead: list[str]) -> int:
        if dead:
            self.taken.append(dead)
        self.holding -= set(dead)
        return len(dead)

    def wake(self) -> None:
        self.woken += 1


class Worker:
    """One of them; its time is moved by hand, and it beats when a test says so."""

    def __init__(self, place: PostgresPlace, clock: Clock, timing: Timing | None = None) -> None:
        self.lost: list[str] = []
        self.membership = Membership(
            place, host="here", pid=1, clock=clock, lost=self.lost.append, timing=timing
        )
        self.id = self.membership.id

    def look(self, held: Held) -> None:
        self.membership.look(held)  # type: ignore[arg-type]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def hire(dbos_place: PostgresPlace, clock: HandClock) -> Iterator[Callable[[], Worker]]:
    hired: list[Worker] = []

    def one() -> Worker:
        worker = Worker(dbos_place, clock)
        worker.membership.enter()
        hired.append(worker)
        return worker

    yield one
    for worker in hired:
        worker.membership.leave()


def _pass(clock: HandClock, looker: Worker, held: Held, *beating: Worker, minutes: int = 1) -> None:
    for _ in range(minutes * 12 + 1):
        clock.move(seconds=5)
        for worker in (looker, *beating):
            worker.membership.beat()
            worker.membership.check()
        looker.look(held)


def test_who_beats_keeps_its_work(hire: Callable[[], Worker], clock: HandClock) -> None:
    a, b, held = hire(), hire(), Held()
    held.holding = {a.id, b.id}
    _pass(clock, b, held, a, minutes=5)
    assert held.taken == []
    assert b.membership.others() == [a.id]
    assert (a.lost, b.lost) == ([], [])


def test_who_is_silent_is_dead_and_its_work_is_taken_over(
    hire: Callable[[], Worker], clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    a, b, held = hire(), hire(), Held()
    held.holding = {a.id, b.id}
    _pass(clock, b, held)
    assert held.taken == [[a.id]]
    assert held.woken == 1
    assert b.membership.others() == []

    # It comes back, learns it at once, and is told to stop once, after that was logged.
    a.membership.beat()
    a.membership.beat()
    assert a.lost == ["the others have found it dead"]
    assert any(one.levelname == "CRITICAL" and a.id in one.getMessage() for one in caplog.records)
    with pytest.raises(PlaceLost):
        a.look(held)


def test_what_a_dead_worker_grabbed_before_it_knew_is_taken_from_it_again(
    hire: Callable[[], Worker], clock: HandClock
) -> None:
    a, b, held = hire(), hire(), Held()
    held.holding = {a.id}
    _pass(clock, b, held)
    held.holding = {a.id}
    clock.move(seconds=5)
    b.look(held)
    assert held.taken == [[a.id], [a.id]]


def test_who_leaves_is_followed_at_once(hire: Callable[[], Worker], clock: HandClock) -> None:
    a, b, held = hire(), hire(), Held()
    held.holding = {a.id, b.id, "unheard-of"}
    a.membership.leave()
    clock.move(seconds=5)
    b.look(held)
    assert held.taken == [sorted([a.id, "unheard-of"])]


def test_who_cannot_be_heard_stops_itself(
    hire: Callable[[], Worker], clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bool:
        raise DatabaseUnreachable("away")

    a = hire()
    monkeypatch.setattr(workers, "beat", fail)
    for _ in range(44):
        clock.move(seconds=1)
        a.membership.beat()
        a.membership.check()
    assert a.lost == []
    clock.move(seconds=1)
    a.membership.check()
    a.membership.check()
    assert a.lost == ["no beat got through for 45 s"]


def test_who_stands_still_while_it_writes_stops_nobody_elses_beat(
    hire: Callable[[], Worker], dbos_place: PostgresPlace
) -> None:
    a, database = hire(), open_database(dbos_place)
    clock = SystemClock()
    with database.write():
        begun_s = clock.monotonic_s()
        a.membership.beat()
        assert clock.monotonic_s() - begun_s < 10
    database.close()
    assert a.lost == []


def test_who_stands_still_in_its_beat_holds_nobody_up(
    hire: Callable[[], Worker], dbos_place: PostgresPlace, clock: HandClock
) -> None:
    a, b, held = hire(), hire(), Held()
    held.holding = {a.id, b.id}
    for _ in range(12):
        clock.move(seconds=5)
        b.membership.beat()
        b.look(held)
    with a.membership._transaction() as db:
        workers.beat(db, a.id, now=clock.now())
        clock.move(seconds=5)
        b.look(held)
    assert held.taken == []
    _pass(clock, b, held)
    assert held.taken == [[a.id]]


def test_it_beats_by_itself_until_it_leaves(dbos_place: PostgresPlace) -> None:
    timing = Timing(beat_s=0.01, fence_after_s=30, dead_after_s=60)
    a = Worker(dbos_place, SystemClock(), timing)
    a.membership.join()
    database, clock = open_database(dbos_place), SystemClock()
    until_s = clock.monotonic_s() + _SOON_S
    seen: set[datetime] = set()
    while len(seen) < 3:
        assert clock.monotonic_s() < until_s
        with database.read() as db:
            seen |= set(workers.alive(db).values())
    threads = set(threading.enumerate())
    a.membership.leave()
    assert not {one.name for one in threads & set(threading.enumerate())} & {"beat", "pulse"}
    with database.read() as db:
        assert workers.alive(db) == {}
    database.close()
    assert a.lost == []


def test_it_stops_by_itself_when_nothing_gets_through(
    dbos_place: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = threading.Event()
    membership = Membership(
        dbos_place, host="here", pid=1, clock=SystemClock(), lost=lambda _: stopped.set(),
        timing=Timing(beat_s=0.02, fence_after_s=0.1, dead_after_s=0.2, ask_s=0.02),
    )  # fmt: skip
    hang = threading.Event()

    def never() -> AbstractContextManager[object]:
        hang.wait(_SOON_S)
        raise DatabaseUnreachable("away")

    membership.enter()
    monkeypatch.setattr(membership, "_transaction", never)
    membership._start()
    assert stopped.wait(_SOON_S)
    hang.set()
    monkeypatch.undo()
    membership.leave()
