"""Reading requests safely, and writing answers by joining text.

Answers are joined from strings rather than built as trees: the lab serves benchmarks on the cores
that the client under test needs too, and an export answer is nearly all base64.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"

M = f"{{{MESSAGES}}}"
T = f"{{{TYPES}}}"
S = f"{{{SOAP}}}"

Element = etree._Element  # noqa: SLF001 - lxml has no public name for its element class

# What XML 1.0 has no way to say: control characters, lone surrogates and two non-characters.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile('[&<>"\r]')
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;"}


class NotXml(Exception):
    """The bytes are not XML that we accept."""


def parse(data: bytes) -> Element:
    """Parse a request: no entities, no network, no document type.

    Raises:
        NotXml: it is not well formed, or has a document type declaration.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise NotXml(str(error)) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotXml("A document type declaration is not allowed.")
    return root


def escape(text: str) -> str:
    """Make text safe for element content and attributes; what XML cannot say is left out."""
    if _FORBIDDEN.search(text):
        text = _FORBIDDEN.sub("", text)
    if _SPECIAL.search(text):
        return _SPECIAL.sub(lambda hit: _REFERENCES[hit.group()], text)
    return text


def element(name: str, text: str) -> str:
    """Write ``<t:name>text</t:name>`` with the text escaped."""
    return f"<t:{name}>{escape(text)}</t:{name}>"


def children(parent: Element) -> Iterator[Element]:
    """Give the child elements."""
    return parent.iterchildren(tag=etree.Element)


def name_of(node: Element) -> str:
    """Give an element's name without its namespace."""
    return str(node.tag).rpartition("}")[2]


def text_of(parent: Element | None, path: str = ".") -> str | None:
    """Give the text of the element found by path (``t:`` and ``m:`` stand for the namespaces)."""
    node = None if parent is None else find(parent, path)
    return None if node is None else (node.text or "")


def find(parent: Element, path: str) -> Element | None:
    """Find an element by path (``t:`` and ``m:`` stand for the namespaces)."""
    return parent.find(path, namespaces={"t": TYPES, "m": MESSAGES, "s": SOAP})


def require(parent: Element, path: str) -> Element:
    """Find an element that the schema says is there."""
    node = find(parent, path)
    assert node is not None, f"the schema lets {path} be missing"
    return node


def is_true(text: str | None) -> bool:
    """Read an XML boolean."""
    return text is not None and text.strip() in {"true", "1"}


def serialised(node: Element) -> str:
    """Write an element of the types namespace so that it can be joined into an answer."""
    attributes = "".join(f' {_str(name)}="{escape(_str(value))}"' for name, value in node.items())
    inner = "".join(serialised(child) for child in children(node)) or escape(node.text or "")
    name = name_of(node)
    return f"<t:{name}{attributes}>{inner}</t:{name}>"


def _str(text: str | bytes) -> str:
    return text.decode() if isinstance(text, bytes) else text
