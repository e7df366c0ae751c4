"""Verbs of connections: add, list, show, edit, test, remove, and what they can reach."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from strongroom.control import connections as rows
from strongroom.control.records import Connection
from strongroom.errors import OperatorError
from strongroom.operations.interfaces import Server
from strongroom.service.details import ConnectionDetails
from strongroom.service.shared import Shared, checked_name
from strongroom.vault.sealing import Identity, Sealed, seal, unseal
from strongroom.vault.secret import Secret
from strongroom.words.json import Json
from strongroom.words.resource import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionView:
    """A connection as it is shown: everything but the secret."""

    id: str
    name: str
    kind: str
    server: str
    user: str
    auth: str
    access: str
    has_own_ca: bool
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionEdit:
    """What to change in a connection's details; None leaves a thing as it is."""

    server: str | None = None
    user: str | None = None
    password: Secret | None = None
    auth: str | None = None
    access: str | None = None
    ca_pem: str | None = None


class Connections:
    """The verbs. Safe in many threads."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def add(self, name: str, details: ConnectionDetails) -> ConnectionView:
        """Keep a new connection, sealed. The server is not asked; ``test`` does that.

        Raises:
            OperatorError: the name is taken or not a name.
        """
        checked_name("connection", name)
        new = Connection(
            id=uuid.uuid4().hex,
            name=name,
            kind=details.kind,
            sealed=b"",
            wrapped_key=b"",
            created=self._shared.ports.clock.now(),
        )
        sealed = self._seal(new, details)
        new = replace(new, sealed=sealed.record, wrapped_key=sealed.wrapped_key)
        with self._shared.database.write() as db:
            if rows.by_name(db, name) is not None:
                raise OperatorError(
                    f"There is a connection named '{name}' already.",
                    hint="Choose another name, or change that one with `strongroom connection "
                    f"edit {name}`.",
                )
            rows.add(db, new)
        return _view(new, details)

    def all(self) -> list[ConnectionView]:
        """List all connections by name."""
        with self._shared.database.read() as db:
            known = rows.everything(db)
        return [_view(one, self._unseal(one)) for one in known]

    def show(self, name: str) -> ConnectionView:
        """Show one connection.

        Raises:
            OperatorError: there is none of that name.
        """
        record = self.record(name)
        return _view(record, self._unseal(record))

    def edit(self, name: str, edit: ConnectionEdit) -> ConnectionView:
        """Change a connection's details and seal them anew under a new key.

        Raises:
            OperatorError: there is none of that name; or the server changes without its password
                being given again, so that nobody can have a known password sent to a server of
                theirs.
        """
        record = self.record(name)
        details = self._unseal(record)
        if edit.server not in {None, details.server} and edit.password is None:
            raise OperatorError(
                "A connection to another server needs the password again.",
                why="Otherwise whoever may edit could have the kept password sent anywhere.",
                hint="Add --account-password-file.",
            )
        given = {
            field: value
            for field in ("server", "user", "password", "auth", "access", "ca_pem")
            if (value := getattr(edit, field)) is not None
        }
        details = replace(details, **given)
        sealed = self._seal(record, details)
        with self._shared.database.write() as db:
            rows.reseal(db, record.id, sealed=sealed.record, wrapped_key=sealed.wrapped_key)
        return _view(record, details)

    def test(self, name: str) -> Mapping[str, Json]:
        """Sign in and say what the server is and how many resources its directory tells of.

        Raises:
            AccessDenied: sign-in was refused.
            ServerUnreachable: nobody answers, or who answers could not prove its name.
        """
        with self.open(self.record(name)) as server:
            facts = dict(server.facts())
            found = list(server.resources())
        facts["resources"] = len([one for one in found if one.excluded is None])
        facts["resources_excluded"] = len([one for one in found if one.excluded is not None])
        return facts

    def resources(self, name: str) -> list[Resource]:
        """List what the connection can reach, and what it cannot with the reason."""
        with self.open(self.record(name)) as server:
            return list(server.resources())

    def remove(self, name: str) -> None:
        """Forget a connection.

        Raises:
            OperatorError: jobs stand on it.
        """
        record = self.record(name)
        with self._shared.database.write() as db:
            users = rows.jobs_that_use(db, record.id)
            if users:
                raise OperatorError(
                    f"The connection '{name}' is in use.",
                    why=f"By job {', '.join(users)}.",
                    hint="Remove those jobs first; their restore points stay.",
                )
            rows.remove(db, record.id)

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

    def server_key(self, record: Connection) -> str:
        """Say what tells the connection's server from others."""
        return self._unseal(record).server_key

    @contextmanager
    def open(self, record: Connection) -> Iterator[Server]:
        """Sign in to a connection's server, for as long as the block lasts."""
        server = self._shared.ports.open_server(self._unseal(record))
        try:
            yield server
        finally:
            server.close()

    def _seal(self, record: Connection, details: ConnectionDetails) -> Sealed:
        return seal(details.to_bytes(), _identity(record), service_key=self._shared.service_key)

    def _unseal(self, record: Connection) -> ConnectionDetails:
        sealed = Sealed(record=record.sealed, wrapped_key=record.wrapped_key)
        content = unseal(sealed, _identity(record), service_key=self._shared.service_key)
        return ConnectionDetails.from_bytes(content)


def _identity(record: Connection) -> Identity:
    return Identity(noun="connection", id=record.id, name=record.name, kind=record.kind)


def _view(record: Connection, details: ConnectionDetails) -> ConnectionView:
    return ConnectionView(
        id=record.id,
        name=record.name,
        kind=record.kind,
        server=details.server,
        user=details.user,
        auth=details.auth,
        access=details.access,
        has_own_ca=details.ca_pem is not None,
        created=record.created,
    )


def _unknown(name: str) -> OperatorError:
    return OperatorError(
        f"There is no connection named '{name}'.", hint="See `strongroom connection list`."
    )
