"""Rows of rules: what was decided for the whole home. Inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.schema import RULES
from strongroom.words.json import Json

GET = sa.select(RULES.c.value).where(RULES.c.name == sa.bindparam("wanted"))
ADD = sa.insert(RULES)
REMOVE = sa.delete(RULES).where(RULES.c.name == sa.bindparam("wanted"))


def get(db: sa.Connection, name: str) -> Mapping[str, Json] | None:
    """Give a rule, as whoever decided it wrote it; None: nobody did."""
    return rows.json_or_none(db.execute(GET, {"wanted": name}).scalar_one_or_none())


def put(db: sa.Connection, name: str, rule: Mapping[str, Json]) -> None:
    """Keep a rule in place of the one that there was."""
    remove(db, name)
    db.execute(ADD, {"name": name, "value": rows.json_text(rule)})


def remove(db: sa.Connection, name: str) -> bool:
    """Keep no such rule; say whether there was one."""
    return bool(db.execute(REMOVE, {"wanted": name}).rowcount)
