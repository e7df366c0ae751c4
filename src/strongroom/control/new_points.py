"""Restore points that have other ids now. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from strongroom.control.retention_schema import FORGETTING, HOLDS
from strongroom.control.schema import PROTECTED

_PLACES = (
    (HOLDS, HOLDS.c.point, HOLDS.c.kind),
    (FORGETTING, FORGETTING.c.point, FORGETTING.c.kind),
    (PROTECTED, PROTECTED.c.point, PROTECTED.c.resource_kind),
    (PROTECTED, PROTECTED.c.newest_point, PROTECTED.c.resource_kind),
)
RENAME = tuple(
    sa.update(table)
    .where(
        table.c.storage_id == sa.bindparam("of_storage"),
        kind == sa.bindparam("of_kind"),
        table.c.resource_id == sa.bindparam("of_resource"),
        column == sa.bindparam("old_id"),
    )
    .values({column.name: sa.bindparam("new_id")})
    for table, column, kind in _PLACES
)


def rename(
    db: sa.Connection, storage_id: str, kind: str, resource_id: str, ids: Mapping[str, str]
) -> None:
    """Have whatever speaks of restore points by the ids that they had speak of the same ones."""
    where = {"of_storage": storage_id, "of_kind": kind, "of_resource": resource_id}
    for statement in RENAME:
        for before, after in ids.items():
            db.execute(statement, {**where, "old_id": before, "new_id": after})
