"""The answer to ``exportItems``, read while it comes in: JSON with hundreds of megabytes of base64.

Small answers are read whole, by a JSON library. In large ones only the one long text of each item
is cut up, at the bytes: whatever else stands there is small, and is read by the library too.

Source:
    https://learn.microsoft.com/graph/api/mailbox-exportitems
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson
import pybase64

from strongroom.errors import TransientError
from strongroom.wire.ews.faults import EwsItemError, meaning_of
from strongroom.wire.ews.fetched import Begin, End, Truncated
from strongroom.wire.graph.answers import NotReadable, Row, read_object, rows_of
from strongroom.wire.graph.faults import error_of

Event = Begin | bytes | End | EwsItemError

_SMALL_BYTES_MAX = 1024 * 1024
"""Of what is no content: ids, errors, what we do not know."""

_SPACE = b" \t\r\n"
_ESCAPE = re.compile(rb"\\(?:u00([0-9A-Fa-f]{2})|(/))")
_ESCAPE_BYTES = 6
_TEXT_CHARS_MAX = 2048


def read_whole(body: bytes) -> Iterator[Event]:
    """Tell the contents and errors of an answer as events, one group or error per item.

    A content is ``Begin``, bytes, ``End``.

    Raises:
        Truncated: the base64 of the content that began is not whole.
        TransientError: it is no such answer.
    """
    try:
        rows = rows_of(read_object(body))
    except NotReadable:
        raise TransientError("Microsoft Graph gave half an answer.") from None
    for row in rows:
        named = {name.lower(): value for name, value in row.items()}
        content = named.get("data")
        if not isinstance(content, str) or error_of(named).code:
            yield _error(named)
            continue
        yield _begin(named)
        yield _decoded(content.encode("ascii", "replace"))
        yield End()


def read_stream(pieces: Iterator[bytes]) -> Iterator[Event]:
    """Tell the same of an answer that is too large for memory; contents come in many pieces.

    Raises:
        Truncated, TransientError: as ``read_whole``; also where the answer breaks off.
    """
    window = _Window(pieces)
    window.expect(b"{")
    if window.is_next(b"}"):
        raise TransientError("Microsoft Graph gave half an answer.")
    while True:
        name = window.name()
        if name == "value":
            yield from _rows(window)
        else:
            window.value()
        if not window.goes_on(b"}"):
            return


def _rows(window: _Window) -> Iterator[Event]:
    window.expect(b"[")
    if window.is_next(b"]"):
        return
    while True:
        yield from _row(window)
        if not window.goes_on(b"]"):
            return


def _row(window: _Window) -> Iterator[Event]:
    """Tell one item; its id may stand behind its content, then it is the one in order."""
    window.expect(b"{")
    told: dict[str, object] = {}
    has_begun = False
    if window.is_next(b"}"):
        yield _error(told)
        return
    while True:
        name = window.name()
        if name.lower() == "data" and window.peek() == b'"' and not has_begun:
            has_begun = True
            yield _begin(told)
            yield from _content(window)
        else:
            told[name.lower()] = window.value()
        if not window.goes_on(b"}"):
            break
    if not has_begun:
        yield _error(told)
        return
    if code := error_of(told).code:
        raise Truncated("The server gave an item together with an error.", why=code)
    yield End()


def _content(window: _Window) -> Iterator[bytes]:
    """Decode the text that begins here, as it comes in."""
    carry = b""
    for piece in window.text():
        carry += _ESCAPE.sub(_unescaped, piece)
        whole = len(carry) // 4 * 4
        # Padding may only stand at the end, so a group that has it waits for what follows.
        if carry.endswith(b"="):
            whole = min(whole, carry.index(b"=") // 4 * 4)
        if whole:
            yield _decoded(carry[:whole])
        carry = carry[whole:]
    if carry:
        yield _decoded(carry)


class _Window:
    """The bytes in hand and those to come, as JSON."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._bytes = bytearray()
        self._at = 0

    def peek(self) -> bytes:
        """Give the next byte that is no space, without taking it."""
        while True:
            while self._at < len(self._bytes):
                one = self._bytes[self._at : self._at + 1]
                if one not in _SPACE:
                    return bytes(one)
                self._at += 1
            self._forget()
            self._take()

    def is_next(self, wanted: bytes) -> bool:
        """Take the next byte if it is the one; say whether it was."""
        if self.peek() != wanted:
            return False
        self._at += 1
        return True

    def expect(self, wanted: bytes) -> None:
        """Take the byte that must come."""
        if not self.is_next(wanted):
            raise _half()

    def goes_on(self, end: bytes) -> bool:
        """Take a comma or the end; say whether something follows."""
        if self.is_next(b","):
            return True
        self.expect(end)
        return False

    def name(self) -> str:
        """Take a property's name, and the colon behind it."""
        name = self.value()
        self.expect(b":")
        if not isinstance(name, str):
            raise _half()
        return name

    def value(self) -> object:
        """Take a whole value; only small ones are meant."""
        self.peek()
        start, end = self._at, self._end_of_value()
        try:
            found: object = orjson.loads(bytes(self._bytes[start:end]))
        except orjson.JSONDecodeError:
            raise _half() from None
        self._at = end
        self._forget()
        return found

    def text(self) -> Iterator[bytes]:
        """Take a text in pieces, without its quotes; no escape is cut in two."""
        self.expect(b'"')
        while True:
            end = self._bytes.find(b'"', self._at)
            stop = end if end >= 0 else self._before_escape()
            if stop > self._at:
                piece = bytes(self._bytes[self._at : stop])
                self._at = stop
                self._forget()
                yield piece
            if end >= 0:
                self.expect(b'"')
                return
            self._take()

    def _before_escape(self) -> int:
        """Say how far a text can be given although more of it is to come."""
        found = self._bytes.rfind(b"\\", max(self._at, len(self._bytes) - _ESCAPE_BYTES))
        return found if found >= 0 else len(self._bytes)

    def _end_of_value(self) -> int:
        """Find where the value that begins here ends, strings and nesting heeded."""
        at, depth = self._at, 0
        while True:
            at = self._here(at)
            one = self._bytes[at]
            if one == 0x22:
                at = self._end_of_text(at)
            elif one in b"{[":
                depth += 1
                at += 1
            elif one in b"}]" and depth:
                depth -= 1
                at += 1
            elif depth == 0 and one in b",]}:":
                return at
            else:
                at += 1
                if depth == 0:
                    continue
            if depth == 0:
                return at

    def _end_of_text(self, at: int) -> int:
        at += 1
        while True:
            at = self._here(at)
            if self._bytes[at] == 0x5C:
                at += 1
                self._here(at)
            elif self._bytes[at] == 0x22:
                return at + 1
            at += 1

    def _here(self, at: int) -> int:
        """Have a byte in hand."""
        if at - self._at > _SMALL_BYTES_MAX:
            raise TransientError("Microsoft Graph's answer holds something without end.")
        while at >= len(self._bytes):
            self._take()
        return at

    def _take(self) -> None:
        piece = next(self._pieces, None)
        if piece is None:
            raise _half()
        self._bytes += piece

    def _forget(self) -> None:
        if self._at > 64 * 1024:
            del self._bytes[: self._at]
            self._at = 0


