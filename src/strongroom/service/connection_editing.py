"""Verbs that list, show, change and remove connections, and how new ones are kept."""

from __future__ import annotations

import uuid
from dataclasses import replace

import sqlalchemy as sa

from strongroom.control import connections as rows
from strongroom.control.records import Connection
from strongroom.errors import OperatorError
from strongroom.service import kinds, sealed_details
from strongroom.service.callers import checked_account
from strongroom.service.connection_opening import ConnectionOpening
from strongroom.service.connection_views import ConnectionEdit, ConnectionView, locked_view, view
from strongroom.service.details import ConnectionDetails
from strongroom.service.rights import Right
from strongroom.service.shared import checked_name
from strongroom.service.verbs import not_a_verb, verb
from strongroom.vault.secret import Secret


class ConnectionEditing(ConnectionOpening):
    """The verbs. Safe in many threads."""

    @not_a_verb
    def add_within(
        self,
        db: sa.Connection,
        name: str,
        details: ConnectionDetails,
        *,
        password: Secret | None = None,
    ) -> ConnectionView:
        """Keep a new connection, inside a transaction of somebody else.

        Its secrets may be missing: an edit gives them.
        """
        kinds.check(details)
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

    @verb(Right.LIST)
    def all(self) -> list[ConnectionView]:
        """List all connections by name; of those that are shut to the caller, what all may see."""
        known = self.everything()
        may_look = Right.MANAGE in self._shared.guard.rights(self._shared.session)
        return [self._listed(one, may_look=may_look) for one in known]

    def _listed(self, record: Connection, *, may_look: bool) -> ConnectionView:
        if not (may_look and record.wrapped_key):
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
        kinds.check(changed)
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
