"""Databases of one kind on a server of tests, emptied after each use: making one takes far longer.

A database that is not as it was made, once it is emptied, is thrown away: a test may rename tables,
change settings or give the database to somebody else.
"""

from __future__ import annotations

import contextlib

import psycopg

from tests.fakes.postgres import PostgresServer

_BYTES_MORE_MAX = 8_000_000
_LEAVE = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_ROWS = """
SELECT string_agg(format('DELETE FROM %s;', c.oid::regclass), '') FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
AND c.relname <> 'alembic_version'
"""
_SEQUENCES = """
SELECT setval(c.oid::regclass, 1, false) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND n.nspname NOT LIKE 'pg\\_%'
"""
_SCHEMAS = """
SELECT string_agg(format('DROP SCHEMA %I CASCADE;', nspname), '') FROM pg_namespace
WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public')
"""
_SHAPE = """
SELECT md5(string_agg(one, ' ' ORDER BY one)) FROM (
    SELECT concat(n.nspname, c.relname, c.relkind, c.relowner, c.relacl,
        string_agg(concat(a.attname, a.atttypid, a.attnotnull), ',' ORDER BY a.attnum))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    GROUP BY c.oid, n.oid
    UNION ALL SELECT concat(nspname, nspowner, nspacl) FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\\_%'
    UNION ALL SELECT concat(proname, prosrc) FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    UNION ALL SELECT concat(tgname, tgrelid::regclass) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT concat(datdba, datconnlimit, datacl) FROM pg_database
    WHERE datname = current_database()
    UNION ALL SELECT s.setconfig::text FROM pg_db_role_setting s
    JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database()
) AS all_of_it(one)
"""


class DatabasePool:
    """Gives out databases that are as a template is.

    Args:
        server: Where.
        template: What they are copied from; None: they have nothing in them.
    """

    def __init__(self, server: PostgresServer, template: str | None = None) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        self._shape: tuple[object, ...] | None = None

    def take(self) -> str:
        """Give the name of a database that nobody uses."""
        if self._free:
            return self._free.pop()
        name = self._server.new_database(self._template or "template0")
        with self._connected(name) as connection:
            self._shape = self._shape or self._shape_of(connection)
        return name

    def give_back(self, name: str) -> None:
        """Take a database back, whoever still uses it."""
        if self._is_as_new(name):
            self._free.append(name)
        else:
            self._server.drop_database(name)

    def _is_as_new(self, name: str) -> bool:
        with contextlib.suppress(psycopg.Error), self._connected(name) as connection:
            connection.execute(_LEAVE)
            size_before, *before = self._shape or (0,)
            if self._size(connection) > int(str(size_before)) + _BYTES_MORE_MAX:
                return False
            if self._template is None:
                _run(connection, _SCHEMAS)
            else:
                connection.execute("SET session_replication_role = replica")
                _run(connection, _ROWS)
                connection.execute(_SEQUENCES.encode())
            return [*self._shape_of(connection)[1:]] == before
        return False

    def _shape_of(self, connection: psycopg.Connection) -> tuple[object, ...]:
        (shape,) = _one(connection, _SHAPE)
        version: tuple[object, ...] = ()
        if self._template is not None:
            version = _one(connection, "SELECT version_num FROM strongroom.alembic_version")
        return (self._size(connection), shape, *version)

    def _size(self, connection: psycopg.Connection) -> int:
        (size,) = _one(connection, "SELECT pg_database_size(current_database())")
        return int(str(size))

    def _connected(self, name: str) -> psycopg.Connection:
        return psycopg.connect(self._server.url(name), autocommit=True)


def _one(connection: psycopg.Connection, statement: str) -> tuple[object, ...]:
    found = connection.execute(statement.encode()).fetchone()
    assert found is not None
    return tuple(found)


def _run(connection: psycopg.Connection, script_of: str) -> None:
    (script,) = _one(connection, script_of)
    if script:
        connection.execute(str(script).encode())
