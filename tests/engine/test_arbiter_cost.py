"""What the arbiter costs: counted in statements and rows, which no busy machine changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom.control import claims as rows
from strongroom.control import runs
from strongroom.control.database import Database, open_database
from strongroom.control.postgres import PostgresPlace
from strongroom.control.records import NewRun
from strongroom.engine import arbiter
from strongroom.engine.claims import Claims

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MANY = 20_000


def many(start: int = 0, how_many: int = MANY) -> Claims:
    names = frozenset(f"person{start + number:06d}@x.example" for number in range(how_many))
    return Claims(server="x", resources=names)


def submit(db: sa.Connection, run_id: str, claims: Claims) -> None:
    run = NewRun(kind="backup", request={}, claims=claims.to_json())
    runs.add(db, run, run_id=run_id, now=NOW)
    arbiter.submit(db, run_id, claims)


@contextmanager
def counted(db: sa.Connection) -> Iterator[list[str]]:
    """Note every statement that is sent to the database."""
    sent: list[str] = []

    def note(*told: Any) -> None:
        sent.append(told[2])

    sa.event.listen(db, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(db, "before_cursor_execute", note)


def test_a_large_run_is_put_down_and_granted_in_few_statements(control_database: Database) -> None:
    with control_database.write() as db, counted(db) as sent:
        submit(db, "large", many())
        assert len(sent) < 12, "thousands of keys go in one statement"
        sent.clear()
        assert arbiter.grant(db, NOW) == ("large",)
        assert len(sent) == 2


def test_a_look_at_a_queue_in_which_all_wait_is_one_statement(control_database: Database) -> None:
    with control_database.write() as db:
        for number in range(60):
            submit(db, f"r{number}", Claims(storage="s", connection=f"c{number}"))
        assert arbiter.grant(db, NOW) == ("r0",)
        with counted(db) as sent:
            assert arbiter.grant(db, NOW) == ()
            assert not arbiter.has_to_decide(arbiter.queue(db), NOW)
        assert len(sent) == 2
        assert not any("claims" in statement.partition("FROM")[2] for statement in sent)


def test_when_a_run_ends_each_that_waited_for_it_is_compared_once(
    control_database: Database,
) -> None:
    with control_database.write() as db:
        for number in range(60):
            submit(db, f"r{number}", Claims(storage="s", connection=f"c{number}"))
        arbiter.grant(db, NOW)
        arbiter.stand_aside(db, "r0", NOW)
        with db.begin_nested(), counted(db) as sent:
            assert arbiter.grant(db, NOW) == ("r0",)
        assert len(sent) <= 2 + 2 * 60


STATISTICS = {
    "none": (),
    "of an empty table": ("empty", "ANALYZE"),
    "of one run that claimed all": ("one", "ANALYZE", "empty"),
    "of many small runs": ("small", "ANALYZE", "empty"),
}


@pytest.mark.parametrize("known", STATISTICS)
def test_whatever_a_server_believes_of_its_tables_two_large_runs_are_compared_key_by_key(
    postgres_place: PostgresPlace, known: str
) -> None:
    with closing(open_database(postgres_place)) as database, database.write() as db:
        for step in STATISTICS[known]:
            prepare(db, step)
        submit(db, "a", many())
        submit(db, "b", many(start=MANY))
        submit(db, "c", many(start=3 * MANY, how_many=10))
        for statement in (rows.CONFLICTS_FROM_IT, rows.CONFLICTS_FROM_OTHERS):
            for one, other, smaller in (("a", "b", MANY), ("c", "a", 10), ("a", "c", 10)):
                is_from_it = statement is rows.CONFLICTS_FROM_IT
                if smaller == 10 and is_from_it is not (one == "c"):
                    continue  # from the larger side, as it is never done
                assert touched(db, statement, one, other) <= 3 * smaller + 20


def prepare(db: sa.Connection, step: str) -> None:
    if step == "one":
        submit(db, "early", many())
    elif step == "small":
        for number in range(200):
            submit(db, f"early{number}", many(start=number, how_many=3))
    elif step == "empty":
        db.exec_driver_sql("DELETE FROM claims")
    else:
        db.exec_driver_sql("ANALYZE claims")
        db.exec_driver_sql("ANALYZE runs")


def touched(db: sa.Connection, statement: sa.Select[Any], one: str, other: str) -> int:
    """Have the server do it, and count the rows that it took into its hands."""
    compiled = statement.params(wanted=one, others=[other]).compile(
        dialect=db.dialect, compile_kwargs={"literal_binds": True, "render_postcompile": True}
    )
    told = db.exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {compiled}").scalar_one()
    plan: Any = json.loads(told) if isinstance(told, str) else told
    return _rows(plan[0]["Plan"])


def _rows(node: dict[str, Any]) -> int:
    removed = sum(value for name, value in node.items() if name.startswith("Rows Removed"))
    is_scan = "Scan" in node["Node Type"]
    own = (node["Actual Rows"] + removed) * node["Actual Loops"] if is_scan else 0
    return int(own) + sum(_rows(below) for below in node.get("Plans", ()))
