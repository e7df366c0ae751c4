"""The chore of a worker that keeps the caches of its machine from growing for ever."""

from __future__ import annotations

from datetime import timedelta

from strongroom.service.shared import Shared
from strongroom.store.cache_trim import drop_unused

_EVERY_S = timedelta(days=1).total_seconds()


class CacheTrimming:
    """Looks at once, and then daily.

    Args:
        shared: The home, as the service sees it.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._next_s = shared.ports.clock.monotonic_s()

    def step(self) -> None:
        """See whether it is time; call it as often as you like, it is quick."""
        clock = self._shared.ports.clock
        if clock.monotonic_s() >= self._next_s:
            self._next_s = clock.monotonic_s() + _EVERY_S
            drop_unused(self._shared.home.index_caches, clock.now())
