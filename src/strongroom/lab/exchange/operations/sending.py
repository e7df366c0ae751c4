"""What would leave the organisation: every such act is counted, nothing is ever sent."""

from __future__ import annotations

from collections.abc import Iterable

from strongroom.content import tags
from strongroom.content.message import Message, Properties
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.words import OutgoingMail
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.shapes.addresses import address_of

_RECEIPT = "REPORT.IPM.Note.IPNRN"
_NO_RECEIPT = "REPORT.IPM.Note.IPNNRN"
_TO_NONE = "SendToNone"


def note_message(call: Call, message: Message, why: str) -> None:
    """Count a message that goes to its recipients."""
    to = _addresses(message.recipients)
    _note(call, call.user or call.account.user, message.properties, to, why)


def note_meeting(call: Call, item: StoredItem, how: str | None, why: str) -> None:
    """Count a meeting message, if there are attendees and the client wants them told."""
    if how in (None, _TO_NONE):
        return
    message = item.message()
    to = _addresses(message.recipients)
    if to:
        _note(call, item.folder.mailbox.address, message.properties, to, why)


def note_receipt(call: Call, item: StoredItem, *, was_read: bool) -> None:
    """Count a receipt if the sender asked for one and the item was not read before."""
    if item.is_read or item.get(tags.PidTagReadReceiptRequested) is not True:
        return
    sender = item.text(tags.PidTagSenderSmtpAddress) or item.text(tags.PidTagSenderEmailAddress)
    call.estate.send(
        item.folder.mailbox,
        item,
        (sender,),
        why="read receipt" if was_read else "not-read receipt",
        what=_RECEIPT if was_read else _NO_RECEIPT,
    )


def note_arrival(estate: Estate, item: StoredItem) -> None:
    """Count an item that was put, already submitted, where the server sends things from."""
    if item.folder.role == "outbox" and item.flags & tags.FLAG_SUBMITTED:
        to = _addresses(item.message().recipients)
        estate.send(item.folder.mailbox, item, to, why="submitted in the Outbox")


def _note(call: Call, sender: str, properties: Properties, to: tuple[str, ...], why: str) -> None:
    subject = properties.get(tags.PidTagSubject)
    what = properties.get(tags.PidTagMessageClass)
    call.estate.outgoing.append(
        OutgoingMail(
            what=what if isinstance(what, str) else "IPM.Note",
            sender=sender,
            to=to,
            subject=subject if isinstance(subject, str) else "",
            why=why,
        )
    )


def _addresses(recipients: Iterable[Properties]) -> tuple[str, ...]:
    return tuple(address_of(one) for one in recipients)
