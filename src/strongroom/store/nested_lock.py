"""The one lock that a process holds on a repository, however often it asks for it.

A backup takes the lock, and so does each step in it: the first takes restic's lock, the others find
it held, and with the last it ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from strongroom.clock import Clock
from strongroom.store.documents import Documents
from strongroom.store.locks import HeldLock


class NestedLock:
    """Restic's lock on one repository. Safe in many threads.

    Args:
        documents: Of the repository.
        clock: Tells when the lock must be renewed.
        before_release: Called before the lock is given back.
    """

    def __init__(
        self, documents: Documents, clock: Clock, *, before_release: Callable[[], None]
    ) -> None:
        self._documents = documents
        self._clock = clock
        self._before_release = before_release
        self._lock: HeldLock | None = None
        self._depth = 0
        self._locking = threading.Lock()

    @contextmanager
    def hold(self, *, exclusive: bool, breaks_stale: bool = False) -> Iterator[bool]:
        """Hold the lock; give whether it was taken for this, rather than held already.

        Args:
            exclusive: Which kind of lock.
            breaks_stale: See ``HeldLock``.

        Raises:
            ResourceLocked: somebody else's lock stands in the way.
        """
        with self._locking:
            if self._lock is None:
                lock = HeldLock(
                    self._documents, self._clock, exclusive=exclusive, breaks_stale=breaks_stale
                )
                lock.acquire()
                self._lock = lock
            elif exclusive and not self._lock.exclusive:
                raise RuntimeError("a lock that others may share cannot become exclusive")
            self._depth += 1
            is_first = self._depth == 1
        try:
            yield is_first
        finally:
            with self._locking:
                self._depth -= 1
                if not self._depth:
                    self._let_go()

    def held(self) -> HeldLock:
        """Give the lock that is held now; not to hold one is a mistake of the caller's."""
        if self._lock is None:
            raise RuntimeError("a repository is written only inside `with repository.lock():`")
        return self._lock

    def check(self) -> None:
        """See ``HeldLock.check``; to be called before every write."""
        self.held().check()

    def confirm(self) -> None:
        """See ``HeldLock.confirm``; to be called before what must stand on all that was written."""
        self.held().confirm()

    def _let_go(self) -> None:
        self._before_release()
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()
