"""The lock of a guarded connection: who may see and change its details, and slow wrong passwords.

It is open to whoever gave the password in this session, and to whoever is signed in as the very
account that the connection uses. Jobs run with none of that: the service opens what it must.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from strongroom.control import connections as rows
from strongroom.control import wrong_passwords
from strongroom.control.records import Connection
from strongroom.errors import AccessDenied, OperatorError
from strongroom.service.auditing import REFUSED, WRONG_PASSWORD
from strongroom.service.details import ConnectionDetails
from strongroom.service.keys import connection_identity
from strongroom.service.rights import Right
from strongroom.service.shared import Shared
from strongroom.vault.password import WrongPassword, unwrap_with_password
from strongroom.vault.sealing import Sealed, unseal_with, wrap
from strongroom.vault.secret import Secret

PASSWORD = "password"  # noqa: S105 - the name of a reader
_FREE_TRIES = 3
_LONGEST_WAIT_S = 15 * 60


class Locked(AccessDenied):
    """The connection's password is needed."""


class TryLater(OperatorError):
    """Too many wrong passwords: this one was not even looked at."""


class Locks:
    """The locks of all connections, for one session."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def is_open(self, record: Connection, details: ConnectionDetails) -> bool:
        """Say whether the session may see and change a connection's details.

        Args:
            record: The connection.
            details: Its details, as they are sealed: they say whose account it uses.
        """
        session = self._shared.session
        if not details.is_guarded or session.is_any_of(details.owner_ids):
            return True
        guard = self._guard_of(record)
        return guard is not None and session.is_unlocked(record.id, guard)

    def require_open(self, record: Connection, details: ConnectionDetails, verb: str) -> None:
        """Refuse whoever may not see and change a connection's details.

        Raises:
            Locked: they gave no password in this session, and are not its owner.
        """
        if not self.is_open(record, details):
            raise self._locked(record, verb)

    def require_usable(self, record: Connection, details: ConnectionDetails, verb: str) -> None:
        """Refuse whoever may not put a job or a restore on a connection.

        Raises:
            Locked: it is not open to them, and was not granted to them.
        """
        shared = self._shared
        is_granted = not shared.guard.is_home(shared.session) and shared.guard.reaches(
            shared.session, Right.USE_CONNECTION, target=f"{record.id}/*"
        )
        if not is_granted:
            self.require_open(record, details, verb)

    def unlock(self, record: Connection, password: Secret) -> None:
        """Open a connection for this session.

        Raises:
            WrongPassword: it is another one.
            TryLater: there were too many wrong ones; this one was not looked at.
        """
        guard = self._guard_of(record)
        if guard is None:
            raise OperatorError(
                f"The connection '{record.name}' has no password that could be tried.",
                hint="If it is locked all the same, its password was taken out of the database: "
                f"see `strongroom connection reset {record.name}`.",
            )
        shared = self._shared
        self._begin_try(record)
        identity = connection_identity(record)
        try:
            key = unwrap_with_password(guard, password, identity)
        except WrongPassword:
            about = {"connection": record.name}
            shared.log.write(
                shared.session, "connections.unlock", about, outcome=WRONG_PASSWORD, why=""
            )
            raise
        # A guard that somebody put there, with a password of theirs, holds another key.
        sealed = Sealed(record=record.sealed, wrapped_key=record.wrapped_key)
        unseal_with(sealed, identity, key)
        with shared.database.write() as db:
            wrong_passwords.forget(db, record.id)
            if not record.wrapped_key:  # of a home brought back: from now on jobs run again
                wrapped = wrap(key, identity, service_key=shared.keys.to_seal())
                rows.rewrap(db, record.id, wrapped)
        shared.session.unlock(record.id, guard)

    def _begin_try(self, record: Connection) -> None:
        """Count the try before it is made, so that being killed in it wins nothing."""
        shared = self._shared
        now = shared.ports.clock.now()
        with shared.database.write() as db:
            count, latest = wrong_passwords.of_connection(db, record.id)
            wait_s = wait_left_s(count, latest, now)
            if wait_s <= 0:
                wrong_passwords.note(db, record.id, now)
                return
        shared.log.write(
            shared.session,
            "connections.unlock",
            {"connection": record.name},
            outcome=REFUSED,
            why=f"{count} wrong passwords in a row.",
        )
        raise TryLater(
            f"The password of connection '{record.name}' cannot be tried now.",
            why=f"There were {count} wrong ones in a row.",
            hint=f"Try again in {wait_s:.0f} seconds.",
        )

    def _guard_of(self, record: Connection) -> bytes | None:
        with self._shared.database.read() as db:
            return rows.readers(db, record.id).get(PASSWORD)

    def _locked(self, record: Connection, verb: str) -> Locked:
        shared = self._shared
        why = "It is guarded by a password."
        shared.log.write(
            shared.session, verb, {"connection": record.name}, outcome=REFUSED, why=why
        )
        return Locked(
            f"The connection '{record.name}' is locked.",
            why=why,
            hint="Give its password with --password-file FILE, or --password-file.",
        )


def wait_left_s(wrong: int, latest: datetime | None, now: datetime) -> float:
    """Say how long the next password has to wait: nothing for a typing error, then doubling.

    Args:
        wrong: Wrong ones in a row so far.
        latest: When the latest was.
        now: The time; a clock that was set back makes nobody wait longer than the longest wait.
    """
    if latest is None or wrong < _FREE_TRIES:
        return 0.0
    wait = timedelta(seconds=min(_LONGEST_WAIT_S, 2 ** min(wrong - _FREE_TRIES + 1, 30)))
    return min(wait, latest + wait - now).total_seconds()
