"""Which fields of a saved item element may be written back, in the order that the schema demands.

The order is that of Microsoft's types.xsd: a field out of order is a schema violation, and the
whole request fails. Fields that the server computes (sizes, counts, display lists, conflicts,
conversation, effective rights) are not in the tables; nor are those that MIME carries when the item
goes back by MIME.

Source:
    ItemType and its extensions in
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/item
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.things import EwsItem, Field

# ItemType. ``ExtendedProperty`` stands where the schema wants it.
_ITEM = (
    "MimeContent",
    "ItemClass",
    "Subject",
    "Sensitivity",
    "Body",
    "Categories",
    "Importance",
    "InReplyTo",
    "ReminderDueBy",
    "ReminderIsSet",
    "ReminderMinutesBeforeStart",
    "ExtendedProperty",
    "Flag",
)
_MESSAGE = (
    "Sender",
    "ToRecipients",
    "CcRecipients",
    "BccRecipients",
    "IsReadReceiptRequested",
    "IsDeliveryReceiptRequested",
    "From",
    "InternetMessageId",
    "IsRead",
    "IsResponseRequested",
    "References",
    "ReplyTo",
    "ReceivedBy",
    "ReceivedRepresenting",
)
_CALENDAR_ITEM = (
    "UID",
    "Start",
    "End",
    "IsAllDayEvent",
    "LegacyFreeBusyStatus",
    "Location",
    "IsResponseRequested",
    "RequiredAttendees",
    "OptionalAttendees",
    "Resources",
    "AppointmentReplyTime",
    "Recurrence",
    "StartTimeZone",
    "EndTimeZone",
    "ConferenceType",
    "AllowNewTimeProposal",
    "IsOnlineMeeting",
    "MeetingWorkspaceUrl",
    "NetShowUrl",
)
_CONTACT = (
    "FileAs",
    "FileAsMapping",
    "DisplayName",
    "GivenName",
    "Initials",
    "MiddleName",
    "Nickname",
    "CompanyName",
    "EmailAddresses",
    "PhysicalAddresses",
    "PhoneNumbers",
    "AssistantName",
    "Birthday",
    "BusinessHomePage",
    "Children",
    "Companies",
    "Department",
    "Generation",
    "ImAddresses",
    "JobTitle",
    "Manager",
    "Mileage",
    "OfficeLocation",
    "PostalAddressIndex",
    "Profession",
    "SpouseName",
    "Surname",
    "WeddingAnniversary",
)
_TASK = (
    "ActualWork",
    "BillingInformation",
    "Companies",
    "CompleteDate",
    "Contacts",
    "DueDate",
    "Mileage",
    "PercentComplete",
    "Recurrence",
    "StartDate",
    "Status",
    "TotalWork",
)
_DISTRIBUTION_LIST = ("DisplayName", "FileAs", "Members")
_POST_ITEM = ("From", "InternetMessageId", "IsRead", "PostedTime", "References", "Sender")

_OWN: Mapping[str, tuple[str, ...]] = {
    "Message": _MESSAGE,
    "CalendarItem": _CALENDAR_ITEM,
    "Contact": _CONTACT,
    "Task": _TASK,
    "DistributionList": _DISTRIBUTION_LIST,
    "PostItem": _POST_ITEM,
    "Item": (),
}

# A meeting request cannot be created as such: the server would think that one answers it. It is
# created as a message whose class and properties make it one.
_CREATED_AS = {
    "MeetingMessage": "Message",
    "MeetingRequest": "Message",
    "MeetingResponse": "Message",
    "MeetingCancellation": "Message",
    "RoleMember": "Message",
    "Item": "Message",
}

# What MIME says already; saying it twice makes servers refuse the item.
_IN_MIME = frozenset(
    {
        "Subject",
        "Body",
        "InReplyTo",
        "Sender",
        "ToRecipients",
        "CcRecipients",
        "BccRecipients",
        "From",
        "InternetMessageId",
        "References",
        "ReplyTo",
        "ReceivedBy",
        "ReceivedRepresenting",
    }
)

# Ids and rights inside a field belong to the old item.
_FOREIGN = ("ItemId", "AssociatedCalendarItemId", "EffectiveRights")


def created_as(element: str) -> str:
    """Say as which element an item is created again."""
    return _CREATED_AS.get(element, element)


def writable(item: EwsItem, *, by_mime: bool) -> dict[str, Field]:
    """Pick the fields of a saved item to write back, in the schema's order.

    Args:
        item: The item as saved.
        by_mime: Its MIME is written with it, so what MIME says is left out.
    """
    left_out = _IN_MIME if by_mime else frozenset({"MimeContent"})
    return {
        name: _own(item.fields[name])
        for name in order(created_as(item.element))
        if name in item.fields and name not in left_out
    }


def order(element: str) -> tuple[str, ...]:
    """List all fields that can be written into an element, in the schema's order."""
    return _ITEM + _OWN.get(element, ())


def _own(value: Field) -> Field:
    return without(value, *_FOREIGN) if isinstance(value, Node) else value


def without(node: Node, *names: str) -> Node:
    """Make the same element without the descendants of these names."""
    kept = (without(child, *names) for child in node.children if child.name not in names)
    return replace(node, children=tuple(kept))
