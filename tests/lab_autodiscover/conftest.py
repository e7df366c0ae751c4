"""The face, spoken to without a network."""

from __future__ import annotations

import pybase64
import pytest

from strongroom.lab.autodiscover import AutodiscoverFace
from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Request, Response
from strongroom.lab.sign_in.door import Door
from strongroom.lab.sign_in.words import Rules
from tests.fakes.hand_clock import HandClock

ANN, BEN = "ann@lab.example", "ben@lab.example"
PASSWORD = "pw"
SOAP, POX = "/autodiscover/autodiscover.svc", "/autodiscover/autodiscover.xml"


class Client:
    """Sends requests as Ann."""

    def __init__(self) -> None:
        self.estate = Estate(clock=HandClock())
        self.ann = self.estate.add_mailbox(ANN, "Ann & Sons", password=PASSWORD)
        self.ben = self.estate.add_mailbox(BEN, "Ben", password=PASSWORD, archive=False)
        door = Door(self.estate)
        self.face = AutodiscoverFace(
            self.estate,
            ews_url=lambda: "https://mail.lab.example/EWS/Exchange.asmx",
            internal_ews_url=lambda: "https://ex01.lab.example/EWS/Exchange.asmx",
            sign_in=lambda request: door.enter(request, Rules()),
        )

    def send(
        self, method: str, path: str, body: str = "", *, password: str | None = PASSWORD
    ) -> Response:
        headers = {"host": "mail.lab.example"}
        if password is not None:
            coded = pybase64.b64encode(f"{ANN}:{password}".encode()).decode()
            headers["authorization"] = f"Basic {coded}"
        return self.face.answer(
            Request(method=method, path=path, headers=headers, body=body.encode())
        )

    def text(self, method: str, path: str, body: str = "") -> str:
        response = self.send(method, path, body)
        assert response.status == 200
        assert isinstance(response.body, bytes)
        return response.body.decode()


@pytest.fixture
def client() -> Client:
    return Client()
