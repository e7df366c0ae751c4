"""All fields of all kinds of item, and which of them a base shape shows."""

from __future__ import annotations

from functools import cache

from strongroom.lab.exchange.schema import element_order
from strongroom.lab.exchange.shapes.calendar_fields import CALENDAR_FIELDS
from strongroom.lab.exchange.shapes.contact_fields import CONTACT_FIELDS
from strongroom.lab.exchange.shapes.field import Field
from strongroom.lab.exchange.shapes.item_fields import FIELDS
from strongroom.lab.exchange.shapes.list_fields import LIST_FIELDS
from strongroom.lab.exchange.shapes.message_fields import MESSAGE_FIELDS, POST_FIELDS
from strongroom.lab.exchange.shapes.task_fields import TASK_FIELDS
from strongroom.lab.exchange.shapes.view import type_of_element

BY_URI: dict[str, Field] = {
    one.uri: one
    for table in (
        FIELDS,
        MESSAGE_FIELDS,
        POST_FIELDS,
        CALENDAR_FIELDS,
        CONTACT_FIELDS,
        TASK_FIELDS,
        LIST_FIELDS,
    )
    for one in table
}

# The same element may have a field in several groups (Companies of a contact and of a task): the
# first group in the list wins.
_GROUPS = {
    "Message": ("item", "message"),
    "MeetingMessage": ("item", "message"),
    "MeetingRequest": ("item", "message", "calendar"),
    "MeetingResponse": ("item", "message", "calendar"),
    "MeetingCancellation": ("item", "message", "calendar"),
    "CalendarItem": ("item", "calendar"),
    "Contact": ("item", "contacts"),
    "DistributionList": ("item", "distributionlist", "contacts"),
    "Task": ("item", "task"),
    "PostItem": ("item", "postitem", "message"),
    "Item": ("item",),
}
_NOT_IN_ALL = frozenset({"item:MimeContent", "item:TextBody", "item:Preview", "item:StoreEntryId"})
_DEFAULT = frozenset(
    {
        "item:ItemId",
        "item:Subject",
        "item:Sensitivity",
        "item:Body",
        "item:Attachments",
        "item:Size",
        "item:DateTimeSent",
        "item:DateTimeCreated",
        "item:HasAttachments",
        "item:ItemClass",
        "message:From",
        "message:ToRecipients",
        "message:CcRecipients",
        "message:IsRead",
        "message:IsReadReceiptRequested",
        "message:IsDeliveryReceiptRequested",
        "calendar:Start",
        "calendar:End",
        "calendar:LegacyFreeBusyStatus",
        "calendar:Location",
        "calendar:CalendarItemType",
        "calendar:Organizer",
        "contacts:FileAs",
        "contacts:CompanyName",
        "contacts:EmailAddresses",
        "contacts:PhysicalAddresses",
        "contacts:PhoneNumbers",
        "contacts:JobTitle",
        "distributionlist:Members",
        "contacts:DisplayName",
        "task:DueDate",
        "task:PercentComplete",
        "task:StartDate",
        "task:Status",
        "postitem:PostedTime",
    }
)
# Lists do not show these, whatever the shape says.
# Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem
NOT_IN_LISTS = frozenset(
    {
        "item:MimeContent",
        "item:Body",
        "item:TextBody",
        "item:Attachments",
        "item:InternetMessageHeaders",
        "message:ToRecipients",
        "message:CcRecipients",
        "message:BccRecipients",
        "calendar:RequiredAttendees",
        "calendar:OptionalAttendees",
        "calendar:Resources",
        "calendar:Recurrence",
        "calendar:ModifiedOccurrences",
        "calendar:DeletedOccurrences",
        "task:Recurrence",
        "distributionlist:Members",
    }
)


@cache
def fields_of(element: str) -> dict[str, Field]:
    """Give the fields of an item shown by that element, by element name."""
    order = element_order(type_of_element(element))
    found: dict[str, Field] = {}
    for group in _GROUPS[element]:
        for uri, one in BY_URI.items():
            if uri.partition(":")[0] == group and one.element in order:
                found.setdefault(one.element, one)
    return found


@cache
def base_fields(element: str, base: str) -> tuple[Field, ...]:
    """Give the fields of a base shape (``IdOnly``, ``Default``, ``AllProperties``)."""
    fields = fields_of(element).values()
    if base == "IdOnly":
        return tuple(one for one in fields if one.uri == "item:ItemId")
    if base == "Default":
        return tuple(one for one in fields if one.uri in _DEFAULT)
    return tuple(one for one in fields if one.uri not in _NOT_IN_ALL)
