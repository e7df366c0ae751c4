"""Graph, asked in an administrator's name: one step of a registration at a time.

A directory as large as Microsoft's takes a while to know everywhere what was just made somewhere: a
service principal is refused because its application is "not there", a grant because its service
principal is. Such steps are taken again, within bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import orjson

from strongroom.clock import Clock
from strongroom.errors import (
    AccessDenied,
    OperatorError,
    StrongroomError,
    TransientError,
)
from strongroom.wire.http import HttpAnswer, HttpClient
from strongroom.wire.origins import Origins

T = TypeVar("T")

_PATIENCE_S = 180.0
_FIRST_WAIT_S = 2.0
_WAIT_MAX_S = 20.0
_PAGES_MAX = 100
_NOT_THERE_YET = "NoBackingApplicationObject"
_THERE_ALREADY = b"already exists"


class NotYet(OperatorError):
    """Something is not there, or not known there yet."""


class AlreadyThere(OperatorError):
    """What was to be made is there: an earlier try made it, and is not known everywhere yet."""


class Administration:
    """Works in Graph with an administrator's token. Whoever has it forgets the token afterwards.

    Args:
        http: Sends.
        graph: ``https://graph.microsoft.com``, or the lab's; the token goes there alone.
        token: Gives the administrator's token.
        clock: For waiting.
    """

    def __init__(
        self, http: HttpClient, graph: str, token: Callable[[], str], *, clock: Clock
    ) -> None:
        self._http = http
        self._graph = f"{graph.rstrip('/')}/v1.0"
        self._origins = Origins.of([graph])
        self._token = token
        self._clock = clock

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read one object.

        Raises:
            NotYet: it is not there.
            StrongroomError: in plain words, why it cannot be read.
        """
        return self.patiently(lambda: self._ask("GET", f"{self._graph}/{path}", None))

    def rows(self, path: str) -> Iterator[Mapping[str, Any]]:
        """Read a collection, page after page.

        Raises:
            StrongroomError: as ``get``; or its list has no end.
        """
        url = f"{self._graph}/{path}"
        for _ in range(_PAGES_MAX):
            page = self.patiently(partial(self._ask, "GET", url, None))
            yield from page.get("value", [])
            url = page.get("@odata.nextLink", "")
            if not url:
                return
        raise OperatorError("Microsoft Graph's list has no end.")

    def change(self, method: str, path: str, body: Mapping[str, object] | None) -> Any:  # noqa: ANN401 - JSON
        """Take one step, once. Whoever takes steps that may not be taken twice looks before.

        Raises:
            NotYet: what it stands on is not there, or not known there yet.
            AlreadyThere: there is nothing to be done.
            TransientError: it may or may not have been taken.
            StrongroomError: in plain words, what was refused.
        """
        return self._ask(method, f"{self._graph}/{path}", body)

    def patiently(self, step: Callable[[], T], *, waits: bool = False) -> T:
        """Take a step again while Graph is busy, and where told so until it is known there.

        Args:
            step: May be taken any number of times.
            waits: Whether what the step stands on was made just now.

        Raises:
            StrongroomError: what the last try raised.
        """
        end_s = self._clock.monotonic_s() + _PATIENCE_S
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                return step()
            except (TransientError, NotYet, AlreadyThere) as error:
                is_late = self._clock.monotonic_s() + wait_s > end_s
                if is_late or not (waits or isinstance(error, TransientError)):
                    raise
                asked_s = getattr(error, "retry_after_s", None)
                self._clock.sleep(min(max(wait_s, asked_s or 0.0), _PATIENCE_S))
            wait_s = min(2 * wait_s, _WAIT_MAX_S)

    def _ask(self, method: str, url: str, body: Mapping[str, object] | None) -> Any:  # noqa: ANN401 - JSON
        self._origins.check(url, named_by="the registration")
        headers = {
            "Authorization": f"Bearer {self._token()}",
            "Content-Type": "application/json",
        }
        content = orjson.dumps(body) if body is not None else b""
        answer = self._http.request(method, url, headers=headers, body=content)
        if answer.status >= 400:
            raise _refused(answer)
        return _read(answer.body) if answer.body else {}


def equals(field: str, value: str) -> str:
    """Write a filter: a property has this value."""
    return "$filter=" + quote(f"{field} eq '{_quoted(value)}'")


def any_equals(field: str, value: str) -> str:
    """Write a filter: one of a property's values is this."""
    return "$filter=" + quote(f"{field}/any(t:t eq '{_quoted(value)}')")


def site_path(url: str) -> str:
    """Name a site as Graph does: by its host and its path; a host alone is its root site."""
    place = urlsplit(url)
    path = place.path.rstrip("/")
    return f"{place.netloc}:{quote(path)}" if path else place.netloc


def _quoted(value: str) -> str:
    return value.replace("'", "''")


def _refused(answer: HttpAnswer) -> StrongroomError:
    if answer.status in {401, 403}:
        return AccessDenied(
            "Graph does not let this account register the application.",
            why="Consenting for the whole tenant takes a Privileged Role Administrator or a"
            " Global Administrator; letting an application at a site takes a SharePoint"
            " Administrator as well.",
            hint="Sign in as such an administrator, or register the application by hand.",
        )
    if answer.status == 429 or answer.status >= 500:
        waits = answer.headers.get("retry-after", "")
        return TransientError(
            "Graph is busy.",
            retry_after_s=float(waits) if waits.isdecimal() else None,
            is_throttle=answer.status == 429,
        )
    if answer.status == 409 or (answer.status == 400 and _THERE_ALREADY in answer.body):
        return AlreadyThere(
            "Graph says that this is there already.",
            hint="Do the same again in some minutes: what is there already is gone on with.",
        )
    if answer.status == 404 or _NOT_THERE_YET.encode() in answer.body:
        return NotYet(
            "Graph does not know something that the registration stands on.",
            why="It was made just now and is not known everywhere yet, or somebody deleted it.",
            hint="Do the same again in some minutes: what is there already is gone on with.",
        )
    return OperatorError(
        "Graph refused a step of the registration.",
        why=f"It answered {answer.status}.",
        hint="Try again in a minute, or register the application by hand.",
    )


def _read(body: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        found = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError):
        raise TransientError("Graph gave an answer that cannot be read.") from None
    if not isinstance(found, dict):
        raise TransientError("Graph gave an answer that cannot be read.")
    return found
