"""Sends the audit log away as it grows, so that whoever rewrites it here is found out there.

The log in the control database is the truth; beside it stands how far it was sent. A record is
written first and sent afterwards, by a thread of its own: a receiver that is away delays nobody and
loses nothing. What was under way when a connection broke is sent again, so a record may arrive
twice and never not at all; its position tells which one it is.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import islice

from strongroom.clock import Clock
from strongroom.control import audit as rows
from strongroom.control import audit_sink
from strongroom.control.audit import AuditRecord
from strongroom.control.audit_sink import AuditSink
from strongroom.control.database import Database
from strongroom.errors import IntegrityError, StrongroomError
from strongroom.service.keys import AUDIT_SINK_IDENTITY, Keys
from strongroom.service.repeating import Repeating
from strongroom.service.syslog import line
from strongroom.vault.sealing import Sealed, seal, unseal
from strongroom.wire.syslog import LINE_BYTES_MAX, Place, Sink, place

OpenSink = Callable[[Place, str | None], Sink]
_PAGE = 200
_TRY_AGAIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where the log is sent, sealed: who can write to the database alone cannot lead it elsewhere.

    Attributes:
        to: The place, as ``wire.syslog.place`` reads it.
        ca_pem: Authorities to trust there, PEM; None: the system's.
        host: What this machine is called there.
    """

    to: str
    ca_pem: str | None
    host: str


class AuditSending:
    """Sends the log of one open home. Safe in many threads; whoever made it closes it."""

    def __init__(self, database: Database, keys: Keys, clock: Clock, open_sink: OpenSink) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._open_sink = open_sink
        self._sending = threading.Lock()
        # What goes wrong is remembered, and shown to who looks.
        self._repeating = Repeating(
            "audit",
            _TRY_AGAIN.total_seconds(),
            lambda _: self.catch_up(is_asked_for=False),
        )

    def wake(self) -> None:
        """Send what was written, soon."""
        self._repeating.wake()

    def close(self) -> None:
        """Stop, after a last try that takes a few seconds at most; the rest leaves next time."""
        self._repeating.close()

    def destination(self) -> tuple[Destination, AuditSink] | None:
        """Say where the log is sent and how that goes; None if it is sent nowhere.

        Raises:
            IntegrityError: somebody changed where.
        """
        with self._database.read() as db:
            sink = audit_sink.get(db)
        return None if sink is None else (self._opened(sink), sink)

    def change(self, destination: Destination, *, sent: int) -> None:
        """Send the log there from now on, everything behind a position.

        Raises:
            ServerUnreachable: nobody is there, or could not prove its name; nothing was changed.
        """
        self._open_sink(place(destination.to), destination.ca_pem).close()
        content = json.dumps(asdict(destination)).encode()
        with self._sending, self._database.write() as db:
            boxes = seal(content, AUDIT_SINK_IDENTITY, service_key=self._keys.to_seal())
            new = AuditSink(sealed=boxes.record, wrapped_key=boxes.wrapped_key, sent=sent)
            audit_sink.put(db, new)

    def end(self) -> bool:
        """Send the log nowhere any more; say whether it was sent."""
        with self._sending, self._database.write() as db:
            return audit_sink.remove(db)

    def catch_up(self, *, is_asked_for: bool = True) -> None:
        """Send all that was not sent yet.

        Args:
            is_asked_for: Somebody wants it now; else a place that did not answer is left alone for
                a while.

        Raises:
            StrongroomError: not all of it was sent; why is remembered.
        """
        with self._sending:
            while True:
                with self._database.read() as db:
                    sink = audit_sink.get(db)
                    if sink is None or (not is_asked_for and self._is_waiting(sink)):
                        return
                    page = list(islice(rows.after(db, sink.sent), _PAGE))
                    newest = rows.newest(db)
                try:
                    _require_end(sink, newest)
                    if not page:
                        return
                    self._send(sink, page)
                except StrongroomError as error:
                    with self._database.write() as db:
                        audit_sink.note_failed(db, sink, str(error), self._clock.now())
                    raise
                with self._database.write() as db:
                    audit_sink.note_sent(db, sink, page[-1].position, self._clock.now())

    def _send(self, sink: AuditSink, page: list[AuditRecord]) -> None:
        destination = self._opened(sink)
        away = self._open_sink(place(destination.to), destination.ca_pem)
        try:
            for record in page:
                away.send(line(record, destination.host, bytes_max=LINE_BYTES_MAX).encode())
            away.finish()
        finally:
            away.close()

    def _is_waiting(self, sink: AuditSink) -> bool:
        if sink.failing_since is None or sink.tried is None:
            return False
        since = self._clock.now() - sink.tried
        return timedelta(0) <= since < _TRY_AGAIN

    def _opened(self, sink: AuditSink) -> Destination:
        sealed = Sealed(record=sink.sealed, wrapped_key=sink.wrapped_key)
        content = self._keys.opened(
            lambda key: unseal(sealed, AUDIT_SINK_IDENTITY, service_key=key)
        )
        return Destination(**json.loads(content))


def _require_end(sink: AuditSink, newest: AuditRecord | None) -> None:
    if sink.sent > (0 if newest is None else newest.position):
        raise IntegrityError(
            "More of the audit log was sent than there is.",
            why="Somebody changed the control database.",
            hint="Compare `strongroom audit verify` with what arrived; then say anew where the log "
            "is sent: `strongroom audit send --to`.",
        )
