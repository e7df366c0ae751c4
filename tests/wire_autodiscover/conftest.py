"""A mailbox that is looked for, in an internet where anybody may answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
import urllib3.util.connection

from strongroom.lab.autodiscover import AutodiscoverFace
from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Request, Response
from strongroom.lab.sign_in.door import Door
from strongroom.lab.sign_in.words import Entered, Rules
from strongroom.wire import metadata_addresses
from strongroom.wire.autodiscover import (
    Authenticator,
    ConnectionAuthenticator,
    Discovered,
    HeaderAuthenticator,
    NotDiscovered,
    Outcome,
    PlainGet,
    RedirectQuestion,
    ServicePoint,
    ServiceRecord,
    Ways,
    discover,
)
from strongroom.wire.http import HttpClient
from strongroom.wire.sign_in import BasicSignIn
from strongroom.wire.sign_in.windows import NtlmSignIn
from strongroom.wire.transport import Transport
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import canary
from tests.wire_autodiscover.internet import Internet

ADDRESS = "ann@contoso.example"
PASSWORD = canary("backup account's")
NAMES = (
    "contoso.example",
    "autodiscover.contoso.example",
    "mail.contoso.example",
    "deep.mail.contoso.example",
    "fabrikam.example",
    "autodiscover.fabrikam.example",
    "evil.example",
    "evilcontoso.example",
    "contoso.example.evil.example",
    "autodiscover.example",
    "xn--contso-zqf.example",
    "contoso-mail.example",
    "autodiscover-s.outlook.com",
    "outlook.office365.com",
)


class CannedRecords:
    """DNS that answers from a dictionary."""

    def __init__(self) -> None:
        self.records: dict[str, list[ServiceRecord]] = {}
        self.asked: list[str] = []

    def find(self, name: str) -> Sequence[ServiceRecord]:
        self.asked.append(name)
        return self.records.get(name, [])

    def add(self, target: str, *, priority: int = 0, weight: int = 0, port: int = 443) -> None:
        record = ServiceRecord(priority=priority, weight=weight, port=port, target=target)
        self.records.setdefault("_autodiscover._tcp.contoso.example", []).append(record)


class CannedPoints:
    """A directory that answers from a list."""

    def __init__(self, *urls: str) -> None:
        self._points = [ServicePoint(url=url, rank=1) for url in urls]

    def find(self, domain: str) -> Sequence[ServicePoint]:
        return self._points


@dataclass
class Person:
    """Says yes to some targets and no to all others; remembers what it was asked."""

    yes_to: set[str] = field(default_factory=set)
    asked: list[RedirectQuestion] = field(default_factory=list)

    def __call__(self, question: RedirectQuestion) -> bool:
        self.asked.append(question)
        return question.target in self.yes_to


class World:
    """An organisation with Exchange, and whoever else is on the internet.

    Attributes:
        face: Its Autodiscover; in no place until a test puts it there.
        offers: Ways to sign in that it offers.
    """

    def __init__(self, internet: Internet) -> None:
        self.internet = internet
        self.estate = Estate(domain="contoso.example")
        self.ann = self.estate.add_mailbox(ADDRESS, "Ann Öz", password=PASSWORD)
        self.ews_url = "https://mail.contoso.example/EWS/Exchange.asmx"
        self.offers = ["Negotiate", "NTLM", "Basic"]
        self.door = Door(self.estate)
        self.face = AutodiscoverFace(self.estate, ews_url=lambda: self.ews_url, sign_in=self.check)
        # A search that finds nothing by a sign-in would find it there.
        self.face.has_json = False
        self.dns = CannedRecords()
        self.person = Person()
        self.directory: CannedPoints | None = None
        self.password = PASSWORD

    def check(self, request: Request) -> Entered | Response:
        return self.door.enter(request, Rules(schemes=tuple(self.offers)))

    def serve(self, *hosts: str, answer: Callable[[Request], Response] | None = None) -> None:
        """Put Autodiscover, or something else, at hosts."""
        for host in hosts:
            self.internet.sites[host] = answer or self.face.answer

    def basic(self, http: HttpClient) -> Authenticator:
        return HeaderAuthenticator(BasicSignIn(ADDRESS, self.password), scheme="Basic", http=http)

    def ntlm(self, _: HttpClient) -> Authenticator:
        return ConnectionAuthenticator(
            NtlmSignIn(ADDRESS, self.password),
            open_transport=lambda url, sign_in: Transport(
                url, sign_in, clock=HandClock(), trust=self.internet.trust
            ),
        )

    def discover(
        self, address: str = ADDRESS, *, named: Sequence[str] = (), by: str = "basic"
    ) -> Discovered:
        """Search, signing in by ``basic`` or ``ntlm``, or not at all (``nobody``)."""
        with self.internet.client() as http:
            ways_in = {"basic": self.basic, "ntlm": self.ntlm}
            return discover(
                address,
                http=http,
                sign_in=None if by == "nobody" else ways_in[by](http),
                ways=Ways(dns=self.dns, directory=self.directory, plain=PlainGet(), named=named),
                confirm=self.person,
            )

    def discover_nothing(self, address: str = ADDRESS, *, by: str = "basic") -> NotDiscovered:
        with pytest.raises(NotDiscovered) as told:
            self.discover(address, by=by)
        return told.value

    @property
    def hosts_with_credentials(self) -> list[str]:
        return self.internet.hosts_with_credentials(PASSWORD, self.password)


def redirect(to: str, status: int = 302) -> Callable[[Request], Response]:
    return lambda _: Response(status=status, headers=[("Location", to)])


def refused(told: NotDiscovered) -> list[str]:
    return [attempt.told for attempt in told.attempts if attempt.outcome is Outcome.REFUSED]


@pytest.fixture(scope="session")
def whole_internet() -> Iterator[Internet]:
    with Internet(NAMES) as internet:
        yield internet


@pytest.fixture
def world(whole_internet: Internet, monkeypatch: pytest.MonkeyPatch) -> World:
    internet = whole_internet
    for kept in (internet.sites, internet.unproven, internet.plain, internet.heard):
        kept.clear()
    internet.plain_heard.clear()
    internet.plain_status = 302
    monkeypatch.setattr(urllib3.util.connection, "create_connection", internet.connect)
    # Its names lead to nowhere else, and the machine's name service is not to be asked for them.
    monkeypatch.setattr(metadata_addresses, "look_up", lambda _: ["127.0.0.1"])
    return World(internet)
