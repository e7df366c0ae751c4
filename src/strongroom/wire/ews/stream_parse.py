"""Any answer with contents, read by an XML parser while it comes in: the slow and certain way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from xml.parsers import expat

import pybase64

from strongroom.errors import TransientError
from strongroom.wire.ews.faults import EwsItemError, meaning_of
from strongroom.wire.ews.fetched import Begin, ContentAnswer, End, Truncated

_TEXT_CHARACTERS_MAX = 64 * 1024
NOT_XML = (expat.ExpatError, LookupError, ValueError)
"""What the parser raises for bytes that are no XML; the latter two over an encoding's name."""
_ID_ELEMENTS = frozenset({"ItemId", "AttachmentId"})


def parse_stream(
    pieces: Iterator[bytes], shape: ContentAnswer
) -> Iterator[Begin | bytes | End | EwsItemError]:
    """Tell the contents and errors of an answer as events, one group or error per message.

    A content is ``Begin``, bytes …, ``End``. A success without content is the error
    ``no-content``.

    Raises:
        Truncated: the base64 of the content that began is not whole.
        TransientError: the document is not well-formed, or breaks off.
    """
    reader = _Reader(shape)
    for piece in pieces:
        reader.feed(piece)
        while reader.events:
            yield reader.events.popleft()
    reader.finish()
    yield from reader.events


class _Reader:
    """Turns the parser's calls into events."""

    def __init__(self, shape: ContentAnswer) -> None:
        self.events: deque[Begin | bytes | End | EwsItemError] = deque()
        self._message = f"{shape.response}Message"
        self._content = shape.content
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._parser.buffer_size = 256 * 1024
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = _refuse_doctype
        self._in_message = self._in_content = self._has_content = False
        self._begin = Begin()
        self._class = ""
        self._texts: dict[str, str] = {}
        self._name = ""
        self._carry = ""

    def feed(self, piece: bytes, *, is_last: bool = False) -> None:
        """Read some bytes.

        Raises:
            Truncated, TransientError: as ``parse_stream``.
        """
        try:
            self._parser.Parse(piece, is_last)
        except NOT_XML as error:
            raise TransientError("The server gave half an answer.", why=str(error)) from error

    def finish(self) -> None:
        """Say that nothing more comes."""
        self.feed(b"", is_last=True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        self._name = name
        if name == self._message:
            self._in_message, self._has_content = True, False
            self._class = attributes.get("ResponseClass", "Success")
            self._begin, self._texts = Begin(), {}
        elif not self._in_message:
            return
        elif name in _ID_ELEMENTS and not self._begin.told_id:
            self._begin = Begin(attributes.get("Id", ""), attributes.get("ChangeKey", ""))
        elif name == self._content and not self._has_content:
            self._in_content = self._has_content = True
            self.events.append(self._begin)
        elif name == "Value":
            self._name = attributes.get("Name", "")

    def _text(self, text: str) -> None:
        if self._in_content:
            self._add(text)
        elif self._in_message and self._name:
            known = self._texts.get(self._name, "")
            self._texts[self._name] = (known + text)[:_TEXT_CHARACTERS_MAX]

    def _end(self, tag: str) -> None:
        name = tag.rpartition("}")[2]
        self._name = ""
        if self._in_content and name == self._content:
            self._in_content = False
            self._flush()
            self.events.append(End())
        elif name == self._message:
            self._in_message = False
            if not self._has_content:
                self.events.append(self._error())

    def _add(self, text: str) -> None:
        """Decode what is whole; whitespace is allowed in xs:base64Binary."""
        text = self._carry + "".join(text.split())
        whole = len(text) // 4 * 4
        # Padding may only stand at the end, so a group that has it waits for what follows.
        if text.endswith("="):
            whole = min(whole, max(0, (text.index("=") // 4) * 4))
        self._carry = text[whole:]
        if whole:
            self.events.append(_decode(text[:whole]))

    def _flush(self) -> None:
        if self._carry:
            self.events.append(_decode(self._carry))
            self._carry = ""

    def _error(self) -> EwsItemError:
        code = self._texts.get("ResponseCode", "").strip()
        if self._class == "Success":
            return EwsItemError(code="no-content", text="The server gave no content.")
        back_off = self._texts.get("BackOffMilliseconds", "").strip()
        return EwsItemError(
            code=code or "ErrorWithoutCode",
            text=" ".join(self._texts.get("MessageText", "").split()),
            retry_after_s=int(back_off) / 1000 if back_off.isdecimal() else None,
            meaning=meaning_of(code),
        )


def _decode(text: str) -> bytes:
    try:
        return pybase64.b64decode(text.encode("ascii"), validate=True)
    except ValueError as error:
        raise Truncated("The server cut an item short.", why=str(error)) from error


def _refuse_doctype(*_: object) -> None:
    raise expat.ExpatError("a document type is not allowed in SOAP")
