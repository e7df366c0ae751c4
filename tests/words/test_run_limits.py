"""What limits a run is decided from what was measured, in one order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.words.pace import Limiter
from strongroom.words.run_limits import Machine, Measured, RunLimiter, limit_of, mostly

IDLE = Machine(cpu=0.1, cores=4.0, late=0.0, memory_left=0.5)
# Ten threads for half a minute, each with a request on its way nearly all the time.
BUSY = Measured(
    working_s=300.0, flight_s=280.0, answered_s=280.0, head_s=250.0, sealing_s=5.0,
    sealing_cpu_s=4.0, machine=IDLE, pace=(Limiter.ANSWERS,), pace_told="The pace.",
    bytes_per_s=4.2e6, latency_ms=240,
)  # fmt: skip
WAITING = replace(BUSY, waiting_to_seal_s=200.0, sealing_s=30.0, sealing_cpu_s=2.0)
TAKES_SLOWLY = (
    "The storage takes what comes in more slowly than the server gives it: what fetches waits 67% "
    "of its time."
)
SEALS_SLOWLY = (
    "This machine seals what comes in more slowly than the server gives it: what fetches waits 67% "
    "of its time."
)


def by(seen: Measured) -> RunLimiter | None:
    limit = limit_of(seen)
    return None if limit is None else limit.by


@pytest.mark.parametrize(
    ("seen", "expected", "told"),
    [
        (BUSY, RunLimiter.LATENCY,
         "Most of the time goes by until the server begins to answer (240 ms for a request)."),
        (replace(BUSY, head_s=50.0), RunLimiter.BANDWIDTH,
         "Most of the time goes into moving what the server answers (4.2 MB/s)."),
        (replace(BUSY, pace=(Limiter.REFUSALS, Limiter.DEMAND)), RunLimiter.THROTTLING,
         "The pace."),
        (replace(BUSY, pace=(Limiter.SLOW_RESOURCES,)), RunLimiter.LATENCY, "The pace."),
        (replace(BUSY, pace=(Limiter.GROWING,)), RunLimiter.GROWING, "The pace."),
        (replace(BUSY, pace=(Limiter.DEMAND,)), RunLimiter.LATENCY,
         "Most of the time goes by until the server begins to answer (240 ms for a request)."),
        (replace(BUSY, pace=(Limiter.DEMAND,), flight_s=20.0), RunLimiter.DEMAND, "The pace."),
        (WAITING, RunLimiter.STORAGE,
         TAKES_SLOWLY),
        (replace(WAITING, sealing_cpu_s=28.0), RunLimiter.MACHINE,
         SEALS_SLOWLY),
        # Something large comes in slowly, and the rest queues up behind it.
        (replace(WAITING, sealing_pieces_s=27.0), RunLimiter.LATENCY,
         "Most of the time goes by until the server begins to answer (240 ms for a request)."),
        (replace(BUSY, machine=replace(IDLE, cpu=0.93)), RunLimiter.MACHINE,
         "This machine's processors are used up: 93% by this process alone."),
        (replace(BUSY, machine=replace(IDLE, cpu=0.26, late=0.7)), RunLimiter.MACHINE,
         "One process can do no more at once; one more worker could."),
        (replace(BUSY, machine=replace(IDLE, late=0.7)), RunLimiter.LATENCY,
         "Most of the time goes by until the server begins to answer (240 ms for a request)."),
        (replace(BUSY, machine=replace(IDLE, memory_left=0.01)), RunLimiter.MACHINE,
         "This machine has 1% of its memory left."),
        (replace(WAITING, machine=replace(IDLE, cpu=0.93), pace=(Limiter.PAUSE,)),
         RunLimiter.THROTTLING, "The pace."),
        (replace(WAITING, pace=(Limiter.AWAY,)), RunLimiter.UNREACHABLE, "The pace."),
    ],
)  # fmt: skip
def test_what_limits_is_named_and_told(seen: Measured, expected: RunLimiter, told: str) -> None:
    limit = limit_of(seen)
    assert limit is not None
    assert (limit.by, limit.told) == (expected, told)


def test_what_only_reads_its_storage_is_limited_by_that_or_by_this_machine() -> None:
    reading = Measured(has_server=False, machine=IDLE)
    assert by(reading) is RunLimiter.STORAGE
    assert by(replace(reading, machine=replace(IDLE, cpu=0.25))) is RunLimiter.MACHINE


def test_before_anything_was_measured_nothing_is_named() -> None:
    assert by(Measured()) is None
    assert by(Measured(has_server=False)) is None


def test_what_limited_longest_is_told_with_its_part_of_the_time() -> None:
    limited_s = {"storage": 30.0, "growing": 10.0}
    assert mostly(limited_s) == "the storage (75% of the time)"
    assert mostly({}) == mostly({"storage": 0.0}) == ""
    assert mostly({"what a later version knows": 5.0}) == ""


SECONDS = st.floats(0, 1e6)
SHARE = st.floats(0, 1)


@given(
    st.builds(
        Measured,
        working_s=SECONDS, waiting_to_seal_s=SECONDS, sealing_s=SECONDS, sealing_cpu_s=SECONDS,
        sealing_pieces_s=SECONDS, line_s=SECONDS, flight_s=SECONDS, answered_s=SECONDS,
        head_s=SECONDS,
        machine=st.none() | st.builds(
            Machine, cpu=SHARE, cores=st.floats(0.5, 64), late=SHARE,
            memory_left=st.none() | SHARE,
        ),
        pace=st.lists(st.sampled_from(Limiter), max_size=3).map(tuple),
        pace_told=st.just("The pace."),
        bytes_per_s=SECONDS,
        latency_ms=st.none() | SECONDS,
        has_server=st.booleans(),
    )
)  # fmt: skip
def test_whatever_was_measured_there_is_a_sentence_or_nothing(seen: Measured) -> None:
    limit = limit_of(seen)
    if limit is not None:
        assert limit.told.endswith(".")
        assert limit.by not in {RunLimiter.HOURS, RunLimiter.RUN}
