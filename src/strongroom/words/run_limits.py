"""What limits a run, decided from what was measured of the last half minute.

The order of the questions: is the server to be left alone; do those who fetch wait for what they
fetched to be stored; is this machine used up; and only then what the pace says of the server. The
pace itself cannot know the first three from answers that come late: a slow storage and a busy
processor make them late, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from strongroom.words.pace import Limiter


class RunLimiter(StrEnum):
    """What limits a run."""

    THROTTLING = "throttling"
    """The server says slower, or asked for a pause."""
    UNREACHABLE = "unreachable"
    """The server cannot be reached now."""
    STORAGE = "storage"
    """What is fetched waits for the storage."""
    MACHINE = "machine"
    """This machine: its processors, its memory, or what one process can do at once."""
    BANDWIDTH = "bandwidth"
    """Most of the time of a request goes into the bytes of its answer."""
    LATENCY = "latency"
    """Most of the time of a request goes by until its answer begins."""
    GROWING = "growing"
    """The pace is still being found."""
    DEMAND = "demand"
    """There is little to do at once."""
    HOURS = "hours"
    """It may not begin, or go on, before a time."""
    RUN = "run"
    """It waits for another run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """How this machine is used, or of several the one that is pressed most.

    Attributes:
        cpu: Share of the processors that this process may use and does, 0 to 1.
        cores: So many of them.
        late: How often a thread that wanted to go on had to wait for another one's turn, 0 to 1.
        memory_left: Share of its memory that is free; None: not known.
    """

    cpu: float = 0.0
    cores: float = 0.0
    late: float = 0.0
    memory_left: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured, in thread-seconds of the last half minute where nothing else is said.

    Attributes:
        working_s: Threads that fetch or send had something in hand.
        waiting_to_seal_s: Of that, what was fetched had to wait for what was before it.
        sealing_s, sealing_cpu_s, sealing_pieces_s: The sealing threads had something to do; of that
            used the processor; and waited for more of something large.
        line_s, flight_s: Requests waited for a slot; had one.
        answered_s, head_s: Of those that were answered: the whole; until the answer began.
        machine: This machine.
        pace: What the pace says limits it, the most pressing first.
        pace_told: The same in words.
        bytes_per_s: What came in or went out.
        latency_ms: A typical answer.
        has_server: A server is asked at all.
    """

    working_s: float = 0.0
    waiting_to_seal_s: float = 0.0
    sealing_s: float = 0.0
    sealing_cpu_s: float = 0.0
    sealing_pieces_s: float = 0.0
    line_s: float = 0.0
    flight_s: float = 0.0
    answered_s: float = 0.0
    head_s: float = 0.0
    machine: Machine | None = None
    pace: tuple[Limiter, ...] = ()
    pace_told: str = ""
    bytes_per_s: float = 0.0
    latency_ms: float | None = None
    has_server: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimit:
    """What limits a run, and the same in a sentence."""

    by: RunLimiter
    told: str


_STANDSTILL = {
    Limiter.PAUSE: RunLimiter.THROTTLING,
    Limiter.AWAY: RunLimiter.UNREACHABLE,
    Limiter.QUOTA: RunLimiter.THROTTLING,
}
_BY_SERVER = {
    Limiter.CONNECTIONS: RunLimiter.THROTTLING,
    Limiter.REFUSALS: RunLimiter.THROTTLING,
    Limiter.RATE: RunLimiter.THROTTLING,
    Limiter.TIMEOUTS: RunLimiter.LATENCY,
    Limiter.RESOURCE_PAUSES: RunLimiter.THROTTLING,
    Limiter.RESOURCE_CONNECTIONS: RunLimiter.THROTTLING,
    Limiter.SLOW_RESOURCES: RunLimiter.LATENCY,
    Limiter.GROWING: RunLimiter.GROWING,
}

WAITING_SHARE = 0.2
"""From here on the wait for the sealing is what limits: each fifth thread stands still."""

CPU_SHARE = 0.85
"""From here on the processors are used up: what is left goes to whoever else is on the machine."""

LATE_SHARE = 0.5
"""From here on one process is used up: each second time, somebody else's turn was in the way."""

_ONE_CORE = 0.8
"""So much of a core a process uses at least whose threads stand in each other's way."""

MEMORY_LEFT = 0.03

_BODY_SHARE = 0.6
_SERVER_SHARE = 0.5


def mostly(limited_s: Mapping[str, float]) -> str:
    """Say what limited for most of some time, and for which part of it.

    Args:
        limited_s: For how many seconds each was the one that counted.
    """
    whole_s = sum(limited_s.values())
    by, seconds = max(limited_s.items(), key=lambda one: one[1], default=("", 0.0))
    if whole_s <= 0.0 or by not in _CAUSES:
        return ""
    return f"{_CAUSES[by]} ({seconds / whole_s:.0%} of the time)"


