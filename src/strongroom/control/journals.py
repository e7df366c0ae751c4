"""What restores intended and were told: the lines of a run's journal, in batches.

Batches are numbered from 1 without a gap. Whoever adds one says which number it has: two who go on
with the same journal, one of them unseen, cannot both have the same.

A run has one journal or several, one for each resource that it restores. Each of them has a range
of numbers of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from strongroom.control.schema import JOURNALS
from strongroom.errors import OperatorError

_PAGE = 50

BATCHES_MAX = 200_000
"""So many batches a journal has room for: more than a million items."""

JOURNALS_MAX = 10_000
"""And so many journals a run: a number has 31 bits."""

ADD = sa.insert(JOURNALS)
AFTER = (
    sa.select(JOURNALS.c.position, JOURNALS.c.lines)
    .where(
        JOURNALS.c.run_id == sa.bindparam("run"),
        JOURNALS.c.position > sa.bindparam("last"),
        JOURNALS.c.position <= sa.bindparam("end"),
    )
    .order_by(JOURNALS.c.position)
    .limit(_PAGE)
)
NEWEST = sa.select(sa.func.max(JOURNALS.c.position)).where(
    JOURNALS.c.run_id == sa.bindparam("run"),
    JOURNALS.c.position > sa.bindparam("begin"),
    JOURNALS.c.position <= sa.bindparam("end"),
)
IS_THERE = sa.select(JOURNALS.c.position).where(JOURNALS.c.run_id == sa.bindparam("run")).limit(1)
REMOVE = sa.delete(JOURNALS).where(JOURNALS.c.run_id == sa.bindparam("run"))


def newest(db: sa.Connection, run_id: str, part: int = 0) -> int:
    """Give the number of the newest batch of a run's n-th journal; 0: there is none."""
    begin = part * BATCHES_MAX
    found = db.execute(NEWEST, {"run": run_id, "begin": begin, "end": begin + BATCHES_MAX})
    return (found.scalar_one() or begin) - begin


def after(
    db: sa.Connection, run_id: str, position: int, part: int = 0
) -> Sequence[tuple[int, str]]:
    """Give the next few batches, oldest first: number and lines; none: there are no more."""
    begin = part * BATCHES_MAX
    wanted = {"run": run_id, "last": begin + position, "end": begin + BATCHES_MAX}
    return [(row.position - begin, row.lines) for row in db.execute(AFTER, wanted)]


def add(db: sa.Connection, run_id: str, position: int, lines: str, part: int = 0) -> bool:
    """Add a batch; False, and nothing is added: its number is not the next one.

    Raises:
        OperatorError: the journal is full.
    """
    if position > BATCHES_MAX:
        raise OperatorError(
            "The journal of this restore is full.",
            why=f"It has {BATCHES_MAX:,} entries.",
            hint="Restore this resource in several parts, with --path.",
        )
    if newest(db, run_id, part) != position - 1:
        return False
    there = part * BATCHES_MAX + position
    db.execute(ADD, {"run_id": run_id, "position": there, "lines": lines})
    return True


def is_there(db: sa.Connection, run_id: str) -> bool:
    """Say whether a run has any journal."""
    return db.execute(IS_THERE, {"run": run_id}).first() is not None


def remove(db: sa.Connection, run_id: str) -> None:
    """Forget all journals of a run."""
    db.execute(REMOVE, {"run": run_id})
