"""What happens once a server refuses a sign-in that it had accepted: one more look, then no more.

A server under load sometimes says no and means "later"; a changed password says no for good. Which
it is shows only by asking again, and asking again with a wrong password locks accounts. So from the
first refusal on all lines go one at a time, and after the next one nothing is sent any more.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from strongroom.errors import SignInEnded, TransientError


class RefusedForNow(TransientError):
    """A sign-in that was taken before was refused: nothing was done, not even of a write.

    Whether it is over shows when the same is sent once more.
    """


class Doubt:
    """Whether one sign-in still holds at one server, for all lines that use it."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.RLock()
        self._is_raised = False
        self._second_look: int | None = None
        self._ended: SignInEnded | None = None

    @contextmanager
    def request(self) -> Iterator[None]:
        """Let one request through: freely, or one at a time once there is a doubt.

        Raises:
            SignInEnded: it is over; nothing was sent.
        """
        if not self._is_raised:
            self._raise_if_over()
            yield
            return
        with self._one_at_a_time:
            self._raise_if_over()
            before, self._second_look = self._second_look, threading.get_ident()
            try:
                yield
            finally:
                self._second_look = before

    def begin(self) -> None:
        """Hear that a request was refused."""
        self._is_raised = True

    def is_second_look(self) -> bool:
        """Say whether this thread's request is the one that finds out; a refusal counts then.

        Requests that were on their way when the first one was refused are no second look.
        """
        return self._second_look == threading.get_ident()

    def clear(self) -> None:
        """Hear that somebody was let in."""
        self._is_raised = False

    def end(self, error: SignInEnded) -> None:
        """Let nothing through from now on, and say why."""
        self._ended = self._ended or error

    def _raise_if_over(self) -> None:
        if self._ended is not None:
            raise self._ended
