"""Content lines, of which iCalendar and vCard consist: escaped, folded, closed against injection.

Source:
    RFC 5545 3.1 and 3.3.11, RFC 6350 3.2 and 3.4.
"""

from __future__ import annotations

import re

_LINE_BYTES_MAX = 75
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def escaped(text: str) -> str:
    """Write text as a value: line ends, commas, semicolons and backslashes escaped."""
    lines = re.sub(r"\r\n|\r|\n", "\n", text)
    quoted = re.sub(r"([\\,;])", r"\\\1", _CONTROLS.sub(" ", lines))
    return quoted.replace("\n", "\\n")


def quoted(text: str) -> str:
    """Write text as the value of a parameter, which has no escapes: quotes become apostrophes."""
    return '"' + _CONTROLS.sub(" ", re.sub(r"[\r\n\t]", " ", text)).replace('"', "'") + '"'


def plain(text: str) -> str:
    """Write a value that is no text (an address, an id): controls and white space taken out."""
    return re.sub(r"[\x00-\x20\x7f]", "", text)


def joined(lines: list[str]) -> str:
    """Fold long lines at characters' borders and join all with CRLF."""
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _folded(line: str) -> str:
    pieces: list[str] = []
    piece, size = "", 0
    for character in line.encode("utf-8", "replace").decode():
        width = len(character.encode())
        if size + width > _LINE_BYTES_MAX:
            pieces.append(piece)
            piece, size = " ", 1
        piece += character
        size += width
    return "\r\n".join([*pieces, piece])
