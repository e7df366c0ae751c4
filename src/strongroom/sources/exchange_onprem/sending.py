"""Sending writes: what certainly did not happen is sent again, what may have happened never is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from strongroom.errors import TransientError
from strongroom.wire.ews.faults import EwsItemError, Meaning

R = TypeVar("R")
T = TypeVar("T")

_ROUNDS = 5


def sent(
    ready: Sequence[R], write: Callable[[Sequence[R]], list[T | EwsItemError]]
) -> Iterator[tuple[R, T | EwsItemError]]:
    """Write things and give what came of each.

    A busy server and the rest of a stopped batch are the two cases in which the server says that
    nothing was done. The connection waits as long as the server asked before the next request.

    Args:
        ready: What to write.
        write: Sends some in one request; one result each, in order.

    Raises:
        OutcomeUnknown: the server failed in the middle; nobody knows about those not given yet.
        OperatorError: the mailbox is full; those not given yet are not written.
        TransientError: the server stays busy; those not given yet are not written.
    """
    waiting = list(ready)
    for round_ in range(_ROUNDS):
        try:
            results = write(waiting)
        except TransientError:
            if round_ == _ROUNDS - 1:
                raise
            continue
        refused: list[R] = []
        stop: EwsItemError | None = None
        for each, result in zip(waiting, results, strict=True):
            if not isinstance(result, EwsItemError):
                yield each, result
            elif result.is_stopped or result.is_throttle:
                refused.append(each)
            elif result.may_have_happened or result.meaning is Meaning.FULL:
                stop = result
            else:
                yield each, result
        if stop is not None:
            raise stop.as_error(is_write=True)
        if not refused:
            return
        waiting = refused
    raise TransientError("The server stopped again and again before it was done.")
