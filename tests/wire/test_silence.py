"""A server that falls silent in the middle of an answer is told from a connection that breaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import urllib3

from strongroom.errors import TransientError
from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Response
from strongroom.lab.server import LabServer
from strongroom.pace.patience import NoAnswerInTime
from strongroom.wire import http as small_requests
from strongroom.wire.http import HttpsClient
from strongroom.wire.tls import Trust
from tests.fakes.hand_clock import HandClock


@pytest.fixture
def client() -> Iterator[tuple[HttpsClient, LabServer]]:
    with LabServer(Estate(seed=1)) as server:
        trust = Trust(ca_pem=server.ca_pem.decode())
        with HttpsClient(clock=HandClock(), trust=trust) as https:
            yield https, server


def test_silence_is_no_answer_in_time(
    client: tuple[HttpsClient, LabServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    https, server = client
    is_over = threading.Event()

    def half() -> Iterator[bytes]:
        # Enough that it is not kept back.
        yield b"x" * 100_000
        is_over.wait(30)

    server.pages["/silent"] = lambda _: Response(body=half())
    monkeypatch.setattr(small_requests, "_TIMEOUT", urllib3.Timeout(connect=15.0, read=0.2))
    try:
        with pytest.raises(NoAnswerInTime, match="fell silent"):
            https.request("GET", f"{server.url}/silent")
    finally:
        is_over.set()


def test_a_break_is_another_matter(client: tuple[HttpsClient, LabServer]) -> None:
    https, server = client
    server.pages["/cut"] = lambda _: Response(body=b"half of it", cuts=True)
    with pytest.raises(TransientError, match="broke") as caught:
        https.request("GET", f"{server.url}/cut")
    assert not isinstance(caught.value, NoAnswerInTime)
