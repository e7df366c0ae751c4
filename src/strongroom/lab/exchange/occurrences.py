"""The occurrences of a recurring series as items of their own: found, shown, changed, removed.

An occurrence as the pattern has it is stored nowhere; a changed one lies in a hidden attachment of
its series, and the pattern says which it replaces.

Source:
    https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-access-a-recurring-series-by-using-ews-in-exchange
    [MS-OXOCAL] 2.2.10
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from strongroom.content import tags
from strongroom.content.message import Attachment, FileTime, Message, Properties, PropertyKey, Value
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.source import WholeMessage
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes import recurrence, zones
from strongroom.lab.exchange.shapes.calendar_fields import pattern_of, zone_of
from strongroom.lab.exchange.shapes.field import Draft
from strongroom.lab.exchange.shapes.recurrence import Pattern, Texts
from strongroom.lab.exchange.shapes.view import View, attachment_number
from strongroom.lab.exchange.xml import Element, name_of

_CLASS = "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}"
_EMBEDDED = 5
_IS_EXCEPTION = 2
_BODIES = frozenset(
    {tags.PidTagBody, tags.PidTagHtml, tags.PidTagRtfCompressed, tags.PidTagNativeBody}
)
# What an attachment has of its series alone.
_OF_SERIES = frozenset({tags.PidLidAppointmentRecur, tags.PidLidRecurring, tags.PidTagMessageClass})
# A series that never ends has this many, for whoever counts.
_INDEX_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One occurrence that takes place.

    Attributes:
        series: The recurring item.
        pattern: Its pattern.
        zone: The zone in which the pattern counts.
        original: When the pattern has it begin: local time, naive.
        start, end: When it is: local time, naive.
    """

    series: StoredItem
    pattern: Pattern
    zone: zones.Zone
    original: datetime
    start: datetime
    end: datetime

    @property
    def is_changed(self) -> bool:
        """Whether it is otherwise than its series."""
        return any(original == self.original for _, _, original in self.pattern.changed)


def wanted(call: Call, node: Element) -> Occurrence | None:
    """Find the occurrence that an id names; None if it names anything else.

    Raises:
        EwsError: there is no such series or occurrence.
    """
    if name_of(node) == "OccurrenceItemId":
        if call.quirks.without_occurrences:
            raise EwsError("ErrorInvalidOperation", "Occurrences have no numbers here.")
        return _by_index(
            call.item_by_id(str(node.get("RecurringMasterId"))), int(str(node.get("InstanceIndex")))
        )
    if name_of(node) != "ItemId":
        return None
    text = str(node.get("Id"))
    original = ids.read_id(text).occurrence
    if original is None:
        return None
    series = call.item_by_id(text)
    pattern = pattern_of(View.of_item(series))
    if pattern is None:
        raise EwsError("ErrorItemNotFound")
    return _made(series, pattern, original)


def between(series: StoredItem, start: datetime, end: datetime) -> Iterator[Occurrence]:
    """Give the occurrences that overlap a span of time (aware)."""
    pattern = pattern_of(View.of_item(series))
    if pattern is None:
        return
    zone = zone_of(View.of_item(series))
    for original in recurrence.begins(pattern):
        if zone.to_utc(original) >= end:
            break
        if original in pattern.deleted:
            continue
        found = _made(series, pattern, original)
        if zone.to_utc(found.start) < end and zone.to_utc(found.end) > start:
            yield found
    # One that was moved forward into the span lies behind it in the pattern.
    for moved, until, original in pattern.changed:
        is_in = zone.to_utc(moved) < end and zone.to_utc(until) > start
        if is_in and zone.to_utc(original) >= end:
            yield _made(series, pattern, original)


