"""Single occurrences of a recurring series, as exchangelib expands, changes and deletes them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from exchangelib import Account, CalendarItem, EWSDateTime, EWSTimeZone
from exchangelib.errors import (
    ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange,
    ErrorCalendarOccurrenceIsDeletedFromRecurrence,
)
from exchangelib.fields import MONDAY, THURSDAY
from exchangelib.items import SEND_TO_NONE
from exchangelib.recurrence import Recurrence, WeeklyPattern

from tests.judges.conftest import Judge

BERLIN = EWSTimeZone("Europe/Berlin")
# The clocks change between the second and the third occurrence.
START = EWSDateTime(2027, 3, 22, 9, tzinfo=BERLIN)


def series(account: Account) -> CalendarItem:
    """Make Monday, Thursday, Monday, Thursday …, six times."""
    item = CalendarItem(
        account=account,
        folder=account.calendar,
        subject="Site round",
        start=START,
        end=START + timedelta(hours=1),
        body="The usual.",
        recurrence=Recurrence(
            pattern=WeeklyPattern(interval=1, weekdays=[MONDAY, THURSDAY]),
            start=START.date(),
            number=6,
        ),
    )
    item.save(send_meeting_invitations=SEND_TO_NONE)
    return item


def spans(account: Account) -> list[tuple[str, str]]:
    found = account.calendar.view(start=START, end=START + timedelta(days=60))
    return [
        (item.subject, f"{item.start.astimezone(BERLIN):%d.%m. %H:%M}")
        for item in found
        if item.subject.startswith("Site")
    ]


def test_a_span_of_the_calendar_shows_every_occurrence_in_its_zone(judge: Judge) -> None:
    account = judge.owner()
    series(account)
    assert [when for _, when in spans(account)] == [
        "22.03. 09:00",
        "25.03. 09:00",
        "29.03. 09:00",
        "01.04. 09:00",
        "05.04. 09:00",
        "08.04. 09:00",
    ]


def test_an_occurrence_is_found_by_its_number_and_leads_to_its_series(judge: Judge) -> None:
    account = judge.owner()
    master = series(account)
    third = account.calendar.get(id=master.id).occurrence(index=3).refresh()
    assert third.subject == "Site round"
    assert third.type == "Occurrence"
    assert third.start.astimezone(BERLIN).day == 29
    again = third.recurring_master().refresh()
    assert (again.id, again.type) == (master.id, "RecurringMaster")


def test_a_changed_and_a_deleted_occurrence_are_told_by_the_series(judge: Judge) -> None:
    account = judge.owner()
    master = series(account)
    second = account.calendar.get(id=master.id).occurrence(index=2).refresh()
    second.subject = "Site round, later"
    second.start += timedelta(hours=2)
    second.end += timedelta(hours=2)
    second.save(update_fields=["subject", "start", "end"], send_meeting_invitations=SEND_TO_NONE)
    fourth = account.calendar.get(id=master.id).occurrence(index=4)
    fourth.delete(send_meeting_cancellations=SEND_TO_NONE)

    told = account.calendar.get(id=master.id)
    (changed,) = told.modified_occurrences
    assert changed.original_start.astimezone(BERLIN).hour == 9
    assert changed.start.astimezone(BERLIN).hour == 11
    (gone,) = told.deleted_occurrences
    assert gone.start.astimezone(BERLIN).day == 1
    assert told.first_occurrence.start == START
    assert told.last_occurrence.start.astimezone(BERLIN).day == 8
    assert spans(account) == [
        ("Site round", "22.03. 09:00"),
        ("Site round, later", "25.03. 11:00"),
        ("Site round", "29.03. 09:00"),
        ("Site round", "05.04. 09:00"),
        ("Site round", "08.04. 09:00"),
    ]
    whole = (
        changed.refresh() if hasattr(changed, "refresh") else account.calendar.get(id=changed.id)
    )
    assert whole.type == "Exception"
    assert whole.body == "The usual."
    assert judge.lab.estate.outgoing == []


def test_what_is_not_there_cannot_be_had(judge: Judge) -> None:
    account = judge.owner()
    master = series(account)
    item = account.calendar.get(id=master.id)
    item.occurrence(index=2).delete(send_meeting_cancellations=SEND_TO_NONE)
    with pytest.raises(ErrorCalendarOccurrenceIsDeletedFromRecurrence):
        item.occurrence(index=2).refresh()
    with pytest.raises(ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange):
        item.occurrence(index=7).refresh()


def test_the_organisations_own_series_tell_their_exceptions(judge: Judge) -> None:
    account = judge.owner()
    masters = [one for one in account.calendar.all() if one.recurrence]
    assert masters
    for master in masters:
        for changed in master.modified_occurrences or ():
            item = account.calendar.get(id=changed.id)
            assert (item.type, item.start) == ("Exception", changed.start)
            assert item.original_start == changed.original_start
