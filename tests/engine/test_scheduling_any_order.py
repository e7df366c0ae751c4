"""Whatever happens in whatever order: no turn is lost without a word, and no two runs pile up."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.control import runs
from strongroom.control.database import open_database
from strongroom.control.records import RunStatus
from strongroom.control.sqlite import SqliteFile
from strongroom.engine.schedule import Schedule
from tests.engine.scheduled import START, Scheduled

CRON, ZONE = "*/20 8-19 * * *", "Europe/Berlin"
WHILES = st.sampled_from([1, 7, 20, 21, 45, 300, 2000])
DEEDS = st.one_of(
    st.tuples(st.just("pass"), WHILES),
    st.tuples(st.sampled_from(["start", "end", "pause", "resume", "restart", "ask"]), st.just(0)),
)


@contextmanager
def new_home(template: Path) -> Iterator[Scheduled]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(template, Path(folder) / "control.db"))
        opened = open_database(SqliteFile(path=path))
        try:
            yield Scheduled(opened)
        finally:
            opened.close()


def do(home: Scheduled, deed: str, minutes: int) -> None:
    """Do something with the last run, if it can be done."""
    known = home.runs()
    last = known[-1].status if known else None
    if deed == "pass":
        home.tick(minutes=minutes)
    elif deed == "restart":
        home.scheduler = home.worker()
    elif deed == "start" and last is RunStatus.WAITING:
        home.start()
    elif deed == "end":
        home.end()
    elif deed == "pause" and last in {RunStatus.WAITING, RunStatus.RUNNING}:
        home.pause_run()
    elif deed == "resume" and last is RunStatus.PAUSED:
        with home.database.write() as db:
            runs.resume(db, known[-1].id)
    elif deed == "ask" and (last is None or last.is_final):
        home.ask_by_hand()


@settings(max_examples=25)
@given(deeds=st.lists(DEEDS, max_size=25))
def test_every_turn_is_taken_once_or_told_as_missed(
    sqlite_template: Path, deeds: list[tuple[str, int]]
) -> None:
    schedule = Schedule(cron=CRON, time_zone=ZONE)
    with new_home(sqlite_template) as home:
        home.add(cron=CRON, time_zone=ZONE)
        taken = set()
        for deed, minutes in deeds:
            do(home, deed, minutes)
            taken |= {home.job().last_due} - {None}
            unfinished = [run for run in home.runs() if not run.status.is_final]
            assert len(unfinished) <= 1
        known, missed = home.runs(), [turn for _, turns, _ in home.missed for turn in turns]
        assert len(set(missed)) == len(missed), "each is told once"
        came, turn = set(), schedule.next_due(START)
        while turn is not None and turn <= home.clock.now() - timedelta(seconds=1):
            came.add(turn)
            turn = schedule.next_due(turn)
        assert taken | set(missed) == came
        taken_by_runs = [run.due for run in known if run.due is not None]
        assert len(set(taken_by_runs)) == len(taken_by_runs)
        assert len(taken_by_runs) + sum(run.joined for run in known) == len(taken)
