"""Rows of the audit log: who did or was refused what, and why. Inside the caller's transaction.

Rows are only ever added. Each holds a *link* that is made of its own content and of the link before
it (see ``service.auditing``), so that a row that was changed, taken out or put in is noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.schema import AUDIT, AUDIT_END
from strongroom.control.upserts import insert
from strongroom.words.json import Json

_PAGE = 500
ADD = sa.insert(AUDIT)
AFTER = (
    sa.select(AUDIT)
    .where(AUDIT.c.position > sa.bindparam("last"))
    .order_by(AUDIT.c.position)
    .limit(_PAGE)
)
NEWEST = sa.select(AUDIT).order_by(AUDIT.c.position.desc()).limit(1)
END = sa.select(AUDIT_END.c.position, AUDIT_END.c.seal)
_PUT_END = insert(AUDIT_END)
SET_END = _PUT_END.on_conflict_do_update(
    index_elements=["id"],
    set_={"position": _PUT_END.excluded.position, "seal": _PUT_END.excluded.seal},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One line of the audit log.

    Attributes:
        position: Its place, from 1, without a gap.
        at: When; aware, UTC.
        account: Stable id of who did it.
        label: What they were called; says nothing about who they are.
        verb: What they did (``connections.test``).
        outcome: ``allowed``, ``refused``, ``wrong-password``, …
        about: What it was done to. Never holds a secret, content or a subject.
        why: The reason that they gave, or why they were refused.
        link: 32 bytes: this line and all before it.
    """

    position: int
    at: datetime
    account: str
    label: str
    verb: str
    outcome: str
    about: Mapping[str, Json]
    why: str
    link: bytes


def add(db: sa.Connection, record: AuditRecord, *, seal: bytes) -> None:
    """Put a record at the end of the log.

    Args:
        db: The transaction.
        record: The record; its position follows that of the newest.
        seal: Over the position of the log's end.
    """
    db.execute(
        ADD,
        {
            "position": record.position,
            "at": rows.time_text(record.at),
            "account": record.account,
            "label": record.label,
            "verb": record.verb,
            "outcome": record.outcome,
            "about": rows.json_text(record.about),
            "why": record.why,
            "link": record.link,
        },
    )
    db.execute(SET_END, {"id": 1, "position": record.position, "seal": seal})


def newest(db: sa.Connection) -> AuditRecord | None:
    """Give the record at the end of the log."""
    row = db.execute(NEWEST).mappings().one_or_none()
    return None if row is None else _record(row)


def end(db: sa.Connection) -> tuple[int, bytes] | None:
    """Give the position of the log's end as it was sealed, and the seal."""
    row = db.execute(END).one_or_none()
    return None if row is None else (row.position, row.seal)


def after(db: sa.Connection, position: int) -> Iterator[AuditRecord]:
    """Give all records after a position, oldest first."""
    while found := page(db, position):
        yield from found
        position = found[-1].position


def page(db: sa.Connection, position: int) -> list[AuditRecord]:
    """Give the next records after a position, oldest first; none: there are no more."""
    return [_record(row) for row in db.execute(AFTER, {"last": position}).mappings()]


def _record(row: sa.RowMapping) -> AuditRecord:
    fields: dict[str, Any] = dict(row)
    return AuditRecord(
        **{
            **fields,
            "at": rows.time_of(fields["at"]),
            "about": rows.json_of(fields["about"]),
        }
    )
