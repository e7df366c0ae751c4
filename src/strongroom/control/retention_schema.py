"""Tables of retention: what jobs keep, what is held, what is to be forgotten (see ``schema``)."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from strongroom.control.schema import METADATA

ALL_TABLES = METADATA
"""All tables of the control database: those of ``schema`` and these."""

# A job without a row here keeps everything. A row goes with its job: nobody's rules reach what a
# job left behind.
RETENTION = Table(
    "retention",
    METADATA,
    Column("job_id", Text, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("keep", Text, nullable=False),
    # Rules that were in force before, and until when: what they kept waits a while before it goes.
    Column("former", Text, nullable=False),
    # How often a prune is asked for by itself; NULL: never.
    Column("prune_every_s", Integer),
    Column("pruned", Text),
)

# Not bound to the storage's row: a storage that is removed and added again is held as before.
HOLDS = Table(
    "holds",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("storage_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("resource_id", Text, nullable=False),
    # Empty: all restore points of the resource.
    Column("point", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("held_by", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("released", Text),
    Column("released_by", Text),
    # Whether the release counts at once, because a second person said so.
    Column("is_at_once", Integer, nullable=False, server_default="0"),
    Index("holds_by_resource", "storage_id", "kind", "resource_id"),
)

# Restore points that somebody wants to be gone, and not before when.
FORGETTING = Table(
    "forgetting",
    METADATA,
    Column("storage_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("resource_id", Text, primary_key=True),
    Column("point", Text, primary_key=True),
    Column("asked_by", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("not_before", Text, nullable=False),
)
