"""Who wrote an item and to whom, as names and addresses that internet mail can carry."""

from __future__ import annotations

import re

from strongroom.content import tags
from strongroom.content.message import Message, Properties, PropertyKey, get, text

_Keys = tuple[PropertyKey, PropertyKey, PropertyKey, PropertyKey]
_SENDER: _Keys = (
    tags.PidTagSenderName,
    tags.PidTagSenderAddressType,
    tags.PidTagSenderEmailAddress,
    tags.PidTagSenderSmtpAddress,
)
_REPRESENTED: _Keys = (
    tags.PidTagSentRepresentingName,
    tags.PidTagSentRepresentingAddressType,
    tags.PidTagSentRepresentingEmailAddress,
    tags.PidTagSentRepresentingSmtpAddress,
)
_RECIPIENT: _Keys = (
    tags.PidTagDisplayName,
    tags.PidTagAddressType,
    tags.PidTagEmailAddress,
    tags.PidTagSmtpAddress,
)
_DISPLAYED = {
    tags.RECIPIENT_TO: tags.PidTagDisplayTo,
    tags.RECIPIENT_CC: tags.PidTagDisplayCc,
    tags.RECIPIENT_BCC: tags.PidTagDisplayBcc,
}

Person = tuple[str, str]
"""Name and address, untrusted; an address without ``@`` is only a name again."""


def author_of(message: Message) -> Person | None:
    """Say in whose name the item was sent."""
    return _person(message.properties, _REPRESENTED) or sender_of(message)


def sender_of(message: Message) -> Person | None:
    """Say who really sent the item: a delegate, or the author."""
    return _person(message.properties, _SENDER)


def recipients_of(message: Message, kind: int) -> list[Person]:
    """List the recipients of a kind (PidTagRecipientType); where none are kept, those displayed."""
    if not message.recipients:
        names = text(message.properties, _DISPLAYED[kind]).split(";")
        return [(name.strip(), name.strip()) for name in names if name.strip()]
    return [
        person
        for bag in message.recipients
        if get(bag, tags.PidTagRecipientType, int, tags.RECIPIENT_TO) & 0xF == kind
        and (person := _person(bag, _RECIPIENT))
    ]


def _person(bag: Properties, keys: _Keys) -> Person | None:
    name_key, type_key, address_key, smtp_key = keys
    name = text(bag, name_key)
    address = text(bag, smtp_key) or text(bag, address_key)
    kind = text(bag, type_key).upper()
    if not name and not address:
        return None
    if address and "@" not in address and kind not in {"", "SMTP"}:
        # The address of another system, wrapped as Exchange does when it sends to the internet.
        wrapped = re.sub(r"[^A-Za-z0-9=-]", _hexadecimal, address.replace("/", "_"))
        address = f"IMCEA{kind}-{wrapped}@unknown.invalid"
    return name or address, address or name


def _hexadecimal(match: re.Match[str]) -> str:
    return match[0] if match[0] == "_" else f"+{ord(match[0]) & 0xFF:02X}"
