"""Verbs of the lock that a password puts on a connection."""

from __future__ import annotations

from dataclasses import replace

from strongroom.control import connections as rows
from strongroom.service import sealed_details
from strongroom.service.connection_opening import ConnectionOpening
from strongroom.service.connection_views import view
from strongroom.service.rights import Right
from strongroom.service.verbs import verb
from strongroom.vault.secret import Secret


class ConnectionGuarding(ConnectionOpening):
    """The verbs. Safe in many threads."""

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
    def reset_password(self, name: str, password: Secret | None) -> tuple[str, ...]:
        """Give a connection whose password is lost another one: it loses all its secrets by that.

        Everything else stays, and so does every other connection.

        Returns:
            Which secrets it lost, by the names of their fields. The connection itself is not shown:
            whoever forgot its password has not proved that it is theirs.
        """
        record = self.record(name)
        self._second_person(record, "reset_password", {"name": name})
        with self._shared.database.write() as db:
            record = rows.by_id(db, record.id) or record
            before = sealed_details.opened_within(self._shared, record)
            details = replace(before.without_secrets(), is_guarded=password is not None)
            # Under a new key: what an old copy of the database holds of the old one opens nothing.
            record = sealed_details.resealed(self._shared, db, record, details, has_new_key=True)
            self._set_guard(db, record, password)
        return view(record, before).secrets
