"""Verbs of the audit log and of the service key."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.control import audit as rows
from strongroom.control.audit import AuditRecord
from strongroom.service.rights import Right
from strongroom.service.syslog import line
from strongroom.service.verbs import Verbs, verb


class Audit(Verbs):
    """The verbs. Safe in many threads."""

    noun = "audit"

    @verb(Right.AUDIT)
    def records(self, after: int = 0) -> Iterator[AuditRecord]:
        """Give all records after a position, oldest first."""
        return self._records(after)

    @verb(Right.AUDIT)
    def lines(self, host: str, after: int = 0) -> Iterator[str]:
        """Give the same as lines of syslog.

        Args:
            host: What this machine is called there.
            after: Position of the last one that was sent.
        """
        return (line(record, host) for record in self._records(after))

    @verb(Right.AUDIT, is_audited=True)
    def problems(self) -> list[str]:
        """Say where the log is not as it was written; nothing if it is."""
        return self._shared.log.problems()

    def _records(self, after: int) -> Iterator[AuditRecord]:
        with self._shared.database.read() as db:
            yield from rows.after(db, after)


class Vault(Verbs):
    """Verbs of the vault as a whole. Safe in many threads."""

    noun = "vault"

    @verb(Right.DELEGATE, is_audited=True)
    def rotate_key(self) -> None:
        """Put another service key in the place of this one. Nothing has to be entered again.

        Raises:
            OperatorError: the key is kept where we cannot change it.
        """
        self._shared.keys.rotate()
