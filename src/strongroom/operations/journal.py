"""An append-only list of JSON lines, durable line by line: what was intended, what was told.

A restore writes here what it is about to send *before* it sends it, so that after a crash, of ours
or of the server, it can look at what arrived and send only what is missing. The journal belongs to
one run of one restore; whoever made it deletes it when the run is over.

Here it is kept in a file. A crash can cut the last line short. Such a line was never acted upon
(the write comes after the line is durable), so it is dropped, and the file is cut back to its last
whole line.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import orjson

from strongroom.disk import flush_folder
from strongroom.errors import IntegrityError
from strongroom.words.json import Json

_CHUNK_BYTES = 64 * 1024


class Journal(Protocol):
    """One journal, open for appending. For one thread at a time."""

    def lines(self) -> Iterator[dict[str, Any]]:
        """Read all lines, in order, one at a time.

        Raises:
            IntegrityError: one of them is not JSON: somebody tampered with it.
        """

    def append(self, *lines: Mapping[str, Json]) -> None:
        """Add lines, all or none; when this returns they survive a power cut.

        Raises:
            Interrupted: somebody else goes on with this journal; nothing was added.
            TransientError: it is not known whether they were added.
        """


class FileJournal:
    """A journal in a file; see ``Journal``. A context manager: leaving it closes the file.

    Args:
        path: The file; made if need be, readable by its owner only.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        is_new = not path.exists()
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        if is_new:
            flush_folder(path.parent)
        self._cut_back()

    def lines(self) -> Iterator[dict[str, Any]]:
        """As the interface says."""
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    raise IntegrityError(
                        f"The journal {self._path} cannot be read: line {number} is damaged.",
                        hint="Without it nobody knows what an interrupted restore has sent. Look "
                        "at the target, move the journal away and start a new restore with "
                        "--conflict skip.",
                    ) from error

    def append(self, *lines: Mapping[str, Json]) -> None:
        """As the interface says."""
        self.extend(lines)

    def extend(self, lines: Iterable[Mapping[str, Json]]) -> None:
        """Add many lines with one wait for the disk."""
        text = b"".join(orjson.dumps(line) + b"\n" for line in lines)
        view = memoryview(text)
        while view:
            view = view[os.write(self._fd, view) :]
        os.fsync(self._fd)

    def close(self) -> None:
        """Close the file; closing twice is allowed."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _cut_back(self) -> None:
        """Cut off what stands behind the last line end."""
        with self._path.open("rb") as file:
            size = end = file.seek(0, os.SEEK_END)
            while end > 0:
                begin = max(0, end - _CHUNK_BYTES)
                file.seek(begin)
                newline = file.read(end - begin).rfind(b"\n")
                if newline >= 0:
                    end = begin + newline + 1
                    break
                end = begin
        if end < size:
            os.ftruncate(self._fd, end)
