"""The audit log's chain: how its records are linked, and how tampering is noticed.

Each link is an HMAC-SHA-256 over the link before it and the record's own content, under a key that
is sealed for the service: who can write to the database alone can neither change a record nor make
one. The length is sealed the same way, so that cutting the end off is noticed too. Only putting
back an older copy of the whole database is not; for that the log is exported as it grows.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from strongroom.clock import Clock
from strongroom.control import audit as rows
from strongroom.control import audit_sink
from strongroom.control.audit import AuditRecord
from strongroom.control.database import Database
from strongroom.control.rows import json_text, time_text
from strongroom.service.keys import Keys
from strongroom.service.session import Session
from strongroom.words.json import Json

T = TypeVar("T")
BEGINNING = bytes(32)
ALLOWED = "allowed"
REFUSED = "refused"
WRONG_PASSWORD = "wrong-password"  # noqa: S105 - an outcome


SENDING, NOT_SENDING = "audit.sending", "audit.not_sending"
"""Records that say whether the log is sent away from then on."""


class AuditLog:
    """Writes and checks the log. Safe in many threads and processes.

    Attributes:
        on_written: Called after a record was written, if there is somewhere to send it.
    """

    def __init__(self, database: Database, keys: Keys, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self.on_written: Callable[[], None] = lambda: None

    def write(
        self,
        session: Session,
        verb: str,
        about: Mapping[str, Json],
        *,
        outcome: str = ALLOWED,
        why: str | None = None,
    ) -> None:
        """Put a record at the end, durably, before anything is done.

        Args:
            session: Who.
            verb: What they do.
            about: To what. Never a secret, content or a subject.
            outcome: How it was decided.
            why: Why it was refused; None: the reason that the session gives.
        """
        now = self._clock.now()
        with self._database.write() as db:
            key = self._keys.audit_key(db)
            newest = rows.newest(db)
            before = BEGINNING if newest is None else newest.link
            record = AuditRecord(
                position=1 if newest is None else newest.position + 1,
                at=now,
                account=session.caller.ids[0],
                label=_writable(session.caller.name),
                verb=verb,
                outcome=outcome,
                about={name: _writable(one) for name, one in about.items()},
                why=_writable(session.why if why is None else why),
                link=b"",
            )
            record = replace(record, link=_link(key, before, record))
            rows.add(db, record, seal=_seal(key, record))
            is_sent = audit_sink.is_there(db)
        if is_sent:
            self.on_written()

    def problems(self) -> list[str]:
        """Say where the log is not as it was written; nothing if it is."""
        found: list[str] = []
        with self._database.write() as db:  # the key may have to be made
            key = self._keys.audit_key(db)
        with self._database.read() as db:
            before, position = BEGINNING, 0
            last: AuditRecord | None = None
            is_to_be_sent = False
            for record in rows.after(db, 0):
                if record.position != position + 1:
                    found.append(f"Records {position + 1} to {record.position - 1} are missing.")
                elif not hmac.compare_digest(record.link, _link(key, before, record)):
                    found.append(f"Record {record.position} is not as it was written.")
                before, position, last = record.link, record.position, record
                if record.verb in {SENDING, NOT_SENDING}:
                    is_to_be_sent = record.verb == SENDING
            end = rows.end(db)
            if is_to_be_sent and not audit_sink.is_there(db):
                found.append("Where the log is to be sent was taken out.")
        if last is not None and (
            end is None
            or end[0] != last.position
            or not hmac.compare_digest(end[1], _seal(key, last))
        ):
            found.append(f"The log was cut off or prolonged after record {last.position}.")
        if last is None and end is not None:
            found.append("All records are missing.")
        return found


def _writable(value: T) -> T:
    """Write what is half a letter as its number: whoever names a thing so is written down too."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()  # type: ignore[return-value]
    if isinstance(value, list):
        return [_writable(one) for one in value]  # type: ignore[return-value]
    return value


def _link(key: bytes, before: bytes, record: AuditRecord) -> bytes:
    content = json_text(
        {
            "position": record.position,
            "at": time_text(record.at),
            "account": record.account,
            "label": record.label,
            "verb": record.verb,
            "outcome": record.outcome,
            "about": dict(record.about),
            "why": record.why,
        }
    )
    return hmac.new(key, b"link\0" + before + content.encode(), hashlib.sha256).digest()


def _seal(key: bytes, record: AuditRecord) -> bytes:
    end = f"end\0{record.position}\0".encode() + record.link
    return hmac.new(key, end, hashlib.sha256).digest()
