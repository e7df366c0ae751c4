"""Rows of keys and passwords that are sealed for the service. Inside the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from strongroom.control.schema import SEALED_KEYS

ADD = sa.insert(SEALED_KEYS)
ALL = sa.select(SEALED_KEYS).order_by(SEALED_KEYS.c.name)
BY_NAME = sa.select(SEALED_KEYS).where(SEALED_KEYS.c.name == sa.bindparam("wanted"))
REMOVE = sa.delete(SEALED_KEYS).where(SEALED_KEYS.c.name == sa.bindparam("wanted"))
REWRAP = (
    sa.update(SEALED_KEYS)
    .where(SEALED_KEYS.c.name == sa.bindparam("wanted"))
    .values(wrapped_key=sa.bindparam("key_box"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedKey:
    """A key of ours, in boxes (see ``vault.sealing``).

    Attributes:
        name: What it is for (``audit``).
    """

    name: str
    sealed: bytes
    wrapped_key: bytes


def add(db: sa.Connection, key: SealedKey) -> None:
    """Keep a new key; its name must be free."""
    db.execute(ADD, {"name": key.name, "sealed": key.sealed, "wrapped_key": key.wrapped_key})


def everything(db: sa.Connection) -> list[SealedKey]:
    """List all keys by name."""
    return [SealedKey(**row) for row in db.execute(ALL).mappings()]


def by_name(db: sa.Connection, name: str) -> SealedKey | None:
    """Find a key by its name."""
    row = db.execute(BY_NAME, {"wanted": name}).mappings().one_or_none()
    return None if row is None else SealedKey(**row)


def rewrap(db: sa.Connection, name: str, wrapped_key: bytes) -> None:
    """Put a key under another service key."""
    db.execute(REWRAP, {"wanted": name, "key_box": wrapped_key})


def remove(db: sa.Connection, name: str) -> None:
    """Forget a key; nothing there is fine."""
    db.execute(REMOVE, {"wanted": name})
