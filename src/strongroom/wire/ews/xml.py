"""Writing XML by hand, safely, and the names of its namespaces.

Requests are small and of known shape, so they are written as text; everything that comes from
outside passes ``text`` or ``attribute``.
"""

from __future__ import annotations

import re

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
M = f"{{{MESSAGES}}}"
T = f"{{{TYPES}}}"

# What XML 1.0 can carry at all (§2.2); no escape exists for the rest.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Nothing to escape, neither in an element nor in an attribute: ids, and nearly all else.
_PLAIN = re.compile("[ !#-%'-;=?-~]*")


def text(value: str) -> str:
    """Escape a string for the content of an element.

    Characters that XML 1.0 cannot carry become U+FFFD: old folder names hold them, and a request
    that the server refuses whole would be worse. A carriage return is written as a reference, else
    the parser on the other side would make a line feed of it.
    """
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _NOT_XML.sub(_REPLACEMENT, escaped).replace("\r", "&#13;")


def attribute(value: str) -> str:
    """Escape a string for a double-quoted attribute; line ends and tabs survive as references."""
    if _PLAIN.fullmatch(value):
        return value
    return text(value).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def truth(value: bool) -> str:  # noqa: FBT001 - the one argument of a conversion
    """Write a boolean the way XML Schema wants it."""
    return "true" if value else "false"
