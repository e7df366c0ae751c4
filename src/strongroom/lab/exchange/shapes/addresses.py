"""People as EWS writes them: a Mailbox element, from recipients or from sender properties."""

from __future__ import annotations

from strongroom.content import tags
from strongroom.content.message import Properties, PropertyKey
from strongroom.content.message import text as first_text
from strongroom.lab.estate.source import Overlay
from strongroom.lab.exchange.shapes.field import Draft, Field, Reading
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import Element, children, element, text_of

TO, CC, BCC = tags.RECIPIENT_TO, tags.RECIPIENT_CC, tags.RECIPIENT_BCC

SENDER: tuple[PropertyKey, ...] = (
    tags.PidTagSenderName,
    tags.PidTagSenderAddressType,
    tags.PidTagSenderEmailAddress,
    tags.PidTagSenderSmtpAddress,
)
SENT_FOR: tuple[PropertyKey, ...] = (
    tags.PidTagSentRepresentingName,
    tags.PidTagSentRepresentingAddressType,
    tags.PidTagSentRepresentingEmailAddress,
    tags.PidTagSentRepresentingSmtpAddress,
)


def mailbox_xml(name: str, address: str, routing: str = "SMTP", kind: str = "") -> str:
    """Write a Mailbox element."""
    inner = element("Name", name or address)
    if address:
        inner += element("EmailAddress", address) + element("RoutingType", routing)
    if kind:
        inner += element("MailboxType", kind)
    return f"<t:Mailbox>{inner}</t:Mailbox>"


def recipient_xml(recipient: Properties) -> str:
    """Write the Mailbox element of a recipient."""
    address = address_of(recipient)
    name = first_text(recipient, tags.PidTagDisplayName, tags.PidTagRecipientDisplayName)
    routing = "SMTP" if "@" in address else first_text(recipient, tags.PidTagAddressType)
    return mailbox_xml(name, address, routing or "SMTP")


def address_of(recipient: Properties) -> str:
    """Give a recipient's SMTP address, or what stands for one."""
    return first_text(recipient, tags.PidTagSmtpAddress, tags.PidTagEmailAddress)


def person_field(
    uri: str, keys: tuple[PropertyKey, ...], fallback: tuple[PropertyKey, ...]
) -> Field:
    """Make a field of one person (From, Sender, Organizer)."""
    name = uri.rpartition(":")[2]
    name_key, type_key, address_key, smtp_key = keys

    def read(view: View, _reading: Reading) -> str:
        for one in (keys, fallback):
            address = view.text(one[3], one[2])
            display = view.text(one[0])
            if address or display:
                routing = "SMTP" if "@" in address else view.text(one[1]) or "SMTP"
                return f"<t:{name}>{mailbox_xml(display, address, routing)}</t:{name}>"
        return ""

    def write(draft: Draft, node: Element | None) -> None:
        box = None if node is None else next(children(node), None)
        if box is None:
            draft.properties.update(dict.fromkeys(keys))
            return
        address = text_of(box, "t:EmailAddress") or ""
        person: Overlay = {
            name_key: text_of(box, "t:Name") or address,
            type_key: text_of(box, "t:RoutingType") or "SMTP",
            address_key: address,
            smtp_key: address,
        }
        draft.properties.update(person)

    return Field(uri=uri, element=name, read=read, write=write, key=name_key)


def recipients_field(uri: str, kind: int) -> Field:
    """Make a field of all recipients of one kind."""
    name = uri.rpartition(":")[2]

    def read(view: View, _reading: Reading) -> str:
        inner = "".join(recipient_xml(one) for one in view.recipients(kind))
        return f"<t:{name}>{inner}</t:{name}>" if inner else ""

    def write(draft: Draft, node: Element | None) -> None:
        boxes = () if node is None else children(node)
        draft.recipients[kind] = [recipient(box, kind) for box in boxes]

    return Field(uri=uri, element=name, read=read, write=write)


def recipient(box: Element, kind: int) -> Properties:
    """Read a Mailbox element into a recipient."""
    address = text_of(box, "t:EmailAddress") or ""
    name = text_of(box, "t:Name") or address
    return {
        tags.PidTagRecipientType: kind,
        tags.PidTagDisplayName: name,
        tags.PidTagAddressType: text_of(box, "t:RoutingType") or "SMTP",
        tags.PidTagEmailAddress: address,
        tags.PidTagSmtpAddress: address,
        tags.PidTagRecipientDisplayName: name,
        tags.PidTagObjectType: 6,
    }


def display_list(view: View, key: PropertyKey, kind: int) -> str:
    """Give the names of all recipients of a kind, as a list shows them."""
    known = view.text(key)
    if known:
        return known
    return "; ".join(
        first_text(one, tags.PidTagDisplayName, tags.PidTagSmtpAddress, tags.PidTagEmailAddress)
        for one in view.recipients(kind)
    )
