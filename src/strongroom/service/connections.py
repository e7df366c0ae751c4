"""Verbs of connections: add, list, show, edit, test, lock, remove, and what they can reach."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from strongroom.control import connections as rows
from strongroom.control import wrong_passwords
from strongroom.control.records import Connection
from strongroom.errors import AccessDenied, OperatorError
from strongroom.operations.interfaces import Server
from strongroom.service import sealed_details
from strongroom.service.callers import THE_SERVICE, Caller, checked_account
from strongroom.service.connection_views import ConnectionEdit, ConnectionView, locked_view, view
from strongroom.service.details import ConnectionDetails
from strongroom.service.keys import connection_identity
from strongroom.service.locks import PASSWORD, Locks
from strongroom.service.ports import Confirm, FoundServer, Purpose, Testable, Use
from strongroom.service.rights import Right
from strongroom.service.session import Session
from strongroom.service.shared import Shared, checked_name
from strongroom.service.verbs import Verbs, not_a_verb, verb
from strongroom.vault.password import wrap_for_password
from strongroom.vault.secret import Secret
from strongroom.words.capability import Capability, CapabilityOutcome
from strongroom.words.json import Json
from strongroom.words.resource import Resource

__all__ = ["ConnectionEdit", "ConnectionTest", "ConnectionView", "Connections"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionTest:
    """What a test of a connection found.

    Attributes:
        facts: What the server is and where it stands.
        capabilities: What jobs will need, and whether it is there.
    """

    facts: Mapping[str, Json]
    capabilities: tuple[Capability, ...]


class Connections(Verbs):
    """The verbs. Safe in many threads."""

    noun = "connections"

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._locks = Locks(shared)

    @verb(Right.MANAGE, is_audited=True)
    def add(
        self, name: str, details: ConnectionDetails, *, password: Secret | None = None
    ) -> ConnectionView:
        """Keep a new connection, sealed. The server is not asked; ``test`` does that.

        Args:
            name: Its name; it stays.
            details: Its details.
            password: Guards them; None: they are guarded by roles alone.

        Raises:
            OperatorError: the name is taken or not a name.
        """
        with self._shared.database.write() as db:
            return self.add_within(db, name, details, password=password)

    @not_a_verb
    def add_within(
        self,
        db: sa.Connection,
        name: str,
        details: ConnectionDetails,
        *,
        password: Secret | None = None,
    ) -> ConnectionView:
        """Keep a new connection, inside a transaction of somebody else."""
        shared = self._shared
        for owner in details.owners:
            checked_account(owner)
        details = replace(details, is_guarded=password is not None)
        empty = Connection(
            id=uuid.uuid4().hex,
            name=checked_name("connection", name),
            kind=details.kind,
            sealed=b"",
            wrapped_key=b"",
            created=shared.ports.clock.now(),
        )
        if rows.by_name(db, name) is not None:
            raise OperatorError(
                f"There is a connection named '{name}' already.",
                hint="Choose another name, or change that one with `strongroom connection "
                f"edit {name}`.",
            )
        new = sealed_details.sealed(shared, empty, details)
        rows.add(db, new)
        if password is not None:
            self._set_guard(db, new, password)
        return view(new, details)

    @verb(Right.MANAGE, is_audited=True)
    def find(self, details: ConnectionDetails, confirm: Confirm) -> FoundServer:
        """Look up the server of an address, for details that are to be added.

        Args:
            details: With ``autodiscover``: whose server; and with ``server``, if somebody knows
                one that can be asked.
            confirm: Asks a person before a host outside the address's domain is trusted.

        Raises:
            OperatorError: it is nowhere, or nowhere that may be trusted; the hint names --server.
        """
        return self._shared.ports.find_server(details, confirm)

    @verb(Right.LIST)
    def all(self) -> list[ConnectionView]:
        """List all connections by name; of those that are shut to the caller, what all may see."""
        known = self.everything()
        may_look = Right.MANAGE in self._shared.guard.rights(self._shared.session)
        return [self._listed(one, may_look=may_look) for one in known]

    def _listed(self, record: Connection, *, may_look: bool) -> ConnectionView:
        if not may_look:
            return locked_view(record)
        details = self.details(record)
        return (
            view(record, details) if self._locks.is_open(record, details) else locked_view(record)
        )

    @verb(Right.MANAGE, is_audited=True)
    def show(self, name: str) -> ConnectionView:
        """Show one connection, without its secrets.

        Raises:
            OperatorError: there is none of that name.
            Locked: its password is needed.
        """
        record, details = self._open_to_us(name, "show")
        return view(record, details)

    @verb(Right.MANAGE, is_audited=True)
    def edit(self, name: str, edit: ConnectionEdit) -> ConnectionView:
        """Change a connection's details. Runs that are under way go on with those they began with.

        Whatever changes where its secrets go discards all of them, for everybody: nobody can have
        a kept secret sent to a server of theirs.

        Raises:
            OperatorError: there is none of that name; or the place changes without the secret for
                it being given again.
            Locked: its password is needed.
        """
        record, details = self._open_to_us(name, "edit")
        changed = edit.applied_to(details)
        for owner in changed.owners:
            checked_account(owner)
        self._second_person(record, "edit", {"name": name})
        with self._shared.database.write() as db:
            current = rows.by_id(db, record.id)
            if current is None or current.sealed != record.sealed:
                raise OperatorError(
                    f"The connection '{name}' was changed by somebody else just now.",
                    hint="Look at it, and make the change again if it is still wanted.",
                )
            record = sealed_details.resealed(self._shared, db, record, changed)
        return view(record, changed)

    @verb(Right.MANAGE, is_audited=True)
    def test(self, name: str, mailbox: str | None = None) -> ConnectionTest:
        """Sign in and say what the server is, and whether all that jobs will need is there.

        Args:
            name: The connection.
            mailbox: Address of a mailbox to try impersonation and export rights on.

        Raises:
            AccessDenied: sign-in was refused.
            ServerUnreachable: nobody answers, or who answers could not prove its name.
        """
        with self._used(name, "test") as server:
            facts = dict(server.facts())
            capabilities = (
                tuple(server.capabilities(mailbox)) if isinstance(server, Testable) else ()
            )
            facts |= _counted(server, capabilities)
        return ConnectionTest(facts=facts, capabilities=capabilities)

    @verb(Right.MANAGE, is_audited=True)
    def resources(self, name: str) -> list[Resource]:
        """List what the connection can reach, and what it cannot with the reason."""
        with self._used(name, "resources") as server:
            return list(server.resources())

    @contextmanager
    def _used(self, name: str, method: str) -> Iterator[Server]:
        record = self.record(name)
        details = self.details(record)
        self._locks.require_usable(record, details, f"connections.{method}")
        with self._signed_in(record, details, Purpose.TEST) as server:
            yield server

    @verb(Right.LIST, is_audited=True)
    def unlock(self, name: str, password: Secret) -> None:
        """Open a guarded connection to this session, until it ends. It gives nobody a right.

        Raises:
            WrongPassword: it is another one.
            TryLater: there were too many wrong ones in a row.
        """
        self._locks.unlock(self.record(name), password)

    @verb(Right.LIST)
    def lock(self, name: str) -> None:
        """Shut a connection to this session again."""
        self._shared.session.lock(self.record(name).id)

    @verb(Right.MANAGE, is_audited=True)
    def set_password(self, name: str, password: Secret | None) -> None:
        """Guard a connection with another password, or with none. Its secrets stay.

        Sessions that had it unlocked need the new one.

        Raises:
            Locked: its present password is needed.
        """
        record, _ = self._open_to_us(name, "set_password")
        self._second_person(record, "set_password", {"name": name})
        with self._shared.database.write() as db:
            record = rows.by_id(db, record.id) or record
            details = replace(
                sealed_details.opened_within(self._shared, record),
                is_guarded=password is not None,
            )
            record = sealed_details.resealed(self._shared, db, record, details)
            self._set_guard(db, record, password)

    @verb(Right.MANAGE, is_audited=True)
    def reset_password(self, name: str, password: Secret | None) -> ConnectionView:
        """Give a connection whose password is lost another one: it loses all its secrets by that.

        Everything else stays, and so does every other connection.
        """
        record = self.record(name)
        self._second_person(record, "reset_password", {"name": name})
        with self._shared.database.write() as db:
            record = rows.by_id(db, record.id) or record
            details = replace(
                sealed_details.opened_within(self._shared, record).without_secrets(),
                is_guarded=password is not None,
            )
            # Under a new key: what an old copy of the database holds of the old one opens nothing.
            record = sealed_details.resealed(self._shared, db, record, details, has_new_key=True)
            self._set_guard(db, record, password)
        # Not shown: whoever forgot the password of a connection has not proved that it is theirs.
        return locked_view(record)

    @verb(Right.MANAGE, is_audited=True)
    def remove(self, name: str) -> None:
        """Forget a connection.

        Raises:
            OperatorError: jobs or runs stand on it.
        """
        record = self.record(name)
        self._second_person(record, "remove", {"name": name})
        with self._shared.database.write() as db:
            jobs = rows.jobs_that_use(db, record.id)
            runs = rows.open_runs_that_use(db, record.id)
            if jobs or runs:
                users = [f"job {one}" for one in jobs] + [f"run {one}" for one in runs]
                raise OperatorError(
                    f"The connection '{name}' is in use.",
                    why=f"By {', '.join(users)}.",
                    hint="Remove those jobs and let those runs end first; restore points stay.",
                )
            rows.remove(db, record.id)

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
            begun_with: The details that were signed in with.
            cache: The token cache as it is now.

        Returns:
            Whether it was kept: tokens of one place never end up in the details of another.
        """
        with self._shared.database.write() as db:
            record = rows.by_id(db, connection_id)
            if record is None:
                return False
            now = sealed_details.opened_within(self._shared, record)
            is_same = now.destination == begun_with.destination
            if not is_same or (now.user, now.client_id) != (begun_with.user, begun_with.client_id):
                return False
            if now.token_cache is None and begun_with.token_cache is not None:
                return False  # discarded meanwhile
            changed = replace(now, token_cache=cache)
            sealed_details.resealed(self._shared, db, record, changed)
        return True

    @contextmanager
    def _signed_in(
        self, record: Connection, details: ConnectionDetails, purpose: Purpose
    ) -> Iterator[Server]:
        def keep(cache: Secret) -> None:
            self.keep_tokens(record.id, details, cache)

        server = self._shared.ports.open_server(details, Use(purpose=purpose, keep_tokens=keep))
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


def _counted(server: Server, capabilities: Sequence[Capability]) -> dict[str, Json]:
    """Say how many resources the directory lists; nothing where it is not ours to list.

    That is one of the capabilities, if the server can try them, and keeps no other from being told.
    """
    try:
        found = list(server.resources())
    except AccessDenied:
        if not any(one.outcome is CapabilityOutcome.MISSING for one in capabilities):
            raise
        return {"resources": None, "resources_excluded": None}
    listed = len([one for one in found if one.excluded is None])
    return {"resources": listed, "resources_excluded": len(found) - listed}


def _unknown(name: str) -> OperatorError:
    return OperatorError(
        f"There is no connection named '{name}'.", hint="See `strongroom connection list`."
    )
