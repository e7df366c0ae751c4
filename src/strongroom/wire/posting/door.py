"""The only way out for messages: what apprise's plugins have in place of ``requests``.

A plugin would prove the server's name by the authorities that the environment names, take a proxy
and passwords from there, follow the server elsewhere, and tell nobody what went wrong. Here it is
as everywhere else in this program: TLS 1.2 and up, the system's authorities or those that were
given, one attempt, no redirects, no addresses where clouds tell secrets. Without TLS nothing leaves
this machine, whatever a plugin or an address asks for. The plugin still says what is sent. Mail has
a door of the same kind (``mail_door``).
"""

from __future__ import annotations

import io
import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from strongroom.clock import Clock
from strongroom.errors import StrongroomError
from strongroom.wire.http import ANSWER_BYTES_MAX, HttpsClient
from strongroom.wire.tls import Trust, known_cause

_TIMEOUT_S = 15.0
_Sent = tuple[int, Mapping[str, str], bytes]
_NOT_WITHOUT_TLS = (
    "It would go without TLS.",
    "Only this very machine is sent to without TLS.",
)
REFUSED_HERE = (
    "Its server is at an address that is never called.",
    "Give the address of a server that takes messages.",
)
_NO_ANSWER = ("It did not answer.", "Check the address and the network.")


@dataclass(slots=True)
class Attempt:
    """One try to send a message: with what, and why it did not work, in words that name no server.

    Attributes:
        why: Empty as long as nothing went wrong.
        hint: What to do now.
    """

    clock: Clock
    trust: Trust
    proxy: str | None = None
    why: str = ""
    hint: str = ""

    def note(self, why: str, hint: str) -> None:
        """Remember what went wrong last."""
        self.why, self.hint = why, hint


CURRENT: ContextVar[Attempt] = ContextVar("strongroom_posting_attempt")


@contextmanager
def attempting(attempt: Attempt) -> Iterator[None]:
    """Let this thread's plugin send, with these means, as long as the block lasts."""
    token = CURRENT.set(attempt)
    try:
        yield
    finally:
        CURRENT.reset(token)


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine, by what is written and not by what names lead to."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class NotSent(requests.RequestException):
    """Nothing was sent, or nobody answered. Plugins take it for a failure, and so it is."""


class HttpDoor:
    """Stands where a plugin has the module ``requests``: its names, and our way of sending."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the module has
        return getattr(requests, name)

    def post(self, url: str, **what: Any) -> requests.Response:  # noqa: ANN401 - as requests has it
        """Send a POST."""
        return self.request("POST", url, **what)

    def put(self, url: str, **what: Any) -> requests.Response:  # noqa: ANN401 - as above
        """Send a PUT."""
        return self.request("PUT", url, **what)

    def get(self, url: str, **what: Any) -> requests.Response:  # noqa: ANN401 - as above
        """Send a GET."""
        return self.request("GET", url, **what)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Any = None,  # noqa: ANN401 - as above
        data: Any = None,  # noqa: ANN401 - as above
        json: Any = None,  # noqa: ANN401 - as above
        headers: Mapping[str, str] | None = None,
        auth: Any = None,  # noqa: ANN401 - as above
        **_decided_here: object,
    ) -> requests.Response:
        """Send a request as ``requests`` would write it.

        How its answer is waited for, whose certificates are believed and whether redirects are
        followed is not the plugin's to say; files are never attached.

        Raises:
            NotSent: nobody took it.
        """
        attempt = CURRENT.get()
        written = requests.Request(
            method, url, params=params, data=data, json=json, headers=headers, auth=auth
        ).prepare()
        answer = _answer(attempt, written)
        if answer is None:
            raise NotSent
        if not 200 <= answer.status_code < 300:
            attempt.note(*_why_of_status(answer.status_code))
        return answer


def _answer(attempt: Attempt, written: requests.PreparedRequest) -> requests.Response | None:
    """Send a request; None: it did not go, and why is noted."""
    url = written.url or ""
    content = _content(written.body)
    headers = {str(name): str(value) for name, value in written.headers.items()}
    parts = urlsplit(url)
    send = _send_plainly if parts.scheme == "http" else _send_by_tls
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        attempt.note(*_NOT_WITHOUT_TLS)
        return None
    try:
        status, named, answered = send(attempt, written.method or "POST", url, headers, content)
    except StrongroomError as error:
        cause = error.__cause__
        attempt.note(*(REFUSED_HERE if cause is None else known_cause(cause) or _NO_ANSWER))
        return None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        attempt.note(*(known_cause(error) or _NO_ANSWER))
        return None
    answer = requests.Response()
    answer.status_code = status
    answer.headers.update(named)
    answer.raw = io.BytesIO(answered)
    return answer


def _content(body: Any) -> bytes:  # noqa: ANN401 - as requests has it
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def _send_by_tls(
    attempt: Attempt, method: str, url: str, headers: Mapping[str, str], content: bytes
) -> _Sent:
    with HttpsClient(clock=attempt.clock, trust=attempt.trust, proxy=attempt.proxy) as client:
        answer = client.request(method, url, headers=headers, body=content)
    return answer.status, answer.headers, answer.body


def _send_plainly(
    attempt: Attempt,  # noqa: ARG001 - as its twin has it
    method: str,
    url: str,
    headers: Mapping[str, str],
    content: bytes,
) -> _Sent:
    """Send to this very machine, past every proxy."""
    with urllib3.PoolManager(retries=False, timeout=_TIMEOUT_S) as pool:
        answer = pool.request(
            method, url, headers=headers, body=content, redirect=False, preload_content=False
        )
        body = answer.read(ANSWER_BYTES_MAX)
        answer.close()
    return answer.status, dict(answer.headers), body


def _why_of_status(status: int) -> tuple[str, str]:
    told = f"(HTTP {status})"
    if 300 <= status < 400:
        return (
            f"It sends us elsewhere {told}, and messages do not follow.",
            "Give the address that it leads to, if that is the right one.",
        )
    if status in {401, 403}:
        return (
            f"It does not take the password or token {told}.",
            "Ask for a new address, and give it: strongroom notify edit NAME --address-file F",
        )
    if status in {404, 410}:
        return (
            f"It knows nothing there {told}.",
            "Look whether the address is still there, and give the right one.",
        )
    if status == 429:
        return f"It has had too many messages {told}.", "Wait; it is tried again."
    if status >= 500:
        return f"It is ill {told}.", "Wait; it is tried again."
    return f"It does not take the message {told}.", "Look whether the address is the right one."
