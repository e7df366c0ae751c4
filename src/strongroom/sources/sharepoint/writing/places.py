"""Places in the site that is written into, and the ids that the restore knows them by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import orjson

WEB, LIST, PATH, WEB_STRUCTURE, LIST_STRUCTURE = "web", "list", "path", "web-parts", "list-parts"
WEB_FILES = "web-files"
"""What lies in a web's own folder and in no list."""
NOWHERE = "nowhere"
"""Where the server alone writes."""
_KINDS = frozenset({WEB, LIST, PATH, WEB_STRUCTURE, LIST_STRUCTURE, WEB_FILES, NOWHERE})

STRUCTURE_OF_WEB, STRUCTURE_OF_LIST, FILES_OF_WEB = "_web", "_list", "_files"
"""Last names of the folders that hold what describes a web, or a list, and a web's own files."""

_NOT_IN_NAMES = re.compile(r'[~"#%&*:<>?/\\{|}\x00-\x1f]+')
_NAME_CHARS_MAX = 120
COPIES_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place.

    Attributes:
        kind: A web, a list, what describes one of these, or only a piece of an address (``Lists``).
        web: Path of the web on the server: ``/sites/a/hr``; ``/`` for the root of a host.
        list_id: GUID of the list; empty elsewhere.
        below: Of a piece of an address: what stands behind the web's: ``Lists``.
    """

    kind: str
    web: str
    list_id: str = ""
    below: str = ""

    @property
    def id(self) -> str:
        """The id that the restore knows it by."""
        return orjson.dumps([self.kind, self.web, self.list_id, self.below]).decode()

    @classmethod
    def of(cls, text: str) -> Self:
        """Read it back out of the id."""
        kind, web, list_id, below = orjson.loads(text)
        if kind not in _KINDS:
            raise ValueError(f"no such place: {kind}")
        return cls(kind=kind, web=web, list_id=list_id, below=below)

    @property
    def is_structure(self) -> bool:
        """Whether what it holds describes a web or a list."""
        return self.kind in {WEB_STRUCTURE, LIST_STRUCTURE}

    @property
    def owner_id(self) -> str:
        """What ids of things here begin with: the list's GUID, or for a web its path."""
        return self.list_id or self.web


def joined(*parts: str) -> str:
    """Put pieces of a path on the server together: ``/sites/a`` and ``Lists/X``."""
    inner = "/".join(part.strip("/") for part in parts if part.strip("/"))
    return f"/{inner}"


def name_for_address(name: str) -> str:
    """Make a last name of an address out of any name."""
    cleaned = _NOT_IN_NAMES.sub("-", name).strip(" .-")
    return cleaned[:_NAME_CHARS_MAX] or "Restored"


_COPY = re.compile(r"(.*) \(restored(?: [1-9][0-9]?)?\)((?:\.[^.]*)?)", re.DOTALL)


def name_of_copied(name: str) -> str:
    """Give the name of the file that a copy was made of; any other name is its own."""
    found = _COPY.fullmatch(name)
    return found[1] + found[2] if found else name


def copy_name(name: str, number: int) -> str:
    """Name a copy of a file beside the one that is there: ``Offer (restored 2).docx``."""
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    mark = "restored" if number == 1 else f"restored {number}"
    return f"{stem} ({mark}){dot}{suffix}"
