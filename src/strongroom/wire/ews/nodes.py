"""A small element tree as values, for what we keep and give back without looking inside.

Inbox rules, permission sets, recurrences: their schema is large and none of our business. A node
keeps them complete, goes into JSON and comes back out as XML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from strongroom.wire.ews.xml import attribute, text


@dataclass(frozen=True, slots=True)
class Node:
    """One element of the types namespace, without its namespace.

    Attributes:
        name: Local name.
        text: Its text when it has no children, else an empty string.
        attributes: By local name.
        children: In order.
    """

    name: str
    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Node, ...] = ()

    def child(self, name: str) -> Node | None:
        """Find the first child of that name."""
        return next(self.all(name), None)

    def all(self, name: str) -> Iterator[Node]:
        """Give every child of that name."""
        return (child for child in self.children if child.name == name)

    def text_of(self, *path: str) -> str:
        """Follow first children by name and give the text there, or an empty string."""
        node: Node | None = self
        for name in path:
            node = node.child(name) if node else None
        return node.text if node else ""

    def to_json(self) -> dict[str, Any]:
        """Give a JSON document that ``from_json`` takes back; empty parts are left out."""
        document: dict[str, Any] = {"name": self.name}
        if self.text:
            document["text"] = self.text
        if self.attributes:
            document["attributes"] = dict(self.attributes)
        if self.children:
            document["children"] = [child.to_json() for child in self.children]
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Node:
        """Read what ``to_json`` gave.

        Raises:
            ValueError: it is no such document.
        """
        name = document.get("name")
        if not isinstance(name, str) or not name.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"not the name of an element: {name!r}")
        return cls(
            name=name,
            text=str(document.get("text", "")),
            attributes={str(k): str(v) for k, v in document.get("attributes", {}).items()},
            children=tuple(cls.from_json(child) for child in document.get("children", ())),
        )

    def to_xml(self, prefix: str = "t") -> str:
        """Write it with the given namespace prefix on the outermost element and ``t`` inside."""
        tag = f"{prefix}:{self.name}"
        attributes = "".join(f' {k}="{attribute(v)}"' for k, v in self.attributes.items())
        inside = "".join(child.to_xml() for child in self.children) or text(self.text)
        return f"<{tag}{attributes}>{inside}</{tag}>" if inside else f"<{tag}{attributes}/>"


def read_node(element: etree._Element) -> Node:
    """Copy an element and all below it into values; comments and foreign text are dropped."""
    children = tuple(read_node(child) for child in element if isinstance(child.tag, str))
    return Node(
        name=local_name(element),
        text="" if children else element.text or "",
        attributes={_local(str(k)): str(v) for k, v in element.attrib.items()},
        children=children,
    )


def local_name(element: etree._Element) -> str:
    """Give an element's name without its namespace."""
    return _local(str(element.tag))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
