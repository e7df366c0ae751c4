"""A crew: threads that work side by side, as many as there is something to do for.

A hand of the crew is one thread for its whole life, so what is kept per thread (a connection, its
sign-in) belongs to it. Hands come as they are needed and stay until the work is over.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

from strongroom.pace.spent import Activity, Spent

T = TypeVar("T")

_HANDS_MAX = 512
"""More threads than slots could ever be open would only take memory."""

_AHEAD_MAX = 1024
"""Results that wait for an earlier one; each is a few references."""


class Crew:
    """Threads that work, as a context manager; leaving it waits for what they have in hand.

    ``run`` may be called from several threads; the jobs share the hands in the order they come.

    Args:
        may_begin: Says whether one more job may begin while so many are not yet done. Asked anew
            whenever one ends or ``look_again`` is called; with none in hand, one always may.
        name: What its threads are called, for a person who looks at a stack dump.
        spent: Where their time is counted; None: by itself.

    Attributes:
        spent: There; what else belongs to the same work counts there too.
    """

    def __init__(
        self,
        may_begin: Callable[[int], bool],
        *,
        name: str = "crew",
        spent: Spent | None = None,
    ) -> None:
        self._may_begin = may_begin
        self._name = name
        self.spent = spent or Spent()
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = (
            queue.SimpleQueue()
        )
        self._change = threading.Condition()
        self._news = 0
        self._open = 0
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def look_again(self) -> None:
        """Hear that ``may_begin`` may say something else now. Quick, from any thread."""
        with self._change:
            self._news += 1
            self._change.notify_all()

    def run(self, jobs: Iterable[Callable[[], T]]) -> Iterator[T]:
        """Do the jobs and yield their results, in the jobs' order.

        ``jobs`` is read lazily, in the caller's thread; so it may be a generator that makes the
        next job out of earlier results.

        Whatever ends the iteration early (a job's error, an error of ``jobs`` itself, Ctrl-C, the
        caller who stops listening): jobs that have not begun are dropped, those in hand are waited
        for, and only then does the error go up. Nothing works on behind the caller's back.

        Raises:
            BaseException: the first error of a job, in the jobs' order, as it was raised there.
        """
        waiting: deque[Future[T]] = deque()
        upcoming = iter(jobs)
        is_over = False
        try:
            while True:
                seen = self._news
                # What is done goes first: the next job may be made out of it.
                while not is_over and self._has_room(waiting):
                    job = next(upcoming, None)
                    if job is None:
                        is_over = True
                    else:
                        waiting.append(self._submit(job))
                if not waiting:
                    return
                if waiting[0].done():
                    yield waiting.popleft().result()
                else:
                    self._wait(waiting[0], seen)
        finally:
            _drain(waiting)

    def _has_room(self, waiting: deque[Future[T]]) -> bool:
        if not waiting:
            return True
        if waiting[0].done() or len(waiting) >= _AHEAD_MAX:
            return False
        return self._may_begin(sum(not one.done() for one in waiting))

    def _wait(self, first: Future[T], seen: int) -> None:
        with self._change:
            while self._news == seen and not first.done():
                self._change.wait()

    def _submit(self, job: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        with self._change:
            self._open += 1
            if self._open > len(self._threads) and len(self._threads) < _HANDS_MAX:
                # Daemon: one that hangs in a silent server must not keep a dying process.
                number = len(self._threads) + 1
                thread = threading.Thread(
                    target=self._work, name=f"{self._name}-{number}", daemon=True
                )
                thread.start()
                self._threads.append(thread)
        self._jobs.put((job, future))
        return future

    def _work(self) -> None:
        while (entry := self._jobs.get()) is not None:
            job, future = entry
            if future.set_running_or_notify_cancel():
                try:
                    with self.spent.on(Activity.WORKING):
                        result = job()
                except BaseException as error:  # noqa: BLE001 - it goes up in the caller's thread
                    future.set_exception(error)
                else:
                    future.set_result(result)
                    del result
            # Whoever is idle keeps no result and no error alive.
            del job, future, entry
            with self._change:
                self._open -= 1
                self._news += 1
                self._change.notify_all()


def _drain(futures: deque[Future[T]]) -> None:
    """Drop what has not begun and wait for the rest; their errors yield to the first one."""
    running = [future for future in futures if not future.cancel()]
    for future in running:
        future.exception()
