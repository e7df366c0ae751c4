"""What keeps the pace where it is, in words."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from strongroom.words.pace import Limit, Limiter, PaceReport
from strongroom.words.pace_told import MAILBOXES, SITES, mostly, told


def report(*limits: Limit) -> PaceReport:
    return PaceReport(server="mail.example", slots=4, limits=limits)


WORDS = [
    (Limit(by=Limiter.PAUSE, seconds=39.2), "The server asked for a pause: 40 s left."),
    (Limit(by=Limiter.PAUSE, seconds=0.1), "The server asked for a pause: 1 s left."),
    (Limit(by=Limiter.PAUSE, seconds=math.inf), "The server asked for a pause: days left."),
    (
        Limit(by=Limiter.AWAY, seconds=600),
        "The server cannot be reached and is looked for again in 10 min.",
    ),
    (
        Limit(by=Limiter.QUOTA, seconds=300),
        "What the server allows is spread over 5 min, until it allows more.",
    ),
    (
        Limit(by=Limiter.CONNECTIONS, slots=20),
        "The server refused more than 20 requests at once.",
    ),
    (Limit(by=Limiter.CONNECTIONS, slots=1), "The server refused more than 1 request at once."),
    (Limit(by=Limiter.REFUSALS, slots=6), "The server refused more work than 6 slots make."),
    (Limit(by=Limiter.REFUSALS, slots=1), "The server refused more work than 1 slot makes."),
    (
        Limit(by=Limiter.RATE, count=2400),
        "The server refused more requests in a time than 2,400 a minute.",
    ),
    (
        Limit(by=Limiter.TIMEOUTS, slots=9),
        "With more than 9 requests at once, answers did not come in time.",
    ),
    (
        Limit(by=Limiter.RESOURCE_PAUSES, count=1, seconds=12),
        "The server asked for a pause for 1 mailbox: 12 s left.",
    ),
    (
        Limit(by=Limiter.RESOURCE_PAUSES, count=2, seconds=12),
        "The server asked for a pause for 2 mailboxes: 12 s left.",
    ),
    (
        Limit(by=Limiter.RESOURCE_CONNECTIONS, slots=4),
        "The server takes no more than 4 requests at once for one mailbox.",
    ),
    (
        Limit(by=Limiter.SLOW_RESOURCES, count=3, slots=1),
        "3 mailboxes answer slowly and share 1 slot.",
    ),
    (
        Limit(by=Limiter.SLOW_RESOURCES, count=1, slots=2),
        "1 mailbox answers slowly and runs at 2 slots.",
    ),
    (Limit(by=Limiter.GROWING, slots=5), "The pace is still being found, now at 5 slots."),
    (
        Limit(by=Limiter.ANSWERS, slots=18),
        "More than 18 slots would make the server's answers later, not more.",
    ),
    (
        Limit(by=Limiter.DEMAND),
        "The server would take more requests than this run has to ask.",
    ),
]


@pytest.mark.parametrize(("limit", "words"), WORDS)
def test_each_limit_is_told_in_a_plain_sentence(limit: Limit, words: str) -> None:
    assert told(report(limit), MAILBOXES) == words


def test_no_limit_is_without_words() -> None:
    assert {limit.by for limit, _ in WORDS} == set(Limiter)
    for by in Limiter:
        assert told(report(Limit(by=by)))
        assert "(100% of the time)" in mostly({by: 3.0})


def test_the_handbook_explains_each_limit() -> None:
    handbook = (Path(__file__).parents[2] / "docs" / "speed.md").read_text(encoding="utf-8")
    assert [by for by in Limiter if f"\n| `{by}` | " not in handbook] == []


def test_the_two_most_pressing_limits_are_told_and_no_more() -> None:
    limits = (
        Limit(by=Limiter.PAUSE, seconds=40),
        Limit(by=Limiter.SLOW_RESOURCES, count=3, slots=1),
        Limit(by=Limiter.DEMAND),
    )
    assert told(report(*limits), SITES) == (
        "The server asked for a pause: 40 s left; 3 sites answer slowly and share 1 slot."
    )


def test_nothing_is_told_of_what_is_not_known() -> None:
    assert told(report()) == ""
    assert mostly({}) == ""


def test_what_limited_most_of_the_time_is_told_with_its_part() -> None:
    limited_s = {Limiter.GROWING: 30.0, Limiter.ANSWERS: 60.0, Limiter.SLOW_RESOURCES: 10.0}
    assert mostly(limited_s) == "how fast the server answers (60% of the time)"
    assert mostly({Limiter.RESOURCE_CONNECTIONS: 1.0}, SITES) == (
        "how many requests the server takes at once for one site (100% of the time)"
    )
