"""What the engine needs: claims and order of runs, workers, schedules of jobs, who is told of what.

Written out, not taken from ``control.schema``: that one moves on, a step that was shipped never
does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from strongroom.control.migrations import learned_0007

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns and tables of version 0007."""
    _extend_jobs()
    _extend_runs()
    _extend_tasks()
    _create_engine()
    _create_told()
    _create_protected()
    learned_0007.learn(op.get_bind())


def _extend_jobs() -> None:
    with op.batch_alter_table("jobs") as jobs:
        # What only reads or tidies a storage has no connection.
        jobs.alter_column("connection_id", existing_type=sa.Text, nullable=True)
        jobs.add_column(sa.Column("priority", sa.Integer, nullable=False, server_default="0"))
        jobs.add_column(sa.Column("is_paused", sa.Integer, nullable=False, server_default="0"))
        jobs.add_column(sa.Column("schedule", sa.Text))
        jobs.add_column(sa.Column("due", sa.Text))
        jobs.add_column(sa.Column("last_due", sa.Text))
        jobs.add_column(sa.Column("missed", sa.Text))
        jobs.add_column(sa.Column("missed_why", sa.Text, nullable=False, server_default=""))


def _extend_runs() -> None:
    for column in (
        sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
        sa.Column("is_urgent", sa.Integer, nullable=False, server_default="0"),
        sa.Column("sort_ms", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("overtaken", sa.Integer, nullable=False, server_default="0"),
        sa.Column("blocked_by", sa.Text),
        sa.Column("granted", sa.Text),
        sa.Column("stands_since", sa.Text),
        sa.Column("yields_from", sa.Text),
        sa.Column("yields", sa.Integer, nullable=False, server_default="0"),
        sa.Column("driver", sa.Text),
        sa.Column("ending", sa.Text),
        sa.Column("due", sa.Text),
        sa.Column("joined", sa.Integer, nullable=False, server_default="0"),
        sa.Column("not_before", sa.Text),
        sa.Column("pinned", sa.Text),
        sa.Column("planned", sa.Text),
        sa.Column("lost", sa.Integer, nullable=False, server_default="0"),
        sa.Column("claimed", sa.Integer),
    ):
        op.add_column("runs", column)
    op.execute("UPDATE runs SET sort_ms = position")
    op.create_index("runs_by_job", "runs", ["job_id", "position"])
    op.create_index("runs_by_turn", "runs", ["job_id", "due"], unique=True)


def _extend_tasks() -> None:
    op.add_column("tasks", sa.Column("place", sa.Text))
    op.add_column("tasks", sa.Column("worker", sa.Text))
    op.add_column("tasks", sa.Column("weight", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("tasks", sa.Column("attempts", sa.Integer, nullable=False, server_default="0"))
    for name in learned_0007.SUMS:
        column = sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
        op.add_column("tasks", column)
    op.create_index("tasks_by_resource", "tasks", ["resource_kind", "resource_id"])
    in_order: list[str | sa.TextClause] = ["run_id", "status", sa.text("weight DESC"), "number"]
    op.create_index("tasks_to_do", "tasks", in_order)
    op.create_index("tasks_sums", "tasks", ["run_id", "status", *learned_0007.SUMS])


def _create_engine() -> None:
    op.create_table(
        "claims",
        sa.Column(
            "run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("is_shared", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started", sa.Text, nullable=False),
        sa.Column("beat", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_table(
        "progress",
        sa.Column(
            "run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("worker", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "journals",
        sa.Column(
            "run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("lines", sa.Text, nullable=False),
    )
    op.create_table(
        "rules",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def _create_told() -> None:
    op.create_table(
        "channels",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("events", sa.Text, nullable=False),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("rests_until", sa.Text),
        sa.Column("failing_since", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("why", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column(
            "channel_id",
            sa.Text,
            sa.ForeignKey("channels.id", ondelete="CASCADE"),
            nullable=False,
        ),
        # So that the same event is told once, whoever notices it: the run's id, a day.
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("sent", sa.Text),
        sa.Column("post", sa.Text),
        sa.Column("given_up", sa.Text),
        sa.UniqueConstraint("channel_id", "event", "about"),
    )
    op.create_index("outbox_to_send", "outbox", ["channel_id", "sent", "given_up"])


def _create_protected() -> None:
    op.create_table(
        "protected",
        sa.Column("storage_id", sa.Text, primary_key=True),
        sa.Column("resource_kind", sa.Text, primary_key=True),
        sa.Column("resource_id", sa.Text, primary_key=True),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("storage", sa.Text, nullable=False),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("job", sa.Text),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("tried", sa.Text),
        sa.Column("good", sa.Text),
        sa.Column("point", sa.Text),
        sa.Column("newest", sa.Text),
        sa.Column("newest_point", sa.Text),
        sa.Column("items", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("saved", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("bytes_read", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("bytes_stored", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_index(
        "protected_by_name",
        "protected",
        ["storage", "resource", "storage_id", "resource_kind", "resource_id"],
    )
    op.create_table(
        "growth",
        sa.Column("storage_id", sa.Text, primary_key=True),
        sa.Column("resource_kind", sa.Text, primary_key=True),
        sa.Column("resource_id", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("items", sa.BigInteger, nullable=False),
        sa.Column("bytes_read", sa.BigInteger, nullable=False),
        sa.Column("bytes_stored", sa.BigInteger, nullable=False),
    )
