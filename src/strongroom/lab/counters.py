"""What the lab counts, for whoever tests from another process.

``GET /lab/outgoing`` tells the mail that left, or would have; ``GET /lab/requests`` the requests
per operation. Both need the administrator's password: the list names people and subjects.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import asdict

import orjson

from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Request, Response


class Counters:
    """Answers below ``/lab/``. Safe to call from many threads."""

    def __init__(self, estate: Estate, requests: Callable[[], Mapping[str, int]]) -> None:
        self._estate = estate
        self._requests = requests

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        if not is_administrator(self._estate, request.headers.get("authorization", "")):
            return Response(status=401, headers=[("WWW-Authenticate", 'Basic realm="lab"')])
        pages = {"/lab/outgoing": self._outgoing, "/lab/requests": self._request_counts}
        page = pages.get(request.path)
        if page is None or request.method != "GET":
            return Response(status=404)
        body = orjson.dumps(page())
        return Response(headers=[("Content-Type", "application/json")], body=body)

    def _outgoing(self) -> Mapping[str, object]:
        with self._estate.lock:
            sent = list(self._estate.outgoing)
        return {"count": len(sent), "mails": [asdict(mail) for mail in sent]}

    def _request_counts(self) -> Mapping[str, object]:
        counts = dict(self._requests())
        return {"count": sum(counts.values()), "operations": counts}


def is_administrator(estate: Estate, header: str) -> bool:
    """Say whether an ``Authorization`` header is the administrator's name and password."""
    scheme, _, encoded = header.partition(" ")
    if scheme.casefold() != "basic":
        return False
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    account = estate.sign_in(user, password)
    return account is not None and account.may_impersonate
