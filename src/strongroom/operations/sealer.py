"""The one thread that puts blobs into a repository, fed by the crew that fetches.

One sealing thread costs a quarter to a third less processor time than each sealing for itself
(measured), and a repository's writer wants one thread at a time anyway. The way to it is bounded in
bytes: threads that fetch faster than the storage takes wait, so memory stays flat.

Small parts are handed over whole, many at once. Parts that come in pieces go through a pipe while
the answer is still being read, so that an item of any size passes through in a few megabytes.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from strongroom.pace.spent import Activity, Spent
from strongroom.store.blobs import BlobWriter, StoredFile
from strongroom.words.item import SAME, Content, Part

K = TypeVar("K")
T = TypeVar("T")

BATCH_BYTES = 1024 * 1024
"""So much is handed over at once: below it, waking the sealer costs more than the sealing."""

QUEUE_BYTES = 16 * 1024 * 1024
"""One pack's worth: while one pack is stored, the next can come in."""

SMALL_BYTES = 512 * 1024
"""Up to here a part is one blob (the store cuts larger ones by content)."""

_PIPE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sealed(Generic[K]):
    """An item's content after sealing.

    Attributes:
        key: What the feeding side calls the item.
        way: How it was read.
        notes: What a person should know of it.
        parts: Per part its name, suffix and stored file; None: it is the same as the kept one.
        size: Size of all parts in bytes, without those that are the same.
    """

    key: K
    way: str
    notes: tuple[str, ...]
    parts: tuple[tuple[str, str, StoredFile | None], ...]
    size: int


class Sealer(Generic[K]):
    """Seals what it is fed; a context manager, whose end waits for the thread.

    ``feed``, ``pour`` and ``call`` may be called from many threads. Once sealing what was fed has
    failed, each of them raises the error that it failed with.

    Args:
        writer: The repository's writer; nobody else may use it meanwhile.
        spent: Where it is counted what is waited for here; None: by itself.
    """

    def __init__(self, writer: BlobWriter, spent: Spent | None = None) -> None:
        self._writer = writer
        self._spent = spent or Spent()
        self._work: deque[_Work] = deque()
        self._queued_bytes = 0
        self._change = threading.Condition()
        self._is_closed = False
        self._error: BaseException | None = None
        self._sealed: deque[Sealed[K]] = deque()
        # Daemon: a storage that hangs must not keep a dying process.
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._change:
            self._is_closed = True
            self._change.notify_all()
        self._thread.join()

    def feed(self, contents: Sequence[tuple[K, Content]], byte_count: int) -> None:
        """Hand over whole contents; waits while too much is queued."""
        self._put(_Work(lambda: self._seal(contents), byte_count=byte_count))

    def pour(self, key: K, content: Content) -> None:
        """Hand over a content that comes in pieces; returns when all of it is sealed.

        An error out of the pieces passes through, and nothing of the content counts as kept.
        """
        pipe = _Pipe(self._spent)
        done: Future[None] = Future()
        # However the sealing ends, a thread that waits to put the next piece must learn of it.
        done.add_done_callback(lambda _: pipe.stop_up())
        self._put(_Work(lambda: self._seal_poured(key, content, pipe), done=done))
        try:
            for part in content.parts:
                if part.content is SAME:
                    continue
                pieces = [part.content] if isinstance(part.content, bytes) else part.content
                for piece in pieces:
                    pipe.put(piece)
                pipe.put(None)
        except _StoppedUp:
            pass
        except BaseException:
            pipe.break_off()
            # The sealer must have let go before the item is asked for again.
            wait([done])
            raise
        done.result()

    def call(self, function: Callable[[], T]) -> T:
        """Do something in the sealing thread after all that was fed before, and give its result."""
        done: Future[T] = Future()
        self._put(_Work(function, done=done))
        return done.result()

    def sealed(self) -> Iterator[Sealed[K]]:
        """Take what has been sealed since the last time."""
        self._raise_error()
        while self._sealed:
            yield self._sealed.popleft()

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _put(self, work: _Work) -> None:
        with self._change:
            if self._is_full(work):
                with self._spent.on(Activity.WAITING_TO_SEAL):
                    while self._is_full(work):
                        self._raise_error()
                        self._change.wait()
            self._raise_error()
            if self._is_closed:
                raise RuntimeError("the sealer is closed")
            self._work.append(work)
            self._queued_bytes += work.byte_count
            self._change.notify_all()

    def _is_full(self, work: _Work) -> bool:
        return bool(self._queued_bytes) and self._queued_bytes + work.byte_count > QUEUE_BYTES

    def _run(self) -> None:
        while (work := self._next()) is not None:
            try:
                with self._spent.sealing():
                    result = work.do()
            except BaseException as error:  # noqa: BLE001 - it goes up in the feeding threads
                if work.done is None:
                    self._fail(error)
                    return
                work.done.set_exception(error)
            else:
                if work.done is not None:
                    work.done.set_result(result)
            with self._change:
                self._queued_bytes -= work.byte_count
                self._change.notify_all()
            # An idle sealer keeps no content alive.
            del work

    def _next(self) -> _Work | None:
        with self._change:
            while not self._work:
                if self._is_closed:
                    return None
                self._change.wait()
            return self._work.popleft()

    def _fail(self, error: BaseException) -> None:
        """Remember the error, and let everybody see it who waits for queued work."""
        with self._change:
            self._error = error
            left = list(self._work)
            self._work.clear()
            self._queued_bytes = 0
            self._change.notify_all()
        for work in left:
            if work.done is not None:
                work.done.set_exception(error)

    def _seal(self, contents: Sequence[tuple[K, Content]]) -> None:
        small = [
            part.content
            for _, content in contents
            for part in content.parts
            if isinstance(part.content, bytes) and 0 < len(part.content) <= SMALL_BYTES
        ]
        ids = iter(self._writer.save_many("data", small))
        for key, content in contents:
            parts: list[tuple[str, str, StoredFile | None]] = []
            for part in content.parts:
                file: StoredFile | None = None
                if isinstance(part.content, bytes) and 0 < len(part.content) <= SMALL_BYTES:
                    file = StoredFile((next(ids),), len(part.content))
                elif part.content is not SAME:
                    file = self._writer.save_file(part.content)
                parts.append((part.name, part.suffix, file))
            self._keep(key, content, parts)

    def _seal_poured(self, key: K, content: Content, pipe: _Pipe) -> None:
        try:
            parts = [
                (part.name, part.suffix, self._seal_part(part, pipe)) for part in content.parts
            ]
        except _BrokenOff:
            return
        self._keep(key, content, parts)

    def _seal_part(self, part: Part, pipe: _Pipe) -> StoredFile | None:
        return None if part.content is SAME else self._writer.save_file(pipe.pieces())

    def _keep(
        self, key: K, content: Content, parts: list[tuple[str, str, StoredFile | None]]
    ) -> None:
        size = sum(file.size for _, _, file in parts if file)
        self._sealed.append(Sealed(key, content.way, content.notes, tuple(parts), size))


