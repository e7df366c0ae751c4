"""The scanner for answers that are too large for memory: the same rules, while the bytes come in.

Where the text is not of the plain kind, the XML parser takes over at the beginning of that message:
it is given the document's head and everything from there on, which together are well-formed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import chain

import pybase64

from strongroom.errors import TransientError
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.fetched import Begin, ContentAnswer, End, Truncated
from strongroom.wire.ews.scan import HEAD_BYTES_MAX, Grammar, find_frame
from strongroom.wire.ews.stream_parse import parse_stream

Event = Begin | bytes | End | EwsItemError
_TAGS_BYTES_MAX = 8 * 1024
"""No run of tags between two contents is longer than this in the plain case."""


def scan_stream(pieces: Iterator[bytes], shape: ContentAnswer) -> Iterator[Event]:
    """Tell the contents of an ExportItems answer as events: ``Begin``, bytes …, ``End``.

    Args:
        pieces: The answer's body, read lazily.
        shape: For the parser that may take over.

    Raises:
        Truncated: the base64 of the content that began is not whole.
        TransientError: the document breaks off.
    """
    window = _Window(pieces)
    window.fill(HEAD_BYTES_MAX)
    frame = find_frame(window.bytes)
    if frame is None:
        yield from parse_stream(window.rest(), shape)
        return
    head = bytes(window.bytes[: frame.start])
    window.drop(frame.start)
    while True:
        window.fill(_TAGS_BYTES_MAX)
        if window.is_at_end and frame.grammar.closing.match(window.bytes):
            if not frame.closes(window.bytes):
                raise TransientError("The server gave half an answer.")
            return
        is_plain = yield from _scan_message(window, frame.grammar)
        if not is_plain:
            yield from parse_stream(chain([head], window.rest()), shape)
            return


class _Window:
    """The bytes in hand and those to come.

    Attributes:
        bytes: In hand.
        is_at_end: Nothing more comes.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.bytes = bytearray()
        self.is_at_end = False

    def fill(self, count: int) -> None:
        """Have at least so many bytes in hand, if there are so many."""
        while len(self.bytes) < count and not self.is_at_end:
            self._take()

    def find_or_take(self, start: int) -> int:
        """Find the next tag, reading one more piece if there is none yet; -1 if still none."""
        found = self.bytes.find(b"<", start)
        if found < 0:
            self._take()
            found = self.bytes.find(b"<", start)
        return found

    def drop(self, count: int) -> None:
        """Forget the first bytes."""
        del self.bytes[:count]

    def rest(self) -> Iterator[bytes]:
        """Give everything, in hand and to come."""
        yield bytes(self.bytes)
        yield from self._pieces

    def _take(self) -> None:
        piece = next(self._pieces, None)
        if piece is None:
            self.is_at_end = True
        else:
            self.bytes += piece


def _scan_message(window: _Window, grammar: Grammar) -> Generator[Event, None, bool]:
    """Tell one message; return whether it was plain. If not, the window still holds all of it.

    Nothing is told of a message before its first piece of base64 has been decoded, so handing over
    to the parser never tells anything twice.
    """
    header = grammar.header.match(window.bytes)
    if header is None:
        return False
    begin = Begin(header[1].decode(), (header[2] or b"").decode())
    start = header.end()
    has_begun = False
    while True:
        try:
            decoded, stop, is_last = _next_piece(window, grammar, start)
        except ValueError as error:
            if not has_begun:
                return False
            raise Truncated("The server cut an item short.", why=str(error)) from error
        if not has_begun:
            yield begin
            has_begun = True
        if decoded:
            yield decoded
        window.drop(stop)
        if is_last:
            yield End()
            return True
        start = 0


def _next_piece(window: _Window, grammar: Grammar, start: int) -> tuple[bytes, int, bool]:
    """Decode what is in hand of a content.

    Returns:
        The bytes; how far the window is done with then; whether that was the message's end.

    Raises:
        ValueError: it is not base64, or does not end where it should.
    """
    end = window.find_or_take(start)
    if end < 0:
        if window.is_at_end:
            raise ValueError("the answer ends inside a content")
        stop = start + (len(window.bytes) - start) // 4 * 4
        return _decode(window.bytes, start, stop, is_last=False), stop, False
    decoded = _decode(window.bytes, start, end, is_last=True)
    window.fill(end + _TAGS_BYTES_MAX)
    footer = grammar.footer.match(window.bytes, end)
    if footer is None:
        raise ValueError("something else than the end follows a content")
    return decoded, footer.end(), True


def _decode(data: bytearray, start: int, stop: int, *, is_last: bool) -> bytes:
    """Decode strictly; padding is only allowed at the very end.

    Raises:
        ValueError: it is not base64.
    """
    if not is_last and data[start:stop].endswith(b"="):
        raise ValueError("padding inside base64")
    with memoryview(data) as view, view[start:stop] as part:
        return pybase64.b64decode(part, validate=True)
