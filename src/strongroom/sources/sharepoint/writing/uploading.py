"""Sending the bytes of one file: in one request, or in pieces that go on by what the server has.

Source:
    https://learn.microsoft.com/sharepoint/dev/solution-guidance/upload-large-files-sample-app-for-sharepoint
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from uuid import UUID

from strongroom.errors import IntegrityError, OutcomeUnknown
from strongroom.sources.sharepoint.writing.sending import send
from strongroom.sources.sharepoint.writing.standing import Document
from strongroom.wire.reply import Body
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.files import (
    CHUNK_BYTES,
    OVERWRITE,
    cancel_upload,
    check_in,
    check_out,
    continue_upload,
    finish_upload,
    start_upload,
    upload_file,
)
from strongroom.wire.sharepoint.writing.request import Paths

WHOLE_BYTES_MAX = 2 * CHUNK_BYTES
"""Up to here a file goes in one request, from memory."""


def send_file(
    rest: RestConnection,
    paths: Paths,
    path: str,
    pieces: Iterable[bytes],
    *,
    size: int,
    overwrites: bool,
    has_chunks: bool,
) -> None:
    """Send a file's bytes.

    Args:
        rest: The connection.
        paths: How the server names things.
        path: Of the file on the server.
        pieces: Its bytes, read once.
        size: How many there are, for servers that take no pieces and must be told before.
        overwrites: A file of that name becomes an older version; else the server refuses.
        has_chunks: The server takes pieces.

    Raises:
        OutcomeUnknown: it may be there, whole or in part.
        TransientError: it is certainly not there.
        SiteRefused, SiteDenied: the server's no.
        IntegrityError: there are more or fewer bytes than was saved that there are.
    """
    folder, _, name = path.rpartition("/")
    stream = iter(pieces)
    start, is_all = _first(stream)
    if is_all:
        send(rest, upload_file(paths, folder, name, start, overwrites=overwrites))
        return
    rest_of_it = chain((start,), stream)
    if not has_chunks:
        body = Body(pieces=_counted(rest_of_it, size), length=size)
        send(rest, upload_file(paths, folder, name, body, overwrites=overwrites))
        return
    if overwrites:
        _send_pieces(rest, paths, path, _chunks(rest_of_it))
        return
    # Pieces are added to a file that is there, if only as an empty one. It is taken for oneself
    # and given back in place of that one, which would be the first version otherwise.
    send(rest, upload_file(paths, folder, name, b"", overwrites=False))
    send(rest, check_out(paths, path))
    _send_pieces(rest, paths, path, _chunks(rest_of_it))
    send(rest, check_in(paths, path, "", OVERWRITE))


def _first(stream: Iterator[bytes]) -> tuple[bytes, bool]:
    """Read the beginning of a file; say whether that is all of it."""
    found = bytearray()
    for piece in stream:
        found += piece
        if len(found) > WHOLE_BYTES_MAX:
            return bytes(found), False
    return bytes(found), True


def _counted(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    count = 0
    for piece in pieces:
        count += len(piece)
        if count > size:
            break
        yield piece
    if count != size:
        raise IntegrityError(
            "A saved file has another length than was saved.", why=f"{count:,} of {size:,} bytes."
        )


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut the bytes into pieces of the size that the server is sent."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= CHUNK_BYTES:
            yield bytes(waiting[:CHUNK_BYTES])
            del waiting[:CHUNK_BYTES]
    if waiting:
        yield bytes(waiting)


def _send_pieces(rest: RestConnection, paths: Paths, path: str, chunks: Iterator[bytes]) -> None:
    upload_id = str(UUID(hex=rest.draw(), version=4))
    offset = 0
    chunk = next(chunks)
    try:
        while (following := next(chunks, None)) is not None:
            if offset:
                question = continue_upload(paths, path, upload_id, offset, chunk)
            else:
                question = start_upload(paths, path, upload_id, chunk)
            offset = _piece(rest, question, offset, len(chunk))
            chunk = following
        _finish(rest, paths, path, upload_id, offset, chunk)
    except (SiteRefused, SiteDenied):
        _cancel(rest, paths, path, upload_id)
        raise


def _piece(rest: RestConnection, question: Question, offset: int, length: int) -> int:
    """Send one piece; where its answer does not come, ask again by the place where it belongs.

    The server takes a piece only where the last one ended. So if the first try arrived, the second
    is refused, and nothing is there twice.
    """
    expected = offset + length
    try:
        told = send(rest, question)
    except OutcomeUnknown:
        try:
            told = send(rest, question)
        except SiteRefused:
            return expected
    has = _offset(told)
    if has != expected:
        raise OutcomeUnknown(
            "A file that was sent in pieces has a hole.",
            why=f"The server has {has:,} bytes of {expected:,}.",
        )
    return expected


def _finish(
    rest: RestConnection, paths: Paths, path: str, upload_id: str, offset: int, chunk: bytes
) -> None:
    question = finish_upload(paths, path, upload_id, offset, chunk)
    try:
        send(rest, question)
    except OutcomeUnknown:
        # The whole is there once it has its whole length: nothing of it shows before.
        if _length(rest, paths, path) != offset + len(chunk):
            send(rest, question)


def _cancel(rest: RestConnection, paths: Paths, path: str, upload_id: str) -> None:
    try:
        send(rest, cancel_upload(paths, path, upload_id))
    except (SiteRefused, SiteDenied, OutcomeUnknown):
        return  # the server drops it by itself after a day


def _length(rest: RestConnection, paths: Paths, path: str) -> int:
    told = rest.get(f"{paths.file(path)}?$select=Length", Document)
    return int(str(told.get("Length") or 0))


def _offset(answer: Answer) -> int:
    """Read how many bytes the server has, in any of the ways of saying it."""
    told = answer.read(Document)
    for name in ("value", "StartUpload", "ContinueUpload"):
        value = str(told.get(name) or "")
        if value.isascii() and value.isdigit():
            return int(value)
    raise OutcomeUnknown("The answer about a piece of a file does not say where it ended.")
