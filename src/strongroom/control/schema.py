"""The tables of the control database.

They describe the newest version; ``migrations`` holds the steps that lead here. Times are RFC 3339
UTC text with microseconds, so that text order is time order on every database. JSON is text: it is
read as a whole or not at all, never searched.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

METADATA = MetaData()

CONNECTIONS = Table(
    "connections",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("created", Text, nullable=False),
    # For lists only, and never believed: what a connection does is decided by what is sealed.
    Column("shown", Text),
)

# The key of sealed details, wrapped for readers beside the service (``password``).
CONNECTION_READERS = Table(
    "connection_readers",
    METADATA,
    Column(
        "connection_id", Text, ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("reader", Text, primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=False),
)

WRONG_PASSWORDS = Table(
    "wrong_passwords",
    METADATA,
    Column(
        "connection_id", Text, ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("count", Integer, nullable=False),
    Column("latest", Text, nullable=False),
)

SEALED_KEYS = Table(
    "sealed_keys",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
)

# What an account has answered to a wizard so far; never a secret, and sealed all the same.
DRAFTS = Table(
    "drafts",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("saved", Text, nullable=False),
)

STORAGES = Table(
    "storages",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("created", Text, nullable=False),
)

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("connection_id", Text, ForeignKey("connections.id"), nullable=False),
    Column("storage_id", Text, ForeignKey("storages.id"), nullable=False),
    Column("selection", Text, nullable=False),
    Column("created", Text, nullable=False),
)

RUNS = Table(
    "runs",
    METADATA,
    # First come, first served: the order of the queue is the order of this number.
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    # A run outlives its job, so it keeps the job's name.
    Column("job_id", Text, ForeignKey("jobs.id", ondelete="SET NULL")),
    Column("job", Text),
    Column("kind", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("claims", Text, nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("waits_for", Text),
    Column("stop_asked", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("requests", BigInteger, nullable=False, server_default="0"),
    Column("throttled", BigInteger, nullable=False, server_default="0"),
    Column("created", Text, nullable=False),
    Column("started", Text),
    Column("finished", Text),
    Column("error", Text),
    Column("live", Text),
    sqlite_autoincrement=True,
)

TASKS = Table(
    "tasks",
    METADATA,
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("resource_kind", Text, primary_key=True),
    Column("resource_id", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("resource", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started", Text),
    Column("finished", Text),
    Column("coverage", Text),
    Column("reason", Text),
    Column("error", Text),
)

# Not tied to a run by a foreign key: what was taken note of outlives the run's history.
ACKNOWLEDGED = Table(
    "acknowledged",
    METADATA,
    Column("resource_kind", Text, primary_key=True),
    Column("resource_id", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("at", Text, nullable=False),
)

ROLES = Table(
    "roles",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    # What to call the account in lists. Never compared: names can be given to somebody else.
    Column("label", Text, nullable=False),
    Column("given_by", Text, nullable=False),
    Column("at", Text, nullable=False),
)

GRANTS = Table(
    "grants",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False, index=True),
    Column("permission", Text, nullable=False),
    Column("sources", Text, nullable=False),
    Column("targets", Text, nullable=False),
    Column("given_by", Text, nullable=False),
    Column("at", Text, nullable=False),
)

MARKS = Table(
    "marks",
    METADATA,
    Column("thing", Text, primary_key=True),
    Column("marked_by", Text, nullable=False),
    Column("at", Text, nullable=False),
)

REQUESTS = Table(
    "requests",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("asked_as", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("approved_by", Text),
    Column("approved", Text),
    Column("used", Text),
)

# Positions are given out by hand, without a gap: a row that is missing is missed.
AUDIT = Table(
    "audit",
    METADATA,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("link", LargeBinary, nullable=False),
)

# How long the log is, sealed: cutting off its end is noticed as well.
AUDIT_END = Table(
    "audit_end",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

# Where the log is sent as it grows: one place or none. The place is sealed, how far it was sent is
# not: whoever rewrites that makes a gap or a repetition, and both are seen where it is sent to.
AUDIT_SINK = Table(
    "audit_sink",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("tried", Text),
    Column("failing_since", Text),
    Column("why", Text, nullable=False),
)

# Orders to wait that servers gave to one process and that all obey. Over as soon as the time is.
WAITS = Table(
    "waits",
    METADATA,
    Column("server", Text, primary_key=True),
    # A mailbox or site; empty: the whole server.
    Column("lane", Text, primary_key=True),
    Column("until", Text, nullable=False),
)
