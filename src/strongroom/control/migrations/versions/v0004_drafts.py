"""What somebody has answered to the connection wizard so far, sealed.

Written out, not taken from ``control.schema``: that one moves on, a step that was shipped never
does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table of version 0004."""
    op.create_table(
        "drafts",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("saved", sa.Text, nullable=False),
    )
