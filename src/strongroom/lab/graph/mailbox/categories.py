"""The master list of categories: XML in a hidden item of the calendar, which Outlook shares.

Source:
    https://learn.microsoft.com/graph/api/resources/outlookcategory
    [MS-OXOCFG] 2.2.5.2
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.entra.words import User
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange.operations.configurations import (
    PidTagRoamingDatatypes,
    PidTagRoamingXmlStream,
)
from strongroom.lab.exchange.xml import parse
from strongroom.lab.graph import odata
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import GraphError
from strongroom.lab.graph.mailbox.errors import invalid, no_such_object
from strongroom.lab.graph.mailbox.reaching import (
    READ_SETTINGS,
    WRITE_SETTINGS,
    check,
    user_named,
)

_CLASS = "IPM.Configuration.CategoryList"
_SPACE = "CategoryList.xsd"
_COLOURS = 25
_HAS_XML = 2


@dataclass(slots=True)
class Category:
    """One category; ``colour`` from 0 to 24, or -1 for none."""

    id: str
    name: str
    colour: int


def list_all(call: Call) -> object:
    """List all."""
    user, mailbox = _mailbox(call, READ_SETTINGS)
    return odata.page(call, _kind(user), [_row(one) for one in _read(mailbox)])


def get(call: Call) -> object:
    """Describe one."""
    user, mailbox = _mailbox(call, READ_SETTINGS)
    return odata.entity(call, _kind(user), _row(_find(_read(mailbox), call.path[1])))


def create(call: Call) -> object:
    """Make one; no two have the same name."""
    user, mailbox = _mailbox(call, WRITE_SETTINGS)
    body, held = call.json(), _read(mailbox)
    name = body.get("displayName")
    if not isinstance(name, str) or not name:
        raise invalid("A category needs a displayName.")
    if any(one.name.casefold() == name.casefold() for one in held):
        raise GraphError(409, "ErrorDuplicateCategory", "There is a category of that name.")
    made_id = str(uuid.uuid5(mailbox.guid, f"category {name.casefold()}"))
    made = Category(made_id, name, _colour(body.get("color", "none")))
    _write(mailbox, [*held, made])
    return odata.entity(call, _kind(user), _row(made))


def change(call: Call) -> object:
    """Change the colour; the name stays for ever."""
    user, mailbox = _mailbox(call, WRITE_SETTINGS)
    body, held = call.json(), _read(mailbox)
    found = _find(held, call.path[1])
    if "displayName" in body:
        raise invalid("The displayName of a category cannot be changed.")
    found.colour = _colour(body.get("color"))
    _write(mailbox, held)
    return odata.entity(call, _kind(user), _row(found))


def delete(call: Call) -> object:
    """Delete one."""
    _, mailbox = _mailbox(call, WRITE_SETTINGS)
    held = _read(mailbox)
    held.remove(_find(held, call.path[1]))
    _write(mailbox, held)
    return None


def _mailbox(call: Call, rights: tuple[str, ...]) -> tuple[User, Mailbox]:
    user = user_named(call)
    check(call, user, rights)
    return user, call.mail.mailbox_of(user)


def _item(mailbox: Mailbox) -> StoredItem | None:
    for one in mailbox.folder_by_role("calendar").items:
        if one.is_associated and one.item_class == _CLASS:
            return one
    return None


def _read(mailbox: Mailbox) -> list[Category]:
    item = _item(mailbox)
    xml = None if item is None else item.get(PidTagRoamingXmlStream)
    if not isinstance(xml, bytes):
        return []
    return [
        Category(
            str(node.get("guid")).strip("{}").casefold(),
            str(node.get("name")),
            int(node.get("color") or "-1"),
        )
        for node in parse(xml).iter(f"{{{_SPACE}}}category")
    ]


def _write(mailbox: Mailbox, held: list[Category]) -> None:
    rows = "".join(
        f'<category name={quoteattr(one.name)} color="{one.colour}" keyboardShortcut="0"'
        f' guid="{{{one.id.upper()}}}"/>'
        for one in held
    )
    xml = f'<?xml version="1.0"?><categories xmlns="{_SPACE}">{rows}</categories>'.encode()
    item = _item(mailbox)
    if item is not None:
        item.folder.change_item(item, changes={PidTagRoamingXmlStream: xml})
        return
    message = Message(
        properties={
            tags.PidTagMessageClass: _CLASS,
            PidTagRoamingDatatypes: _HAS_XML,
            PidTagRoamingXmlStream: xml,
        }
    )
    mailbox.folder_by_role("calendar").add_item(message, is_associated=True)


def _find(held: list[Category], wanted: str) -> Category:
    for one in held:
        if one.id == wanted.casefold():
            return one
    raise no_such_object()


def _row(one: Category) -> dict[str, object]:
    colour = "none" if one.colour < 0 else f"preset{one.colour}"
    return {"id": one.id, "displayName": one.name, "color": colour}


def _colour(value: object) -> int:
    names = ["none", *(f"preset{number}" for number in range(_COLOURS))]
    if value not in names:
        raise invalid("color must be none or preset0 to preset24.")
    return names.index(str(value)) - 1


def _kind(user: User) -> str:
    return f"users('{user.id}')/outlook/masterCategories"
