"""Exported files on their way to the caller, who alone writes them, with rights of their own.

The service may write where its callers may not, so it writes nothing for them: it hands them pieces
of files, and they answer what they could not take.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from strongroom.errors import ItemError, OperatorError
from strongroom.operations.export import ExportFormat
from strongroom.operations.output_folder import OutputFolder

_PIECE_BYTES = 1024 * 1024
_IN_MEMORY_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportWish:
    """What a person wants as files.

    Attributes:
        format: See ``operations.export.ExportRequest``, and so on.
    """

    format: ExportFormat = ExportFormat.FILES
    at: str | None = None
    paths: tuple[tuple[str, ...], ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of a file; the pieces of one come one after the other.

    Attributes:
        names: Its path below the output folder. Untrusted.
        content: What comes next.
        is_last: The file is whole with this.
        is_given_up: The rest cannot be read: nothing is to be written.
        when: The file's time.
    """

    names: tuple[str, ...]
    content: bytes
    is_last: bool
    is_given_up: bool = False
    when: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """Why the caller does not write a file (see ``errors.ItemError``)."""

    what: str
    code: str
    why: str = ""
    hint: str = ""


Write = Callable[[Piece], NotTaken | None]
"""Takes the next piece; the answer to the last one says whether the file was written."""


class CallersFolder:
    """Where an export writes when it writes to its caller (see ``operations.export.Output``)."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def write(self, names: tuple[str, ...], pieces: Iterable[bytes], when: datetime | None) -> None:
        """Hand a file over.

        Raises:
            ItemError: the caller did not take it.
        """
        try:
            held = b""
            for piece in _small(pieces):
                if held:
                    self._hand(names, held, when, is_last=False)
                held = piece
            self._hand(names, held, when, is_last=True)
        except ItemError:
            self._write(Piece(names=names, content=b"", is_last=True, is_given_up=True))
            raise

    def _hand(
        self, names: tuple[str, ...], content: bytes, when: datetime | None, *, is_last: bool
    ) -> None:
        refused = self._write(Piece(names=names, content=content, is_last=is_last, when=when))
        if refused is not None:
            raise ItemError(refused.what, code=refused.code, why=refused.why, hint=refused.hint)


def _small(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), _PIECE_BYTES):
            yield piece[start : start + _PIECE_BYTES]


class IntoFolder:
    """Writes the pieces that it is given below one folder; a ``Write``, for one thread.

    A context manager. What is too large for memory waits in the folder until it is whole.

    Args:
        path: The folder, made when there is something to write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._output: OutputFolder | None = None
        self._held: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._forget()
        if self._output is not None:
            self._output.__exit__(kind, error, trace)

    def __call__(self, piece: Piece) -> NotTaken | None:
        """Take the next piece; write the file with its last one.

        Raises:
            OperatorError: the folder cannot be written at all.
        """
        if piece.is_given_up:
            self._forget()
            return None
        if self._output is None:
            self._output = OutputFolder(self._path)
        self._hold(piece.content)
        return self._written(self._output, piece) if piece.is_last else None

    def _forget(self) -> None:
        """Forget the file that is not whole yet."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def _hold(self, content: bytes) -> None:
        try:
            if self._held is None:
                self._held = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - until ``_forget``
                    _IN_MEMORY_BYTES, dir=str(self._path)
                )
            self._held.write(content)
        except OSError as error:
            raise OperatorError(
                f"The output folder {self._path} cannot be written.", why=error.strerror or ""
            ) from error

    def _written(self, output: OutputFolder, piece: Piece) -> NotTaken | None:
        held = self._held
        assert held is not None
        held.seek(0)
        try:
            chunks = iter(lambda: held.read(_PIECE_BYTES), b"")
            output.write(piece.names, chunks, piece.when)
        except ItemError as error:
            return NotTaken(what=error.what, code=error.code, why=error.why, hint=error.hint)
        finally:
            self._forget()
        return None
