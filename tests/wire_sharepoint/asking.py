"""A connection to a server that answers whatever a test says, and what it heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from random import Random

from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget
from strongroom.wire.sharepoint import CookieSignIn
from strongroom.wire.sharepoint.rest import ALWAYS, RestConnection
from strongroom.wire.sign_in import BearerSignIn, SignIn
from strongroom.wire.tls import Trust
from strongroom.wire.transport import Transport
from tests.fakes.hand_clock import HandClock

VERSION = [("MicrosoftSharePointTeamServices", "16.0.0.25514")]


def by_token() -> BearerSignIn:
    return BearerSignIn("application 1", lambda: "aaa.bbb.ccc")


def by_cookie() -> CookieSignIn:
    return CookieSignIn("ann", lambda: {"FedAuth": "cookie"})


class Scripted:
    """Answers in turn what a test says, and remembers what was asked."""

    def __init__(self, *answers: Response | Callable[[Request], Response]) -> None:
        self.answers = list(answers)
        self.heard: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.heard.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer if isinstance(answer, Response) else answer(request)


@contextmanager
def connected(
    server: LabServer,
    clock: HandClock,
    answer: Callable[[Request], Response],
    sign_in: SignIn | None = None,
    *,
    tries: int = 4,
) -> Iterator[RestConnection]:
    """Connect to a site of the server, all of whose pages give the answer."""
    server.pages["/sites/"] = answer
    transport = Transport(
        f"{server.url}/sites/a/_api/contextinfo",
        sign_in or by_token(),
        clock=clock,
        trust=Trust(ca_pem=server.ca_pem.decode()),
        headers=ALWAYS,
    )
    try:
        yield RestConnection(
            transport,
            clock=clock,
            pace=Pace(clock),
            random=Random(1),
            budget=Budget(wait_s=600, tries=tries),
        )
    finally:
        transport.close()


def json(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    told = [*VERSION, *(headers or {}).items()]
    return Response(status=status, headers=told, body=body)


def no(status: int, code: str) -> Response:
    return json(b'{"odata.error":{"code":"' + code.encode() + b'","message":{}}}', status)
