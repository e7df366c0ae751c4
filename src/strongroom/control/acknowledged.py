"""Rows of skips that an administrator took note of. Inside the caller's transaction.

A skip is known by its resource, the item, and the server's code: the same item skipped for another
reason is new, and asks to be looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.schema import ACKNOWLEDGED
from strongroom.control.upserts import insert_if_new

OF_RESOURCE = sa.select(ACKNOWLEDGED.c.item_id, ACKNOWLEDGED.c.code).where(
    ACKNOWLEDGED.c.resource_kind == sa.bindparam("kind"),
    ACKNOWLEDGED.c.resource_id == sa.bindparam("resource"),
)
ADD = insert_if_new(ACKNOWLEDGED)


def of_resource(db: sa.Connection, kind: str, resource_id: str) -> frozenset[tuple[str, str]]:
    """List the acknowledged skips of a resource: item id and code."""
    found = db.execute(OF_RESOURCE, {"kind": kind, "resource": resource_id})
    return frozenset((row.item_id, row.code) for row in found)


def add(
    db: sa.Connection,
    kind: str,
    resource_id: str,
    skips: Iterable[tuple[str, str]],
    *,
    run_id: str,
    now: datetime,
) -> int:
    """Keep skips as acknowledged; say how many were not yet."""
    new = [
        {
            "resource_kind": kind,
            "resource_id": resource_id,
            "item_id": item_id,
            "code": code,
            "run_id": run_id,
            "at": rows.time_text(now),
        }
        for item_id, code in skips
    ]
    return sum(db.execute(ADD, row).rowcount for row in new)
