from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from strongroom.pace.lanes import Lanes


def give(value: int) -> Callable[[], int]:
    return lambda: value


def test_results_come_in_the_jobs_order() -> None:
    first_may_end = threading.Event()

    def first() -> int:
        assert first_may_end.wait(10)
        return 1

    def second() -> int:
        first_may_end.set()
        return 2

    with Lanes(2) as lanes:
        assert list(lanes.run([first, second, give(3)])) == [1, 2, 3]


def test_jobs_really_work_side_by_side() -> None:
    meeting = threading.Barrier(4, timeout=10)
    with Lanes(4) as lanes:
        assert sorted(lanes.run([meeting.wait] * 4)) == [0, 1, 2, 3]


def test_jobs_are_taken_only_a_little_ahead() -> None:
    taken = 0

    def jobs() -> Iterator[Callable[[], int]]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield give(number)

    with Lanes(2) as lanes:
        results = lanes.run(jobs())
        assert next(results) == 0
        assert taken <= 5
        assert list(results) == list(range(1, 1000))


def test_the_first_error_goes_up_after_what_is_in_hand_has_ended() -> None:
    ended = threading.Event()
    began = threading.Event()

    def fail() -> int:
        assert began.wait(10)
        raise OSError("boom")

    def slow() -> int:
        began.set()
        ended.set()
        return 2

    done: list[int] = []

    def later() -> int:
        done.append(1)
        return 3

    with Lanes(2) as lanes:
        with pytest.raises(OSError, match="boom"):
            list(lanes.run([fail, slow, *[later] * 50]))
        assert ended.is_set()
        finished = len(done)
    assert finished == len(done) < 50, "nothing works on behind the caller's back"


def test_an_error_of_the_generator_of_jobs_goes_up() -> None:
    def jobs() -> Iterator[Callable[[], int]]:
        yield give(1)
        raise KeyError("no more")

    with Lanes(2) as lanes, pytest.raises(KeyError, match="no more"):
        list(lanes.run(jobs()))


def test_a_keyboard_interrupt_in_the_caller_drains_the_lanes() -> None:
    working = threading.Event()
    may_end = threading.Event()
    ended: list[bool] = []

    def job() -> int:
        working.set()
        assert may_end.wait(10)
        ended.append(True)
        return 1

    def jobs() -> Iterator[Callable[[], int]]:
        yield job
        assert working.wait(10)
        may_end.set()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Lanes(2) as lanes:
        list(lanes.run(jobs()))
    assert ended == [True]


def test_a_caller_who_stops_listening_stops_the_work() -> None:
    done: list[int] = []

    def jobs() -> Iterator[Callable[[], int]]:
        for number in range(100):
            yield lambda number=number: done.append(number) or number  # type: ignore[misc, func-returns-value]

    with Lanes(2) as lanes:
        results = lanes.run(jobs())
        next(results)
        results.close()  # type: ignore[attr-defined]
        assert len(done) <= 5


def test_lanes_can_be_used_again_after_an_error() -> None:
    def fail() -> int:
        raise OSError("boom")

    with Lanes(1) as lanes:
        with pytest.raises(OSError, match="boom"):
            list(lanes.run([fail]))
        assert list(lanes.run([give(1)])) == [1]


def test_a_lane_is_one_thread_for_its_whole_life() -> None:
    with Lanes(1) as lanes:
        seen = set(lanes.run([threading.get_ident] * 20))
    assert len(seen) == 1


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    with Lanes(3) as lanes:
        list(lanes.run([give(1)] * 10))
    assert threading.active_count() == before


def test_no_lanes_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Lanes(0)
