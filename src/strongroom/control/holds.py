"""Rows of holds, and of restore points to be forgotten. Inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.retention_schema import FORGETTING, HOLDS
from strongroom.control.upserts import insert_if_new

ADD_HOLD = sa.insert(HOLDS)
ALL_HOLDS = sa.select(HOLDS).order_by(HOLDS.c.at, HOLDS.c.id)
HOLD_BY_ID = ALL_HOLDS.where(HOLDS.c.id == sa.bindparam("wanted"))
HOLDS_OF = ALL_HOLDS.where(
    HOLDS.c.storage_id == sa.bindparam("storage"),
    HOLDS.c.kind == sa.bindparam("which"),
    HOLDS.c.resource_id == sa.bindparam("resource"),
)
RELEASE = (
    sa.update(HOLDS)
    .where(HOLDS.c.id == sa.bindparam("wanted"))
    .values(
        released=sa.bindparam("now"),
        released_by=sa.bindparam("who"),
        is_at_once=sa.bindparam("now_or_later"),
    )
)
ADD_FORGETTING = insert_if_new(FORGETTING)
ALL_FORGETTING = sa.select(FORGETTING).order_by(FORGETTING.c.not_before, FORGETTING.c.point)
FORGETTING_OF = ALL_FORGETTING.where(
    FORGETTING.c.storage_id == sa.bindparam("storage"),
    FORGETTING.c.kind == sa.bindparam("which"),
    FORGETTING.c.resource_id == sa.bindparam("resource"),
)
REMOVE_FORGETTING = sa.delete(FORGETTING).where(
    FORGETTING.c.storage_id == sa.bindparam("storage"),
    FORGETTING.c.kind == sa.bindparam("which"),
    FORGETTING.c.resource_id == sa.bindparam("resource"),
    FORGETTING.c.point.in_(sa.bindparam("points", expanding=True)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Something that is not to be forgotten, whatever rules and people say.

    Attributes:
        id: Its id, in the storage too.
        storage_id: Where.
        kind: Kind of resource.
        resource_id: Of which resource.
        point: Id of the one restore point; empty: all of them, those to come too.
        reason: Why.
        held_by: Stable id of who asked for it.
        at: When.
        released: When it was taken off; None: it stands.
        released_by: By whom.
        is_at_once: Nothing waits after the release: a second person said so.
    """

    id: str
    storage_id: str
    kind: str
    resource_id: str
    point: str = ""
    reason: str
    held_by: str
    at: datetime
    released: datetime | None = None
    released_by: str | None = None
    is_at_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """A restore point that somebody wants to be gone.

    Attributes:
        point: Its whole id.
        asked_by: Stable id of who asked.
        asked: When.
        not_before: It stays until then.
    """

    storage_id: str
    kind: str
    resource_id: str
    point: str
    asked_by: str
    asked: datetime
    not_before: datetime


def add_hold(db: sa.Connection, hold: Hold) -> None:
    """Keep a new hold."""
    db.execute(
        ADD_HOLD,
        {
            "id": hold.id,
            "storage_id": hold.storage_id,
            "kind": hold.kind,
            "resource_id": hold.resource_id,
            "point": hold.point,
            "reason": hold.reason,
            "held_by": hold.held_by,
            "at": rows.time_text(hold.at),
        },
    )


def all_holds(db: sa.Connection) -> list[Hold]:
    """List all holds, released ones too, the oldest first."""
    return [_hold(row) for row in db.execute(ALL_HOLDS).mappings()]


def hold_by_id(db: sa.Connection, hold_id: str) -> Hold | None:
    """Find a hold."""
    row = db.execute(HOLD_BY_ID, {"wanted": hold_id}).mappings().one_or_none()
    return None if row is None else _hold(row)


def holds_of(db: sa.Connection, storage_id: str, kind: str, resource_id: str) -> list[Hold]:
    """List the holds of a resource, released ones too."""
    values = _of(storage_id, kind, resource_id)
    return [_hold(row) for row in db.execute(HOLDS_OF, values).mappings()]


def release(
    db: sa.Connection, hold_id: str, *, by: str, now: datetime, is_at_once: bool = False
) -> None:
    """Take a hold off, or say who did and when instead of what was said before."""
    values = {"wanted": hold_id, "who": by, "now": rows.time_text(now)}
    db.execute(RELEASE, {**values, "now_or_later": int(is_at_once)})


def put_forgetting(db: sa.Connection, forgetting: Forgetting) -> None:
    """Keep that a restore point is to go, in place of what was said of it before."""
    wanted = _of(forgetting.storage_id, forgetting.kind, forgetting.resource_id)
    db.execute(REMOVE_FORGETTING, {**wanted, "points": [forgetting.point]})
    db.execute(
        ADD_FORGETTING,
        {
            "storage_id": forgetting.storage_id,
            "kind": forgetting.kind,
            "resource_id": forgetting.resource_id,
            "point": forgetting.point,
            "asked_by": forgetting.asked_by,
            "asked": rows.time_text(forgetting.asked),
            "not_before": rows.time_text(forgetting.not_before),
        },
    )


def all_forgetting(db: sa.Connection) -> list[Forgetting]:
    """List all restore points that are to go, the first to go first."""
    return [_forgetting(row) for row in db.execute(ALL_FORGETTING).mappings()]


def forgetting_of(
    db: sa.Connection, storage_id: str, kind: str, resource_id: str
) -> list[Forgetting]:
    """List those of a resource."""
    values = _of(storage_id, kind, resource_id)
    return [_forgetting(row) for row in db.execute(FORGETTING_OF, values).mappings()]


def remove_forgetting(
    db: sa.Connection, storage_id: str, kind: str, resource_id: str, points: Collection[str]
) -> int:
    """Let restore points stay, or take note that they are gone; say how many were to go."""
    values = {**_of(storage_id, kind, resource_id), "points": list(points)}
    return db.execute(REMOVE_FORGETTING, values).rowcount


def _of(storage_id: str, kind: str, resource_id: str) -> dict[str, str]:
    return {"storage": storage_id, "which": kind, "resource": resource_id}


def _hold(row: sa.RowMapping) -> Hold:
    fields: dict[str, Any] = dict(row)
    return Hold(
        **{
            **fields,
            "at": rows.time_of(fields["at"]),
            "released": rows.time_or_none(fields["released"]),
            "is_at_once": bool(fields["is_at_once"]),
        }
    )


def _forgetting(row: sa.RowMapping) -> Forgetting:
    fields: dict[str, Any] = dict(row)
    return Forgetting(
        **{
            **fields,
            "asked": rows.time_of(fields["asked"]),
            "not_before": rows.time_of(fields["not_before"]),
        }
    )
