"""The history is trimmed once a day, a slice at a time, by whichever worker comes by."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom.control import history, runs
from strongroom.control.database import Database
from strongroom.control.history import Trimmed
from strongroom.control.records import NewRun, RunStatus
from strongroom.engine.trimming import Trimming
from tests.fakes.hand_clock import HandClock


@pytest.fixture
def slices(monkeypatch: pytest.MonkeyPatch) -> list[Trimmed]:
    """Say what the next slices remove; then nothing is left."""
    prepared: list[Trimmed] = []
    monkeypatch.setattr(
        history, "trim", lambda *_: prepared.pop(0) if prepared else Trimmed(rows=0)
    )
    return prepared


def steps(trimming: Trimming, clock: HandClock, seconds: int) -> None:
    for _ in range(seconds):
        trimming.step()
        clock.move(seconds=1)


def test_a_slice_is_taken_every_few_seconds_until_nothing_is_left(
    control_database: Database, slices: list[Trimmed]
) -> None:
    clock, gone = HandClock(), list[str]()
    slices += [Trimmed(rows=9, runs=("a", "b")), Trimmed(rows=9), Trimmed(rows=9, runs=("c",))]
    trimming = Trimming(control_database, clock, gone.append)
    trimming.step()
    trimming.step()
    assert (gone, len(slices)) == (["a", "b"], 2)
    steps(trimming, clock, 12)
    assert (gone, len(slices)) == (["a", "b", "c"], 0)


def test_it_is_done_once_a_day_whoever_does_it(
    control_database: Database, slices: list[Trimmed]
) -> None:
    clock, gone = HandClock(), list[str]()
    steps(Trimming(control_database, clock, gone.append), clock, 1)
    slices.append(Trimmed(rows=1, runs=("tomorrow",)))
    another = Trimming(control_database, clock, gone.append)
    steps(another, clock, 20)
    assert gone == []
    clock.move(days=1)
    steps(another, clock, 20)
    assert gone == ["tomorrow"]


def test_what_the_rule_does_not_keep_is_gone(control_database: Database) -> None:
    clock, gone = HandClock(), list[str]()
    with control_database.write() as db:
        for number, age in enumerate((900, 800, 2)):
            then = clock.now() - timedelta(days=age)
            new = NewRun(kind="export", request={"number": number})
            runs.add(db, new, run_id=f"r{number}", now=then)
            runs.finish(db, f"r{number}", RunStatus.COMPLETE, fault=None, now=then)
    steps(Trimming(control_database, clock, gone.append), clock, 30)
    assert gone == ["r0", "r1"]
    with control_database.read() as db:
        assert [run.id for run in runs.newest_first(db, at_most=9)] == ["r2"]
