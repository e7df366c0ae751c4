"""The fields of mail, and of posts in folders."""

from __future__ import annotations

from base64 import b64decode, b64encode

from strongroom.content import tags
from strongroom.lab.exchange.shapes import addresses
from strongroom.lab.exchange.shapes.field import (
    Draft,
    Field,
    Reading,
    as_boolean,
    boolean,
    boolean_field,
    computed_field,
    text_field,
    time_field,
)
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import Element, element

_RECEIVED_BY = (
    tags.PidTagReceivedByName,
    tags.PidTagReceivedByAddressType,
    tags.PidTagReceivedByEmailAddress,
    tags.PidTagReceivedByEmailAddress,
)
_RECEIVED_FOR = (
    tags.PidTagReceivedRepresentingName,
    tags.PidTagReceivedRepresentingAddressType,
    tags.PidTagReceivedRepresentingEmailAddress,
    tags.PidTagReceivedRepresentingEmailAddress,
)


def _is_read(view: View, _reading: Reading) -> str:
    return boolean("IsRead", flag=bool(view.flags & tags.FLAG_READ))


def _write_is_read(draft: Draft, node: Element | None) -> None:
    draft.is_read = node is not None and as_boolean(node)


def _conversation_index(view: View, _reading: Reading) -> str:
    value = view.get(tags.PidTagConversationIndex)
    if not isinstance(value, bytes):
        return ""
    return element("ConversationIndex", b64encode(value).decode("ascii"))


def _write_conversation_index(draft: Draft, node: Element | None) -> None:
    value = None if node is None else b64decode(node.text or "")
    draft.properties[tags.PidTagConversationIndex] = value


MESSAGE_FIELDS: tuple[Field, ...] = (
    addresses.person_field("message:Sender", addresses.SENDER, addresses.SENT_FOR),
    addresses.recipients_field("message:ToRecipients", tags.RECIPIENT_TO),
    addresses.recipients_field("message:CcRecipients", tags.RECIPIENT_CC),
    addresses.recipients_field("message:BccRecipients", tags.RECIPIENT_BCC),
    boolean_field("message:IsReadReceiptRequested", tags.PidTagReadReceiptRequested, default=False),
    boolean_field(
        "message:IsDeliveryReceiptRequested",
        tags.PidTagOriginatorDeliveryReportRequested,
        default=False,
    ),
    computed_field("message:ConversationIndex", _conversation_index, _write_conversation_index),
    text_field("message:ConversationTopic", tags.PidTagConversationTopic),
    addresses.person_field("message:From", addresses.SENT_FOR, addresses.SENDER),
    text_field("message:InternetMessageId", tags.PidTagInternetMessageId),
    computed_field("message:IsRead", _is_read, _write_is_read),
    boolean_field("message:IsResponseRequested", tags.PidTagReplyRequested),
    text_field("message:References", tags.PidTagInternetReferences),
    addresses.person_field("message:ReceivedBy", _RECEIVED_BY, _RECEIVED_BY),
    addresses.person_field("message:ReceivedRepresenting", _RECEIVED_FOR, _RECEIVED_FOR),
)

POST_FIELDS: tuple[Field, ...] = (time_field("postitem:PostedTime", tags.PidTagClientSubmitTime),)
