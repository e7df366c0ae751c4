"""The fields of appointments and meetings."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

from strongroom.content import tags
from strongroom.content.message import FileTime, PropertyKey
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes import addresses, recurrence, times, zones
from strongroom.lab.exchange.shapes.field import (
    Draft,
    Field,
    Reading,
    as_time,
    boolean,
    boolean_field,
    choice_field,
    computed_field,
    integer,
    number_field,
    text_field,
    time_field,
)
from strongroom.lab.exchange.shapes.recurrence import Pattern
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import Element, children, element, require

_RESOURCE = 3
_IS_MEETING, _IS_CANCELLED = 1, 4
_BUSY = {0: "Free", 1: "Tentative", 2: "Busy", 3: "OOF", 4: "WorkingElsewhere"}
_RESPONSES = {
    0: "Unknown",
    1: "Organizer",
    2: "Tentative",
    3: "Accept",
    4: "Decline",
    5: "NoResponseReceived",
}
_GLOBAL_ID_HEADER_BYTES = 40
_THIRD_PARTY = b"vCal-Uid\1\0\0\0"


def _write_time(draft: Draft, node: Element | None, *keys: PropertyKey) -> None:
    value = None if node is None else as_time(node)
    draft.properties.update(dict.fromkeys(keys, value))


def _write_start(draft: Draft, node: Element | None) -> None:
    _write_time(draft, node, tags.PidLidAppointmentStartWhole, tags.PidLidCommonStart)
    _finish_series(draft)


def _write_end(draft: Draft, node: Element | None) -> None:
    _write_time(draft, node, tags.PidLidAppointmentEndWhole, tags.PidLidCommonEnd)
    _finish_series(draft)


def _time(name: str, view: View, reading: Reading, *keys: PropertyKey) -> str:
    when = view.moment(*keys)
    return "" if when is None else element(name, times.written(when, reading.digits))


def _start(view: View, reading: Reading) -> str:
    keys = (tags.PidLidAppointmentStartWhole, tags.PidLidCommonStart, tags.PidTagStartDate)
    return _time("Start", view, reading, *keys)


def _end(view: View, reading: Reading) -> str:
    keys = (tags.PidLidAppointmentEndWhole, tags.PidLidCommonEnd, tags.PidTagEndDate)
    return _time("End", view, reading, *keys)


def _uid(view: View, _reading: Reading) -> str:
    value = view.get(tags.PidLidGlobalObjectId)
    if not isinstance(value, bytes):
        return ""
    outside = value[_GLOBAL_ID_HEADER_BYTES:]
    if outside.startswith(_THIRD_PARTY):
        return element("UID", outside[len(_THIRD_PARTY) :].rstrip(b"\0").decode("utf-8", "replace"))
    return element("UID", value.hex().upper())


def _write_uid(draft: Draft, node: Element | None) -> None:
    value = None if node is None else _global_id(node.text or "")
    draft.properties[tags.PidLidGlobalObjectId] = value
    draft.properties[tags.PidLidCleanGlobalObjectId] = value


def _global_id(uid: str) -> bytes:
    """Make a global object id of a UID: its own hexadecimal form, or anybody's text wrapped.

    Source:
        [MS-OXOCAL] 2.2.1.27
    """
    prefix = "040000008200E00074C5B7101A82E008"
    if uid.upper().startswith(prefix):
        try:
            return bytes.fromhex(uid)
        except ValueError as error:
            raise EwsError("ErrorInvalidPropertySet") from error
    data = _THIRD_PARTY + uid.encode() + b"\0"
    return bytes.fromhex(prefix) + bytes(20) + len(data).to_bytes(4, "little") + data


def _state_bit(name: str, bit: int) -> Field:
    def read(view: View, _reading: Reading) -> str:
        state = integer(view.get(tags.PidLidAppointmentStateFlags)) or 0
        return boolean(name, flag=bool(state & bit))

    return computed_field(f"calendar:{name}", read)


def _item_type(view: View, _reading: Reading) -> str:
    is_series = isinstance(view.get(tags.PidLidAppointmentRecur), bytes)
    if view.numbers or view.is_changed:
        return element("CalendarItemType", "Exception")
    if view.occurrence is not None:
        return element("CalendarItemType", "Occurrence")
    return element("CalendarItemType", "RecurringMaster" if is_series else "Single")


def _is_recurring(view: View, _reading: Reading) -> str:
    return boolean("IsRecurring", flag=bool(view.numbers) or view.occurrence is not None)


def _attendees(name: str, kind: int) -> Field:
    def read(view: View, _reading: Reading) -> str:
        inner = ""
        for one in view.recipients(kind):
            status = one.get(tags.PidTagRecipientTrackStatus)
            known = _RESPONSES.get(status, "Unknown") if isinstance(status, int) else "Unknown"
            response = element("ResponseType", known)
            inner += f"<t:Attendee>{addresses.recipient_xml(one)}{response}</t:Attendee>"
        return f"<t:{name}>{inner}</t:{name}>" if inner else ""

    def write(draft: Draft, node: Element | None) -> None:
        people = () if node is None else children(node)
        found = [addresses.recipient(require(one, "t:Mailbox"), kind) for one in people]
        draft.recipients[kind] = found
        if found:
            draft.properties[tags.PidLidAppointmentStateFlags] = _IS_MEETING

    return computed_field(f"calendar:{name}", read, write)


def _duration(view: View, _reading: Reading) -> str:
    start = view.moment(tags.PidLidAppointmentStartWhole)
    end = view.moment(tags.PidLidAppointmentEndWhole)
    if start is None or end is None:
        return ""
    minutes = max((int(end) - int(start)) // 600_000_000, 0)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    text = "P" + (f"{days}D" if days else "")
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return element("Duration", text + (f"T{time}" if time else "") if days or time else "PT0S")


def pattern_of(view: View) -> Pattern | None:
    """Give the pattern of a series, or None if it is none or cannot be read."""
    data = view.get(tags.PidLidAppointmentRecur)
    if not isinstance(data, bytes):
        return None
    try:
        return recurrence.parse(data)
    except ValueError:
        return None


def _recurrence(view: View, _reading: Reading) -> str:
    pattern = pattern_of(view)
    return "" if pattern is None else recurrence.xml(pattern)


def _write_recurrence(draft: Draft, node: Element | None) -> None:
    draft.properties[tags.PidLidRecurring] = None if node is None else True
    if node is None:
        draft.properties[tags.PidLidAppointmentRecur] = None
        return
    try:
        pattern = recurrence.read(node)
    except ValueError as error:
        raise EwsError("ErrorCalendarInvalidRecurrence") from error
    draft.properties[tags.PidLidAppointmentRecur] = recurrence.build(pattern)
    _finish_series(draft)


def _finish_series(draft: Draft) -> None:
    """Put the time of day into the pattern, once start, end and pattern are known.

    They may come in any order, and the zone after them, so this is done after each.
    """
    data = draft.properties.get(tags.PidLidAppointmentRecur)
    start = draft.properties.get(tags.PidLidAppointmentStartWhole)
    end = draft.properties.get(tags.PidLidAppointmentEndWhole)
    if not (isinstance(data, bytes) and isinstance(start, FileTime) and isinstance(end, FileTime)):
        return
    definition = draft.properties.get(tags.PidLidAppointmentTimeZoneDefinitionStartDisplay)
    key = zones.of_definition(definition) if isinstance(definition, bytes) else None
    zone = zones.ZONES.get(key or "UTC", zones.ZONES["UTC"])
    local = zone.to_local(start.to_datetime())
    begin = local.hour * 60 + local.minute
    minutes = (int(end) - int(start)) // 600_000_000
    head = len(data) - 10 - 8
    draft.properties[tags.PidLidAppointmentRecur] = (
        data[:head]
        + begin.to_bytes(4, "little")
        + (begin + minutes).to_bytes(4, "little")
        + data[head + 8 :]
    )


def zone_of(view: View) -> zones.Zone:
    """Say in which zone a series counts its days."""
    for key in (
        tags.PidLidAppointmentTimeZoneDefinitionRecur,
        tags.PidLidAppointmentTimeZoneDefinitionStartDisplay,
    ):
        data = view.get(key)
        name = zones.of_definition(data) if isinstance(data, bytes) else None
        if name in zones.ZONES:
            return zones.ZONES[name]
    return zones.ZONES["UTC"]


def _modified(view: View, reading: Reading) -> str:
    pattern = pattern_of(view)
    if pattern is None or not pattern.changed:
        return ""
    zone = zone_of(view)
    inner = ""
    for start, end, original in pattern.changed:
        where = ids.occurrence_id(view.root, original)
        inner += f'<t:Occurrence><t:ItemId Id="{where}"/>'
        for name, when in (("Start", start), ("End", end), ("OriginalStart", original)):
            inner += element(name, times.written(zone.to_utc(when), reading.digits))
        inner += "</t:Occurrence>"
    return f"<t:ModifiedOccurrences>{inner}</t:ModifiedOccurrences>"


def _edge(name: str, *, is_last: bool) -> Field:
    """The first or the last occurrence that takes place."""

    def read(view: View, reading: Reading) -> str:
        pattern = pattern_of(view)
        if pattern is None or (is_last and pattern.last is None):
            return ""
        zone, length = zone_of(view), timedelta(minutes=pattern.end - pattern.begin)
        moved = {original: (start, end) for start, end, original in pattern.changed}
        there = (one for one in recurrence.begins(pattern) if one not in pattern.deleted)
        original = deque(there, maxlen=1)[0] if is_last else next(there)
        start, end = moved.get(original, (original, original + length))
        where = ids.occurrence_id(view.root, original)
        inner = f'<t:ItemId Id="{where}"/>'
        for key, when in (("Start", start), ("End", end), ("OriginalStart", original)):
            inner += element(key, times.written(zone.to_utc(when), reading.digits))
        return f"<t:{name}>{inner}</t:{name}>"

    return computed_field(f"calendar:{name}", read)


def _deleted(view: View, reading: Reading) -> str:
    pattern = pattern_of(view)
    if pattern is None or not pattern.deleted:
        return ""
    zone = zone_of(view)
    inner = "".join(
        "<t:DeletedOccurrence>"
        + element("Start", times.written(zone.to_utc(when), reading.digits))
        + "</t:DeletedOccurrence>"
        for when in pattern.deleted
    )
    return f"<t:DeletedOccurrences>{inner}</t:DeletedOccurrences>"


def _zone_field(name: str, *keys: PropertyKey) -> Field:
    def read(view: View, _reading: Reading) -> str:
        data = view.get(keys[0])
        key = zones.of_definition(data) if isinstance(data, bytes) else None
        if key is None:
            return ""
        zone = zones.ZONES.get(key)
        label = element("x", zone.name if zone is not None else key)[5:-6]
        return f'<t:{name} Id="{element("x", key)[5:-6]}" Name="{label}"/>'

    def write(draft: Draft, node: Element | None) -> None:
        if node is None:
            draft.properties.update(dict.fromkeys(keys))
            return
        zone = zones.ZONES.get(str(node.get("Id")))
        if zone is None:
            raise EwsError("ErrorCalendarInvalidTimeZone")
        draft.properties.update(dict.fromkeys(keys, zone.definition()))
        if name == "StartTimeZone":
            draft.properties[tags.PidLidTimeZoneStruct] = zone.struct()
            draft.properties[tags.PidLidTimeZoneDescription] = zone.name
        _finish_series(draft)

    return computed_field(f"calendar:{name}", read, write)


def _write_zone_name(draft: Draft, node: Element | None) -> None:
    text = None if node is None else node.text or ""
    draft.properties[tags.PidLidTimeZoneDescription] = text


def _zone_name(view: View, _reading: Reading) -> str:
    text = view.text(tags.PidLidTimeZoneDescription)
    return element("TimeZone", text) if text else ""


CALENDAR_FIELDS: tuple[Field, ...] = (
    computed_field("calendar:UID", _uid, _write_uid),
    Field(
        uri="calendar:Start",
        element="Start",
        read=_start,
        write=_write_start,
        key=tags.PidLidAppointmentStartWhole,
    ),
    Field(
        uri="calendar:End",
        element="End",
        read=_end,
        write=_write_end,
        key=tags.PidLidAppointmentEndWhole,
    ),
    time_field("calendar:OriginalStart", tags.PidLidExceptionReplaceTime),
    boolean_field("calendar:IsAllDayEvent", tags.PidLidAppointmentSubType, default=False),
    choice_field("calendar:LegacyFreeBusyStatus", tags.PidLidBusyStatus, _BUSY, default=2),
    text_field("calendar:Location", tags.PidLidLocation),
    _state_bit("IsMeeting", _IS_MEETING),
    _state_bit("IsCancelled", _IS_CANCELLED),
    computed_field("calendar:IsRecurring", _is_recurring),
    boolean_field("calendar:MeetingRequestWasSent", tags.PidLidFInvited, default=False),
    boolean_field("calendar:IsResponseRequested", tags.PidTagResponseRequested, default=True),
    computed_field("calendar:CalendarItemType", _item_type),
    choice_field("calendar:MyResponseType", tags.PidLidResponseStatus, _RESPONSES, default=0),
    addresses.person_field("calendar:Organizer", addresses.SENT_FOR, addresses.SENDER),
    _attendees("RequiredAttendees", tags.RECIPIENT_TO),
    _attendees("OptionalAttendees", tags.RECIPIENT_CC),
    _attendees("Resources", _RESOURCE),
    computed_field("calendar:Duration", _duration),
    computed_field("calendar:TimeZone", _zone_name, _write_zone_name),
    number_field("calendar:AppointmentSequenceNumber", tags.PidLidAppointmentSequence),
    number_field("calendar:AppointmentState", tags.PidLidAppointmentStateFlags),
    computed_field("calendar:Recurrence", _recurrence, _write_recurrence),
    _edge("FirstOccurrence", is_last=False),
    _edge("LastOccurrence", is_last=True),
    computed_field("calendar:ModifiedOccurrences", _modified),
    computed_field("calendar:DeletedOccurrences", _deleted),
    _zone_field(
        "StartTimeZone",
        tags.PidLidAppointmentTimeZoneDefinitionStartDisplay,
        tags.PidLidAppointmentTimeZoneDefinitionRecur,
    ),
    _zone_field("EndTimeZone", tags.PidLidAppointmentTimeZoneDefinitionEndDisplay),
)
