"""The audit log as lines of syslog (RFC 5424).

Source:
    https://www.rfc-editor.org/rfc/rfc5424
"""

from __future__ import annotations

import json

from strongroom.control.audit import AuditRecord
from strongroom.control.rows import time_text

_FACILITY = 13
"""Log audit."""

_NOTICE, _WARNING = 5, 4
_ALLOWED = "allowed"
_SHORT = 200
"""Letters that are left of a text where the whole line would be longer than it may be."""


def line(record: AuditRecord, host: str, *, bytes_max: int | None = None) -> str:
    """Write a record as one line of syslog; control characters in it are escaped.

    Args:
        record: The record.
        host: What this machine is called there.
        bytes_max: How long it may be, in UTF-8; None: as long as it is. What is too long is cut
            and says so; its link still proves which record it is.
    """
    written = _line(record, host, about=json.dumps(dict(record.about), sort_keys=True))
    if bytes_max is None or len(written.encode()) <= bytes_max:
        return written
    about = json.dumps(dict(record.about), sort_keys=True)[:_SHORT]
    return _line(record, host, about=about, cut_to=_SHORT)


def _line(record: AuditRecord, host: str, *, about: str, cut_to: int | None = None) -> str:
    severity = _NOTICE if record.outcome == _ALLOWED else _WARNING
    parameters = {
        "position": str(record.position),
        "account": record.account[:cut_to],
        "label": record.label[:cut_to],
        "verb": record.verb[:cut_to],
        "outcome": record.outcome[:cut_to],
        "about": about,
        "why": record.why[:cut_to],
        "link": record.link.hex(),
    }
    if cut_to is not None:
        parameters["cut"] = "yes"
    structured = " ".join(f'{name}="{_escaped(value)}"' for name, value in parameters.items())
    told = f"{record.account} {record.outcome} {record.verb}"[:cut_to]
    return (
        f"<{_FACILITY * 8 + severity}>1 {time_text(record.at)} {_word(host)} strongroom - audit "
        f"[strongroom@32473 {structured}] {_escaped(told)}"
    )


def _escaped(value: str) -> str:
    r"""Escape as RFC 5424 wants it (``\``, ``"``, ``]``), and whatever could end the line."""
    for special in ("\\", '"', "]"):
        value = value.replace(special, f"\\{special}")
    return "".join(one if one.isprintable() else f"\\\\u{ord(one):04x}" for one in value)


def _word(text: str) -> str:
    """Leave only what may stand in the header."""
    return "".join(one for one in text if "!" <= one <= "~")[:255] or "-"
