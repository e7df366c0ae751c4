"""Settings of a mailbox in the two forms that they are saved in: EWS's and Graph's.

What was saved by the one goes back by the other as far as both know it: automatic replies and the
list of categories. Rules say the same in words that do not translate: one by one, by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast
from xml.sax.saxutils import quoteattr

from lxml import etree

from strongroom.wire.ews.nodes import Node
from strongroom.words.json import Json

REPLIES, CATEGORIES, RULES = "automatic_replies", "master_categories", "message_rules"
"""What Graph's forms are known by."""

OTHER_RULES = (
    "rules: not put back. They were saved by another way of reading mailboxes, which writes them "
    "in words of its own: they are in the restore point, to be set by hand."
)

_AUDIENCES = {"None": "none", "Known": "contactsOnly", "All": "all"}
_SPACE = "CategoryList.xsd"
_COLOURS = 25


def is_graphs(setting: Mapping[str, Json]) -> bool:
    """Say whether a setting was saved by Graph."""
    return any(name in setting for name in (REPLIES, CATEGORIES, RULES))


def replies_for_graph(setting: Mapping[str, Json]) -> tuple[dict[str, str], bool]:
    """Give automatic replies as Graph takes them, without their state; and whether they were on."""
    if REPLIES in setting:
        told = cast("Mapping[str, Any]", setting[REPLIES] or {})
        names = ("externalAudience", "internalReplyMessage", "externalReplyMessage")
        found = {name: str(told[name]) for name in names if isinstance(told.get(name), str)}
        return found, told.get("status") not in {None, "disabled"}
    node = Node.from_json(cast("Mapping[str, Any]", setting))
    found = {
        "externalAudience": _AUDIENCES.get(node.text_of("ExternalAudience"), "none"),
        "internalReplyMessage": node.text_of("InternalReply", "Message"),
        "externalReplyMessage": node.text_of("ExternalReply", "Message"),
    }
    return found, node.text_of("OofState") not in {"", "Disabled"}


def replies_for_ews(setting: Mapping[str, Json]) -> tuple[Node, bool]:
    """Give automatic replies as EWS takes them, switched off; and whether they were on."""
    found, was_on = replies_for_graph(setting)
    audience = {theirs: ours for ours, theirs in _AUDIENCES.items()}
    told = (
        Node("OofState", text="Disabled"),
        Node("ExternalAudience", text=audience.get(found.get("externalAudience", ""), "None")),
        *(
            Node(name, children=(Node("Message", text=found.get(message, "")),))
            for name, message in (
                ("InternalReply", "internalReplyMessage"),
                ("ExternalReply", "externalReplyMessage"),
            )
        ),
    )
    return Node("UserOofSettings", children=told), was_on


def categories_for_graph(setting: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Give each category's name and colour as Graph writes it."""
    if CATEGORIES in setting:
        rows = cast("list[Mapping[str, Any]]", setting[CATEGORIES] or [])
        for row in rows:
            yield str(row.get("displayName", "")), str(row.get("color") or "none")
        return
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(str(setting.get("xml") or "<none/>").encode(), parser)
    except etree.XMLSyntaxError:
        return
    for one in root.iter(f"{{{_SPACE}}}category"):
        number = one.get("color", "-1")
        is_known = number.isdecimal() and int(number) < _COLOURS
        yield one.get("name", ""), f"preset{number}" if is_known else "none"


def categories_for_ews(setting: Mapping[str, Json]) -> dict[str, Json]:
    """Give the list of categories as EWS keeps it: XML in a configuration of the calendar."""
    rows = []
    told = cast("list[Mapping[str, Any]]", setting.get(CATEGORIES) or [])
    for row in told:
        number = str(row.get("color") or "").removeprefix("preset")
        colour = number if number.isdecimal() else "-1"
        name, guid = quoteattr(str(row.get("displayName", ""))), str(row.get("id", "")).upper()
        rows.append(
            f'<category name={name} color="{colour}" keyboardShortcut="0" '
            f"guid={quoteattr('{' + guid + '}')}/>"
        )
    if not rows:
        return {"xml": ""}
    return {
        "xml": f'<?xml version="1.0"?><categories xmlns="{_SPACE}">{"".join(rows)}</categories>'
    }
