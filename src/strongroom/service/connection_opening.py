"""Finding connections and signing in to their servers: what all verbs of connections stand on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from strongroom.control import connections as rows
from strongroom.control import wrong_passwords
from strongroom.control.records import Connection
from strongroom.errors import OperatorError
from strongroom.operations.interfaces import Server
from strongroom.service import sealed_details
from strongroom.service.callers import THE_SERVICE, Caller
from strongroom.service.details import ConnectionDetails
from strongroom.service.keys import connection_identity
from strongroom.service.locks import PASSWORD, Locks
from strongroom.service.ports import Purpose, Use
from strongroom.service.session import Session
from strongroom.service.shared import Shared
from strongroom.service.verbs import Verbs, not_a_verb
from strongroom.vault.password import wrap_for_password
from strongroom.vault.secret import Secret
from strongroom.words.json import Json


class ConnectionOpening(Verbs):
    """The inside: for runs, and for the other verbs. Safe in many threads."""

    noun = "connections"

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._locks = Locks(shared)

    @not_a_verb
    def everything(self) -> list[Connection]:
        """List the rows of all connections by name."""
        with self._shared.database.read() as db:
            return rows.everything(db)

    @not_a_verb
    def record(self, name: str) -> Connection:
        """Find a connection's row by name.

        Raises:
            OperatorError: there is none.
        """
        with self._shared.database.read() as db:
            record = rows.by_name(db, name)
        if record is None:
            raise _unknown(name)
        return record

    @not_a_verb
    def record_by_id(self, connection_id: str) -> Connection:
        """Find a connection's row by id.

        Raises:
            OperatorError: it was removed.
        """
        with self._shared.database.read() as db:
            record = rows.by_id(db, connection_id)
        if record is None:
            raise _unknown(connection_id)
        return record

    @not_a_verb
    def details(self, record: Connection) -> ConnectionDetails:
        """Open a connection's details. Never for a caller's eyes: ``require_open`` is for that."""
        return sealed_details.opened(self._shared, record)

    @not_a_verb
    def server_key(self, record: Connection) -> str:
        """Say what tells the connection's server from others, without telling which it is.

        It is kept in clear with the runs, for the conflict rule.
        """
        return self._shared.keys.pseudonym(self.details(record).server_key)

    @not_a_verb
    def require_usable(self, record: Connection, name: str) -> None:
        """Refuse whoever may not put a job or a restore on a connection (see ``Locks``)."""
        self._locks.require_usable(record, self.details(record), name)

    @not_a_verb
    @contextmanager
    def open(
        self, record: Connection, purpose: Purpose, *, run_id: str | None = None
    ) -> Iterator[Server]:
        """Sign in to a connection's server, for as long as the block lasts, and write that down.

        The details are those of now: an edit that comes later does not touch who is signed in.

        Args:
            record: The connection.
            purpose: What for.
            run_id: The run that it is for; None: the session itself has to ask the server.
        """
        details = self.details(record)
        about: dict[str, Json] = {"connection": record.name}
        by = self._shared.session
        if run_id is not None:
            about["run_id"] = run_id
            by = Session(Caller(ids=(THE_SERVICE,), name=f"run {run_id}"))
        self._shared.log.write(by, "connections.use", about)
        with self._signed_in(record, details, purpose) as server:
            yield server

    @not_a_verb
    def keep_tokens(self, connection_id: str, begun_with: ConnectionDetails, cache: Secret) -> bool:
        """Keep what a sign-in renewed, unless the connection was changed meanwhile.

        Args:
            connection_id: The connection.
            begun_with: The details that were signed in with, and in them what was kept last.
            cache: The token cache as it is now.

        Returns:
            Whether it was kept: tokens of one place never end up in the details of another, and
            those of an old sign-in never in the place of a new one.
        """
        with self._shared.database.write() as db:
            record = rows.by_id(db, connection_id)
            if record is None:
                return False
            now = sealed_details.opened_within(self._shared, record)
            is_same = now.destination == begun_with.destination
            if not is_same or (now.user, now.client_id) != (begun_with.user, begun_with.client_id):
                return False
            if now.token_cache != begun_with.token_cache:
                return False  # discarded meanwhile, or somebody signed in again
            changed = replace(now, token_cache=cache)
            sealed_details.resealed(self._shared, db, record, changed)
        return True

    @contextmanager
    def _signed_in(
        self, record: Connection, details: ConnectionDetails, purpose: Purpose
    ) -> Iterator[Server]:
        kept_last = details

        def keep(cache: Secret) -> None:
            nonlocal kept_last
            if self.keep_tokens(record.id, kept_last, cache):
                kept_last = replace(kept_last, token_cache=cache)

        with self._speaking(details, Use(purpose=purpose, keep_tokens=keep)) as server:
            yield server

    @contextmanager
    def _speaking(self, details: ConnectionDetails, use: Use) -> Iterator[Server]:
        server = self._shared.ports.open_server(details, use)
        try:
            yield server
        finally:
            server.close()

    def _open_to_us(self, name: str, method: str) -> tuple[Connection, ConnectionDetails]:
        record = self.record(name)
        details = self.details(record)
        self._locks.require_open(record, details, f"connections.{method}")
        return record, details

    def _second_person(self, record: Connection, method: str, what: dict[str, Any]) -> None:
        self._shared.guard.second_person(
            self._shared.session, f"connections.{method}", [f"{record.id}/*"], what
        )

    def _set_guard(self, db: sa.Connection, record: Connection, password: Secret | None) -> None:
        wrong_passwords.forget(db, record.id)
        if password is None:
            rows.remove_reader(db, record.id, PASSWORD)
            return
        guard = wrap_for_password(
            sealed_details.own_key(self._shared, record),
            password,
            connection_identity(record),
            cost=self._shared.ports.password_cost,
        )
        rows.set_reader(db, record.id, PASSWORD, guard)


def _unknown(name: str) -> OperatorError:
    return OperatorError(
        f"There is no connection named '{name}'.", hint="See `strongroom connection list`."
    )
