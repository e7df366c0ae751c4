"""Lanes: a few threads that work side by side, each with a connection of its own.

A lane is one thread for its whole life, so what is kept per thread (a connection, its sign-in)
belongs to the lane.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Lanes:
    """N worker threads, as a context manager; leaving it waits for what they have in hand.

    ``run`` may be called from several threads; the jobs share the lanes in the order they come.

    Args:
        count: How many lanes, at least 1.
        name: What their threads are called, for a person who looks at a stack dump.
    """

    def __init__(self, count: int, *, name: str = "lane") -> None:
        if count < 1:
            raise ValueError(f"at least one lane is needed, not {count}")
        self.count = count
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = (
            queue.SimpleQueue()
        )
        # Daemon threads: a lane that hangs in a server's silence must not keep a dying process.
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(1, count + 1)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
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

    def run(self, jobs: Iterable[Callable[[], T]]) -> Iterator[T]:
        """Do the jobs and yield their results, in the jobs' order.

        ``jobs`` is read lazily, at most twice as many jobs ahead as there are lanes, in the
        caller's thread; so it may be a generator that makes the next job out of earlier results.

        Whatever ends the iteration early (a job's error, an error of ``jobs`` itself, Ctrl-C, the
        caller who stops listening): jobs that have not begun are dropped, those in hand are waited
        for, and only then does the error go up. Nothing works on behind the caller's back.

        Raises:
            BaseException: the first error of a job, in the jobs' order, as it was raised there.
        """
        waiting: list[Future[T]] = []
        upcoming = iter(jobs)
        try:
            while True:
                while len(waiting) < 2 * self.count:
                    job = next(upcoming, None)
                    if job is None:
                        break
                    waiting.append(self._submit(job))
                if not waiting:
                    return
                yield waiting.pop(0).result()
        finally:
            _drain(waiting)

    def _submit(self, job: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        self._jobs.put((job, future))
        return future

    def _work(self) -> None:
        while (entry := self._jobs.get()) is not None:
            job, future = entry
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - it goes up in the caller's thread
                future.set_exception(error)
            # Whoever is idle keeps no result and no error alive.
            del job, future, entry


def _drain(futures: list[Future[T]]) -> None:
    """Drop what has not begun and wait for the rest; their errors yield to the first one."""
    running = [future for future in futures if not future.cancel()]
    for future in running:
        future.exception()
