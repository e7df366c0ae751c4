"""Verbs of the audit log and of the service key."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from strongroom.control import audit as rows
from strongroom.control.audit import AuditRecord
from strongroom.errors import StrongroomError
from strongroom.service.audit_sending import Destination
from strongroom.service.auditing import NOT_SENDING, SENDING
from strongroom.service.rights import Right
from strongroom.service.syslog import line
from strongroom.service.verbs import Verbs, verb
from strongroom.wire.syslog import place


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDestination:
    """Where the audit log is sent, and how that goes.

    Attributes:
        to: The place.
        host: What this machine is called there.
        has_ca: It has authorities of its own that vouch for it.
        sent: Position of the last record that was sent; 0 if none was.
        waiting: How many records were not sent yet.
        tried: When it was tried last; None if never.
        failing_since: When it first failed since it last went well; None if it goes well.
        why: Why it fails, or an empty string.
    """

    to: str
    host: str
    has_ca: bool
    sent: int
    waiting: int
    tried: datetime | None
    failing_since: datetime | None
    why: str


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

    @verb(Right.DELEGATE, is_audited=True)
    def send_to(
        self, url: str, *, ca_pem: str | None = None, host: str = "", is_from_now: bool = False
    ) -> AuditDestination:
        """Send the log to syslog from now on, as it grows.

        Args:
            url: ``udp://``, ``tcp://`` or ``tls://HOST:PORT``, or ``unix:/dev/log``.
            ca_pem: Authorities to trust there, PEM; None: the system's.
            host: What to call this machine there; empty: its own name.
            is_from_now: Leave out what was written before this.

        Raises:
            OperatorError: it is no such place.
            ServerUnreachable: nobody is there, or could not prove its name; nothing was changed.
        """
        shared = self._shared
        destination = Destination(
            to=str(place(url)), ca_pem=ca_pem, host=host or socket.gethostname()
        )
        with contextlib.suppress(StrongroomError):  # where it was sent so far learns of the change
            shared.sending.catch_up()
        sent = self._last() if is_from_now else 0
        shared.sending.change(destination, sent=sent)
        shared.log.write(shared.session, SENDING, {"to": destination.to})
        with contextlib.suppress(StrongroomError):  # it was there a moment ago; shown if it is not
            shared.sending.catch_up()
        return self._destination_or_fail()

    @verb(Right.AUDIT)
    def destination(self) -> AuditDestination | None:
        """Say where the log is sent and how that goes; None if it is sent nowhere.

        Raises:
            IntegrityError: somebody changed where.
        """
        found = self._shared.sending.destination()
        if found is None:
            return None
        destination, sink = found
        return AuditDestination(
            to=destination.to,
            host=destination.host,
            has_ca=destination.ca_pem is not None,
            sent=sink.sent,
            waiting=max(0, self._last() - sink.sent),
            tried=sink.tried,
            failing_since=sink.failing_since,
            why=sink.why,
        )

    @verb(Right.AUDIT)
    def send(self) -> AuditDestination | None:
        """Send now what was not sent yet; None if the log is sent nowhere.

        Raises:
            ServerUnreachable: nobody is there; nothing is lost.
        """
        self._shared.sending.catch_up()
        return self.destination()

    @verb(Right.DELEGATE, is_audited=True)
    def stop_sending(self) -> bool:
        """Send the log nowhere any more; say whether it was sent."""
        shared = self._shared
        shared.log.write(shared.session, NOT_SENDING, {})
        with contextlib.suppress(StrongroomError):  # the last thing that arrives there is this
            shared.sending.catch_up()
        return shared.sending.end()

    def _last(self) -> int:
        with self._shared.database.read() as db:
            newest = rows.newest(db)
        return 0 if newest is None else newest.position

    def _destination_or_fail(self) -> AuditDestination:
        found = self.destination()
        assert found is not None, "it was put there just now"
        return found

    def _records(self, after: int) -> Iterator[AuditRecord]:
        # Page by page: whoever takes their time with one keeps no reading of the database open,
        # which would hold up everybody else's.
        while True:
            with self._shared.database.read() as db:
                page = rows.page(db, after)
            yield from page
            if not page:
                return
            after = page[-1].position


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
