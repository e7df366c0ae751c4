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
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
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

# What lets us in to the service that a storage lies at. Each is bound to the URL that it is for.
STORAGE_ACCESS = Table(
    "storage_access",
    METADATA,
    Column("storage_id", Text, ForeignKey("storages.id"), primary_key=True),
    # A clear copy for lists; never believed where something depends on it.
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
)

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    # What only reads or tidies a storage has no connection.
    Column("connection_id", Text, ForeignKey("connections.id")),
    Column("storage_id", Text, ForeignKey("storages.id"), nullable=False),
    Column("selection", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("is_paused", Integer, nullable=False, server_default="0"),
    Column("schedule", Text),
    # When its next run is due, and which turn was taken last.
    Column("due", Text),
    Column("last_due", Text),
    # Which turn was missed last, and why.
    Column("missed", Text),
    Column("missed_why", Text, nullable=False, server_default=""),
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
    # Not written any more: how far a run is stands in ``progress``, one row for each worker. What
    # stays when it ends is here.
    Column("live", Text),
    Column("priority", Integer, nullable=False, server_default="0"),
    # A restore that a person started: others stand aside for it.
    Column("is_urgent", Integer, nullable=False, server_default="0"),
    # When it was asked for, in milliseconds, earlier by what its priority is worth.
    Column("sort_ms", BigInteger, nullable=False, server_default="0"),
    # How many urgent runs went ahead of it while it waited.
    Column("overtaken", Integer, nullable=False, server_default="0"),
    Column("blocked_by", Text),
    # When it was last given all that it claims.
    Column("granted", Text),
    # When it last stood aside for an urgent run, and from when on it may be asked to do so again.
    Column("stands_since", Text),
    Column("yields_from", Text),
    Column("yields", Integer, nullable=False, server_default="0"),
    # The worker that drives it.
    Column("driver", Text),
    # How it is to end, where that was known before all of its workers had stopped.
    Column("ending", Text),
    # The turn of its job's schedule that it takes: no turn is taken twice. How many later ones came
    # before it had ended, and were counted as taken.
    Column("due", Text),
    Column("joined", Integer, nullable=False, server_default="0"),
    # It is not granted earlier, and is in nobody's way until then.
    Column("not_before", Text),
    # What the request meant when it was asked for: the restore point.
    Column("pinned", Text),
    # When its tasks were planned; not known any more once it was paused or had ended.
    Column("planned", Text),
    # How many attempts in a row were over without a word of how it stands.
    Column("lost", Integer, nullable=False, server_default="0"),
    # How many rows it has in ``claims``; none yet, or none any more: NULL.
    Column("claimed", Integer),
    Index("runs_by_job", "job_id", "position"),
    Index("runs_by_turn", "job_id", "due", unique=True),
    sqlite_autoincrement=True,
)

# What a run must have for itself, once: nobody shares a key, or all who have it share it.
CLAIMS = Table(
    "claims",
    METADATA,
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("is_shared", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Processes that do what runs ask for.
WORKERS = Table(
    "workers",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", Text, nullable=False),
    Column("beat", Text, nullable=False),
    Column("state", Text, nullable=False),
)

PROGRESS = Table(
    "progress",
    METADATA,
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("worker", Text, primary_key=True),
    Column("document", Text, nullable=False),
)

# What restores intended and were told, where several machines share a database.
JOURNALS = Table(
    "journals",
    METADATA,
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("lines", Text, nullable=False),
)

# What an administrator decided for the whole home: how long history is kept, when the digest goes.
RULES = Table(
    "rules",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
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
    # The resource as it was found, for whichever worker takes the task.
    Column("place", Text),
    # Who works on it; how large it was the last time, in bytes; how often it was taken up.
    Column("worker", Text),
    Column("weight", BigInteger, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # The sums of its ledger, so that nobody reads ten thousand ledgers to add them up.
    Column("on_server", BigInteger, nullable=False, server_default="0"),
    Column("saved", BigInteger, nullable=False, server_default="0"),
    Column("unchanged", BigInteger, nullable=False, server_default="0"),
    Column("skipped", BigInteger, nullable=False, server_default="0"),
    Column("failed", BigInteger, nullable=False, server_default="0"),
    Column("bytes_read", BigInteger, nullable=False, server_default="0"),
    Column("bytes_stored", BigInteger, nullable=False, server_default="0"),
    Index("tasks_by_resource", "resource_kind", "resource_id"),
    # In the order in which they are taken: nobody sorts ten thousand to take twenty.
    Index("tasks_to_do", "run_id", "status", text("weight DESC"), "number"),
    # All that sums need, so that they are added up without passing by the ledgers.
    Index(
        "tasks_sums",
        "run_id",
        "status",
        "on_server",
        "saved",
        "unchanged",
        "skipped",
        "failed",
        "bytes_read",
        "bytes_stored",
    ),
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

# Where messages go; the address is sealed.
CHANNELS = Table(
    "channels",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    # For lists only, and never believed: the sort of address.
    Column("shown", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("created", Text, nullable=False),
    # Nobody sends there until then: somebody is just doing it, or it failed a moment ago.
    Column("rests_until", Text),
    # How sending goes: since when and how often it has failed without a success between, and why.
    Column("failing_since", Text),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("why", Text, nullable=False, server_default=""),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("channel_id", Text, ForeignKey("channels.id", ondelete="CASCADE"), nullable=False),
    # So that the same event is told once, whoever notices it: the run's id, a day.
    Column("about", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created", Text, nullable=False),
    # When it was sent, and in which post: messages that came together went together.
    Column("sent", Text),
    Column("post", Text),
    # When it was found too old to be sent.
    Column("given_up", Text),
    UniqueConstraint("channel_id", "event", "about"),
    Index("outbox_to_send", "channel_id", "sent", "given_up"),
)

# How each resource stands in each storage; outlives the runs' history.
PROTECTED = Table(
    "protected",
    METADATA,
    Column("storage_id", Text, primary_key=True),
    Column("resource_kind", Text, primary_key=True),
    Column("resource_id", Text, primary_key=True),
    Column("resource", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("storage", Text, nullable=False),
    Column("connection", Text, nullable=False),
    Column("job", Text),
    # The run that said so last.
    Column("run_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("why", Text, nullable=False),
    # When it was last tried; not at all: it was only ever listed.
    Column("tried", Text),
    # When the last restore point was begun that lacks nothing, and which it is.
    Column("good", Text),
    Column("point", Text),
    # The same of the last one, whatever it lacks, and how many items it holds.
    Column("newest", Text),
    Column("newest_point", Text),
    Column("items", BigInteger, nullable=False, server_default="0"),
    # All runs together.
    Column("saved", BigInteger, nullable=False, server_default="0"),
    Column("bytes_read", BigInteger, nullable=False, server_default="0"),
    Column("bytes_stored", BigInteger, nullable=False, server_default="0"),
    Index("protected_by_name", "storage", "resource", "storage_id", "resource_kind", "resource_id"),
)

# What came in on each day; long ago, in each month (``2026-03``).
GROWTH = Table(
    "growth",
    METADATA,
    Column("storage_id", Text, primary_key=True),
    Column("resource_kind", Text, primary_key=True),
    Column("resource_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("items", BigInteger, nullable=False),
    Column("bytes_read", BigInteger, nullable=False),
    Column("bytes_stored", BigInteger, nullable=False),
)
