"""Skips that an administrator took note of.

Written out, not taken from ``control.schema``: that one moves on, a step that was shipped never
does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table of acknowledged skips."""
    op.create_table(
        "acknowledged",
        sa.Column("resource_kind", sa.Text, primary_key=True),
        sa.Column("resource_id", sa.Text, primary_key=True),
        sa.Column("item_id", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
