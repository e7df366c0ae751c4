"""What restores intended and were told: the lines of a run's journal, in batches.

Batches are numbered from 1 without a gap. Whoever adds one says which number it has: two who go on
with the same journal, one of them unseen, cannot both have the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from strongroom.control.schema import JOURNALS

_PAGE = 50

ADD = sa.insert(JOURNALS)
AFTER = (
    sa.select(JOURNALS.c.position, JOURNALS.c.lines)
    .where(JOURNALS.c.run_id == sa.bindparam("run"), JOURNALS.c.position > sa.bindparam("last"))
    .order_by(JOURNALS.c.position)
    .limit(_PAGE)
)
NEWEST = sa.select(sa.func.max(JOURNALS.c.position)).where(JOURNALS.c.run_id == sa.bindparam("run"))
REMOVE = sa.delete(JOURNALS).where(JOURNALS.c.run_id == sa.bindparam("run"))


def newest(db: sa.Connection, run_id: str) -> int:
    """Give the number of the newest batch; 0: there is none."""
    return db.execute(NEWEST, {"run": run_id}).scalar_one() or 0


def after(db: sa.Connection, run_id: str, position: int) -> Sequence[tuple[int, str]]:
    """Give the next few batches, oldest first: number and lines; none: there are no more."""
    found = db.execute(AFTER, {"run": run_id, "last": position})
    return [(row.position, row.lines) for row in found]


def add(db: sa.Connection, run_id: str, position: int, lines: str) -> bool:
    """Add a batch; False, and nothing is added: its number is not the next one."""
    if newest(db, run_id) != position - 1:
        return False
    db.execute(ADD, {"run_id": run_id, "position": position, "lines": lines})
    return True


def remove(db: sa.Connection, run_id: str) -> None:
    """Forget a journal."""
    db.execute(REMOVE, {"run": run_id})
