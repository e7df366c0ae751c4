"""Folders and items as answers tell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from lxml import etree

from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.ews.nodes import Node, read_node
from strongroom.wire.ews.properties import (
    ExtendedPath,
    PropertyValue,
    read_property,
    read_time,
)

Field = str | Node


class Told:
    """Something that gives fields as text, and so as whatever the text means."""

    __slots__ = ()

    def text(self, name: str) -> str:
        """Give a field's text, or an empty string."""
        raise NotImplementedError

    def number(self, name: str) -> int | None:
        """Give a field as a whole number; None if it is missing or none."""
        raw = self.text(name).strip()
        return int(raw) if raw.lstrip("-").isdecimal() else None

    def flag(self, name: str) -> bool | None:
        """Give a field as a boolean; None if it is missing."""
        raw = self.text(name).strip().lower()
        return raw in {"true", "1"} if raw else None

    def time(self, name: str) -> datetime | None:
        """Give a field as a time, aware, UTC; None if it is missing or none."""
        try:
            return read_time(self.text(name))
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class EwsThing(Told):
    """What a folder and an item have in common.

    Attributes:
        id: The server's id, case-sensitive.
        change_key: Its version.
        element: The element it came in, which is its type in EWS: ``Message``, ``CalendarItem``,
            ``Folder``, ``SearchFolder`` …
        parent_id: The folder it lies in, or an empty string if not asked for.
        fields: Properties by element name (``Subject``, ``DisplayName``): text, or a node where
            there is more to it.
        extended: MAPI properties, typed. What the thing does not have is not there.
    """

    id: str
    change_key: str
    element: str
    parent_id: str = ""
    fields: Mapping[str, Field] = field(default_factory=dict)
    extended: Mapping[ExtendedPath, PropertyValue] = field(default_factory=dict)

    @property
    def ref(self) -> ItemRef:
        """Its id and change key, for a request."""
        return ItemRef(self.id, self.change_key)

    def text(self, name: str) -> str:
        """Give a field's text, or an empty string."""
        value = self.fields.get(name, "")
        return value.text if isinstance(value, Node) else value

    def node(self, name: str) -> Node | None:
        """Give a field that has attributes or children."""
        value = self.fields.get(name)
        return value if isinstance(value, Node) else None

    def strings(self, name: str) -> tuple[str, ...]:
        """Give a list of strings such as ``Categories``."""
        node = self.node(name)
        return tuple(child.text for child in node.children) if node else ()


class EwsItem(EwsThing):
    """An item. ``fields["MimeContent"]`` and ``fields["Body"]`` are nodes with attributes."""

    __slots__ = ()


class EwsFolder(EwsThing):
    """A folder.

    Its ``element`` is the kind that it has for EWS; the class is the field ``FolderClass``.
    """

    __slots__ = ()

    @property
    def name(self) -> str:
        """Its display name. Untrusted text."""
        return self.text("DisplayName")

    @property
    def is_search(self) -> bool:
        """It has no content of its own."""
        return self.element == "SearchFolder"


# Fields whose text comes with attributes that matter; all others with text are plain.
_RICH = frozenset(
    {"Body", "MimeContent", "NormalizedBody", "TextBody", "UniqueBody", "PolicyTag", "ArchiveTag"}
)


def read_item(element: etree._Element) -> EwsItem:
    """Read an item's element."""
    return EwsItem(*_read(element))


def read_folder(element: etree._Element) -> EwsFolder:
    """Read a folder's element."""
    return EwsFolder(*_read(element))


def _read(
    element: etree._Element,
) -> tuple[str, str, str, str, dict[str, Field], dict[ExtendedPath, PropertyValue]]:
    """Read all in one pass over the children: no search per field, this runs per listed item.

    The first branch takes most children, so it asks the tree for nothing but tag and text.
    """
    thing_id = change_key = parent_id = ""
    fields: dict[str, Field] = {}
    extended: dict[ExtendedPath, PropertyValue] = {}
    for child in element:
        name = local_tag(child.tag)
        text = child.text
        if text is not None and name not in _RICH and not text.isspace():
            fields[name] = text
        elif name == "ExtendedProperty":
            found = read_property(child)
            if found is not None:
                extended[found[0]] = found[1]
        elif name in {"ItemId", "FolderId"}:
            thing_id = child.get("Id", "")
            change_key = child.get("ChangeKey", "")
        elif name == "ParentFolderId":
            parent_id = child.get("Id", "")
        elif len(child) or child.keys():
            fields[name] = read_node(child)
        else:
            fields[name] = text or ""
    return thing_id, change_key, local_tag(element.tag), parent_id, fields, extended


@lru_cache(maxsize=1000)
def local_tag(tag: str) -> str:
    """Give a tag without its namespace, remembered: a listing repeats a few dozen."""
    return tag.rpartition("}")[2]
