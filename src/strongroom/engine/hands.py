"""The runs that the bodies of one worker have in hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from strongroom.control.outages import OUTAGES
from strongroom.control.records import Run
from strongroom.engine.durable import Parked
from strongroom.engine.work import Desk, Handler


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hand:
    """A run that one body has in hand."""

    run: Run
    desk: Desk
    handler: Handler


class Hands:
    """All of them. Safe in many threads."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._hands: list[Hand] = []
        self._left = self._seen = 0
        self._failure: BaseException | None = None
        self._is_closing = False

    @property
    def is_closing(self) -> bool:
        """The worker leaves: nothing more is taken up."""
        return self._is_closing

    @property
    def has_any(self) -> bool:
        """Some run is in hand."""
        with self._change:
            return bool(self._hands)

    @contextmanager
    def holding(self, hand: Hand) -> Iterator[None]:
        """Have a run in hand for as long as the block lasts.

        Raises:
            Parked: the worker leaves.
        """
        with self._change:
            if self._is_closing:
                raise Parked
            self._hands.append(hand)
        try:
            yield
        except (Parked, *OUTAGES):
            raise
        except BaseException as error:
            with self._change:
                self._failure = self._failure or error
            raise
        finally:
            with self._change:
                self._hands.remove(hand)
                self._left += 1
                self._change.notify_all()

    def has_another(self, hand: Hand) -> bool:
        """Say whether another body has the same run in hand."""
        with self._change:
            return any(one is not hand and one.run.id == hand.run.id for one in self._hands)

    def all(self) -> Sequence[Hand]:
        """List them.

        Raises:
            BaseException: what went wrong in a body and could not be kept anywhere; told once.
        """
        with self._change:
            hands, failure = list(self._hands), self._failure
            self._failure = None
            self._seen = self._left
        if failure is not None:
            raise failure
        return hands

    def wait(self, timeout_s: float) -> None:
        """Wait until a run leaves our hands, or so long; one that left since ``all`` counts."""
        with self._change:
            self._change.wait_for(lambda: self._left != self._seen, timeout_s)
            # Told once: whoever cannot look at them now is not to come back at once, for ever.
            self._seen = self._left

    def close(self) -> None:
        """Let every body stop at its next safe point, and wait until all have."""
        with self._change:
            self._is_closing = True
            for hand in self._hands:
                hand.desk.ask_stop()
            while self._hands:
                self._change.wait()
