"""What stands in the calendars, and what the invitations left in the inboxes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

from strongroom.lab.seed import calendar, invitations, prose
from strongroom.lab.seed.calendar import Meeting
from strongroom.lab.seed.people import Person
from strongroom.lab.seed.recurrence import ZONES
from strongroom.lab.seed.stage import Cast, Stage

_UTC, _EUROPE, _NEW_YORK, _INDIA = ZONES
_ROOM_BOOKINGS = 36


def hold(stage: Stage, cast: Cast) -> None:
    """Fill all calendars."""
    for user in cast.users:
        _own_appointments(stage, user)
        _series(stage, cast, user)
    for organizer in cast.users:
        for days in (-30, -3, 4, 12):
            _meet(stage, cast, organizer, days)
    _book_room(stage, cast)


def _own_appointments(stage: Stage, user: Person) -> None:
    rng = stage.rng
    day = _day(stage, 3)
    singles = (
        _meeting(stage, user, f"Dentist, about {prose.thing(rng)}", day, reminder=60),
        replace(
            _meeting(stage, user, "Holiday 🏖", _day(stage, 20, hour=0)),
            is_all_day=True, duration=timedelta(days=5), busy=calendar.AWAY,
        ),
        replace(
            _meeting(stage, user, "Company anniversary", _day(stage, 9, hour=0)),
            is_all_day=True, duration=timedelta(days=1), busy=calendar.FREE, reminder=None,
        ),
        replace(_meeting(stage, user, "Call with New York", _day(stage, 5)), zone=_NEW_YORK),
        replace(
            _meeting(stage, user, "Call with Pune, before sunrise", _day(stage, 6, hour=7)),
            zone=_INDIA, busy=calendar.TENTATIVE,
        ),
        # The night in which the clocks go back: half past two happens twice.
        replace(
            _meeting(stage, user, "Night shift", datetime(stage.now.year, 10, 25, 2, 30)),  # noqa: DTZ001 - local
            duration=timedelta(hours=3),
        ),
        replace(_meeting(stage, user, "Focus", _day(stage, -40)), categories=("Privé",)),
    )  # fmt: skip
    folder = stage.mailbox(user).folder_by_role("calendar")
    for meeting in singles:
        stage.put(folder, calendar.appointment(rng, meeting, user))


def _series(stage: Stage, cast: Cast, organizer: Person) -> None:
    """A weekly meeting that runs over a daylight change, one week left out, one moved."""
    begin = _day(stage, -56, hour=9)
    subject = f"Weekly round: {prose.thing(stage.rng)}"
    series = calendar.weekly(
        begin,
        timedelta(minutes=45),
        count=16,
        skipped=(3,),
        moved=5,
        subject=f"{subject} (later today)",
        location="Café Größenwahn",
    )
    meeting = replace(
        _meeting(stage, organizer, subject, begin, made_days_ago=70),
        series=series,
        duration=series.duration,
        attendees=tuple(user for user in cast.users if user != organizer),
        location="Aurora",
    )
    _put_into_calendars(stage, meeting)


def _meet(stage: Stage, cast: Cast, organizer: Person, days: int) -> None:
    """One meeting with the room: copies in all calendars, answers and invitations in inboxes."""
    rng = stage.rng
    colleagues = [user for user in cast.users if user != organizer]
    attendees = tuple(rng.sample(colleagues, rng.randrange(1, len(colleagues) + 1)))
    meeting = replace(
        _meeting(stage, organizer, prose.subject(rng), _day(stage, days, hour=14)),
        attendees=attendees,
        optional=(rng.choice(cast.outsiders),),
        room=cast.room,
        location=cast.room.name,
        text="\r\n\r\n".join(prose.paragraphs(rng, 2)),
    )
    _put_into_calendars(stage, meeting)
    for attendee in attendees:
        inbox = stage.mailbox(attendee).folder_by_role("inbox")
        stage.put(inbox, invitations.request(rng, meeting, attendee, is_read=days < 0))
    answers = stage.mailbox(organizer).folder_by_role("inbox")
    stage.put(answers, invitations.response(rng, meeting, attendees[0]))
    if days == -3:
        gone = stage.mailbox(attendees[0]).folder_by_role("deleteditems")
        stage.put(gone, invitations.cancellation(rng, meeting, attendees[0]))


def _put_into_calendars(stage: Stage, meeting: Meeting) -> None:
    people = (meeting.organizer, *meeting.attendees, *([meeting.room] if meeting.room else []))
    for person in people:
        folder = stage.mailbox(person).folder_by_role("calendar")
        stage.put(folder, calendar.appointment(stage.rng, meeting, person))


def _book_room(stage: Stage, cast: Cast) -> None:
    folder = stage.mailbox(cast.room).folder_by_role("calendar")
    for number in range(_ROOM_BOOKINGS):
        organizer = stage.rng.choice(cast.users)
        meeting = replace(
            _meeting(stage, organizer, prose.subject(stage.rng), _day(stage, -100 + 3 * number)),
            room=cast.room,
            location=cast.room.name,
        )
        stage.put(folder, calendar.appointment(stage.rng, meeting, cast.room))


def _meeting(
    stage: Stage,
    organizer: Person,
    subject: str,
    start: datetime,
    *,
    reminder: int = 15,
    made_days_ago: float = 5,
) -> Meeting:
    made = min(stage.now, start.replace(tzinfo=stage.now.tzinfo)) - timedelta(days=made_days_ago)
    return Meeting(
        subject=subject,
        organizer=organizer,
        start=start,
        duration=timedelta(minutes=60),
        zone=_EUROPE,
        made=made,
        unique=stage.rng.randbytes(16),
        reminder=reminder,
    )


def _day(stage: Stage, days: int, *, hour: int = 10) -> datetime:
    """Give a day before or after the story's end, in local time, moved off weekends."""
    day = stage.now.date() + timedelta(days=days)
    if day.weekday() > 4:
        day += timedelta(days=2)
    return datetime.combine(day, time(hour, stage.rng.choice((0, 15, 30)) if hour else 0))
