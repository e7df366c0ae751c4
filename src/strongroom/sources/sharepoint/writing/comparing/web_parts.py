"""Comparing the web parts of a classic page with those that were saved: zone by zone, in order.

A server writes the XML of a web part anew, and adds what it thinks is missing; what was saved has
to be in it. Places in a zone are compared as an order, since their numbers may have holes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import orjson
from lxml import etree

from strongroom.sources.sharepoint.writing.definition import number_of, rows_of, text_of
from strongroom.wire.autodiscover.xml import NotUnderstood, opened
from strongroom.words.json import Json

Part = Mapping[str, Json]
Rewrite = Callable[[str], str]

_TYPE = "type"
_OF_VIEWS = {"XmlDefinition", "ViewGuid", "ViewId", "ListViewXml"}
_GUID = re.compile(r"\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
_ITSELF = {"zoneid", "zoneindex", "partorder", "id"}
"""What says where a part lies, or which one it is: the first is compared as an order."""


def web_part_differences(saved: Json, there: Json, rewrite: Rewrite) -> Iterator[str]:
    """Name what is another on the page.

    Args:
        saved: The saved document.
        there: As read back.
        rewrite: Points addresses and ids in a saved text to where they are now.
    """
    mine, theirs = by_zone(saved), by_zone(there)
    for zone in sorted(mine.keys() | theirs.keys()):
        parts, found = mine.get(zone, []), theirs.get(zone, [])
        titles, names = ([text_of(one, "title") for one in some] for some in (parts, found))
        if titles != names:
            yield f"web parts in {zone!r}: {_list(titles)}, there {_list(names)}"
            continue
        for part, other in zip(parts, found, strict=True):
            wrong = sorted(_other_settings(part, other, rewrite))
            if wrong:
                yield f"web part {text_of(part, 'title')!r}: {', '.join(wrong)}"


def shut_differences(
    saved: Json, there: bytes | None, rewrite: Rewrite, shut: str
) -> Iterator[str]:
    """Name the same, and why none could be put there; nothing where none were saved.

    Args:
        saved: The saved document; None: there is none.
        there: As read back, as JSON; None: there is none.
        rewrite: See above.
        shut: Why the server takes no web parts from us; empty: it does.
    """
    if not isinstance(saved, Mapping):
        return
    found = list(web_part_differences(saved, orjson.loads(there) if there else {}, rewrite))
    if found and shut:
        found[-1] += f" ({shut})"
    yield from found


def by_zone(document: Json) -> dict[str, list[Part]]:
    """Give the web parts of each zone in their order."""
    found: dict[str, list[Part]] = {}
    for part in rows_of(document, "web_parts") if isinstance(document, Mapping) else ():
        found.setdefault(text_of(part, "zone"), []).append(part)
    for some in found.values():
        some.sort(key=lambda one: number_of(one, "index"))
    return found


def _other_settings(saved: Part, there: Part, rewrite: Rewrite) -> Iterator[str]:
    mine, theirs = (settings_of(text_of(one, "xml")) for one in (saved, there))
    for name, value in mine.items():
        if name.casefold() in _ITSELF:
            continue
        if _without_ids(name, rewrite(value)) != _without_ids(name, theirs.get(name, "")):
            yield name
    for name in ("closed", "hidden"):
        if (saved.get(name) is True) != (there.get(name) is True):
            yield name


def _without_ids(name: str, value: str) -> str:
    """Leave out ids of views: a server makes one of its own for every web part."""
    if name in _OF_VIEWS:
        return _GUID.sub("", value)
    return value.casefold() if _GUID.fullmatch(value) else value


def settings_of(xml: str) -> dict[str, str]:
    """Read the settings out of an exported web part, of either version; none if it is no XML.

    Source:
        https://learn.microsoft.com/previous-versions/office/developer/sharepoint-2010/ms227561(v=office.14)
    """
    try:
        root = opened(xml.encode())
    except NotUnderstood:
        return {}
    found: dict[str, str] = {}
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        name = etree.QName(element).localname
        text = (element.text or "").strip()
        if name == "property":
            found[str(element.get("name") or "")] = text
        elif name == _TYPE:
            found[_TYPE] = str(element.get("name") or "").partition(",")[0]
        elif len(element) == 0 and element is not root and text:
            found.setdefault(name, text)
    return found


def _list(titles: list[str]) -> str:
    return ", ".join(map(repr, titles)) or "none"
