"""Opening answers of servers that nobody has vouched for yet."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

TEXT_CHARS_MAX = 2_000
"""No name, address or URL is longer; what is, is cut for messages and refused as a value."""

Element = etree._Element  # noqa: SLF001 - lxml has no public name for its element class

# In the encodings that lxml recognises without help; entities can be told in no other place.
_DOCTYPE = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))


class NotUnderstood(Exception):
    """The bytes are no answer of this protocol; the text says why, in words."""


def opened(body: bytes) -> Element:
    """Parse an answer: no document type, so no entities, and lxml's bounds on size and depth.

    Raises:
        NotUnderstood: it is not well formed, or has a document type.
    """
    if any(mark in body for mark in _DOCTYPE):
        raise NotUnderstood("The answer defines entities of its own, which no honest one does.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotUnderstood("The answer is not XML, so not from Autodiscover.") from error
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise NotUnderstood("The answer defines entities of its own, which no honest one does.")
    return root


def named(parent: Element | None, name: str) -> Iterator[Element]:
    """Give the children of a local name. Namespaces differ between versions; names do not."""
    if parent is not None:
        for child in parent.iterchildren(tag=etree.Element):
            if etree.QName(child).localname == name:
                yield child


def first(parent: Element | None, *path: str) -> Element | None:
    """Follow first children by local name."""
    node = parent
    for name in path:
        node = next(named(node, name), None)
    return node


def text(parent: Element | None, *path: str) -> str:
    """Give the text found by path, without blanks around it, or an empty string."""
    node = first(parent, *path)
    value = "" if node is None else (node.text or "").strip()
    return value if len(value) <= TEXT_CHARS_MAX else ""
