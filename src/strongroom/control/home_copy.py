"""Copies what a home knows into a file of SQLite's, wherever its database is kept.

What people have made and decided comes along. What grows with every run does not, nor what belongs
to processes: a copy is made daily, and has to stay small.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from strongroom.control import retention_schema
from strongroom.control.database import HEAD, Database
from strongroom.control.schema import METADATA
from strongroom.control.sqlite import SqliteFile

_MORE_TABLES = (retention_schema,)
"""They are part of the database by being loaded."""

LEFT_OUT = frozenset(
    {
        # Runs, and what they did: figures of the past, which grow with every night.
        "runs", "claims", "tasks", "progress", "journals", "growth",
        # Processes, and what they were told a moment ago.
        "workers", "waits", "wrong_passwords", "outbox",
        # What was begun and belongs to one sitting, or to a time that is over.
        "drafts", "requests",
        # A log goes on where it is; a copy of it could not be told from one cut short.
        "audit", "audit_end",
    }
)  # fmt: skip
"""Tables that a copy has, but empty."""

_MOVES = {
    "jobs": {"due", "last_due", "missed", "missed_why"},
    "channels": {"rests_until", "failing_since", "failures", "why"},
    "audit_sink": {"sent", "tried", "failing_since", "why"},
    "retention": {"pruned"},
}
"""Columns that change by themselves, so that a change of theirs is none of the home."""

_MOVE_ALTOGETHER = {"protected", "forgetting"}
_ROWS_AT_ONCE = 500
_VERSION = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32)))


def copied_tables() -> list[sa.Table]:
    """Give the tables whose rows come along, those that others refer to first."""
    return [one for one in METADATA.sorted_tables if one.name not in LEFT_OUT]


def write_copy(source: sa.Connection, path: Path) -> Database:
    """Copy a home's rows into a new file; give it, open. Whoever has it closes it.

    Args:
        source: A reading of the control database, of our version.
        path: The file; there must be none.
    """
    place = SqliteFile(path=path)
    place.create()
    made = Database(place, place.engine())
    try:
        with made.write() as db:
            METADATA.create_all(db)
            _VERSION.create(db)
            db.execute(sa.insert(_VERSION), {"version_num": HEAD})
            for table in copied_tables():
                for batch in _batches(source, table):
                    db.execute(sa.insert(table), batch)
    except BaseException:
        made.close()
        raise
    return made


def mark_of(source: sa.Connection, *, without_rules: frozenset[str]) -> str:
    """Give a word that changes when an operator has changed anything.

    Args:
        source: A reading of the control database.
        without_rules: Names of rules that change by themselves.
    """
    digest = hashlib.sha256(HEAD.encode())
    for table in copied_tables():
        if table.name in _MOVE_ALTOGETHER:
            continue
        columns = [one for one in table.columns if one.name not in _MOVES.get(table.name, ())]
        query = sa.select(*columns).order_by(*table.primary_key.columns)
        for row in source.execute(query):
            if table.name == "rules" and row.name in without_rules:
                continue
            digest.update(f"{table.name}\0{tuple(row)!r}\0".encode())
    return digest.hexdigest()[:32]


def _batches(source: sa.Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    for batch in source.execute(sa.select(table)).mappings().partitions(_ROWS_AT_ONCE):
        yield [dict(row) for row in batch]
