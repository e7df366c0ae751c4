"""A bell that ends the waits of threads that look for work once in a while.

DBOS's threads sleep on the event that tells them to stop, a second at a time. Looking oftener costs
processor time all day long (10 ms of each second for one look a second, 25 ms for four), and a run
that begins a second late annoys whoever waits for it. So the waits on these events are ended early
when there is something to see. Should DBOS wait in another way some day, it looks once a second.
"""

from __future__ import annotations

import threading


class StopBell:
    """Ends the waits on all events it was hung on. Safe in many threads."""

    def __init__(self) -> None:
        self._rung = threading.Condition()
        self._times = 0
        self._heard = threading.local()

    def ring(self) -> None:
        """End all waits; who does not wait just now does not wait the next time."""
        with self._rung:
            self._times += 1
            self._rung.notify_all()

    def hang_on(self, event: threading.Event) -> None:
        """Let waits on this event end when the bell rings; they still say whether it is set."""
        set_it = event.set

        def set_and_ring() -> None:
            set_it()
            self.ring()

        def wait(timeout: float | None = None) -> bool:
            with self._rung:
                self._rung.wait_for(lambda: event.is_set() or self._is_news(), timeout)
                self._heard.times = self._times
            return event.is_set()

        event.set = set_and_ring  # type: ignore[method-assign]
        event.wait = wait  # type: ignore[method-assign]

    def _is_news(self) -> bool:
        heard: int = getattr(self._heard, "times", 0)
        return self._times > heard


class StopEvents(list[threading.Event]):
    """A list of events that hangs the bell on whatever is appended to it."""

    def __init__(self, bell: StopBell) -> None:
        super().__init__()
        self._bell = bell

    def append(self, event: threading.Event, /) -> None:
        """Append an event, with the bell on it."""
        self._bell.hang_on(event)
        super().append(event)
