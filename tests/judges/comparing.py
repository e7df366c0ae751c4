"""How an item that came back differs from the one that was put in, name by name."""

from __future__ import annotations

from strongroom.content import tags
from strongroom.content.message import Message

# The server stamps these itself when an item comes in.
STAMPED_ANEW = {tags.PidTagLastModificationTime}


def differences(saved: Message, found: Message) -> list[str]:
    """Name every property, row and attachment that is not the same in both."""
    keys = {*saved.properties, *found.properties} - STAMPED_ANEW
    wrong = [
        f"{tags.property_name(key)}: {saved.properties.get(key)!r} → {found.properties.get(key)!r}"
        for key in keys
        if saved.properties.get(key) != found.properties.get(key)
    ]
    if saved.recipients != found.recipients:
        wrong.append("recipients")
    if saved.attachments != found.attachments:
        wrong.append("attachments")
    return wrong
