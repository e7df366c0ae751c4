"""Where the audit log is sent as it grows, sealed, and how far it was.

Written out, not taken from ``control.schema``: that one moves on, a step that was shipped never
does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table of version 0005."""
    op.create_table(
        "audit_sink",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("tried", sa.Text),
        sa.Column("failing_since", sa.Text),
        sa.Column("why", sa.Text, nullable=False),
    )
