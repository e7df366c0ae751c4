"""Tasks, sticky notes, journal entries and posts."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from strongroom.content import tags
from strongroom.content.message import FileTime, Message, NamedTag, Properties
from strongroom.lab.seed import prose, recurrence, shapes
from strongroom.lab.seed.people import Person

_NOT_STARTED, _IN_PROGRESS, _COMPLETE = 0, 1, 2

_PidLidTaskVersion = NamedTag(tags.PSETID_TASK, 0x8112, tags.INTEGER32)
_PidLidTaskState = NamedTag(tags.PSETID_TASK, 0x8113, tags.INTEGER32)
_PidLidTaskOwnership = NamedTag(tags.PSETID_TASK, 0x8129, tags.INTEGER32)
_PidLidTaskOrdinal = NamedTag(tags.PSETID_TASK, 0x8123, tags.INTEGER32)
_PidLidNoteX = NamedTag(tags.PSETID_NOTE, 0x8B04, tags.INTEGER32)
_PidLidNoteY = NamedTag(tags.PSETID_NOTE, 0x8B05, tags.INTEGER32)
_PidLidLogFlags = NamedTag(tags.PSETID_LOG, 0x870C, tags.INTEGER32)
_PidLidLogTypeDesc = NamedTag(tags.PSETID_LOG, 0x8712, tags.STRING)


def task(
    rng: Random,
    owner: Person,
    made: datetime,
    *,
    due: datetime,
    share_done: float = 0.0,
    repeats: int = 0,
    reminder: datetime | None = None,
) -> Message:
    """Make a task.

    Args:
        rng: Draws what is to be done.
        owner: Who is to do it.
        made: When it was noted: aware, UTC.
        due: By when: aware, UTC.
        share_done: 0 to 1; 1 is finished.
        repeats: How many times it comes back, daily; 0 for once.
        reminder: When to remind: aware, UTC. One that has passed rings as soon as it is restored.
    """
    subject = f"Take care of {prose.thing(rng)}"
    is_done = share_done >= 1
    properties = shapes.common(rng, "IPM.Task", subject, made)
    properties |= shapes.author(owner) | shapes.text_body(prose.paragraphs(rng, 1)[0])
    properties |= {
        tags.PidLidTaskStatus: _status(share_done),
        tags.PidLidPercentComplete: share_done,
        tags.PidLidTaskComplete: is_done,
        tags.PidLidTaskStartDate: FileTime.from_datetime(made),
        tags.PidLidTaskDueDate: FileTime.from_datetime(due),
        tags.PidLidCommonStart: FileTime.from_datetime(made),
        tags.PidLidCommonEnd: FileTime.from_datetime(due),
        tags.PidLidTaskOwner: owner.name,
        tags.PidLidTaskActualEffort: rng.randrange(0, 600),
        tags.PidLidTaskEstimatedEffort: rng.randrange(60, 900),
        tags.PidLidTaskFRecurring: repeats > 0,
        tags.PidLidTaskMode: 0,
        tags.PidLidReminderSet: reminder is not None,
        _PidLidTaskVersion: 1,
        _PidLidTaskState: 1,
        _PidLidTaskOwnership: 0,
        _PidLidTaskOrdinal: 0x7FFFFFFF,
        tags.PidTagIconIndex: 0x501 if repeats else 0x500,
    }
    if is_done:
        properties[tags.PidLidTaskDateCompleted] = FileTime.from_datetime(due)
    if repeats:
        properties[tags.PidLidTaskRecurrence] = recurrence.daily_task(made.date(), repeats)
    if reminder is not None:
        properties[tags.PidLidReminderTime] = FileTime.from_datetime(reminder)
        properties[tags.PidLidReminderSignalTime] = FileTime.from_datetime(reminder)
    return Message(properties=properties)


def sticky_note(rng: Random, made: datetime) -> Message:
    """Make a sticky note: its first line is its subject, as Outlook does it."""
    text = f"Ask about {prose.thing(rng)}\r\n{prose.paragraphs(rng, 1)[0]}\r\n"
    properties = shapes.common(rng, "IPM.StickyNote", text.partition("\r\n")[0], made)
    properties |= shapes.text_body(text)
    properties |= {
        tags.PidLidNoteColor: rng.randrange(5),
        tags.PidLidNoteWidth: 200,
        tags.PidLidNoteHeight: 166,
        _PidLidNoteX: rng.randrange(800),
        _PidLidNoteY: rng.randrange(600),
        tags.PidTagIconIndex: 0x300,
    }
    return Message(properties=properties)


def journal_entry(rng: Random, person: Person, made: datetime) -> Message:
    """Make a note of a phone call."""
    minutes = rng.randrange(2, 50)
    properties = shapes.common(rng, "IPM.Activity", f"Call with {person.name}", made)
    properties |= shapes.text_body(prose.paragraphs(rng, 1)[0])
    start, end = (
        FileTime.from_datetime(made),
        FileTime.from_datetime(made + timedelta(minutes=minutes)),
    )
    properties |= {
        tags.PidLidLogType: "Phone call",
        _PidLidLogTypeDesc: "Phone call",
        tags.PidLidLogStart: start,
        tags.PidLidLogEnd: end,
        tags.PidLidLogDuration: minutes,
        _PidLidLogFlags: 0,
        tags.PidLidCommonStart: start,
        tags.PidLidCommonEnd: end,
        tags.PidLidContacts: [person.name],
        tags.PidTagIconIndex: 0x60A,
    }
    return Message(properties=properties)


def post(rng: Random, writer: Person, made: datetime) -> Message:
    """Make a post in a folder that several people read."""
    properties = shapes.common(rng, "IPM.Post", prose.subject(rng), made)
    properties |= shapes.author(writer) | _posted(made)
    properties |= shapes.text_body("\r\n\r\n".join(prose.paragraphs(rng, 2)))
    return Message(properties=properties)


def _posted(made: datetime) -> Properties:
    stamp = FileTime.from_datetime(made)
    return {tags.PidTagClientSubmitTime: stamp, tags.PidTagMessageDeliveryTime: stamp}


def _status(share_done: float) -> int:
    if share_done >= 1:
        return _COMPLETE
    return _IN_PROGRESS if share_done > 0 else _NOT_STARTED
