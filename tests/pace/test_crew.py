from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from strongroom.pace.crew import Crew


def give(value: int) -> Callable[[], int]:
    return lambda: value


def at_most(count: int) -> Callable[[int], bool]:
    return lambda undone: undone < count


def test_results_come_in_the_jobs_order() -> None:
    first_may_end = threading.Event()

    def first() -> int:
        assert first_may_end.wait(10)
        return 1

    def second() -> int:
        first_may_end.set()
        return 2

    with Crew(at_most(2)) as crew:
        assert list(crew.run([first, second, give(3)])) == [1, 2, 3]


def test_jobs_really_work_side_by_side() -> None:
    meeting = threading.Barrier(4, timeout=10)
    with Crew(at_most(4)) as crew:
        assert sorted(crew.run([meeting.wait] * 4)) == [0, 1, 2, 3]


def test_jobs_are_taken_only_a_little_ahead() -> None:
    taken = 0

    def jobs() -> Iterator[Callable[[], int]]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield give(number)

    with Crew(at_most(2)) as crew:
        results = crew.run(jobs())
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

    with Crew(at_most(2)) as crew:
        with pytest.raises(OSError, match="boom"):
            list(crew.run([fail, slow, *[later] * 50]))
        assert ended.is_set()
        finished = len(done)
    assert finished == len(done) < 50, "nothing works on behind the caller's back"


def test_an_error_of_the_generator_of_jobs_goes_up() -> None:
    def jobs() -> Iterator[Callable[[], int]]:
        yield give(1)
        raise KeyError("no more")

    with Crew(at_most(2)) as crew, pytest.raises(KeyError, match="no more"):
        list(crew.run(jobs()))


def test_a_keyboard_interrupt_in_the_caller_drains_the_crew() -> None:
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

    with pytest.raises(KeyboardInterrupt), Crew(at_most(2)) as crew:
        list(crew.run(jobs()))
    assert ended == [True]


def test_a_caller_who_stops_listening_stops_the_work() -> None:
    done: list[int] = []

    def jobs() -> Iterator[Callable[[], int]]:
        for number in range(100):
            yield lambda number=number: done.append(number) or number  # type: ignore[misc, func-returns-value]

    with Crew(at_most(2)) as crew:
        results = crew.run(jobs())
        next(results)
        results.close()  # type: ignore[attr-defined]
        assert len(done) <= 5


def test_a_crew_can_be_used_again_after_an_error() -> None:
    def fail() -> int:
        raise OSError("boom")

    with Crew(at_most(1)) as crew:
        with pytest.raises(OSError, match="boom"):
            list(crew.run([fail]))
        assert list(crew.run([give(1)])) == [1]


def test_no_more_hands_than_work() -> None:
    with Crew(at_most(1)) as crew:
        seen = set(crew.run([threading.get_ident] * 20))
    assert len(seen) == 1


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    with Crew(at_most(3)) as crew:
        list(crew.run([give(1)] * 10))
    assert threading.active_count() == before


def test_hands_are_as_many_as_may_work_and_no_more() -> None:
    seen: set[int] = set()
    meeting = threading.Barrier(3, timeout=10)

    def job() -> int:
        seen.add(threading.get_ident())
        return meeting.wait()

    with Crew(at_most(3)) as crew:
        list(crew.run([job] * 30))
    assert len(seen) == 3


def test_one_job_may_always_begin() -> None:
    with Crew(lambda _: False) as crew:
        assert list(crew.run([give(1), give(2)])) == [1, 2]


def test_whoever_may_begin_later_begins_when_told_to_look_again() -> None:
    allowed = 1
    second_began = threading.Event()

    def first() -> int:
        nonlocal allowed
        allowed = 2
        crew.look_again()
        assert second_began.wait(10), "nobody looked again"
        return 1

    def second() -> int:
        second_began.set()
        return 2

    with Crew(lambda undone: undone < allowed) as crew:
        assert list(crew.run([first, second])) == [1, 2]
