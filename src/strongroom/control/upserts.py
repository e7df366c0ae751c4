"""``INSERT … ON CONFLICT`` and what belongs to it, written once for SQLite and PostgreSQL.

The clause is the same on both, and so are its parts in SQLAlchemy; only its compiler for PostgreSQL
asks for one part more, which SQLite does not know.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.dialects.sqlite.dml import OnConflictDoNothing, OnConflictDoUpdate
from sqlalchemy.ext.compiler import compiles

__all__ = ["Insert", "insert", "insert_if_new", "later"]


def insert_if_new(table: sa.Table) -> Insert:
    """Add a row unless it is there; its ``rowcount`` says whether it was added.

    For inserts nobody is told that on PostgreSQL without asking for it.
    """
    return insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


def later(one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Take the larger of two values; neither is missing."""
    return sa.case((one > other, one), else_=other)


@compiles(OnConflictDoNothing, "postgresql")
@compiles(OnConflictDoUpdate, "postgresql")
def _as_on_sqlite(clause: Any, compiler: Any, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    clause.constraint_target = None
    write = getattr(compiler, f"visit_{clause.__visit_name__}")
    text: str = write(clause, **options)
    return text
