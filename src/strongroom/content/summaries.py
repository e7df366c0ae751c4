"""The fields of tasks, notes, journal entries and lists as lines of text, for mail programs."""

from __future__ import annotations

from strongroom.content import tags
from strongroom.content.message import FileTime, Message, PropertyKey, Value, text

_STATUS = ("not started", "in progress", "complete", "waiting on someone else", "deferred")
_TASK: tuple[tuple[str, PropertyKey], ...] = (
    ("Status", tags.PidLidTaskStatus),
    ("Complete", tags.PidLidPercentComplete),
    ("Start", tags.PidLidTaskStartDate),
    ("Due", tags.PidLidTaskDueDate),
    ("Completed on", tags.PidLidTaskDateCompleted),
    ("Owner", tags.PidLidTaskOwner),
    ("Minutes estimated", tags.PidLidTaskEstimatedEffort),
    ("Minutes worked", tags.PidLidTaskActualEffort),
)
_JOURNAL: tuple[tuple[str, PropertyKey], ...] = (
    ("Entry type", tags.PidLidLogType),
    ("Start", tags.PidLidLogStart),
    ("End", tags.PidLidLogEnd),
    ("Minutes", tags.PidLidLogDuration),
)
_ALL: tuple[tuple[str, PropertyKey], ...] = (
    ("Reminder", tags.PidLidReminderTime),
    ("Companies", tags.PidLidCompanies),
    ("Contacts", tags.PidLidContacts),
    ("Mileage", tags.PidLidMileage),
    ("Billing", tags.PidLidBilling),
)


def field_lines(message: Message) -> list[str]:
    """Give ``Name: value`` lines for kinds of item that internet mail does not know, else none."""
    kind = text(message.properties, tags.PidTagMessageClass).lower()
    if kind.startswith("ipm.task"):
        fields = _TASK + _ALL
    elif kind.startswith("ipm.activity"):
        fields = _JOURNAL + _ALL
    else:
        return []
    bag = message.properties
    return [f"{label}: {shown}" for label, key in fields if (shown := _shown(key, bag.get(key)))]


def _shown(key: PropertyKey, value: Value | None) -> str:
    if key == tags.PidLidTaskStatus and isinstance(value, int) and 0 <= value < len(_STATUS):
        return _STATUS[value]
    if key == tags.PidLidPercentComplete and isinstance(value, float):
        return f"{value:.0%}"
    if isinstance(value, FileTime):
        when = value.to_datetime()
        # Outlook writes "none" as the year 4501.
        return f"{when:%Y-%m-%d %H:%M} UTC" if when.year < 4501 else ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None or value == 0 else str(value)
