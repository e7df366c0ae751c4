"""However much happens, few messages go; and none is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.control.outbox import Message
from strongroom.service import throttling
from strongroom.service.happenings import Event
from strongroom.service.throttling import (
    AN_HOUR,
    APART,
    AT_ONCE,
    HOUR,
    REST_MAX,
    SETTLE,
    due,
    rest,
    together,
)

START = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
TICK = timedelta(seconds=5)


def at(**later: float) -> datetime:
    return START + timedelta(**later)


def message(
    number: int, event: Event = Event.FAILED, body: str = "why", came: datetime = START
) -> Message:
    return Message(
        id=f"{number:05}",
        channel_id="c",
        event=event,
        about=str(number),
        title=f"Strongroom: {number} {event}",
        body=body,
        created=came,
    )


def simulated(arrivals: Sequence[datetime], *, until: datetime) -> list[tuple[datetime, list[int]]]:
    """Look every few seconds, as the sender does; give what went when."""
    coming = list(enumerate(sorted(arrivals)))
    waiting: list[tuple[int, datetime]] = []
    posts: list[tuple[datetime, list[int]]] = []
    now = START
    while now <= until:
        while coming and coming[0][1] <= now:
            waiting.append(coming.pop(0))
        recent = [moment for moment, _ in posts if moment > now - HOUR]
        if waiting and due(waiting[0][1], recent, now=now) <= now:
            posts.append((now, [number for number, _ in waiting]))
            waiting = []
        now += TICK
    return posts


minutes = st.lists(st.floats(min_value=0, max_value=180), max_size=120)


@settings(max_examples=60)
@given(minutes)
def test_no_hour_sees_more_than_so_many_posts_and_every_message_goes_once_and_soon(
    came: list[float],
) -> None:
    arrivals = sorted(at(minutes=one) for one in came)
    posts = simulated(arrivals, until=at(minutes=200))
    moments = [moment for moment, _ in posts]
    for first in moments:
        assert sum(first <= one < first + HOUR for one in moments) <= AN_HOUR
    assert sorted(number for _, several in posts for number in several) == list(range(len(came)))
    for moment, several in posts:
        for number in several:
            assert moment - arrivals[number] <= APART + SETTLE + TICK
    for number, moment in enumerate(moments[:AT_ONCE]):
        first = arrivals[posts[number][1][0]]
        assert moment - first <= SETTLE + TICK, "the first few go at once"


def test_the_bound_is_what_the_page_says() -> None:
    assert AN_HOUR == 10
    storm = [at(seconds=one) for one in range(0, 3 * 3600, 7)]
    posts = simulated(storm, until=at(hours=3))
    per_hour = [sum(at(hours=h) <= one < at(hours=h + 1) for one, _ in posts) for h in range(3)]
    assert per_hour[0] == AN_HOUR, "the bound is reached, not missed"
    assert max(per_hour) == AN_HOUR


def test_what_happens_at_the_same_time_is_one_message() -> None:
    posts = simulated([at(seconds=one / 20) for one in range(100)], until=at(minutes=5))
    assert [len(several) for _, several in posts] == [100]


def test_a_clock_that_was_wrong_holds_nothing_back() -> None:
    assert due(at(days=400), [], now=START) == START + SETTLE
    assert due(START, [at(days=400)] * 9, now=START) == START + SETTLE


def test_a_channel_that_fails_is_tried_more_and_more_seldom_and_never_given_up() -> None:
    waits = [rest(failures) for failures in range(1, 60)]
    assert waits[:6] == [timedelta(minutes=one) for one in (1, 2, 4, 8, 16, 30)]
    assert set(waits[5:]) == {REST_MAX}


def test_one_message_goes_in_its_own_words() -> None:
    only = message(1)
    post = together([only])
    assert (post.title, post.body, post.tone) == (only.title, "why", "failure")


def test_several_go_in_full_as_long_as_they_are_few_the_worst_first() -> None:
    several = [message(1, Event.COMPLETE), message(2, Event.PARTIAL), message(3, Event.FAILED)]
    post = together(several)
    assert post.title == "Strongroom: 3 messages: 1 failed, 1 partial, 1 complete"
    assert post.tone == "failure"
    assert post.body.split("\n\n") == [
        "Strongroom: 3 failed\nwhy",
        "Strongroom: 2 partial\nwhy",
        "Strongroom: 1 complete\nwhy",
    ]
    assert list(post.messages) == several


def test_many_go_by_their_titles() -> None:
    several = [message(number, body="why " * 50) for number in range(100)]
    post = together(several)
    assert post.body.startswith("- Strongroom: 0 failed\n- Strongroom: 1 failed\n")
    assert "- and 70 more" in post.body
    assert post.body.endswith("strongroom run list")
    assert len(post.body) < throttling._LETTERS_MAX
    assert len(post.messages) == 100


@given(st.lists(st.sampled_from(list(Event)), min_size=1, max_size=40))
def test_whatever_goes_together_is_counted_and_bounded(events: list[Event]) -> None:
    several = [message(number, event) for number, event in enumerate(events)]
    post = together(several)
    assert list(post.messages) == several
    assert len(post.body) <= throttling._LETTERS_MAX
    if len(events) > 1:
        for event in set(events):
            assert f"{events.count(event)} {event}" in post.title
