"""Cookies are fetched once for all lines, anew when they end, and never after a denial."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from strongroom.errors import AccessDenied, SignInEnded, TransientError
from strongroom.lab.entra.words import User
from strongroom.lab.https import Response
from strongroom.lab.server import LabServer
from strongroom.wire.sharepoint import CookieSignIn
from tests.wire_sharepoint.conftest import PASSWORD, LegacyFor
from tests.wire_sharepoint.looking import look


class _Server:
    def __init__(self, *, refusal: Exception | None = None) -> None:
        self.asked = 0
        self.refusal = refusal

    def fetch(self) -> Mapping[str, str]:
        self.asked += 1
        if self.refusal is not None:
            raise self.refusal
        return {"FedAuth": f"canary{self.asked}"}


def test_many_lines_share_one_sign_in() -> None:
    server, lines, seen = _Server(), 8, []
    sign_in = CookieSignIn("ann", server.fetch)
    together = threading.Barrier(lines)

    def work() -> None:
        together.wait()
        seen.append(sign_in.headers()["Cookie"])

    threads = [threading.Thread(target=work) for _ in range(lines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["FedAuth=canary1"] * lines
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
        with pytest.raises(SignInEnded, match="wrong"):
            sign_in.headers()
    assert server.asked == 3


def test_a_site_that_refuses_even_new_cookies_is_not_asked_for_ever(
    legacy: LegacyFor, ann: User, server: LabServer
) -> None:
    asked = []

    def refuse(_: object) -> Response:
        asked.append(1)
        return Response(status=401)

    sign_in = legacy(PASSWORD)
    server.pages["/_api/"] = refuse
    with pytest.raises(AccessDenied, match="is not taken"):
        look(server, sign_in)
    assert len(asked) == 2