def view(occurrence: Occurrence) -> View:
    """Look at an occurrence: its series, with what is its own laid over."""
    own = _attachment(occurrence)
    embedded = own.embedded if own is not None and own.embedded is not None else Message()
    inside = {**_times(occurrence), **embedded.properties}
    has_body = bool(_BODIES & inside.keys())

    def get(key: PropertyKey) -> Value | None:
        if key in _OF_SERIES:
            return "IPM.Appointment" if key == tags.PidTagMessageClass else None
        if key in inside or (has_body and key in _BODIES):
            return inside.get(key)
        return occurrence.series.get(key)

    def message() -> Message:
        whole = occurrence.series.message()
        found = {key: get(key) for key in {**whole.properties, **inside}}
        return Message(
            {key: value for key, value in found.items() if value is not None},
            embedded.recipients or whole.recipients,
            embedded.attachments,
        )

    return View(
        get,
        message,
        occurrence.series,
        (),
        bool(embedded.attachments),
        occurrence.original,
        occurrence.is_changed,
    )


def change(occurrence: Occurrence, draft: Draft) -> Occurrence:
    """Make an occurrence otherwise than its series.

    Raises:
        EwsError: it would no longer lie between its neighbours.
    """
    if draft.mime is not None or tags.PidLidAppointmentRecur in draft.properties:
        raise EwsError("ErrorInvalidPropertySet")
    own = _attachment(occurrence)
    before = own.embedded if own is not None and own.embedded is not None else Message()
    properties: Properties = {**_times(occurrence), **before.properties}
    properties |= {key: value for key, value in draft.properties.items() if value is not None}
    start, end = (
        _local(occurrence.zone, properties[key])
        for key in (tags.PidLidAppointmentStartWhole, tags.PidLidAppointmentEndWhole)
    )
    if end < start:
        raise EwsError("ErrorCalendarEndDateIsEarlierThanStartDate")
    changed = replace(occurrence, start=start, end=end)
    _require_place(changed)
    recipients = [one for found in draft.recipients.values() for one in found] or before.recipients
    embedded = Message(
        {**properties, tags.PidTagMessageClass: _CLASS}, recipients, before.attachments
    )
    rest = tuple(one for one in occurrence.pattern.changed if one[2] != occurrence.original)
    pattern = replace(
        occurrence.pattern,
        changed=tuple(sorted((*rest, (start, end, occurrence.original)), key=lambda one: one[2])),
    )
    _store(occurrence, pattern, _as_attachment(changed, embedded, own))
    return replace(changed, pattern=pattern)


def remove(occurrence: Occurrence) -> None:
    """Make an occurrence not take place."""
    rest = tuple(one for one in occurrence.pattern.changed if one[2] != occurrence.original)
    gone = tuple(sorted((*occurrence.pattern.deleted, occurrence.original)))
    _store(occurrence, replace(occurrence.pattern, changed=rest, deleted=gone), None)


def _by_index(series: StoredItem, index: int) -> Occurrence:
    pattern = pattern_of(View.of_item(series))
    if pattern is None:
        raise EwsError("ErrorCalendarCannotUseIdForRecurringMasterId")
    for number, original in enumerate(recurrence.begins(pattern), start=1):
        if number == index:
            return _made(series, pattern, original)
        if number >= _INDEX_MAX:
            break
    raise EwsError("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange")


def _made(series: StoredItem, pattern: Pattern, original: datetime) -> Occurrence:
    if original in pattern.deleted:
        raise EwsError("ErrorCalendarOccurrenceIsDeletedFromRecurrence")
    length = timedelta(minutes=pattern.end - pattern.begin)
    moved = {one[2]: one[:2] for one in pattern.changed}
    start, end = moved.get(original, (original, original + length))
    return Occurrence(
        series=series,
        pattern=pattern,
        zone=zone_of(View.of_item(series)),
        original=original,
        start=start,
        end=end,
    )


def _require_place(occurrence: Occurrence) -> None:
    """Refuse an occurrence that would jump over one of its neighbours or onto its day.

    Source:
        https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
        (ErrorOccurrenceCrossingBoundary)
    """
    moved = {original: start for start, _, original in occurrence.pattern.changed}
    neighbours: list[datetime] = []
    for one in recurrence.begins(occurrence.pattern):
        if one != occurrence.original and one not in occurrence.pattern.deleted:
            neighbours.append(one)
        if one > occurrence.original and neighbours and neighbours[-1] > occurrence.original:
            break
    for one in neighbours[-2:]:
        where = moved.get(one, one)
        if (where < occurrence.start) != (one < occurrence.original):
            raise EwsError("ErrorOccurrenceCrossingBoundary")


