"""Graph as the lab has it behind real HTTPS, and Graph as a script of answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import orjson
import pytest

from strongroom.lab.entra.words import Application
from strongroom.lab.graph.face import GraphFace
from strongroom.lab.server import LabServer
from strongroom.pace.pace import Pace
from strongroom.slots.api import Sample
from strongroom.wire.graph.connection import GraphConnection
from strongroom.wire.http import HttpAnswer, HttpsClient
from strongroom.wire.sign_in import BearerSignIn
from strongroom.wire.tls import Trust
from tests.fakes.hand_clock import HandClock
from tests.fakes.heard_samples import hearing
from tests.fakes.patient_clock import PatientClock
from tests.lab_entra.conftest import (
    ann,
    app,
    client,
    clock,
    csdl,
    directory,
    entra,
    graph,
    pool,
    server,
    signer,
    tenant,
)
from tests.lab_entra.graph_client import GraphClient

__all__ = [
    "ann",
    "app",
    "client",
    "clock",
    "csdl",
    "directory",
    "entra",
    "graph",
    "pool",
    "server",
    "signer",
    "tenant",
]

GRAPH = "https://graph.example"
AsApplication = Callable[[Application], GraphConnection]


@pytest.fixture
def as_application(
    server: LabServer, graph: GraphFace, client: GraphClient, clock: HandClock
) -> Iterator[AsApplication]:
    """Give our own client, with a token for what the application may do at that moment."""
    with HttpsClient(clock=clock, trust=Trust(ca_pem=server.ca_pem.decode())) as https:

        def make(app: Application) -> GraphConnection:
            token = client.as_application(app).token
            return GraphConnection(
                https,
                graph.url,
                BearerSignIn("Keeper", lambda: token),
                clock=clock,
                pace=Pace(clock),
                random=Random(1),
            )

        yield make


@dataclass
class Sent:
    """One request as it was sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Script:
    """Answers one request after the other; the last answer for ever."""

    answers: list[HttpAnswer]
    sent: list[Sent] = field(default_factory=list)

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> HttpAnswer:
        self.sent.append(Sent(method, url, headers or {}, body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def answer(status: int, document: object = None, **headers: str) -> HttpAnswer:
    """Make an answer; a header's name is written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return HttpAnswer(
        status=status,
        headers=named,
        header_values={name: (value,) for name, value in named.items()},
        body=body,
        round_trip_s=0.02,
    )


def refused(status: int, code: str, **headers: str) -> HttpAnswer:
    """Make an answer in Graph's error envelope."""
    said = {"code": code, "message": "CANARY of somebody@lab.example", "innerError": {}}
    return answer(status, {"error": said}, **headers)


class Tokens:
    """A token, and the next one where a server refuses it."""

    def __init__(self, *tokens: str) -> None:
        self.left = list(tokens)
        self.challenges: list[tuple[str, ...]] = []

    def token(self) -> str:
        return self.left[0]

    def renew(self, challenges: Sequence[str]) -> bool:
        self.challenges.append(tuple(challenges))
        if len(self.left) == 1:
            return False
        self.left.pop(0)
        return True


def scripted(
    *answers: HttpAnswer, tokens: Tokens | None = None, heard: list[Sample] | None = None
) -> tuple[GraphConnection, Script, PatientClock]:
    """Give a connection to a Graph that answers just that."""
    script, patient = Script(list(answers)), PatientClock()
    held = tokens or Tokens("t0ken")
    made = GraphConnection(
        script,
        GRAPH,
        BearerSignIn("Keeper", held.token, renew=held.renew),
        clock=patient,
        pace=Pace(patient, deciders=hearing([] if heard is None else heard)),
        random=Random(1),
    )
    return made, script, patient
