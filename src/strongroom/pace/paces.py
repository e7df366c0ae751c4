"""All paces of a process: one for each server, whoever asks."""

from __future__ import annotations

import threading

from strongroom.clock import Clock
from strongroom.pace.notices import Notices
from strongroom.pace.pace import Deciders, Pace
from strongroom.slots import create


class Paces:
    """The paces of all servers that this process talks to. Safe in many threads.

    Args:
        clock: Time and waiting.
        deciders, notices: See ``Pace``.
    """

    def __init__(
        self, clock: Clock, *, deciders: Deciders = create, notices: Notices | None = None
    ) -> None:
        self._clock = clock
        self._notices = notices
        self._deciders = deciders
        self._lock = threading.Lock()
        self._paces: dict[str, Pace] = {}

    def of(self, server: str) -> Pace:
        """Give the server's one pace.

        Args:
            server: What tells it from others: host and port. A server that is known by two names
                has two paces; nobody but its administrator could tell.
        """
        with self._lock:
            found = self._paces.get(server)
            if found is None:
                found = Pace(
                    self._clock, server=server, deciders=self._deciders, notices=self._notices
                )
                self._paces[server] = found
            return found
