"""Ten thousand mailboxes: reports, health and metrics read them once, and hold few at a time."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from strongroom.cli import report_kinds, report_writing
from strongroom.cli.report_writing import Format
from strongroom.cli.settings import Settings
from strongroom.control import growth, history, protected, runs, tasks
from strongroom.control.protected import Origin, Standing
from strongroom.control.records import NewRun, RunStatus, TaskStatus
from strongroom.control.schema import GROWTH, PROTECTED
from strongroom.service.application import Application
from strongroom.service.run_report import LISTED_MAX
from tests.control.standing_tasks import task
from tests.fakes.mail_server import World
from tests.service.support import add_job

MANY = 10_000
DAYS = 2
NOW = datetime(2026, 3, 5, 10, 15, tzinfo=UTC)
MEGABYTE = 1_000_000


@pytest.fixture
def large(ready: Application, world: World) -> Application:
    """Give a home that knows ten thousand mailboxes, of which one in ten failed."""
    add_job(ready)
    (storage,) = ready.storages.all()
    origin = Origin(
        storage_id=storage.id, storage="disk", connection="office", job="nightly", run_id="r1"
    )
    with ready._shared.database.write() as db:
        runs.add(db, NewRun(kind="backup", request={"storage": storage.id}), run_id="r1", now=NOW)
        runs.finish(db, "r1", RunStatus.PARTIAL, fault=None, now=NOW)
        planned = [
            task(
                f"user{number:05}@example",
                TaskStatus.COMPLETE,
                saved=3,
                byte_count=100,
                number=number,
            )
            for number in range(MANY)
        ]
        tasks.add_all(db, planned)
        protected.plan(db, origin, planned)
        db.execute(
            sa.update(PROTECTED).values(
                status=Standing.COMPLETE, good="2026-03-05T09:15:00.000000Z", items=3
            )
        )
        db.execute(
            sa.update(PROTECTED)
            .where(PROTECTED.c.resource.like("user___%0@example"))
            .values(status=Standing.FAILED, why="It does not answer. " * 10, good=None)
        )
        key = {"storage_id": storage.id, "resource_kind": "mailbox"}
        figures = {"items": 3, "bytes_read": 100, "bytes_stored": 50}
        db.execute(
            sa.insert(GROWTH),
            [
                {**key, **figures, "resource_id": one.resource_id, "day": f"2026-03-0{day + 1}"}
                for one in planned
                for day in range(DAYS)
            ],
        )
    return ready


@contextmanager
def statements(application: Application) -> Iterator[list[str]]:
    """Collect what is asked of the database inside the block."""
    asked: list[str] = []
    engine = application._shared.database._engine

    def hear(_c: object, _d: object, statement: str, *_: object) -> None:
        if statement != "BEGIN":
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", hear)


@contextmanager
def bounded(megabytes: float) -> Iterator[None]:
    """Insist that what is held inside the block at once is small."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < megabytes * MEGABYTE, f"{peak / MEGABYTE:.1f} MB"


def test_each_row_is_read_once_whatever_is_asked(large: Application) -> None:
    pages = MANY / protected.PAGE
    with statements(large) as asked:
        next(large.reports.protected())
        next(large.reports.growth())
    assert len(asked) <= 10, "nothing is read before somebody wants it"
    with statements(large) as asked:
        assert sum(1 for _ in large.reports.protected()) == MANY * 9 // 10
    assert len(asked) <= pages + 20
    with statements(large) as asked:
        failed = list(large.reports.unprotected(max_age_s=90_000))
    assert (len(failed), {one.cause for one in failed}) == (MANY // 10, {"failed"})
    assert len(asked) <= pages + 20
    with statements(large) as asked:
        assert sum(one.items for one in large.reports.growth()) == 3 * DAYS * MANY
    assert len(asked) <= DAYS * MANY / growth.PAGE + 20
    with statements(large) as asked:
        assert [one.items for one in large.reports.growth(is_total=True)] == [3 * MANY] * DAYS
        (run,) = large.reports.runs()
        assert (run.resources, run.saved) == (MANY, 3 * MANY)
        assert len(large.metrics.text().splitlines()) < 200
        assert large.health.now().level == "warning"
    assert len(asked) <= 120
    with statements(large) as asked:
        assert len(large.metrics.text_with_resources().splitlines()) > 2 * MANY * 9 // 10
    assert len(asked) <= pages + 60
    _a_plan_is_noted_page_by_page_and_the_history_goes_in_slices(large)


def _a_plan_is_noted_page_by_page_and_the_history_goes_in_slices(large: Application) -> None:
    database = large._shared.database
    (storage,) = large.storages.all()
    origin = Origin(
        storage_id=storage.id, storage="disk", connection="office", job="nightly", run_id="r2"
    )
    planned = [task(f"user{number:05}@example") for number in range(1, MANY)]
    with statements(large) as asked, database.write() as db:
        protected.plan(db, origin, planned)
        protected.settle(db, origin, why="not covered")
    assert len(asked) <= MANY / protected.PAGE + 4
    with database.read() as db:
        left = [row.resource for row in protected.page(db, None) if row.run_id == "r1"]
    assert left == [], "nothing was saved of the one that is not covered any more"
    slices, later = 0, NOW + timedelta(days=900)
    while True:
        with database.write() as db:
            trimmed = history.trim(db, later)
        slices += 1
        assert trimmed.rows <= history.ROWS_AT_ONCE
        if not trimmed.rows:
            break
    with database.read() as db:
        assert db.execute(sa.text("SELECT count(*) FROM tasks")).scalar_one() == 0
        assert db.execute(sa.text("SELECT count(*) FROM growth")).scalar_one() == MANY - 1
        assert db.execute(sa.text("SELECT count(*) FROM protected")).scalar_one() == MANY - 1
    assert slices < 100


def test_a_list_of_runs_has_the_sums_of_all_and_names_the_first(large: Application) -> None:
    with bounded(2):
        listed: Any = large.runs.all()
    (run,) = listed
    assert (run["tasks_total"], run["totals"]["saved"]) == (MANY, 3 * MANY)
    named = [one["resource"] for one in run["tasks"]]
    assert named == [f"user{number:05}@example" for number in range(LISTED_MAX)]


@pytest.mark.soak
def test_few_of_them_are_in_memory_at_once(large: Application, tmp_path: Path) -> None:
    lines, file = large.reports.unprotected(max_age_s=1), tmp_path / "report"
    with bounded(8):
        report_writing.write(Settings(), report_kinds.UNPROTECTED, lines, Format.CSV, file)
    assert file.stat().st_size > 2 * MEGABYTE
    with bounded(4):
        large.metrics.text()
        large.health.now()
        list(large.reports.runs())
