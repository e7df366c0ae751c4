"""Comparing files with what was saved: byte for byte, else by what a document says.

SharePoint writes the values of columns into Office files when they are sent, so that hardly any
comes back as the bytes it was. Such a file is the same if its parts are.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterable

from strongroom.content.office import PACKAGE, compare_documents
from strongroom.errors import ItemError
from strongroom.sources.sharepoint.writing import saved as kept
from strongroom.words.item import Content, Part

BY_BYTES, BY_CONTENT = "byte for byte", "by content"
HELD_BYTES_MAX = 128 * 1024 * 1024
"""Two files of this size are held at once to be compared by content; larger ones only by bytes."""
_OFFICE = frozenset(
    {
        *("docx", "docm", "dotx", "dotm", "xlsx", "xlsm", "xltx", "xltm", "xlsb", "pptx", "pptm"),
        *("potx", "potm", "ppsx", "ppsm", "vsdx", "vsdm"),
    }
)


class Tally:
    """How often which comparison was used. Safe in many threads."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, way: str) -> None:
        """Count one."""
        with self._lock:
            self._counts[way] += 1

    def told(self) -> list[str]:
        """Say it."""
        with self._lock:
            if not self._counts:
                return []
            each = [f"{count:,} {way}" for way, count in sorted(self._counts.items())]
        told = (
            f"Files read back and compared: {', '.join(each)}. SharePoint rewrites Office files,"
            " so those are compared part by part where their bytes differ."
        )
        return [told]


def part_differences(
    name: str, saved: Part, there: Part, file_name: str, tally: Tally
) -> list[str]:
    """Compare one part of an item with what was read back.

    Args:
        name: What to call it.
        saved: As saved.
        there: As read back.
        file_name: Of the file, whose ending says what it is.
        tally: Counts how it was compared.
    """
    is_office = file_name.rpartition(".")[2].casefold() in _OFFICE
    try:
        if not is_office:
            tally.add(BY_BYTES)
            return _differing(name, _digest(kept.pieces_of(saved)), _digest(kept.pieces_of(there)))
        mine, theirs = _held(saved), _held(there)
    except ItemError as error:
        return [f"{name}: not read back: {error}"]
    if mine == theirs:
        tally.add(BY_BYTES)
        return []
    if mine is None or theirs is None:
        return [f"{name}: other bytes, and too large to be compared by content"]
    compared = compare_documents(mine, theirs)
    tally.add(BY_CONTENT if compared.way == PACKAGE else BY_BYTES)
    return [f"{name}: {one}" for one in compared.differences]


def _differing(name: str, saved: tuple[str, int], there: tuple[str, int]) -> list[str]:
    if saved == there:
        return []
    return [f"{name}: other bytes ({saved[1]:,}, there {there[1]:,})"]


def _digest(pieces: Iterable[bytes]) -> tuple[str, int]:
    found, count = hashlib.sha256(), 0
    for piece in pieces:
        found.update(piece)
        count += len(piece)
    return found.hexdigest(), count


def _held(part: Part) -> bytes | None:
    """Read a file into memory; None if it is too large for that."""
    found = bytearray()
    for piece in kept.pieces_of(part):
        found += piece
        if len(found) > HELD_BYTES_MAX:
            return None
    return bytes(found)


def content_differences(saved: Content, there: Content, file_name: str, tally: Tally) -> list[str]:
    """Compare the files of an item: its own, its older versions in their order, attachments."""
    found: list[str] = []
    found += _compare_named(saved, there, kept.FILE, "file", file_name, tally)
    for prefix, what in ((kept.VERSION, "version"), (kept.ATTACHMENT, "attachment")):
        mine, theirs = _of(saved, prefix), _of(there, prefix)
        if len(mine) != len(theirs):
            found.append(f"{what}s: {len(mine)}, there {len(theirs)}")
        for number, (one, other) in enumerate(zip(mine, theirs, strict=False), start=1):
            called = file_name if prefix == kept.VERSION else one.suffix
            found += part_differences(f"{what} {number}", one, other, called, tally)
    return found


def _compare_named(
    saved: Content, there: Content, part: str, what: str, file_name: str, tally: Tally
) -> list[str]:
    mine = next((one for one in saved.parts if one.name == part), None)
    theirs = next((one for one in there.parts if one.name == part), None)
    if mine is None:
        return []
    if theirs is None:
        return [f"{what}: nothing there"]
    return part_differences(what, mine, theirs, file_name, tally)


def _of(content: Content, prefix: str) -> list[Part]:
    return [part for part in content.parts if part.name.startswith(prefix)]
