"""Names that every file system takes, and text that no terminal obeys, out of untrusted text.

Rules: the shared notes on the repository's layout; a name must survive Windows, macOS and Linux,
and a person must still recognise it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import UTC, datetime

_FORBIDDEN = '<>:"/\\|?*'
_REPLACED = str.maketrans(dict.fromkeys(_FORBIDDEN, "_"))
_DEVICE = re.compile(
    r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE
)
_PLAIN = re.compile(r"[ !#-)+-.0-9;=@-\[\]-{}~]*")  # printable ASCII that no file system minds
_SUBJECT_CHARACTERS_MAX = 60

# Base32 in lower case, two digits at a time: four look-ups make a key of forty bits.
_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]


def safe_name(text: str, *, bytes_max: int = 120) -> str:
    """Make a file name out of any text: NFC, printable, no path, no device, not hidden.

    Deterministic, and what it gives it leaves alone. Two texts may give the same name; whoever
    needs unique ones adds a suffix (`item_file_stem`).

    Args:
        text: Untrusted; may be empty, may hold lone surrogates.
        bytes_max: Longest name wanted, in bytes of UTF-8; at least 8.

    Returns:
        Between 1 and ``bytes_max`` bytes when encoded as UTF-8, which always works.
    """
    kept = text
    # This is asked for every item, so each step is taken only for names that need it.
    if not _PLAIN.fullmatch(text):
        kept = unicodedata.normalize("NFC", text).translate(_REPLACED)
        if not kept.isprintable():
            kept = "".join(map(_safe_character, kept))
    name = _trimmed(kept.lstrip(" "), bytes_max)
    if name.startswith(".") or _DEVICE.match(name):
        name = _trimmed("_" + name.removeprefix("."), bytes_max)
    return name or "_"


def _safe_character(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else "_"


def _trimmed(name: str, bytes_max: int) -> str:
    """Cut at a character's border, then strip what Windows would silently drop from the end."""
    if len(name) > bytes_max or len(name.encode()) > bytes_max:
        name = name[:bytes_max].encode()[:bytes_max].decode(errors="ignore")
    return name.rstrip(". ")


def item_file_stem(when: datetime, subject: str, item_id: str) -> str:
    """Name an item's files, suffix excluded: ``101500 Offer for the new roof [k7x3q9ab]``.

    The last part comes from the item's id and keeps names unique where upper and lower case, or
    composed and decomposed letters, are the same.

    Args:
        when: Aware; its time of day in UTC begins the name.
        subject: Untrusted.
        item_id: The server's id, hashed, so that it may hold anything.
    """
    digest = hashlib.sha256(item_id.encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest[:5], "big")
    key = "".join([_PAIRS[number >> shift & 0x3FF] for shift in (30, 20, 10, 0)])
    suffix = f"[{key}]"
    utc = when if when.tzinfo is UTC else when.astimezone(UTC)
    clock = f"{utc.hour:02}{utc.minute:02}{utc.second:02}"
    if not subject.strip():
        return f"{clock} {suffix}"
    # The clock and its space count against the 120 bytes that a name may have before its suffix.
    name = safe_name(subject.strip()[:_SUBJECT_CHARACTERS_MAX], bytes_max=113)
    return f"{clock} {name} {suffix}"


def printable(text: str) -> str:
    r"""Show untrusted text on a terminal or in a log: what is not printable becomes an escape.

    Escape sequences, bidirectional marks, newlines and lone surrogates come out as ``\x1b``,
    ``\u202e``, ``\n``, ``\ud800``; exotic spaces as plain ones. The rest, backslashes included,
    stays as it is.
    """
    return text if text.isprintable() else "".join(map(_printable_character, text))


def _printable_character(character: str) -> str:
    if character.isprintable():
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape").decode()
