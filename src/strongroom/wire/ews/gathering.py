"""Contents as they come in: small ones whole, large ones in pieces, no answer without an end."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.errors import OperatorError, TransientError
from strongroom.wire.ews.fetched import End

PIECES_ABOVE_BYTES = 1024 * 1024
"""A content up to this is handed over as bytes even where the answer is read as a stream."""
ANSWER_BYTES_MAX = 4 * 1024 * 1024 * 1024
"""No server allows items of this size; an answer without end must not fill a storage."""


def bounded(pieces: Iterator[bytes], whose: str) -> Iterator[bytes]:
    """Give an answer's pieces as long as it keeps within bounds.

    Args:
        pieces: As they come in.
        whose: Who answers, as an error says it: ``The server's``.

    Raises:
        OperatorError: it does not end.
    """
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > ANSWER_BYTES_MAX:
            raise OperatorError(f"{whose} answer does not end.", hint="Check what answers there.")
        yield piece


def gathered(events: Iterator[object]) -> bytes | Iterator[bytes]:
    """Give a content that has begun: whole if it is small, else as pieces.

    Raises:
        TransientError: half an answer; out of the pieces, too.
    """
    got: list[bytes] = []
    size = 0
    for event in events:
        if isinstance(event, End):
            return b"".join(got)
        assert isinstance(event, bytes)
        got.append(event)
        size += len(event)
        if size > PIECES_ABOVE_BYTES:
            return _pieces(got, events)
    raise _half()


def _pieces(got: list[bytes], events: Iterator[object]) -> Iterator[bytes]:
    while got:
        yield got.pop(0)
    for event in events:
        if isinstance(event, End):
            return
        assert isinstance(event, bytes)
        yield event
    raise _half()


def _half() -> TransientError:
    return TransientError("The server gave half an answer.")
