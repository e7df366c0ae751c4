"""The row of the audit log's sink, if there is one. Inside the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.schema import AUDIT_SINK
from strongroom.control.upserts import later

GET = sa.select(AUDIT_SINK)
IS_THERE = sa.select(sa.func.count()).select_from(AUDIT_SINK)
ADD = sa.insert(AUDIT_SINK)
REMOVE = sa.delete(AUDIT_SINK)
REWRAP = sa.update(AUDIT_SINK).values(wrapped_key=sa.bindparam("key_box"))
SENT = (
    sa.update(AUDIT_SINK)
    .where(AUDIT_SINK.c.sealed == sa.bindparam("which"))
    .values(
        sent=later(AUDIT_SINK.c.sent, sa.bindparam("up_to", type_=sa.Integer)),
        tried=sa.bindparam("now"),
        failing_since=None,
        why="",
    )
)
FAILED = (
    sa.update(AUDIT_SINK)
    .where(AUDIT_SINK.c.sealed == sa.bindparam("which"))
    .values(
        tried=sa.bindparam("now"),
        failing_since=sa.func.coalesce(AUDIT_SINK.c.failing_since, sa.bindparam("now")),
        why=sa.bindparam("reason"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSink:
    """Where the audit log is sent, in boxes (see ``vault.sealing``), and how that goes.

    Attributes:
        sent: Position of the last record that was sent; 0 if none was.
        tried: When it was tried last; None if never.
        failing_since: When it first failed since it last went well; None if it went well.
        why: Why it fails, or an empty string.
    """

    sealed: bytes
    wrapped_key: bytes
    sent: int
    tried: datetime | None = None
    failing_since: datetime | None = None
    why: str = ""


def get(db: sa.Connection) -> AuditSink | None:
    """Give the sink, if there is one."""
    row = db.execute(GET).mappings().one_or_none()
    if row is None:
        return None
    fields: dict[str, Any] = dict(row)
    del fields["id"]
    for name in ("tried", "failing_since"):
        fields[name] = None if fields[name] is None else rows.time_of(fields[name])
    return AuditSink(**fields)


def is_there(db: sa.Connection) -> bool:
    """Say whether there is one."""
    return bool(db.execute(IS_THERE).scalar_one())


def put(db: sa.Connection, sink: AuditSink) -> None:
    """Keep a new sink in place of the one that there was."""
    db.execute(REMOVE)
    boxes = {"sealed": sink.sealed, "wrapped_key": sink.wrapped_key}
    db.execute(ADD, {"id": 1, **boxes, "sent": sink.sent, "why": ""})


def remove(db: sa.Connection) -> bool:
    """Keep no sink; say whether there was one."""
    return bool(db.execute(REMOVE).rowcount)


def note_sent(db: sa.Connection, sink: AuditSink, position: int, now: datetime) -> None:
    """Remember how far the log was sent to this very sink. It never goes back."""
    db.execute(SENT, {"which": sink.sealed, "up_to": position, "now": rows.time_text(now)})


def note_failed(db: sa.Connection, sink: AuditSink, why: str, now: datetime) -> None:
    """Remember that sending to this very sink fails, and since when."""
    db.execute(FAILED, {"which": sink.sealed, "reason": why, "now": rows.time_text(now)})


def rewrap(db: sa.Connection, wrapped_key: bytes) -> None:
    """Put the sink's key under another service key."""
    db.execute(REWRAP, {"key_box": wrapped_key})


def begin_anew(db: sa.Connection) -> None:
    """Send from the first record on: the log is another one, as in a home brought back."""
    sink = get(db)
    if sink is not None:
        put(db, replace(sink, sent=0))
