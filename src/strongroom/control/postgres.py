"""The control database on a PostgreSQL: for several machines.

All is in a schema of its own, ``strongroom``. A transaction that writes takes one advisory lock
before it does anything else, so there is one writer at a time, as with SQLite, and each sees all
that those before it did. One that reads sees a single state. A connection that was lost while it
lay idle is noticed and replaced when it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from strongroom.control import postgres_address, postgres_errors
from strongroom.control.postgres_errors import WRITE_WAIT_S
from strongroom.errors import OperatorError, StrongroomError

SCHEMA = "strongroom"
LOCK = 0x5354524F4E47
"""The number of the advisory lock that writers take."""

_FROZEN_S = 20
"""Whoever does nothing for so long in a transaction is taken for dead, and others go on.

Shorter than ``WRITE_WAIT_S``, so that those who wait for the lock meanwhile get it and are not
refused. Longer than anybody alive does nothing in the middle of one: between two statements we only
make the next one, which takes milliseconds on a busy machine, and one that is moved to another host
stands still for some seconds. Whoever loses a transaction so has it done again.
"""

_MIGRATES_S = 600
"""But a step to a newer version may think for long about what it has read."""

_OPTIONS = f"-c search_path={SCHEMA} -c idle_in_transaction_session_timeout="
# What was told as done has to survive a crash of the server, whatever its administrator prefers.
_DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') IN ('off', 'local')"
)
# The wait is limited for the lock alone, and the limit is set in the same breath.
_TAKE_LOCK = text(
    f"SELECT set_config('lock_timeout', '{WRITE_WAIT_S}s', true), pg_advisory_xact_lock({LOCK})"
)
# As the driver numbers them (``psycopg.IsolationLevel``).
_READ_COMMITTED, _REPEATABLE_READ = 2, 3
_HAS_SCHEMA = text("SELECT count(*) FROM pg_namespace WHERE nspname = :schema")
_MAKE_SCHEMA = text(f"CREATE SCHEMA {SCHEMA}")
_SIZE = text(
    "SELECT coalesce(sum(pg_total_relation_size(r.oid)), 0) FROM pg_class r"
    " JOIN pg_namespace n ON n.oid = r.relnamespace WHERE n.nspname = :schema AND r.relkind = 'r'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresPlace:
    """A PostgreSQL that holds the control database; see ``database.DatabasePlace``.

    Attributes:
        url: Its address; without a password.
        password_file: Where its password is, if it wants one; read anew for each connection.

    Raises:
        OperatorError: the address is none, holds a password, or would do without TLS.
    """

    url: str
    password_file: Path | None = None

    is_shared = True

    def __post_init__(self) -> None:
        postgres_address.arguments(self.url)

    @property
    def shown(self) -> str:
        """Name it in messages."""
        return postgres_address.shown(self.url)

    def create(self) -> None:
        """Make nothing: a database is made by its administrator."""

    def engine(self, *, for_migrations: bool = False) -> Engine:
        """Make what opens connections."""
        from strongroom.control import postgres_text  # noqa: PLC0415 - loads the driver

        engine = create_engine(
            URL.create("postgresql+psycopg"),
            pool_pre_ping=True,
            use_native_hstore=False,
            connect_args={
                **postgres_address.arguments(self.url),
                "options": f"{_OPTIONS}{_MIGRATES_S if for_migrations else _FROZEN_S}s",
                "application_name": "strongroom",
                "client_encoding": "UTF8",
                # A plan that was made for an empty table is kept for ever by who prepares it.
                "prepare_threshold": None,
            },
        )
        event.listen(engine, "do_connect", self._give_password)
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
        if for_migrations:
            postgres_text.order_by_code_points(engine)
            event.listen(engine, "begin", _make_schema)
        return engine

    def size_bytes(self, db: Connection) -> int:
        """Say how large it is."""
        return int(db.execute(_SIZE, {"schema": SCHEMA}).scalar_one())

    def meaning(self, error: DBAPIError) -> StrongroomError | None:
        """Say what an error of the driver means; None: nothing that we foresaw."""
        return postgres_errors.meaning(self.shown, error)

    def _give_password(self, *told: Any) -> None:  # noqa: ANN401 - as SQLAlchemy tells it
        named: dict[str, Any] = told[-1]
        if self.password_file is not None:
            named["password"] = postgres_address.read_password(self.password_file)


def _configure(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own
    from strongroom.control import postgres_text  # noqa: PLC0415 - loads the driver

    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        raise OperatorError(
            "This database cannot keep every letter, so it is not used.",
            why=f"Its encoding is {encoding}.",
            hint="Have its administrator make one with ENCODING 'UTF8' TEMPLATE template0.",
        )
    postgres_text.write_without_nothing(connection)
    connection.autocommit = True
    connection.execute(_DURABLE)
    connection.autocommit = False


def _begin(db: Connection) -> None:
    options: Any = db.get_execution_options()
    only_reads = bool(options.get("only_reads"))
    raw: Any = db.connection.dbapi_connection
    # Sent along with BEGIN. A writer must not look before it has the lock, as REPEATABLE READ does.
    raw.isolation_level = _REPEATABLE_READ if only_reads else _READ_COMMITTED
    raw.read_only = True if only_reads else None
    if options.get("takes_write_lock"):
        db.execute(_TAKE_LOCK)


def _make_schema(db: Connection) -> None:
    if not db.execute(_HAS_SCHEMA, {"schema": SCHEMA}).scalar_one():
        db.execute(_MAKE_SCHEMA)
