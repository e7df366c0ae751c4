"""Small HTTPS requests beside the data path: discovery, sign-in, registration, tests.

One attempt, no redirects followed, no cookies kept, nothing taken from the environment: no proxy,
no netrc, no authorities. The data path has a transport of its own (``wire.transport``), because it
moves gigabytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from strongroom.clock import Clock
from strongroom.errors import TransientError
from strongroom.pace.patience import NoAnswerInTime
from strongroom.wire.metadata_addresses import refuse_metadata
from strongroom.wire.origins import Origin
from strongroom.wire.tls import Trust, unreachable

ANSWER_BYTES_MAX = 4 * 1024 * 1024
"""Discovery and sign-in answer a few kilobytes; more is somebody's attempt on our memory."""

_TIMEOUT = urllib3.Timeout(connect=15.0, read=60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """One answer, read whole.

    Attributes:
        status: HTTP status code.
        headers: Names in small letters; a header that came more than once, joined by ``, ``.
        header_values: Every value of every header, names in small letters (``set-cookie``).
        body: As sent, at most ``ANSWER_BYTES_MAX``.
        round_trip_s: From sending to having the whole answer, in seconds.
    """

    status: int
    headers: Mapping[str, str]
    header_values: Mapping[str, tuple[str, ...]]
    body: bytes
    round_trip_s: float

    def header(self, name: str) -> str:
        """Give a header's value, or an empty string."""
        return self.headers.get(name.lower(), "")


class HttpClient(Protocol):
    """Sends one request. Safe in many threads."""

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> HttpAnswer:
        """Send one request and read its answer, whatever its status.

        Raises:
            ForbiddenOrigin: the URL is not https.
            OperatorError: the host is nowhere that we may go.
            ServerUnreachable: nobody answers, or who answers could not prove its name.
            TransientError: the connection broke, or the answer is too large.
        """


class HttpsClient:
    """The real one. A context manager: leaving it closes its connections.

    Args:
        clock: For round-trip times.
        trust: Whose certificates are believed.
        proxy: ``http://host:port`` of the connection's own proxy, or None. Never the environment's.
    """

    def __init__(self, *, clock: Clock, trust: Trust, proxy: str | None = None) -> None:
        self._clock = clock
        self._resolves = proxy is None
        if proxy is None:
            self._pool = urllib3.PoolManager(**trust.pool_arguments())
        else:
            self._pool = urllib3.ProxyManager(proxy, **trust.pool_arguments())

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> HttpAnswer:
        """As the interface says."""
        origin = Origin.of(url)
        refuse_metadata(origin.host, is_resolved_here=self._resolves)
        sent_s = self._clock.monotonic_s()
        try:
            response = self._pool.request(
                method,
                url,
                body=body or None,
                headers={"Accept-Encoding": "identity", **(headers or {})},
                retries=False,
                redirect=False,
                preload_content=False,
                timeout=_TIMEOUT,
            )
        except (HTTPError, OSError) as error:
            raise unreachable(origin.host, error) from error
        try:
            content = _read(response)
        except (ReadTimeoutError, TimeoutError) as error:
            raise NoAnswerInTime(f"{origin.host} fell silent in its answer.") from error
        except (HTTPError, OSError) as error:
            raise TransientError(
                f"The connection to {origin.host} broke.", why=f"{type(error).__name__}."
            ) from error
        finally:
            response.close()
        if len(content) > ANSWER_BYTES_MAX:
            raise TransientError(f"{origin.host} answered more than can be meant.")
        names = {name.lower() for name in response.headers}
        values = {name: tuple(response.headers.getlist(name)) for name in names}
        return HttpAnswer(
            status=response.status,
            headers={name: ", ".join(several) for name, several in values.items()},
            header_values=values,
            body=content,
            round_trip_s=self._clock.monotonic_s() - sent_s,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    """Read on until nothing more comes: only then the library sees that an answer was cut short."""
    content = bytearray()
    while len(content) <= ANSWER_BYTES_MAX:
        piece = response.read(ANSWER_BYTES_MAX + 1 - len(content), decode_content=False)
        if not piece:
            break
        content += piece
    return bytes(content)


def path_of(url: str) -> str:
    """Give a URL's path without its query, for messages: queries hold tokens."""
    return urlsplit(url).path or "/"
