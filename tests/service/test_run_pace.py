"""A run's pace: what is shown of it while it lasts, and kept with it when it ends."""

from __future__ import annotations

import json
import math
from typing import Any

from strongroom.service.run_pace import RunPace
from strongroom.words.pace import Limit, Limiter
from strongroom.words.pace_told import MAILBOXES
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_pace import ScriptedPace

PAUSE = Limit(by=Limiter.PAUSE, seconds=40.04)
SLOW = Limit(by=Limiter.SLOW_RESOURCES, count=3, slots=1)


def test_it_says_how_it_is_now() -> None:
    pace, clock = ScriptedPace(), HandClock()
    run = RunPace(pace, clock, nouns=MAILBOXES)
    clock.sleep(10)
    pace.say(
        slots=0, in_flight=2, waiting=5, requests=7, items=300, byte_count=50_000, throttled=1,
        failed=2, latency_s=0.25, limits=(PAUSE, SLOW),
    )  # fmt: skip
    document: dict[str, Any] = run.document()
    assert document == {
        "slots": 0,
        "in_flight": 2,
        "waiting": 5,
        "items_per_s": 30.0,
        "bytes_per_s": 5000.0,
        "latency_ms": 250,
        "limits": [
            {"by": "pause", "seconds": 40.0, "slots": None, "count": None},
            {"by": "slow-resources", "seconds": None, "slots": 1, "count": 3},
        ],
        "told": "The server asked for a pause: 41 s left; 3 mailboxes answer slowly and share "
        "1 slot.",
        "places": "mailboxes",
        "requests": 7,
        "items": 300,
        "bytes": 50_000,
        "throttled": 1,
        "failed": 2,
        "slots_most": 0,
        "slots_least": 0,
        "limited_s": {},
        "mostly": "",
        "history": [
            {
                "at_s": 10.0, "slots": 0, "requests": 7, "items": 300, "bytes": 50_000,
                "throttled": 1, "failed": 2,
            }
        ],
        "stretch_s": 1,
    }  # fmt: skip
    assert json.loads(json.dumps(document)) == document


def test_rates_are_those_of_the_last_half_minute() -> None:
    pace, clock = ScriptedPace(), HandClock()
    run = RunPace(pace, clock)
    for second in range(1, 101):
        clock.sleep(1)
        # Ten items a second; from the second 60 on, none.
        pace.say(items=10 * min(second, 60))
        run.document()
        if second == 50:
            assert run.document()["items_per_s"] == 10.0
        if second == 75:
            assert run.document()["items_per_s"] == 5.0
    assert run.document()["items_per_s"] == 0.0


def test_what_the_process_did_before_the_run_is_not_the_runs() -> None:
    pace, clock = ScriptedPace(requests=900, items=9000, byte_count=10**9, throttled=7), HandClock()
    run = RunPace(pace, clock)
    clock.sleep(1)
    pace.say(requests=901, items=9004, byte_count=10**9 + 5, throttled=7)
    document = run.document()
    assert run.report.requests == 901
    assert (document["requests"], document["items"], document["bytes"]) == (1, 4, 5)
    assert document["throttled"] == 0


def test_it_is_looked_at_no_more_than_twice_a_second_unless_it_is_to_be_exact() -> None:
    pace, clock = ScriptedPace(slots=1), HandClock()
    run = RunPace(pace, clock)
    run.document()
    pace.say(slots=2)
    clock.sleep(0.4)
    assert run.document()["slots"] == 1
    assert run.document(is_exact=True)["slots"] == 2
    pace.say(slots=3)
    clock.sleep(0.5)
    assert run.document()["slots"] == 3


def test_slots_over_a_long_time_are_told_in_few_stretches_that_leave_nothing_out() -> None:
    pace, clock = ScriptedPace(), HandClock()
    run = RunPace(pace, clock)
    for minute in range(1, 1001):
        clock.sleep(60)
        pace.say(slots=minute % 30 + 1, requests=minute, items=2 * minute, byte_count=3 * minute)
        document: dict[str, Any] = run.document()
    history = document["history"]
    assert len(history) <= 60
    assert [point["at_s"] for point in history] == sorted(point["at_s"] for point in history)
    assert history[-1]["at_s"] == 60_000
    assert sum(point["requests"] for point in history) == document["requests"] == 1000
    assert sum(point["items"] for point in history) == 2000
    assert sum(point["bytes"] for point in history) == 3000
    assert (document["slots_least"], document["slots_most"]) == (1, 30)


def test_what_limited_is_counted_by_the_most_pressing_limit() -> None:
    pace, clock = ScriptedPace(limits=(SLOW, PAUSE)), HandClock()
    run = RunPace(pace, clock, nouns=MAILBOXES)
    clock.sleep(30)
    pace.say(limits=(PAUSE,))
    run.document()
    clock.sleep(10)
    document = run.document()
    assert document["limited_s"] == {"slow-resources": 30.0, "pause": 10.0}
    assert document["mostly"] == "slow answers for one mailbox and another (75% of the time)"


def test_a_wait_without_an_end_is_no_number_in_the_document() -> None:
    endless = ScriptedPace(limits=(Limit(by=Limiter.AWAY, seconds=math.inf),))
    document: dict[str, Any] = RunPace(endless, HandClock()).document()
    assert document["limits"][0]["seconds"] is None
    assert json.dumps(document, allow_nan=False)
