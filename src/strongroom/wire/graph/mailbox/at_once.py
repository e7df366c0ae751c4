"""How many requests may be on their way to one mailbox: four, as Microsoft documents.

The slots would find that out by being refused; what is documented need not be tried out, and every
refused request counts against the mailbox.

Source:
    https://learn.microsoft.com/graph/throttling-limits (Outlook service limits)
    https://learn.microsoft.com/graph/json-batching (a batch runs four of its requests at a time)
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE_MAX = 4


class AtOnce:
    """What is on its way to one mailbox. Safe in many threads."""

    def __init__(self) -> None:
        self._free = AT_ONCE_MAX
        self._change = threading.Condition()
        self._turn = threading.Lock()

    @contextmanager
    def of(self, count: int) -> Iterator[None]:
        """Have so many of the four, all of them or none, for as long as the block lasts."""
        count = min(max(1, count), AT_ONCE_MAX)
        # One at a time waits, so that a batch is not overtaken by single requests for ever.
        with self._turn, self._change:
            while self._free < count:
                self._change.wait()
            self._free -= count
        try:
            yield
        finally:
            with self._change:
                self._free += count
                self._change.notify_all()
