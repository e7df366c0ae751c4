"""Who lives, from what one worker saw; time is moved by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.engine.liveness import Pulse, Timing, Watch

_TIMING = Timing()
_T0 = datetime(2026, 3, 5, 10, 15, tzinfo=UTC)


def _looks(pulse: Pulse, since_s: int, until_s: int) -> int | None:
    """Look once a second; say when the place was lost, if it was."""
    return next((now for now in range(since_s, until_s) if pulse.is_lost(now)), None)


class TestPulse:
    def test_who_beats_is_never_lost(self) -> None:
        pulse = Pulse(_TIMING, now_s=0)
        for now in range(7200):
            if now % 5 == 0:
                pulse.beaten(now)
            assert not pulse.is_lost(now)

    def test_who_is_not_heard_stops_before_the_others_take_over(self) -> None:
        pulse = Pulse(_TIMING, now_s=0)
        pulse.beaten(10)
        assert _looks(pulse, 0, 100) == 10 + 45

    def test_a_beat_counts_from_when_it_was_sent_because_it_may_have_been_written_then(
        self,
    ) -> None:
        pulse = Pulse(_TIMING, now_s=0)
        for now in range(40):
            pulse.is_lost(now)
        pulse.beaten(3)  # the answer took 37 s
        assert _looks(pulse, 40, 100) == 3 + 45

    def test_one_that_was_stopped_asks_before_it_gives_up(self) -> None:
        pulse = Pulse(_TIMING, now_s=0)
        assert not pulse.is_lost(3600)
        pulse.beaten(3601)
        assert _looks(pulse, 3602, 3646) is None

    def test_one_that_was_stopped_and_gets_no_answer_gives_up_soon(self) -> None:
        pulse = Pulse(_TIMING, now_s=0)
        assert _looks(pulse, 3600, 3700) == 3605

    def test_one_that_is_slow_all_the_time_gives_up_as_well(self) -> None:
        pulse = Pulse(_TIMING, now_s=0)
        assert next(now for now in range(0, 300, 7) if pulse.is_lost(now)) <= 45 + 2 * 7

    def test_a_clock_that_goes_back_loses_nothing(self) -> None:
        pulse = Pulse(_TIMING, now_s=1000)
        assert not pulse.is_lost(0)
        pulse.beaten(1)
        assert _looks(pulse, 1, 60) is None


class TestWatch:
    def test_who_stands_still_for_a_minute_is_dead(self) -> None:
        watch = Watch(_TIMING)
        found = [bool(watch.look({"a": _T0}, now_s=now)) for now in range(0, 66, 5)]
        assert found == [False] * 12 + [True] * 2

    def test_who_beats_lives_whatever_its_calendar_says(self) -> None:
        watch = Watch(_TIMING)
        for n in range(100):
            beat = _T0 + timedelta(days=(-1) ** n * n)
            assert not watch.look({"a": beat}, now_s=n * 50)

    def test_whoever_begins_to_look_begins_to_count(self) -> None:
        watch = Watch(_TIMING)
        assert not watch.look({"a": _T0 - timedelta(days=3)}, now_s=0)
        assert not watch.look({"a": _T0 - timedelta(days=3)}, now_s=5)

    def test_whoever_was_stopped_has_not_been_looking(self) -> None:
        watch = Watch(_TIMING)
        watch.look({"a": _T0}, now_s=0)
        assert not watch.look({"a": _T0}, now_s=3600)
        assert not watch.look({"a": _T0}, now_s=3605)

    def test_one_death_is_not_another(self) -> None:
        watch = Watch(_TIMING)
        for now in range(0, 60, 5):
            watch.look({"a": _T0, "b": _T0 + timedelta(seconds=now)}, now_s=now)
        assert watch.look({"a": _T0, "b": _T0 + timedelta(seconds=61)}, now_s=60) == {"a": _T0}

    def test_who_went_and_came_is_counted_anew(self) -> None:
        watch = Watch(_TIMING)
        for now in range(0, 55, 5):
            watch.look({"a": _T0}, now_s=now)
        watch.look({}, now_s=55)
        assert not watch.look({"a": _T0}, now_s=60)

    @given(
        st.lists(
            st.tuples(st.floats(0, 7200), st.integers(1, 8), st.floats(-1e6, 1e6)), max_size=60
        )
    )
    def test_who_beats_at_least_every_few_looks_is_never_dead(
        self, steps: list[tuple[float, int, float]]
    ) -> None:
        # Whatever the clocks of both do: the looker's, by any time between two looks; the other's
        # calendar, by any value that differs from the last.
        watch, now_s, beat = Watch(_TIMING), 0.0, _T0
        for passed_s, looks, calendar_s in steps:
            beat = _T0 + timedelta(seconds=calendar_s, microseconds=beat.microsecond + 1)
            for _ in range(min(looks, 6)):
                now_s += passed_s
                assert not watch.look({"a": beat}, now_s=now_s)


@pytest.mark.parametrize(
    "wrong",
    [
        {"fence_after_s": 60.0},
        {"fence_after_s": 9.0},
        {"beat_s": 0.0},
        {"dead_after_s": 45.0},
    ],
)
def test_times_that_do_not_fit_together_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="stop itself"):
        Timing(**wrong)
