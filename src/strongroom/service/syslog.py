"""The audit log for syslog: RFC 5424 lines, and how they are sent.

Source:
    https://www.rfc-editor.org/rfc/rfc5424, RFC 5426 (UDP), RFC 6587 (TCP, octet counting)
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from strongroom.control.audit import AuditRecord
from strongroom.control.rows import time_text
from strongroom.errors import ServerUnreachable

_FACILITY = 13
"""Log audit."""

_NOTICE, _WARNING = 5, 4
_ALLOWED = "allowed"
_CONNECT_S = 10.0


class Sink(Protocol):
    """Where lines go, in their order. Whoever opened it closes it."""

    def send(self, line: bytes) -> None:
        """Send one line.

        Raises:
            ServerUnreachable: it did not leave; send it again later.
        """

    def close(self) -> None:
        """Close the connection."""


def line(record: AuditRecord, host: str) -> str:
    """Write a record as one line of syslog; control characters in it are escaped.

    Args:
        record: The record.
        host: What this machine is called there.
    """
    severity = _NOTICE if record.outcome == _ALLOWED else _WARNING
    parameters = {
        "position": str(record.position),
        "account": record.account,
        "label": record.label,
        "verb": record.verb,
        "outcome": record.outcome,
        "about": json.dumps(dict(record.about), sort_keys=True),
        "why": record.why,
        "link": record.link.hex(),
    }
    structured = " ".join(f'{name}="{_escaped(value)}"' for name, value in parameters.items())
    told = f"{record.account} {record.outcome} {record.verb}"
    return (
        f"<{_FACILITY * 8 + severity}>1 {time_text(record.at)} {_word(host)} strongroom - audit "
        f"[strongroom@32473 {structured}] {_escaped(told)}"
    )


def send_all(records: Iterable[AuditRecord], host: str, sink: Sink) -> int:
    """Send records in their order; say the position of the last one that left, 0 if none did."""
    last = 0
    for record in records:
        sink.send(line(record, host).encode())
        last = record.position
    return last


class DatagramSink:
    """Sends by UDP, or to the system's own socket (``/dev/log``)."""

    def __init__(self, to: tuple[str, int] | Path) -> None:
        if isinstance(to, Path):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._to: tuple[str, int] | str = str(to)
            return
        family, kind, _, _, address = socket.getaddrinfo(*to, type=socket.SOCK_DGRAM)[0]
        self._socket = socket.socket(family, kind)
        self._to = (str(address[0]), int(address[1]))

    def send(self, line: bytes) -> None:
        """See ``Sink``. Nobody says whether a datagram arrived."""
        try:
            self._socket.sendto(line, self._to)
        except OSError as error:
            raise _unreachable(error) from error

    def close(self) -> None:
        """See ``Sink``."""
        self._socket.close()


class StreamSink:
    """Sends by TCP, each line behind its length."""

    def __init__(self, host: str, port: int) -> None:
        try:
            self._socket = socket.create_connection((host, port), timeout=_CONNECT_S)
        except OSError as error:
            raise _unreachable(error) from error

    def send(self, line: bytes) -> None:
        """See ``Sink``."""
        try:
            self._socket.sendall(b"%d %b" % (len(line), line))
        except OSError as error:
            raise _unreachable(error) from error

    def close(self) -> None:
        """See ``Sink``."""
        self._socket.close()


def _escaped(value: str) -> str:
    r"""Escape as RFC 5424 wants it (``\``, ``"``, ``]``), and whatever could end the line."""
    for special in ("\\", '"', "]"):
        value = value.replace(special, f"\\{special}")
    return "".join(one if one.isprintable() else f"\\\\u{ord(one):04x}" for one in value)


def _word(text: str) -> str:
    """Leave only what may stand in the header."""
    return "".join(one for one in text if "!" <= one <= "~")[:255] or "-"


def _unreachable(error: OSError) -> ServerUnreachable:
    return ServerUnreachable(
        "The audit log could not be sent to syslog.",
        why=f"{error.strerror or type(error).__name__}.",
        hint="It is kept here and can be sent again.",
    )
