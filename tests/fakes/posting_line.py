"""Stands for the one client that messages leave by: takes all of them, and sends nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from strongroom.wire.http import HttpAnswer


class PostingLine:
    """The client; what it was given is kept in the class, since each request has one of its own."""

    sent: list[tuple[str, str, Mapping[str, str], Any]]
    proxies: list[str | None]

    def __init__(self, *, clock: object, trust: object, proxy: str | None) -> None:
        self.proxies.append(proxy)

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes
    ) -> HttpAnswer:
        self.sent.append((method, url, headers, json.loads(body)))
        # What each of them says when it has taken a message.
        answer = b"ok" if "slack" in url else b'{"ok": true, "status": "success"}'
        status = 202 if "pagerduty" in url else 200
        return HttpAnswer(
            status=status, headers={}, header_values={}, body=answer, round_trip_s=0.0
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass
