"""Rows of wrong passwords: how many in a row, and when. Inside the caller's transaction.

In the database, so that starting the program anew does not give anybody new tries.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.schema import WRONG_PASSWORDS
from strongroom.control.upserts import insert

OF_CONNECTION = sa.select(
    WRONG_PASSWORDS.c["count"].label("tries"), WRONG_PASSWORDS.c.latest
).where(WRONG_PASSWORDS.c.connection_id == sa.bindparam("wanted"))
_ADD = insert(WRONG_PASSWORDS)
NOTE = _ADD.on_conflict_do_update(
    index_elements=["connection_id"],
    set_={
        "count": WRONG_PASSWORDS.c["count"] + 1,
        "latest": _ADD.excluded.latest,
    },
)
FORGET = sa.delete(WRONG_PASSWORDS).where(WRONG_PASSWORDS.c.connection_id == sa.bindparam("wanted"))


def of_connection(db: sa.Connection, connection_id: str) -> tuple[int, datetime | None]:
    """Say how many wrong passwords in a row there were, and when the latest was."""
    row = db.execute(OF_CONNECTION, {"wanted": connection_id}).one_or_none()
    return (0, None) if row is None else (row.tries, rows.time_of(row.latest))


def note(db: sa.Connection, connection_id: str, now: datetime) -> None:
    """Count one more."""
    db.execute(NOTE, {"connection_id": connection_id, "count": 1, "latest": rows.time_text(now)})


def forget(db: sa.Connection, connection_id: str) -> None:
    """Begin to count anew: the right one was given."""
    db.execute(FORGET, {"wanted": connection_id})
