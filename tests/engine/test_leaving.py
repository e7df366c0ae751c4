"""A worker that leaves, and what it sees to once a day."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from strongroom.control.database import Database
from strongroom.engine.fellows import Alone
from strongroom.engine.worker import Equipment, Worker
from tests.engine.support import MADE
from tests.fakes.hand_clock import HandClock
from tests.fakes.plain_durable import PlainDurable


class Stuck(PlainDurable):
    """Carries a body that does not stop; and takes note of what it is to forget."""

    def __init__(self, database: Database, *, is_stuck: bool) -> None:
        super().__init__(database.write)
        self.forgotten: list[datetime] = []
        self._is_stuck = is_stuck

    def close(self, timeout_s: float, /) -> bool:
        return super().close(timeout_s) and not self._is_stuck

    def forget(self, before: datetime, /) -> int:
        self.forgotten.append(before)
        return 0


class Place(Alone):
    """A place among workers that is given back, or not."""

    has_left = False

    def leave(self) -> None:
        self.has_left = True


def make(
    database: Database, *, is_stuck: bool = False, clock: HandClock | None = None
) -> tuple[Worker, Stuck, Place, list[str]]:
    durable, place, lost = Stuck(database, is_stuck=is_stuck), Place(), list[str]()
    MADE.append(durable)
    equipment = Equipment(durable=durable, fellowship=place, lost=lost.append)
    return Worker(database, {}, clock or HandClock(), equipment), durable, place, lost


@pytest.mark.parametrize("is_stuck", [False, True])
def test_who_cannot_stop_what_it_is_at_ends_hard_and_gives_nothing_back_before(
    database: Database, *, is_stuck: bool
) -> None:
    worker, _, place, lost = make(database, is_stuck=is_stuck)
    worker.close()
    assert place.has_left is not is_stuck
    assert lost == (["what it was at did not stop within 20 s"] if is_stuck else [])


def test_what_is_long_over_is_forgotten_once_a_day(database: Database) -> None:
    clock = HandClock()
    worker, durable, _, _ = make(database, clock=clock)
    for _ in range(50):
        worker.step()
        clock.move(hours=1)
    worker.close()
    assert len(durable.forgotten) == 3
    assert durable.forgotten[0] == HandClock().now() - timedelta(days=7)


def test_a_worker_that_cannot_begin_gives_its_place_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("as when the database went away just now")

    monkeypatch.setattr(Stuck, "launch", fail)
    left: list[bool] = []
    monkeypatch.setattr(Place, "leave", lambda _: left.append(True))
    with pytest.raises(RuntimeError):
        make(database)
    MADE.pop()
    assert left == [True]
