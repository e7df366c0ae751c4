"""How an item that came back differs from the one put in, and whether a lab answered soundly."""

from __future__ import annotations

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.lab import Lab

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


def assert_sound(lab: Lab) -> None:
    """Fail if the lab crashed or gave an answer that Microsoft's schema refuses.

    No client tells: exchangelib takes what the schema refuses as long as it finds what it looks
    for.
    """
    face = lab.server.exchange
    assert face.validates_answers
    assert face.crashes == []
    assert face.violations == []
