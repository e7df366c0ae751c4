"""Microsoft's own schema of EWS: checks requests and answers, and says in which order things come.

The files in ``lab/schemas`` are published by Microsoft with every server (``/EWS/messages.xsd``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from lxml import etree

from strongroom.lab.exchange.xml import Element

_FOLDER = Path(__file__).parent.parent / "schemas"
_XS = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(frozen=True, slots=True)
class Violation:
    """Where a document breaks the schema, and how."""

    line: int
    position: int
    text: str


_lock = threading.Lock()


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_FOLDER / "ews-messages.xsd"))


def violation(body: Element) -> Violation | None:
    """Check the child of a SOAP body; None if it is valid.

    A validator keeps the errors of its last use, so only one thread at a time may use it.
    """
    with _lock:
        schema = _schema()
        if schema.validate(body):
            return None
        first: Any = next(iter(cast("Iterable[Any]", schema.error_log)), None)
    if first is None:
        return Violation(1, 1, "The document does not fit the schema.")
    return Violation(first.line, max(first.column, 1), str(first.message))


@cache
def element_order(type_name: str) -> dict[str, int]:
    """Say at which place each element stands in a type of the types schema, bases included."""
    return {name: place for place, name in enumerate(_element_names(type_name))}


def _element_names(type_name: str) -> list[str]:
    node = _types()[type_name]
    extension = node.find(f"{_XS}complexContent/{_XS}extension")
    names: list[str] = []
    if extension is not None:
        names = _element_names(str(extension.get("base")).rpartition(":")[2])
    for child in node.iter(f"{_XS}element"):
        names.append(str(child.get("name") or child.get("ref")).rpartition(":")[2])
    return names


@cache
def _types() -> dict[str, Element]:
    root = etree.parse(_FOLDER / "ews-types.xsd").getroot()
    return {str(node.get("name")): node for node in root.findall(f"{_XS}complexType")}


@cache
def known_values(type_name: str) -> frozenset[str]:
    """Give the values of an enumeration of the messages or the types schema."""
    for file in ("ews-types.xsd", "ews-messages.xsd"):
        root = etree.parse(_FOLDER / file).getroot()
        for node in root.findall(f"{_XS}simpleType"):
            if node.get("name") == type_name:
                return frozenset(str(one.get("value")) for one in node.iter(f"{_XS}enumeration"))
    raise KeyError(type_name)