def _begin(named: Row) -> Begin:
    told_id, change_key = named.get("itemid"), named.get("changekey")
    return Begin(
        told_id if isinstance(told_id, str) else "",
        change_key if isinstance(change_key, str) else "",
    )


def _error(row: Row) -> EwsItemError:
    """Make the error of an item; the codes are Exchange's own, its details tell whose it is."""
    fault = error_of(row)
    told_id = row.get("itemid")
    of_which = (("itemId", told_id),) if isinstance(told_id, str) and told_id else ()
    if not fault.code:
        text = "The server gave no content."
        return EwsItemError(code="no-content", text=text, details=of_which)
    told = row.get("error")
    message = told.get("message") if isinstance(told, dict) else None
    return EwsItemError(
        code=fault.code,
        text=" ".join(message.split())[:_TEXT_CHARS_MAX] if isinstance(message, str) else "",
        details=of_which,
        meaning=meaning_of(fault.code),
    )


def _unescaped(match: re.Match[bytes]) -> bytes:
    """JSON may write ``/`` and ``+`` in two ways, and writers for web pages do."""
    return bytes([int(match[1], 16)]) if match[1] else match[2]


def _decoded(text: bytes) -> bytes:
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError as error:
        raise Truncated("The server cut an item short.", why=str(error)) from error


def _half() -> TransientError:
    return TransientError("Microsoft Graph gave half an answer.")
