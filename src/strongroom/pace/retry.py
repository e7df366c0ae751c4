"""The only place that sends a request again, and the gate at which requests wait meanwhile.

The server's own word on how long to wait is obeyed to the second, by every lane that talks to it:
requests sent into a throttled server prolong the throttling. Only reads are tried again here. A
write without an answer may have happened, and only the operation can look.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from strongroom.clock import Clock
from strongroom.errors import TransientError
from strongroom.slots.fixed import SLOTS_PER_SERVER

T = TypeVar("T")

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
THROTTLE_WAIT_S = 10.0
"""How long all lanes rest when the server says "slower" and not how long."""


class TooMuchAtOnce(TransientError):
    """The server ran out of time, or the answer out of bounds, over this many items: ask for fewer.

    Passed through by ``read``, because sending the same request again would end the same way.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much patience one read gets.

    Attributes:
        wait_s: Most seconds of waiting, over all tries together. Fifteen minutes outlast a database
            failover and three of the five-minute lock-outs that Exchange orders.
        tries: Most tries. With waits up to a minute the time usually ends first.
    """

    wait_s: float = 15 * 60.0
    tries: int = 30

    def __post_init__(self) -> None:
        if self.wait_s < 0 or self.tries < 1:
            raise ValueError(f"not a budget: {self.wait_s} s, {self.tries} tries")


class Gate:
    """Where all requests of this process to one server pass: a few at once, none while it rests.

    One per server, shared by everything that talks to it, whatever connection, run or resource it
    works for (see ``Gates``). Safe in many threads.

    Args:
        clock: Time and waiting.
        slots: How many requests may be under way at once.
    """

    def __init__(self, clock: Clock, *, slots: int = SLOTS_PER_SERVER) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._opens_at_s = clock.monotonic_s()
        self._slots = threading.Semaphore(slots)

    @contextmanager
    def slot(self, *, wait_max_s: float) -> Iterator[None]:
        """Have one of the server's slots for one request, its answer's last byte included.

        Never wait for anything inside that itself needs a slot.

        Args:
            wait_max_s: Rather give up than wait longer than this at the closed gate, in seconds.
                The wait for a free slot has no such bound: each one ends with its request.

        Raises:
            TransientError: the gate stays closed for longer.
        """
        waited_s = 0.0
        while True:
            waited_s += self.pass_through(wait_max_s=wait_max_s - waited_s)
            self._slots.acquire()
            if not self.wait_s():
                break
            # It was closed while we waited for a slot: whoever had it was told to rest.
            self._slots.release()
        try:
            yield
        finally:
            self._slots.release()

    def close_for(self, wait_s: float) -> None:
        """Let nobody through for that many seconds; a longer order that stands already stays."""
        with self._lock:
            self._opens_at_s = max(self._opens_at_s, self._clock.monotonic_s() + wait_s)

    def wait_s(self) -> float:
        """Say how many seconds remain until it opens; 0 if it is open."""
        with self._lock:
            return max(0.0, self._opens_at_s - self._clock.monotonic_s())

    def pass_through(self, *, wait_max_s: float) -> float:
        """Wait until the gate is open, and say how many seconds that took.

        Args:
            wait_max_s: Rather give up than wait longer than this, in seconds.

        Raises:
            TransientError: it stays closed for longer. Nothing is ever sent through a closed gate.
        """
        waited_s = 0.0
        # It may have been closed for longer while we waited.
        while (wait_s := self.wait_s()) > 0:
            if waited_s + wait_s > wait_max_s:
                raise TransientError(
                    f"The server wants to be left alone for {wait_s:.0f} s more.",
                    retry_after_s=wait_s,
                    is_throttle=True,
                )
            self._clock.sleep(wait_s)
            waited_s += wait_s
        return waited_s

    def heed(self, error: TransientError) -> None:
        """Close for as long as the server asked, if it asked at all."""
        if error.retry_after_s is not None:
            self.close_for(error.retry_after_s)
        elif error.is_throttle:
            self.close_for(THROTTLE_WAIT_S)


class Gates:
    """The gates of all servers that this process talks to. Safe in many threads.

    Args:
        clock: Time and waiting.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._gates: dict[str, Gate] = {}

    def of(self, server: str) -> Gate:
        """Give the server's one gate.

        Args:
            server: What tells it from others: host and port. A server that is known by two names
                has two gates; nobody but its administrator could tell.
        """
        with self._lock:
            return self._gates.setdefault(server, Gate(self._clock))


def read(
    call: Callable[[], T],
    *,
    clock: Clock,
    gate: Gate,
    budget: Budget,
    random: Random,
) -> T:
    """Make a read, and again while time may heal it.

    Args:
        call: One attempt. It may be made many times, so it must be a read.
        clock: Time and waiting.
        gate: The server's gate; closed for everybody when the server asks for rest.
        budget: How long to keep trying.
        random: Where the jitter of the waits comes from.

    Raises:
        TransientError: the last one, when the budget is used up or would be by waiting.
        TooMuchAtOnce: at once; the caller asks for less.
    """
    waited_s = 0.0
    attempt = 1
    while True:
        waited_s += gate.pass_through(wait_max_s=budget.wait_s - waited_s)
        try:
            return call()
        except TooMuchAtOnce:
            raise
        except TransientError as error:
            gate.heed(error)
            wait_s = next_wait_s(attempt, retry_after_s=error.retry_after_s, jitter=random.random())
            if attempt >= budget.tries or waited_s + max(wait_s, gate.wait_s()) > budget.wait_s:
                raise
        clock.sleep(wait_s)
        waited_s += wait_s
        attempt += 1


def next_wait_s(attempt: int, *, retry_after_s: float | None, jitter: float) -> float:
    """Say how long to wait before the next try.

    The server's own word wins and is neither shortened nor spread. Our own guess doubles from one
    second to a minute, and half of it is left to chance so that lanes which failed together do not
    come back together.

    Args:
        attempt: Tries made so far, counted from 1.
        retry_after_s: The server's own word in seconds, if it gave one.
        jitter: Chance, 0 to 1; the caller draws it.
    """
    if retry_after_s is not None:
        return retry_after_s
    guess_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempt - 1, 16))
    return guess_s * (0.5 + 0.5 * jitter)
