"""What is sent with one request, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import urllib3
from urllib3.exceptions import HTTPError

from strongroom.errors import StrongroomError
from strongroom.wire.traffic import TrafficMeter

PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A request's body in pieces, so that tens of megabytes need not lie in one string.

    Attributes:
        pieces: The bytes, in order, read once.
        length: Their exact number.
    """

    pieces: Iterable[bytes]
    length: int


class AnswerTooLarge(StrongroomError):
    """An answer passed the bound that its reader set; the rest of it was not read."""


class Reply:
    """One answer. A context manager: leaving it frees the connection, for reuse if all was read.

    Attributes:
        status: HTTP status code.
        round_trip_s: From sending the first byte to having the status line, in seconds.
        had_success: An earlier request was let in, so a refusal may be one that passes.
        byte_count: Bytes of the body that were read so far.
    """

    def __init__(
        self,
        response: urllib3.BaseHTTPResponse,
        *,
        had_success: bool,
        meter: TrafficMeter,
        round_trip_s: float,
        broken: Callable[[BaseException], StrongroomError],
    ) -> None:
        self.status = response.status
        self.round_trip_s = round_trip_s
        self.had_success = had_success
        self._response = response
        self._meter = meter
        self._broken = broken
        self.byte_count = 0
        self._is_read = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def header(self, name: str) -> str:
        """Give a header's last value (the hop nearest to us), or an empty string."""
        values = self._response.headers.getlist(name)
        return values[-1] if values else ""

    def header_values(self, name: str) -> list[str]:
        """Give every value of a header, in order."""
        return list(self._response.headers.getlist(name))

    def pieces(self) -> Iterator[bytes]:
        """Read the body as it comes in, at most 64 KiB at a time.

        Raises:
            TransientError: it broke off (reads).
            OutcomeUnknown: it broke off (writes).
        """
        try:
            for piece in self._response.stream(PIECE_BYTES):
                self._meter.add(bytes_read=len(piece))
                self.byte_count += len(piece)
                yield piece
        except (HTTPError, OSError) as error:
            raise self._broken(error) from error
        self._is_read = True

    def read(self, bytes_max: int) -> bytearray:
        """Read the whole body.

        Raises:
            AnswerTooLarge: it has more than ``bytes_max`` bytes.
            TransientError: it broke off (reads).
            OutcomeUnknown: it broke off (writes).
        """
        body = bytearray()
        for piece in self.pieces():
            body += piece
            if len(body) > bytes_max:
                raise AnswerTooLarge(f"The server's answer is larger than {bytes_max:,} bytes.")
        return body

    def close(self) -> None:
        """Free the connection; one whose answer was not read to the end is not used again."""
        if not self._is_read:
            self._response.close()
        self._response.release_conn()
