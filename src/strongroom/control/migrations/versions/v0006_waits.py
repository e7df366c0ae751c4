"""Orders to wait that servers gave to one process and that all obey.

Written out, not taken from ``control.schema``: that one moves on, a step that was shipped never
does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table of version 0006."""
    op.create_table(
        "waits",
        sa.Column("server", sa.Text, primary_key=True),
        sa.Column("lane", sa.Text, primary_key=True),
        sa.Column("until", sa.Text, nullable=False),
    )
