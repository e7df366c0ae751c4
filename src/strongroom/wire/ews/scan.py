"""Cutting an ExportItems answer up by its bytes: no tree, no copy, no doubt.

Three times as fast as a parser (measured), and only because it refuses nearly everything: it takes
exactly the text that Exchange writes when all is well, message after message from the first byte to
the last, each for the id that was asked at that place, with strict base64. Whatever differs in one
character (an error, a comment, a line break inside base64, an entity, another order) is none of its
business: it says so, and a real XML parser reads the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from xml.parsers import expat

import pybase64

from strongroom.wire.ews.fetched import Fetched
from strongroom.wire.ews.stream_parse import NOT_XML
from strongroom.wire.ews.xml import MESSAGES, SOAP

HEAD_BYTES_MAX = 16 * 1024
_RESPONSE = re.compile(rb"<([A-Za-z_][A-Za-z0-9_.-]{0,30}:|)ExportItemsResponse[\s>]")
_WAY_DOWN = [
    f"{SOAP}}}Envelope",
    f"{SOAP}}}Body",
    f"{MESSAGES}}}ExportItemsResponse",
    f"{MESSAGES}}}ResponseMessages",
]


@dataclass(frozen=True, slots=True)
class Grammar:
    """The text around exported items, for one namespace prefix.

    Attributes:
        opening: From the response element to where the first message begins.
        header: From a message's start to its base64; groups: id, change key.
        footer: From the end of the base64 to the end of the message.
        closing: The first tag behind the last message.
    """

    opening: re.Pattern[bytes]
    header: re.Pattern[bytes]
    footer: re.Pattern[bytes]
    closing: re.Pattern[bytes]


class Frame:
    """The document around the messages: few bytes, so a real parser reads them.

    What it has read of the head stays open, and the tail has to fit to it.

    Attributes:
        grammar: How the messages are written.
        start: Where the first one begins.
    """

    def __init__(self, head: bytes, grammar: Grammar) -> None:
        self.grammar = grammar
        self.start = len(head)
        self._open: list[str] = []
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.StartElementHandler = lambda tag, _: self._open.append(tag)
        self._parser.EndElementHandler = lambda _: self._open.pop()
        self._parser.XmlDeclHandler = _check_declaration
        self._parser.StartDoctypeDeclHandler = _refuse
        # A comment could hold text that only looks like elements.
        self._parser.CommentHandler = _refuse
        self._parser.StartCdataSectionHandler = _refuse
        self._parser.ProcessingInstructionHandler = _refuse
        self._parser.Parse(head, False)
        if self._open != _WAY_DOWN:
            raise expat.ExpatError("the messages do not lie where they should")

    def closes(self, tail: bytes | bytearray) -> bool:
        """Say whether this is the rest of the document, to its last byte. To be asked once."""
        if not self.grammar.closing.match(tail):
            return False
        try:
            self._parser.Parse(bytes(tail), True)
        except NOT_XML:
            return False
        return True


def find_frame(head: bytes | bytearray) -> Frame | None:
    """Recognise the beginning of an answer.

    Args:
        head: Its first bytes, at least as far as the first message.

    Returns:
        None if the beginning is not of the plain kind (or not there yet).
    """
    found = _RESPONSE.search(head, 0, HEAD_BYTES_MAX)
    if found is None:
        return None
    grammar = _grammar(bytes(found[1]))
    opening = grammar.opening.match(head, found.start())
    if opening is None:
        return None
    try:
        return Frame(bytes(head[: opening.end()]), grammar)
    except NOT_XML:
        return None


def scan(body: bytearray, asked_ids: Sequence[str]) -> list[Fetched] | None:
    """Read a whole answer.

    Args:
        body: All of it.
        asked_ids: The ids that were asked, in order.

    Returns:
        The content of each, in order; None if anything at all is not as in the plain case.
    """
    frame = find_frame(body)
    if frame is None:
        return None
    grammar, place = frame.grammar, frame.start
    view = memoryview(body)
    found: list[Fetched] = []
    try:
        for asked in asked_ids:
            header = grammar.header.match(body, place)
            if header is None or header[1] != asked.encode():
                return None
            start = header.end()
            end = body.find(b"<", start)
            footer = grammar.footer.match(body, end) if end >= 0 else None
            if footer is None:
                return None
            content = pybase64.b64decode(view[start:end], validate=True)
            found.append(Fetched(content, (header[2] or b"").decode()))
            place = footer.end()
    except ValueError:
        return None
    finally:
        view.release()
    return found if frame.closes(body[place:]) else None


def _check_declaration(version: str, encoding: str | None, _standalone: int) -> None:
    if version != "1.0" or (encoding or "utf-8").lower() != "utf-8":
        raise expat.ExpatError("not of the plain kind")


def _refuse(*_: object) -> None:
    raise expat.ExpatError("not of the plain kind")


@lru_cache(maxsize=16)
def _grammar(prefix: bytes) -> Grammar:
    p = re.escape(prefix)
    base64 = rb"[A-Za-z0-9+/=_-]"
    return Grammar(
        opening=re.compile(
            rb"<%bExportItemsResponse(?:\s[^<>]*)?>\s*<%bResponseMessages>" % (p, p)
        ),
        header=re.compile(
            rb'\s*<%bExportItemsResponseMessage ResponseClass="Success">'
            rb"\s*<%bResponseCode>NoError</%bResponseCode>"
            rb'\s*<%bItemId Id="(%b+)"(?: ChangeKey="(%b*)")?\s*/>\s*<%bData>'
            % (p, p, p, p, base64, base64, p)
        ),
        footer=re.compile(rb"</%bData>\s*</%bExportItemsResponseMessage>" % (p, p)),
        closing=re.compile(rb"\s*</%bResponseMessages>" % p),
    )
