"""A restore point, open for reading: its folders, its items and their content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.words.item import Folder, Item


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPart:
    """One part of a saved item: a file in the snapshot.

    Attributes:
        name: ``fts``, ``mime``, ``properties`` …
        suffix: What the file's name ends with.
        size: In bytes.
    """

    name: str
    suffix: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedItem:
    """An item as its rows tell it.

    Attributes:
        item: As the server told it, with the state it was saved with last.
        key: Eight characters that name it in its folder; they stand in its file's name.
        stem: Its files' name without suffix.
        way: How its content was read.
        parts: Its files.
        notes: What a person should know of it.
    """

    item: Item
    key: str
    stem: str
    way: str
    parts: tuple[SavedPart, ...]
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Size of all its parts in bytes."""
        return sum(part.size for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFolder:
    """A folder as it was saved.

    Attributes:
        folder: As the server told it.
        place: Its safe names below ``/folders`` in the snapshot.
        items: How many items are kept of it.
        bytes: How large their content is.
        facts: What else stands in its cursor file, for those who know.
    """

    folder: Folder
    place: tuple[str, ...]
    items: int
    bytes: int
    facts: Mapping[str, object]
