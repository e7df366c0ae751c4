"""``$batch``: many questions in one request, and their answers in one.

Change sets are taken apart: SharePoint answers every question of theirs by itself, and undoes
nothing if one of them fails.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/make-batch-requests-with-the-rest-apis
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from strongroom.lab.https import Response
from strongroom.lab.sharepoint.rest.errors import bad_query

OPERATIONS_MAX = 100
_BOUNDARY = re.compile(r'boundary="?([^";]{1,200})"?', re.IGNORECASE)
_REQUEST_LINE = re.compile(r"([A-Z]+)\s+(\S.*?)(?:\s+HTTP/\d\.\d)?")
_REASONS: Mapping[int, str] = {
    200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable", 409: "Conflict",
    412: "Precondition Failed", 423: "Locked", 429: "Too Many Requests",
    500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One question.

    Attributes:
        headers: Names in small letters.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def operations_of(content_type: str, body: bytes) -> list[Operation]:
    """Take a batch apart.

    Raises:
        ApiError: 400, it is not well formed, or has too many questions.
    """
    found = list(_operations(content_type, body, depth=0))
    if len(found) > OPERATIONS_MAX:
        raise bad_query(f"A batch may have at most {OPERATIONS_MAX} operations.")
    return found


def batch_response(answers: list[Response], *, boundary: str) -> Response:
    """Put the answers together, in the order of the questions."""
    parts = [_part(one, boundary) for one in answers]
    return Response(
        headers=[("Content-Type", f'multipart/mixed; boundary="{boundary}"')],
        body=b"".join(parts) + f"--{boundary}--\r\n".encode(),
    )


def _operations(content_type: str, body: bytes, *, depth: int) -> Iterator[Operation]:
    boundary = _BOUNDARY.search(content_type)
    if boundary is None or depth > 1:
        raise bad_query("The batch has no boundary.")
    for part in _parts(body, boundary[1].encode()):
        headers, rest = _headers(part)
        kind = headers.get("content-type", "")
        if kind.casefold().startswith("multipart/mixed"):
            yield from _operations(kind, rest, depth=depth + 1)
        else:
            yield _operation(rest)


def _parts(body: bytes, boundary: bytes) -> Iterator[bytes]:
    pieces = (b"\r\n" + body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")).split(
        b"\r\n--" + boundary
    )
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return
        yield piece.lstrip(b"\r\n")


def _headers(part: bytes) -> tuple[dict[str, str], bytes]:
    head, _, rest = part.partition(b"\r\n\r\n")
    lines = head.decode("utf-8", "replace").split("\r\n")
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name.strip().casefold(): value.strip() for name, _, value in pairs}, rest


def _operation(text: bytes) -> Operation:
    line, _, rest = text.lstrip(b"\r\n").partition(b"\r\n")
    read = _REQUEST_LINE.fullmatch(line.decode("utf-8", "replace").strip())
    if read is None:
        raise bad_query("The batch has a request line that is not well formed.")
    headers, body = _headers(rest)
    if rest.startswith(b"\r\n"):
        headers, body = {}, rest[2:]
    # A space in an address is not HTTP, but clients send them within batches, and are answered.
    return Operation(
        method=read[1], url=read[2].replace(" ", "%20"), headers=headers, body=body.strip(b"\r\n")
    )


def _part(answer: Response, boundary: str) -> bytes:
    kind = next((value for name, value in answer.headers if name == "Content-Type"), "text/plain")
    body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
    head = (
        f"--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
        f"\r\nHTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Error')}\r\n"
        f"CONTENT-TYPE: {kind}\r\n"
    )
    told = "".join(
        f"{name.upper()}: {value}\r\n"
        for name, value in answer.headers
        if name in {"ETag", "Retry-After"}
    )
    return f"{head}{told}\r\n".encode() + body + b"\r\n"
