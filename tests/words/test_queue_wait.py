"""How long runs wait: from the one in their way to the next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from strongroom.words.queue_wait import Queued, waits_s


def test_the_wait_adds_up_along_the_queue() -> None:
    queue = [
        Queued(id="works", is_running=True, takes_s=120.0),
        Queued(id="next", is_running=False, behind="works", takes_s=600.0),
        Queued(id="last", is_running=False, behind="next", takes_s=None),
        Queued(id="beside", is_running=False, behind="works"),
    ]
    assert waits_s(queue) == {"next": 120.0, "last": 720.0, "beside": 120.0}


def test_where_nobody_knows_one_part_nobody_knows_the_sum() -> None:
    queue = [
        Queued(id="works", is_running=True, takes_s=None),
        Queued(id="next", is_running=False, behind="works", takes_s=5.0),
        Queued(id="last", is_running=False, behind="next"),
    ]
    assert waits_s(queue) == {"next": None, "last": None}


def test_who_is_held_waits_for_that_at_least() -> None:
    queue = [
        Queued(id="works", is_running=True, takes_s=50.0),
        Queued(id="held", is_running=False, held_s=3600.0),
        Queued(id="both", is_running=False, behind="works", held_s=60.0),
    ]
    assert waits_s(queue) == {"held": 3600.0, "both": 60.0}


def test_who_others_stand_aside_for_does_not_wait_for_their_end() -> None:
    queue = [
        Queued(id="works", is_running=True, takes_s=7200.0),
        Queued(id="unknown", is_running=True),
        Queued(id="urgent", is_running=False, behind="works", takes_s=60.0, clears_s=300.0),
        Queued(id="too", is_running=False, behind="unknown", clears_s=300.0),
        Queued(id="soon", is_running=False, behind="nearly", clears_s=300.0),
        Queued(id="nearly", is_running=True, takes_s=5.0),
        Queued(id="other", is_running=False, behind="works"),
    ]
    known = waits_s(queue)
    assert known == {"urgent": 300.0, "too": 300.0, "soon": 5.0, "other": 7200.0}


def test_what_has_ended_meanwhile_is_in_nobodys_way() -> None:
    assert waits_s([Queued(id="a", is_running=False, behind="gone")]) == {"a": 0.0}


def test_a_circle_is_no_reason_to_look_for_ever() -> None:
    queue = [
        Queued(id="a", is_running=False, behind="b", takes_s=1.0),
        Queued(id="b", is_running=False, behind="c", takes_s=1.0),
        Queued(id="c", is_running=False, behind="b", takes_s=1.0),
    ]
    assert waits_s(queue) == {"a": None, "b": None, "c": None}


def test_a_long_queue_needs_no_deep_calls() -> None:
    first = Queued(id="0", is_running=True, takes_s=1.0)
    behind = [
        Queued(id=f"{n}", is_running=False, behind=f"{n - 1}", takes_s=1.0) for n in range(1, 5000)
    ]
    assert waits_s([*reversed(behind), first])["4999"] == 4999.0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.none() | st.floats(0, 1e6))))
def test_no_wait_is_negative_and_every_run_that_waits_has_an_answer(
    drawn: list[tuple[bool, int, float | None]],
) -> None:
    queue = [
        Queued(id=f"{n}", is_running=runs, behind=f"{behind}", takes_s=takes_s)
        for n, (runs, behind, takes_s) in enumerate(drawn)
    ]
    answers = waits_s(queue)
    assert answers.keys() == {run.id for run in queue if not run.is_running}
    assert all(answer is None or answer >= 0.0 for answer in answers.values())
