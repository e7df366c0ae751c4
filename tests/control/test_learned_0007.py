"""A home of version 0006 knows after the upgrade what is protected, from the runs that it made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom.control import growth, protected, run_sums
from strongroom.control.database import DatabasePlace, open_database
from strongroom.control.migrations import steps
from strongroom.control.postgres import PostgresPlace
from strongroom.control.protected import Protected, Standing
from strongroom.control.sqlite import SqliteFile

REQUEST = json.dumps({"storage": "s1", "connection": "c1", "selection": {}})


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> DatabasePlace:
    if request.param == "sqlite":
        return SqliteFile(path=tmp_path / "control.db")
    return PostgresPlace(url=request.getfixturevalue("postgres_url"))


def insert(db: sa.Connection, table: str, **row: Any) -> None:
    db.execute(sa.insert(sa.table(table, *(sa.column(name) for name in row))), row)


def add_run(
    db: sa.Connection, run_id: str, day: int, *tasks: dict[str, Any], job: str = "nightly"
) -> None:
    at = f"2026-03-{day:02}T10:00:00.000000Z"
    insert(
        db, "runs", position=day, id=run_id, job=job, kind="backup", request=REQUEST, claims="{}",
        status="complete", stop_asked=0, attempts=1, requests=0, throttled=0, created=at,
    )  # fmt: skip
    for number, one in enumerate(tasks):
        begun = at if one["status"] in {"complete", "partial", "failed"} else None
        insert(
            db, "tasks", run_id=run_id, number=number, name="",
            **{
                "resource_kind": "mailbox", "resource_id": f"id of {one['resource']}",
                "started": begun, "finished": at, "coverage": None, "reason": None, "error": None,
                **one,
            },
        )  # fmt: skip


def done(resource: str, status: str, *, saved: int = 0, unchanged: int = 0) -> dict[str, Any]:
    totals = {
        "on_server": saved + unchanged, "saved": saved, "unchanged": unchanged, "skipped": 0,
        "failed": 0, "bytes_read": 10 * saved, "bytes_stored": 5 * saved,
    }  # fmt: skip
    ledger = {"totals": totals, "point": f"point of {saved}", "folders": []}
    return {"resource": resource, "status": status, "coverage": json.dumps(ledger)}


@pytest.fixture
def learned(place: DatabasePlace) -> dict[str, Protected]:
    """Make a home as 0006 left it, open it, and give what it knows of each resource."""
    place.create()
    engine = place.engine(for_migrations=True)
    with engine.begin() as db:
        steps.upgrade(db, "0006")
        insert(db, "storages", id="s1", name="disk", url="u", sealed=b"", wrapped_key=b"",
               created="x")  # fmt: skip
        insert(db, "connections", id="c1", name="office", kind="k", sealed=b"", wrapped_key=b"",
               created="x")  # fmt: skip
        failed = {"exit_code": 5, "what": "It failed.", "why": "No answer.", "hint": ""}
        add_run(
            db, "r1", 1, done("ann", "complete", saved=3), done("bob", "complete", saved=2),
            done("gone", "complete", saved=1),
            {"resource": "misspelt", "status": "failed", "resource_kind": "unresolved"},
        )  # fmt: skip
        add_run(db, "r2", 2, {"resource": "ann", "status": "excluded"}, job="other")
        add_run(
            db, "r3", 3, done("ann", "partial", saved=1, unchanged=3),
            {"resource": "bob", "status": "failed", "error": json.dumps(failed)},
            {"resource": "gone", "status": "excluded",
             "reason": "The server does not list it any more. What was saved of it is kept."},
            {"resource": "cid", "status": "excluded", "reason": "excluded by the job"},
            {"resource": "dee", "status": "waiting"},
        )  # fmt: skip
    engine.dispose()
    opened = open_database(place)
    with opened.read() as db:
        found = {row.resource: row for row in protected.page(db, None)}
        days = [(row.resource, row.day, row.items, row.bytes_read) for row in growth.page(db, None)]
        assert sorted(days) == [
            ("ann", "2026-03-01", 3, 30),
            ("ann", "2026-03-03", 1, 10),
            ("bob", "2026-03-01", 2, 20),
            ("gone", "2026-03-01", 1, 10),
        ]
        sums = {line.id: line.sums["saved"] for line in run_sums.page(db, None)}
        assert sums == {"r1": 6, "r2": 0, "r3": 1}
    opened.close()
    return found


def test_what_the_old_runs_tell_is_known(learned: dict[str, Protected]) -> None:
    assert {name: row.status for name, row in learned.items()} == {
        "ann": Standing.PARTIAL,
        "bob": Standing.FAILED,
        "gone": Standing.GONE,
        "cid": Standing.EXCLUDED,
    }, "nothing was saved of the misspelt one, and the next run does not name it"
    ann = learned["ann"]
    assert ann.good is not None
    assert ann.newest is not None
    assert (ann.good.day, ann.point, ann.newest.day, ann.newest_point) == (
        1, "point of 3", 3, "point of 1",
    )  # fmt: skip
    assert (ann.items, ann.saved, ann.bytes_read, ann.run_id) == (4, 4, 40, "r3")
    assert (ann.storage, ann.connection, ann.job) == ("disk", "office", "nightly")
    assert learned["bob"].why == "It failed. No answer."
    assert learned["bob"].point == "point of 2"
    assert learned["gone"].point == "point of 1"
    assert learned["cid"].why == "excluded by the job"
