"""The only place that sends a request again.

Where the server says how long to wait, the ``Pace`` keeps everybody waiting whom it concerns, and
whoever tries again waits there like the others. Only reads are tried again here. A write without an
answer may have happened, and only the operation can look.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeVar

from strongroom.clock import Clock
from strongroom.errors import TransientError
from strongroom.pace.patience import Budget, Patience, TooMuchAtOnce

T = TypeVar("T")

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0


def read(
    call: Callable[[Patience], T],
    *,
    clock: Clock,
    budget: Budget,
    random: Random,
) -> T:
    """Make a read, and again while time may heal it.

    Args:
        call: One attempt, told what is left of the budget. It may be made many times, so it must be
            a read.
        clock: Time and waiting.
        budget: How long to keep trying.
        random: Where the jitter of the waits comes from.

    Raises:
        TransientError: the last one, when the budget is used up or would be by waiting.
        TooMuchAtOnce: at once; the caller asks for less.
    """
    patience = Patience(budget)
    attempt = 1
    while True:
        try:
            return call(patience)
        except TooMuchAtOnce:
            raise
        except TransientError as error:
            wait_s = next_wait_s(attempt, retry_after_s=error.retry_after_s, jitter=random.random())
            if attempt >= budget.tries or wait_s > patience.left_s:
                raise
            # Where the server gave a time, waiting for the next turn is waiting for it to pass.
            if error.retry_after_s is None:
                clock.sleep(wait_s)
                patience.spend(wait_s)
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
