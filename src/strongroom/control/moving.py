"""Copies a control database from a file to a PostgreSQL, row by row, all or nothing."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from strongroom.control import progress
from strongroom.control.database import MOVED, DatabasePlace, told
from strongroom.control.journals import BATCHES_MAX
from strongroom.control.retention_schema import ALL_TABLES
from strongroom.control.schema import JOURNALS, PROGRESS, RUNS, TASKS, WORKERS
from strongroom.errors import IntegrityError, OperatorError, ResourceLocked

_ROWS_AT_ONCE = 500
_PATIENCE_S = 5
_MARK = sa.text("UPDATE alembic_version SET version_num = :mark")
_BELONG_TO_PROCESSES = (WORKERS, PROGRESS)
_SET_POSITION = sa.text(
    "SELECT setval(pg_get_serial_sequence('runs', 'position'), max(position)) FROM runs"
    " HAVING max(position) IS NOT NULL"
)
_PUT_BACK_RUNS = (
    sa.update(RUNS).where(RUNS.c.status == "running").values(status="waiting", driver=None)
)
_PUT_BACK_TASKS = (
    sa.update(TASKS).where(TASKS.c.status == "running").values(status="waiting", worker=None)
)


@contextmanager
def held(path: Path) -> Iterator[sa.Connection]:
    """Have a database file for ourselves while the block lasts; it is marked as moved at its end.

    Whoever opened it before us is not there any more, and whoever waits for it finds the mark.

    Raises:
        ResourceLocked: somebody else has it open.
    """
    engine = sa.create_engine(
        f"sqlite:///{path}", poolclass=sa.NullPool, connect_args={"timeout": _PATIENCE_S}
    )
    sa.event.listen(engine, "connect", _alone)
    sa.event.listen(engine, "begin", _exclusive)
    with ExitStack() as stack:
        try:
            db = stack.enter_context(engine.connect())
            stack.enter_context(db.begin())
        except sa.exc.OperationalError as error:
            raise ResourceLocked(
                f"The control database {path} is in use.",
                why="Another command, or a shell of `strongroom connection unlock`, has it open.",
                hint="Let them end, and run this again; nothing was changed.",
            ) from error
        yield db
        db.execute(_MARK, {"mark": MOVED})


def _alone(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None
    # In this mode nobody else can have the file open, reading or not.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")


def _exclusive(db: sa.Connection) -> None:
    db.exec_driver_sql("BEGIN EXCLUSIVE")


def copy_rows(
    source: sa.Connection, target: sa.Connection, place: DatabasePlace
) -> Mapping[str, int]:
    """Copy every row into empty tables of the same version; give how many there are by table.

    What a worker had in hand waits again, and is begun as a new attempt: DBOS's rows, which carried
    the last one, stay behind. Of how far workers were the figures come along.

    Args:
        source: From where.
        target: Where to; everything in one transaction.
        place: Of the source, to tell what its errors mean.

    Raises:
        OperatorError: the tables are not empty.
        IntegrityError: there are not as many rows as there were.
    """
    counts: dict[str, int] = {}
    for table in ALL_TABLES.sorted_tables:
        if _count(target, table):
            raise OperatorError(
                "There are rows in this database already, so nothing is moved into it.",
                why=f"The table {table.name} is not empty.",
                hint="To use what is there, `strongroom database join URL` from a new home. What a "
                "move left that was cut short, its administrator removes with DROP SCHEMA IF "
                "EXISTS strongroom, dbos CASCADE.",
            )
    for table in ALL_TABLES.sorted_tables:
        if table in _BELONG_TO_PROCESSES:
            continue
        for batch in _batches(source, table, place):
            target.execute(sa.insert(table), batch)
        counts[table.name] = _count(source, table)
        if counts[table.name] != _count(target, table):
            raise IntegrityError(
                f"Not all rows of {table.name} arrived, so nothing was moved.",
                hint="Run it again; the home uses the database that it used.",
            )
    for batch in _batches(source, PROGRESS, place):
        target.execute(sa.insert(PROGRESS), batch)
    progress.leave_all(target)
    target.execute(_SET_POSITION)
    target.execute(_PUT_BACK_RUNS)
    target.execute(_PUT_BACK_TASKS)
    return counts


def copy_journal(path: Path, target: sa.Connection) -> bool:
    """Copy the journal of a restore that is not over; False: there is no such run any more."""
    run_id, _, part = path.stem.partition(".")
    begin = int(part or 0) * BATCHES_MAX
    if not target.execute(sa.select(RUNS.c.id).where(RUNS.c.id == run_id)).first():
        return False
    with path.open(encoding="utf-8", newline="\n") as file:
        # A last line without an end was cut short by a crash, and was never acted upon.
        whole = (line.rstrip("\n") for line in file if line.endswith("\n"))
        for position in itertools.count(1):
            lines = list(itertools.islice(whole, _ROWS_AT_ONCE))
            if not lines:
                return True
            text = "\n".join(lines)
            target.execute(
                sa.insert(JOURNALS), {"run_id": run_id, "position": begin + position, "lines": text}
            )
    return True


def _batches(
    source: sa.Connection, table: sa.Table, place: DatabasePlace
) -> Iterator[list[dict[str, Any]]]:
    with told(place):
        for batch in source.execute(sa.select(table)).mappings().partitions(_ROWS_AT_ONCE):
            yield [dict(row) for row in batch]


def _count(db: sa.Connection, table: sa.Table) -> int:
    return db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
