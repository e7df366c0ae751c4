"""What lets us in to the service that a storage lies at.

Written out, not taken from ``control.schema``: that one moves on, a step that was shipped never
does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table of version 0008."""
    op.create_table(
        "storage_access",
        sa.Column("storage_id", sa.Text, sa.ForeignKey("storages.id"), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
    )
