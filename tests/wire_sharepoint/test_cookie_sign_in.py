"""Cookies are fetched once for all lanes, anew when they end, and never after a denial."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from strongroom.errors import AccessDenied, OperatorError, TransientError
from strongroom.lab.entra.words import User
from strongroom.lab.https import Response
from strongroom.lab.server import LabServer
from strongroom.wire.http import HttpsClient
from strongroom.wire.origins import Origins
from strongroom.wire.sharepoint import CookieSignIn, probe_site
from strongroom.wire.sign_in import BearerSignIn
from tests.wire_sharepoint.conftest import PASSWORD, LegacyFor


class _Server:
    def __init__(self, *, refusal: Exception | None = None) -> None:
        self.asked = 0
        self.refusal = refusal

    def fetch(self) -> Mapping[str, str]:
        self.asked += 1
        if self.refusal is not None:
            raise self.refusal
        return {"FedAuth": f"canary{self.asked}"}


def test_many_lanes_share_one_sign_in() -> None:
    server, lanes, seen = _Server(), 8, []
    sign_in = CookieSignIn("ann", server.fetch)
    together = threading.Barrier(lanes)

    def work() -> None:
        together.wait()
        seen.append(sign_in.headers()["Cookie"])

    threads = [threading.Thread(target=work) for _ in range(lanes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["FedAuth=canary1"] * lanes
    assert server.asked == 1


def test_a_refused_cookie_is_replaced() -> None:
    sign_in = CookieSignIn("ann", _Server().fetch)
    sign_in.headers()
    assert sign_in.refused([])
    assert sign_in.headers() == {"Cookie": "FedAuth=canary2"}
    assert "canary" not in repr(sign_in)


def test_a_denial_is_final_and_a_failure_is_not() -> None:
    server = _Server(refusal=TransientError("busy"))
    sign_in = CookieSignIn("ann", server.fetch)
    for _ in range(2):
        with pytest.raises(TransientError):
            sign_in.headers()
    assert server.asked == 2
    server.refusal = AccessDenied("wrong")
    for _ in range(3):
        with pytest.raises(AccessDenied):
            sign_in.headers()
    assert server.asked == 3


def test_a_site_that_refuses_even_new_cookies_is_not_asked_for_ever(
    legacy: LegacyFor, ann: User, http: HttpsClient, origins: Origins, server: LabServer
) -> None:
    asked = []

    def refuse(_: object) -> Response:
        asked.append(1)
        return Response(status=401)

    sign_in = legacy(PASSWORD)
    server.pages["/_api/"] = refuse
    with pytest.raises(AccessDenied, match="may not open"):
        probe_site(http, origins, sign_in, site=server.url)
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (403, b"canary", "may not open"),
        (404, b"canary", "no such site"),
        (200, b"<html>canary", "not what SharePoint says"),
        (200, b"[" * 5000, "not what SharePoint says"),
        (200, b'{"Title":5}', "not what SharePoint says"),
        (200, b'{"x":' + b"[" * 100_000, "not what SharePoint says"),
    ],
)
def test_what_is_no_good_answer_of_a_site_is_named_and_not_repeated(
    http: HttpsClient,
    origins: Origins,
    server: LabServer,
    status: int,
    body: bytes,
    said: str,
) -> None:
    server.pages["/_api/"] = lambda _: Response(status=status, body=body)
    with pytest.raises(OperatorError, match=said) as caught:
        probe_site(http, origins, BearerSignIn("app", lambda: "a.b.c"), site=server.url)
    assert "canary" not in f"{caught.value}{caught.value.hint}"