def _times(occurrence: Occurrence) -> Properties:
    start, end, original = (
        FileTime.from_datetime(occurrence.zone.to_utc(when))
        for when in (occurrence.start, occurrence.end, occurrence.original)
    )
    return {
        tags.PidLidAppointmentStartWhole: start,
        tags.PidLidAppointmentEndWhole: end,
        tags.PidLidCommonStart: start,
        tags.PidLidCommonEnd: end,
        tags.PidTagStartDate: start,
        tags.PidTagEndDate: end,
        tags.PidLidExceptionReplaceTime: original,
    }


def _local(zone: zones.Zone, value: Value) -> datetime:
    assert isinstance(value, FileTime)
    return zone.to_local(value.to_datetime()).replace(microsecond=0)


def _attachment(occurrence: Occurrence) -> Attachment | None:
    """Find the attachment that holds a changed occurrence."""
    if not occurrence.is_changed:
        return None
    original = FileTime.from_datetime(occurrence.zone.to_utc(occurrence.original))
    start = FileTime.from_datetime(occurrence.zone.to_utc(occurrence.start))
    for one in occurrence.series.message().attachments:
        inside = one.embedded.properties if one.embedded is not None else {}
        replaced = inside.get(tags.PidLidExceptionReplaceTime)
        if replaced == original or (
            replaced is None and inside.get(tags.PidLidAppointmentStartWhole) == start
        ):
            return one
    return None


def _as_attachment(
    occurrence: Occurrence, embedded: Message, before: Attachment | None
) -> Attachment:
    numbers = [
        attachment_number(one, index)
        for index, one in enumerate(occurrence.series.message().attachments)
    ]
    number = before.properties.get(tags.PidTagAttachNumber) if before is not None else None
    return Attachment(
        {
            tags.PidTagAttachNumber: max(numbers, default=-1) + 1 if number is None else number,
            tags.PidTagAttachMethod: _EMBEDDED,
            tags.PidTagAttachmentHidden: True,
            tags.PidTagAttachmentFlags: _IS_EXCEPTION,
            # Local time in a property that usually holds UTC: [MS-OXOCAL] 2.2.10.1.5.
            tags.PidTagExceptionStartTime: FileTime.from_datetime(
                occurrence.start.replace(tzinfo=UTC)
            ),
            tags.PidTagExceptionEndTime: FileTime.from_datetime(occurrence.end.replace(tzinfo=UTC)),
        },
        embedded,
    )


def _store(occurrence: Occurrence, pattern: Pattern, attachment: Attachment | None) -> None:
    """Write the series anew with its pattern and one attachment put in, exchanged or taken out."""
    series = occurrence.series
    message = series.message()
    before = _attachment(occurrence)
    attachments = [one for one in message.attachments if one is not before and one != before]
    if attachment is not None:
        attachments.append(attachment)
    properties = dict(message.properties)
    properties[tags.PidLidAppointmentRecur] = recurrence.build(
        pattern, _texts(pattern, attachments, occurrence.zone)
    )
    series.folder.change_item(
        series, source=WholeMessage(Message(properties, message.recipients, attachments))
    )


def _texts(
    pattern: Pattern, attachments: list[Attachment], zone: zones.Zone
) -> dict[datetime, Texts]:
    """Gather what changed occurrences say otherwise than their series, for the pattern."""
    found: dict[datetime, Texts] = {}
    originals = {FileTime.from_datetime(zone.to_utc(one)): one for *_, one in pattern.changed}
    for one in attachments:
        inside = one.embedded.properties if one.embedded is not None else {}
        replaced = inside.get(tags.PidLidExceptionReplaceTime)
        if isinstance(replaced, FileTime) and replaced in originals:
            subject, place = inside.get(tags.PidTagSubject), inside.get(tags.PidLidLocation)
            found[originals[replaced]] = Texts(
                subject if isinstance(subject, str) else None,
                place if isinstance(place, str) else None,
            )
    return found