class Feeder(Generic[K]):
    """What one thread has fetched and not yet handed over."""

    def __init__(self, sealer: Sealer[K]) -> None:
        self._sealer = sealer
        self._contents: list[tuple[K, Content]] = []
        self._byte_count = 0

    def add(self, key: K, content: Content) -> None:
        """Take one item's content; pieces are read to their end before this returns."""
        size = 0
        for part in content.parts:
            if part.content is SAME:
                continue
            if not isinstance(part.content, bytes):
                self._sealer.pour(key, content)
                return
            size += len(part.content)
        self._contents.append((key, content))
        self._byte_count += size
        if self._byte_count >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand over what is left."""
        if self._contents:
            contents, byte_count = self._contents, self._byte_count
            self._contents, self._byte_count = [], 0
            self._sealer.feed(contents, byte_count)


@dataclass(frozen=True, slots=True)
class _Work:
    """Something for the sealing thread to do; without ``done``, nobody waits for its end."""

    do: Callable[[], Any]
    byte_count: int = 0
    done: Future[Any] | None = field(default=None)


class _BrokenOff(Exception):
    """The thread that read the pieces gave up."""


class _StoppedUp(Exception):
    """The sealer takes no more pieces."""


class _Pipe:
    """Pieces on their way from a thread to the sealer, a few megabytes at most."""

    def __init__(self, spent: Spent) -> None:
        self._spent = spent
        self._pieces: deque[bytes | None] = deque()
        self._bytes = 0
        self._change = threading.Condition()
        self._is_broken_off = False
        self._is_stopped_up = False

    def put(self, piece: bytes | None) -> None:
        """Hand over a piece; None ends a part. Waits while the pipe is full."""
        with self._change:
            if self._is_full():
                with self._spent.on(Activity.WAITING_TO_SEAL):
                    while self._is_full():
                        self._change.wait()
            if self._is_stopped_up:
                raise _StoppedUp
            self._pieces.append(piece)
            self._bytes += len(piece or b"")
            self._change.notify_all()

    def _is_full(self) -> bool:
        return self._bytes > _PIPE_BYTES and not self._is_stopped_up

    def break_off(self) -> None:
        """Say that no more pieces will come although the content is not whole."""
        with self._change:
            self._is_broken_off = True
            self._change.notify_all()

    def stop_up(self) -> None:
        """Say that nobody takes pieces out any more."""
        with self._change:
            self._is_stopped_up = True
            self._change.notify_all()

    def pieces(self) -> Iterator[bytes]:
        """Take out the pieces of one part."""
        while True:
            with self._change:
                if not self._pieces:
                    with self._spent.on(Activity.SEALING_PIECES):
                        while not self._pieces:
                            if self._is_broken_off:
                                raise _BrokenOff
                            self._change.wait()
                if self._is_broken_off:
                    raise _BrokenOff
                piece = self._pieces.popleft()
                self._bytes -= len(piece or b"")
                self._change.notify_all()
            if piece is None:
                return
            yield piece
