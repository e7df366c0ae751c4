"""Rows of what came into storages, by resource and day. Inside the caller's transaction.

They outlive the runs. Days long ago are summed up into their months, so that a home of ten thousand
mailboxes keeps some hundred thousand rows a year and not some millions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from strongroom.control import upserts
from strongroom.control.schema import GROWTH, PROTECTED

PAGE = 1000
_DAY_LETTERS, _MONTH_LETTERS = len("2026-03-05"), len("2026-03")
_FIGURES = ("items", "bytes_read", "bytes_stored")


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What came into one storage on one day.

    Attributes:
        resource: How people name it, or an empty string in a sum over all of them.
        day: ``2026-03-05``, UTC; or ``2026-03``, the whole month.
        items: Items whose content or state was saved.
        bytes_read: What came from the server.
        bytes_stored: What the storage grew by.
    """

    storage_id: str
    storage: str
    day: str
    resource_kind: str = ""
    resource_id: str = ""
    resource: str = ""
    items: int
    bytes_read: int
    bytes_stored: int


_KEY = (GROWTH.c.storage_id, GROWTH.c.resource_kind, GROWTH.c.resource_id, GROWTH.c.day)


def _add() -> sa.Insert:
    add = upserts.insert(GROWTH)
    return add.on_conflict_do_update(
        index_elements=_KEY,
        set_={name: GROWTH.c[name] + add.excluded[name] for name in _FIGURES},
    )


ADD = _add()
_WITH_NAMES = GROWTH.join(
    PROTECTED,
    sa.and_(
        *(
            GROWTH.c[name] == PROTECTED.c[name]
            for name in ("storage_id", "resource_kind", "resource_id")
        )
    ),
)
FIRST_PAGE = (
    sa.select(GROWTH, PROTECTED.c.resource, PROTECTED.c.storage)
    .select_from(_WITH_NAMES)
    .where(GROWTH.c.day >= sa.bindparam("since"))
    .order_by(*_KEY)
    .limit(sa.bindparam("rows_max"))
)
NEXT_PAGE = FIRST_PAGE.where(
    sa.tuple_(*_KEY) > sa.tuple_(*(sa.bindparam(f"after_{one.name}") for one in _KEY))
)
_STORAGE = sa.func.max(PROTECTED.c.storage).label("storage")
BY_DAY = (
    sa.select(
        GROWTH.c.storage_id,
        _STORAGE,
        GROWTH.c.day,
        *(sa.func.sum(GROWTH.c[name]).label(name) for name in _FIGURES),
    )
    .select_from(_WITH_NAMES)
    .where(GROWTH.c.day >= sa.bindparam("since"))
    .group_by(GROWTH.c.storage_id, GROWTH.c.day)
    .order_by(_STORAGE, GROWTH.c.storage_id, GROWTH.c.day)
)
_IS_LONG_AGO = (
    GROWTH.c.day < sa.bindparam("long_ago"),
    sa.func.length(GROWTH.c.day) == _DAY_LETTERS,
)
LONG_AGO = sa.select(GROWTH).where(*_IS_LONG_AGO).order_by(*_KEY).limit(sa.bindparam("at_most"))
REMOVE = sa.delete(GROWTH).where(*(one == sa.bindparam(f"of_{one.name}") for one in _KEY))
FORGET = sa.delete(GROWTH).where(
    ~sa.exists().where(
        *(
            GROWTH.c[name] == PROTECTED.c[name]
            for name in ("storage_id", "resource_kind", "resource_id")
        )
    )
)


def add(db: sa.Connection, key: tuple[str, str, str], day: str, figures: Mapping[str, int]) -> None:
    """Add to what came of a resource (storage's id, kind, id) on a day; nothing leaves no row."""
    if any(figures[name] for name in _FIGURES):
        db.execute(ADD, _row((*key, day), figures))


def page(
    db: sa.Connection,
    after: Growth | None,
    *,
    since: str = "",
    storage_id: str | None = None,
    job: str | None = None,
    rows_max: int = PAGE,
) -> Sequence[Growth]:
    """List a page of rows by storage, resource and day, from behind one; empty at the end.

    Args:
        db: The transaction.
        after: The last one of the page before.
        since: The first day, as text.
        storage_id: Of this storage alone.
        job: Only of what this job covers.
        rows_max: How long the page is.
    """
    values: dict[str, object] = {"since": since, "rows_max": rows_max}
    statement = FIRST_PAGE
    if after is not None:
        statement = NEXT_PAGE
        values |= {f"after_{one.name}": getattr(after, one.name) for one in _KEY}
    chosen = _chosen(statement, storage_id, job)
    return [Growth(**row) for row in db.execute(chosen, values).mappings()]


def by_day(
    db: sa.Connection, *, since: str = "", storage_id: str | None = None, job: str | None = None
) -> Sequence[Growth]:
    """Sum up over all resources: by storage and day."""
    chosen = _chosen(BY_DAY, storage_id, job)
    sums = db.execute(chosen, {"since": since}).mappings()
    # PostgreSQL adds whole numbers up to a decimal.
    return [Growth(**{**row, **{name: int(row[name]) for name in _FIGURES}}) for row in sums]


def sum_up(db: sa.Connection, *, before: str, rows_max: int) -> int:
    """Put some of the days before one into their months; say how many rows that were."""
    days = db.execute(LONG_AGO, {"long_ago": before, "at_most": rows_max}).mappings().all()
    months: dict[tuple[str, ...], Counter[str]] = {}
    for row in days:
        key = (*(row[one.name] for one in _KEY[:-1]), row["day"][:_MONTH_LETTERS])
        months.setdefault(key, Counter()).update({name: row[name] for name in _FIGURES})
    if days:
        db.execute(REMOVE, [{f"of_{one.name}": row[one.name] for one in _KEY} for row in days])
        db.execute(ADD, [_row(key, figures) for key, figures in months.items()])
    return len(days)


def forget(db: sa.Connection) -> int:
    """Remove the rows of what is not known any more; say how many."""
    return db.execute(FORGET).rowcount


def _chosen(statement: sa.Select[Any], storage_id: str | None, job: str | None) -> sa.Select[Any]:
    if storage_id is not None:
        statement = statement.where(GROWTH.c.storage_id == storage_id)
    return statement if job is None else statement.where(PROTECTED.c.job == job)


def _row(key: Sequence[str], figures: Mapping[str, int]) -> dict[str, object]:
    names = (one.name for one in _KEY)
    return {**dict(zip(names, key, strict=True)), **{name: figures[name] for name in _FIGURES}}
