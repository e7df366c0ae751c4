"""Many questions in one request: ``$batch``, a multipart document of whole HTTP messages.

SharePoint Online and SharePoint Server from 2016 on have it, with at most a hundred questions in
one. Each counts by itself for the server's budgets; what is saved are round trips.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/make-batch-requests-with-the-rest-apis
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-odata (2.2.7.6)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from strongroom.wire.reply import Body
from strongroom.wire.sharepoint.question import Question

QUESTIONS_MAX = 100

_BOUNDARY = re.compile(rb"--([0-9A-Za-z'()+_,./:=?-]{1,100})\r?\n")
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\Z")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)\Z")


class NotReadable(ValueError):
    """It is no such document, or has not as many answers as were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One answer.

    Attributes:
        status: Of HTTP.
        headers: Names in small letters.
        body: As sent.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """Give a header's value, or an empty string."""
        return self.headers.get(name.lower(), "")


def composed(questions: Sequence[Question], *, origin: str, boundary: str, accept: str) -> bytes:
    """Write the document.

    Args:
        questions: What is asked, in order; their bodies are bytes.
        origin: ``https://host[:port]``: the addresses inside are whole.
        boundary: What separates them, in nothing that is sent.
        accept: Which form of JSON is asked for.
    """
    lines: list[bytes] = []
    for number, question in enumerate(questions):
        if question.method == "GET":
            lines += [b"--" + boundary.encode(), *_message(question, origin, accept)]
            continue
        # Whatever is no GET comes in a set of changes, each in one of its own: what is refused
        # then takes nothing else along.
        inner = f"changeset_{number}_{boundary}"
        lines += [
            b"--" + boundary.encode(),
            f'Content-Type: multipart/mixed; boundary="{inner}"'.encode(),
            b"",
            b"--" + inner.encode(),
            *_message(question, origin, accept),
            b"--" + inner.encode() + b"--",
            b"",
        ]
    return b"\r\n".join([*lines, b"--" + boundary.encode() + b"--", b""])


def _message(question: Question, origin: str, accept: str) -> Iterator[bytes]:
    assert not isinstance(question.body, Body), "a batch holds what can be sent again"
    headers = {"Accept": accept, **question.headers}
    yield b"Content-Type: application/http"
    yield b"Content-Transfer-Encoding: binary"
    yield b""
    yield f"{question.method} {origin}{question.target} HTTP/1.1".encode()
    for name, value in headers.items():
        yield f"{name}: {value}".encode()
    yield b""
    yield question.body


def parts_of(body: bytes, count: int) -> list[Part]:
    """Read the document that answers so many questions.

    Raises:
        NotReadable: it is something else. Holds nothing of it.
    """
    start = _BOUNDARY.match(body.lstrip(b"\r\n"))
    if start is None:
        raise NotReadable
    line = b"--" + start[1]
    # The first piece is what stands before the first line of all, the last what stands behind
    # the last: nothing.
    pieces = re.split(rb"(?:\A|\r?\n)" + re.escape(line) + rb"(?=--|\r?\n)", body.lstrip(b"\r\n"))
    found = [_part(piece) for piece in pieces[1:] if not piece.startswith(b"--")]
    if len(found) != count or not pieces[-1].startswith(b"--"):
        raise NotReadable
    return found


def _part(piece: bytes) -> Part:
    """Read one answer, in the two layers of headers that it comes in."""
    _, message = _cut(piece.lstrip(b"\r\n"))
    head, content = _cut(message)
    first, *more = head
    status = _STATUS.match(first)
    headers = [_HEADER.match(line) for line in more]
    if status is None or None in headers:
        raise NotReadable
    told = {
        one[1].decode("ascii").lower(): one[2].decode("latin-1")
        for one in headers
        if one is not None
    }
    return Part(status=int(status[1]), headers=told, body=content.strip(b"\r\n"))


def _cut(message: bytes) -> tuple[list[bytes], bytes]:
    """Take the lines of headers off a message."""
    match = re.search(rb"\r?\n\r?\n", message)
    head, rest = (message[: match.start()], message[match.end() :]) if match else (message, b"")
    return re.split(rb"\r?\n", head), rest