def limit_of(seen: Measured) -> RunLimit | None:
    """Say what limits a run; None: nothing is known yet."""
    first = seen.pace[0] if seen.pace else None
    if first in _STANDSTILL:
        return RunLimit(by=_STANDSTILL[first], told=seen.pace_told)
    return _here(seen) or _there(seen, first)


def _here(seen: Measured) -> RunLimit | None:
    """Say what limits on our side, if anything does."""
    by_machine = _machine(seen.machine)
    waiting = _share(seen.waiting_to_seal_s, seen.working_s)
    sealing_s = seen.sealing_s - seen.sealing_pieces_s
    if waiting < WAITING_SHARE or sealing_s < seen.sealing_pieces_s:
        return by_machine
    if by_machine is not None:
        return by_machine
    if seen.sealing_cpu_s * 2 >= sealing_s:
        return RunLimit(
            by=RunLimiter.MACHINE,
            told="This machine seals what comes in more slowly than the server gives it: what "
            f"fetches waits {waiting:.0%} of its time.",
        )
    return RunLimit(
        by=RunLimiter.STORAGE,
        told="The storage takes what comes in more slowly than the server gives it: what fetches "
        f"waits {waiting:.0%} of its time.",
    )


def _machine(machine: Machine | None) -> RunLimit | None:
    if machine is None:
        return None
    told = ""
    if machine.memory_left is not None and machine.memory_left < MEMORY_LEFT:
        told = f"This machine has {machine.memory_left:.0%} of its memory left."
    elif machine.cpu >= CPU_SHARE:
        told = f"This machine's processors are used up: {machine.cpu:.0%} by this process alone."
    elif machine.late >= LATE_SHARE and machine.cpu * machine.cores >= _ONE_CORE:
        told = "One process can do no more at once; one more worker could."
    return RunLimit(by=RunLimiter.MACHINE, told=told) if told else None


def _there(seen: Measured, first: Limiter | None) -> RunLimit | None:
    """Say what limits at the server or on the line."""
    if not seen.has_server:
        return _without_server(seen)
    if first in _BY_SERVER:
        return RunLimit(by=_BY_SERVER[first], told=seen.pace_told)
    is_waiting = _share(seen.flight_s, seen.working_s) >= _SERVER_SHARE
    if first is Limiter.ANSWERS or (first is Limiter.DEMAND and is_waiting):
        by = _by_answers(seen)
        return RunLimit(by=by, told=_ANSWERS[by](seen))
    return None if first is None else RunLimit(by=RunLimiter.DEMAND, told=seen.pace_told)


def _without_server(seen: Measured) -> RunLimit | None:
    """Say what limits a run that only reads its storage: what this machine does not, that does."""
    if seen.machine is None:
        return None
    if seen.machine.cpu * seen.machine.cores >= _ONE_CORE:
        return RunLimit(
            by=RunLimiter.MACHINE, told="This machine opens what is read as fast as it can."
        )
    return RunLimit(by=RunLimiter.STORAGE, told="The storage gives no more to be read.")


def _by_answers(seen: Measured) -> RunLimiter:
    is_body = _share(seen.answered_s - seen.head_s, seen.answered_s) >= _BODY_SHARE
    return RunLimiter.BANDWIDTH if is_body else RunLimiter.LATENCY


def _latency(seen: Measured) -> str:
    how_long = "" if seen.latency_ms is None else f" ({seen.latency_ms:,.0f} ms for a request)"
    return f"Most of the time goes by until the server begins to answer{how_long}."


def _bandwidth(seen: Measured) -> str:
    return (
        "Most of the time goes into moving what the server answers "
        f"({seen.bytes_per_s / 1e6:,.1f} MB/s)."
    )


_CAUSES: Mapping[str, str] = {
    RunLimiter.THROTTLING: "what the server allows",
    RunLimiter.UNREACHABLE: "a server that could not be reached",
    RunLimiter.STORAGE: "the storage",
    RunLimiter.MACHINE: "this machine",
    RunLimiter.BANDWIDTH: "the bytes that had to be moved",
    RunLimiter.LATENCY: "how soon the server answers",
    RunLimiter.GROWING: "a pace that was still being found",
    RunLimiter.DEMAND: "how little there was to do at once",
}

_ANSWERS: Mapping[RunLimiter, Callable[[Measured], str]] = {
    RunLimiter.LATENCY: _latency,
    RunLimiter.BANDWIDTH: _bandwidth,
}


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole > 0.0 else 0.0
