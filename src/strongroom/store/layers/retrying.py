"""A backend whose service is busy, ill or out of reach for a moment: it is asked again.

The only place that asks an object store again. Saving may be asked for again like everything else:
nothing is written over, and a name that has the same bytes already was stored by the try whose
answer got lost. What a person must act on (a right that is missing, a full storage, an authority
that is not known, damage) is said at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import TypeVar

from strongroom.clock import Clock, SystemClock
from strongroom.errors import ServerUnreachable, TransientError
from strongroom.pace.patience import Budget
from strongroom.pace.retry import next_wait_s
from strongroom.store.backend import BlobBackend, Data, Stored
from strongroom.store.unproven import NotProven

T = TypeVar("T")

READING = Budget()
WRITING_S = 2 * 60.0
"""How long after the first try another one may begin to write.

With the time that one write may take (``objects.WRITE_S``) this stays below the seven and a half
minutes between the moment from which a writer does not trust its lock any more and the one from
which others may remove it (see ``locks``). So no write arrives after that.
"""

TRIES_TO_REACH = 3
"""A name that is wrong stays wrong, and somebody may be waiting for the answer. Where somebody has
answered before, it is the network, and what is at work waits as for everything else."""

_CLOCK = SystemClock()


class Retrying:
    """Asks another backend again where time may heal it.

    Args:
        inner: The backend.
        clock: Time and waiting.
        random: Where the jitter of the waits comes from.
    """

    def __init__(
        self, inner: BlobBackend, *, clock: Clock = _CLOCK, random: Random | None = None
    ) -> None:
        self._inner = inner
        self._clock = clock
        self._was_reached = False
        self._random = random or Random()  # noqa: S311 - spreads waits, keeps nothing secret

    def save(self, name: str, data: Data) -> None:
        """See ``BlobBackend``."""
        self._written(lambda: self._inner.save(name, data))

    def load(self, name: str) -> bytes:
        """See ``BlobBackend``."""
        return self._read(lambda: self._inner.load(name))

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        """See ``BlobBackend``."""
        return self._read(lambda: self._inner.load_range(name, offset, length))

    def list(self, prefix: str) -> Iterator[Stored]:
        """See ``BlobBackend``. What broke off is listed anew, and what was told is not again."""
        told: set[str] = set()
        entries: list[Iterator[Stored]] = []

        def next_new() -> Stored | None:
            if not entries:
                entries.append(self._inner.list(prefix))
            try:
                return next((entry for entry in entries[0] if entry.name not in told), None)
            except (TransientError, ServerUnreachable):
                entries.clear()
                raise

        while (entry := self._read(next_new)) is not None:
            told.add(entry.name)
            yield entry

    def folders(self, prefix: str) -> Iterator[str]:
        """See ``BlobBackend``."""
        yield from self._read(lambda: tuple(self._inner.folders(prefix)))

    def delete(self, name: str) -> None:
        """See ``BlobBackend``."""
        self._written(lambda: self._inner.delete(name))

    def _read(self, call: Callable[[], T]) -> T:
        return self._again(call, READING.wait_s)

    def _written(self, call: Callable[[], None]) -> None:
        self._again(call, WRITING_S)

    def _again(self, call: Callable[[], T], patience_s: float) -> T:
        """Call until it goes well, or ends otherwise than by what time heals, or for too long."""
        began_s = self._clock.monotonic_s()
        attempt = 1
        while True:
            try:
                result = call()
            except NotProven:
                raise
            except (TransientError, ServerUnreachable) as error:
                wait_s = self._wait_s(error, attempt)
                spent_s = self._clock.monotonic_s() - began_s
                self._was_reached |= isinstance(error, TransientError)  # who is busy is there
                if attempt >= self._tries or spent_s + wait_s > patience_s:
                    raise
            else:
                self._was_reached = True
                return result
            self._clock.sleep(wait_s)
            attempt += 1

    def _wait_s(self, error: TransientError | ServerUnreachable, attempt: int) -> float:
        told_s = error.retry_after_s if isinstance(error, TransientError) else None
        return next_wait_s(attempt, retry_after_s=told_s, jitter=self._random.random())

    @property
    def _tries(self) -> int:
        return READING.tries if self._was_reached else TRIES_TO_REACH
