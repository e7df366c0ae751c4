"""The bytes of a file as they come in: large ones in ranges, and on from where a line broke.

Source:
    https://www.rfc-editor.org/rfc/rfc9110#section-14
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/working-with-folders-and-files-with-rest
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack

from strongroom.errors import TransientError
from strongroom.pace.patience import Patience
from strongroom.pace.told import Told
from strongroom.pace.turn import Turn
from strongroom.slots.api import Outcome
from strongroom.wire.reply import Reply
from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.rest import RestConnection

RANGE_BYTES = 64 * 1024 * 1024
"""So much one request brings of a large file: no slot is held for hours by a single one."""

SMALL_BYTES_MAX = 8 * 1024 * 1024
"""A file up to here is read whole before it is handed on: no slot waits for whoever keeps it."""

BREAKS_MAX = 20
_GROWN = 4
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")


class FileChanged(TransientError):
    """Another version took the file's place while it was read: what was read is worth nothing."""


def read_small(rest: RestConnection, target: str) -> bytes:
    """Read the bytes of a file that is not large.

    Args:
        rest: The connection.
        target: Of its ``$value``.

    Raises:
        FileChanged: it has grown large meanwhile.
        StrongroomError: as ``RestConnection.get``.
    """
    held = bytearray()
    for piece in Download(rest, target, in_ranges=False).pieces():
        held += piece
        if len(held) > _GROWN * SMALL_BYTES_MAX:
            raise FileChanged("A file grew while it was read.")
    return bytes(held)


class _LineBroken(Exception):
    """An answer that had begun was not told to its end."""

    def __init__(self, cause: TransientError) -> None:
        super().__init__()
        self.cause = cause


class Download:
    """One file's bytes. For one reader.

    Args:
        rest: The connection.
        target: Of its ``$value``.
        in_ranges: It is large. A file that may be empty is not asked for in ranges.
        range_bytes: How much one request brings.
    """

    def __init__(
        self,
        rest: RestConnection,
        target: str,
        *,
        in_ranges: bool = True,
        range_bytes: int = RANGE_BYTES,
    ) -> None:
        self._rest = rest
        self._target = target
        self._range_bytes = range_bytes
        self._in_ranges = in_ranges
        self._at = 0
        self._total: int | None = None
        self._version = ""

    def pieces(self) -> Iterator[bytes]:
        """Read them in order.

        Raises:
            FileChanged: begin again with another download.
            TransientError: the budget is used up.
            SiteDenied, SiteRefused: the server's no.
        """
        breaks = 0
        while self._total is None or self._at < self._total:
            try:
                yield from self._range()
            except _LineBroken as broken:
                # The next range begins where this one broke; opening it waits as long as it must.
                breaks += 1
                if breaks > BREAKS_MAX:
                    raise broken.cause from broken

    def _range(self) -> Iterator[bytes]:
        """Read one range, or, of a server that knows none, the rest of the file."""
        with ExitStack() as stack:
            reply, turn = self._rest.again(lambda patience: self._open(stack, patience))
            skip = self._placed(reply)
            pieces = reply.pieces()
            while True:
                try:
                    piece = next(pieces, None)
                except TransientError as error:
                    turn.tell(Told(outcome=Outcome.BROKEN))
                    raise _LineBroken(error) from error
                if piece is None:
                    break
                turn.size = reply.byte_count
                if skip >= len(piece):
                    skip -= len(piece)
                    continue
                wanted, skip = piece[skip:], 0
                self._at += len(wanted)
                yield wanted
        if self._total is None:
            self._total = self._at

    def _open(self, stack: ExitStack, patience: Patience) -> tuple[Reply, Turn]:
        headers = {"Accept": "*/*"}
        if self._at or self._in_ranges:
            end = self._at + self._range_bytes - 1
            headers["Range"] = f"bytes={self._at}-{end}"
        question = Question(target=self._target, call=Call.DOWNLOAD, headers=headers)
        return self._rest.opened(question, patience, stack)

    def _placed(self, reply: Reply) -> int:
        """Say how many of the bytes that come now were read before.

        Raises:
            FileChanged: they are of another version.
        """
        version = reply.header("ETag")
        if self._version and version and version != self._version:
            raise FileChanged("A file changed while it was read.")
        self._version = version
        if reply.status != 206:
            return self._at
        told = _CONTENT_RANGE.fullmatch(reply.header("Content-Range"))
        if told is None or int(told[1]) != self._at:
            raise TransientError("The server gave another range of a file than was asked for.")
        total = int(told[3])
        if self._total is not None and total != self._total:
            raise FileChanged("A file changed its length while it was read.")
        self._total = total
        return 0
