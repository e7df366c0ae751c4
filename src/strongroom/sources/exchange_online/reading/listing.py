"""From an item as Graph lists it to our own ``Item``: the same facts and state as by EWS.

Graph's ``mailboxItem`` has no subject, no sender and no flags: all that are asked for as extended
properties, in the same request that lists it.

Source:
    [MS-OXPROPS]; https://learn.microsoft.com/graph/api/resources/mailboxitem
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from strongroom.content import tags
from strongroom.sources.exchange_onprem.disarm import IN_OUTBOX
from strongroom.wire.graph.mailbox import properties
from strongroom.wire.graph.mailbox.items import MailboxItem
from strongroom.wire.graph.mailbox.properties import Property, Values
from strongroom.words.item import Item
from strongroom.words.json import Json

MODIFIED = "modified"
"""Stands in an item's state: when its content was last changed. The read flag is no content."""

_TASKS = "00062003-0000-0000-c000-000000000046"

_SUBJECT = Property("String", 0x0037)
_RECEIVED = Property("SystemTime", 0x0E06)
_CREATED = Property("SystemTime", 0x3007)
_MODIFIED = Property("SystemTime", 0x3008)
_SEARCH_KEY = Property("Binary", 0x300B)
_FLAGS = Property("Integer", 0x0E07)
_MESSAGE_ID = Property("String", 0x1035)
_HAS_ATTACHMENTS = Property("Boolean", 0x0E1B)
_IMPORTANCE = Property("Integer", 0x0017)
_FLAG_STATUS = Property("Integer", 0x1090)
_FLAG_COMPLETE = Property("SystemTime", 0x1091)
_FLAG_START = Property("SystemTime", 0x8104, _TASKS)
_FLAG_DUE = Property("SystemTime", 0x8105, _TASKS)
_FROM = (Property("String", 0x0042), Property("String", 0x5D02), Property("String", 0x0065))
_SENDER = (Property("String", 0x0C1A), Property("String", 0x5D01), Property("String", 0x0C1F))

LISTED = (
    _SUBJECT,
    _RECEIVED,
    _CREATED,
    _MODIFIED,
    _SEARCH_KEY,
    _FLAGS,
    _MESSAGE_ID,
    _HAS_ATTACHMENTS,
    _IMPORTANCE,
    _FLAG_STATUS,
    _FLAG_COMPLETE,
    _FLAG_START,
    _FLAG_DUE,
    *_FROM,
    *_SENDER,
)
"""What to ask of each item in a list."""

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_READ = 0x01
_IMPORTANCES = {0: "Low", 2: "High"}
_STATUSES = {1: "Complete", 2: "Flagged"}
_FLAG_TIMES = (("start", _FLAG_START), ("due", _FLAG_DUE), ("complete", _FLAG_COMPLETE))

_MAIL = frozenset(
    {
        "Message",
        "MeetingMessage",
        "MeetingRequest",
        "MeetingResponse",
        "MeetingCancellation",
        "PostItem",
    }
)
"""What EWS tells a sender of, and whether it was read; of the others it is written back to none."""

_ELEMENTS = (
    ("ipm.schedule.meeting.request", "MeetingRequest"),
    ("ipm.schedule.meeting.resp", "MeetingResponse"),
    ("ipm.schedule.meeting.canceled", "MeetingCancellation"),
    ("ipm.schedule.meeting", "MeetingMessage"),
    ("ipm.appointment", "CalendarItem"),
    ("ipm.contact", "Contact"),
    ("ipm.distlist", "DistributionList"),
    ("ipm.task", "Task"),
    ("ipm.post", "PostItem"),
)


def listed(item: MailboxItem, folder_role: str | None = None) -> Item:
    """Make our item out of a listed one.

    Args:
        item: With the properties of ``LISTED``.
        folder_role: Role of the folder it was listed in: mail in the Outbox waits to be sent.
    """
    values = item.values
    flags = properties.whole(values, _FLAGS) or 0
    facts = _facts(item)
    if folder_role == "outbox":
        facts[IN_OUTBOX] = True
    return Item(
        id=item.id,
        change_key=item.change_key,
        kind=item.type,
        name=properties.text(values, _SUBJECT),
        when=_when(item),
        size=item.size,
        is_associated=bool(flags & tags.FLAG_ASSOCIATED),
        facts=facts,
        state=_state(item, flags),
    )


@lru_cache(maxsize=1024)
def element_of(item_class: str) -> str:
    """Say what EWS calls a thing of this class; what it does not know is a message."""
    lower = f"{item_class.lower()}."
    return next((name for begin, name in _ELEMENTS if lower.startswith(f"{begin}.")), "Message")


def _when(item: MailboxItem) -> datetime:
    """Say when it was received, else made; in whole seconds, as EWS tells it."""
    received = properties.time(item.values, _RECEIVED)
    found = received or properties.time(item.values, _CREATED) or item.created
    return found.replace(microsecond=0) if found else _NO_TIME


def _facts(item: MailboxItem) -> dict[str, Json]:
    values = item.values
    facts: dict[str, Json] = {"element": element_of(item.type)}
    key = properties.binary(values, _SEARCH_KEY)
    if key:
        facts["search_key"] = key.hex()
    if message_id := properties.text(values, _MESSAGE_ID):
        facts["message_id"] = message_id
    for name, asked in (("from", _FROM), ("sender", _SENDER)):
        if facts["element"] in _MAIL and (mailbox := _mailbox(values, asked)):
            facts[name] = mailbox
    if properties.flag(values, _HAS_ATTACHMENTS):
        facts["has_attachments"] = True
    created = properties.time(values, _CREATED) or item.created
    if created:
        facts["created"] = _written(created)
    return facts


def _mailbox(values: Values, asked: tuple[Property, Property, Property]) -> dict[str, Json]:
    name, address, other = (properties.text(values, one) for one in asked)
    both = {"name": name, "address": address or other}
    return {key: text for key, text in both.items() if text}


def _state(item: MailboxItem, flags: int) -> dict[str, Json]:
    values = item.values
    state: dict[str, Json] = {}
    if properties.text(values, _FLAGS) and element_of(item.type) in _MAIL:
        state["is_read"] = bool(flags & _READ)
    if flag := _follow_up(values):
        state["flag"] = flag
    if item.categories:
        state["categories"] = list(item.categories)
    importance = properties.whole(values, _IMPORTANCE)
    if importance in _IMPORTANCES:
        state["importance"] = _IMPORTANCES[importance]
    if flags:
        state["message_flags"] = flags
    modified = properties.text(values, _MODIFIED)
    if modified:
        state[MODIFIED] = modified
    return state


def _follow_up(values: Values) -> dict[str, Json]:
    """Read the follow-up flag; nothing where there is none."""
    status = _STATUSES.get(properties.whole(values, _FLAG_STATUS) or 0)
    if status is None:
        return {}
    found: dict[str, Json] = {"status": status}
    for name, asked in _FLAG_TIMES:
        if when := properties.time(values, asked):
            found[name] = _written(when)
    return found


def _written(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
