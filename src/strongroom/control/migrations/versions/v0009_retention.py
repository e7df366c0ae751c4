"""What jobs keep, what is held, and which restore points are to be forgotten when.

Written out, not taken from ``control.schema``: that one moves on, a step that was shipped never
does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the tables of version 0009."""
    op.create_table(
        "retention",
        sa.Column(
            "job_id", sa.Text, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("keep", sa.Text, nullable=False),
        sa.Column("former", sa.Text, nullable=False),
        sa.Column("prune_every_s", sa.Integer),
        sa.Column("pruned", sa.Text),
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("storage_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("resource_id", sa.Text, nullable=False),
        sa.Column("point", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("held_by", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("released", sa.Text),
        sa.Column("released_by", sa.Text),
        sa.Column("is_at_once", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index("holds_by_resource", "holds", ["storage_id", "kind", "resource_id"])
    op.create_table(
        "forgetting",
        sa.Column("storage_id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("resource_id", sa.Text, primary_key=True),
        sa.Column("point", sa.Text, primary_key=True),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("not_before", sa.Text, nullable=False),
    )
