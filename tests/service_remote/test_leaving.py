"""Whoever leaves while they are to sign in has not signed in, whatever their browser does later."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

import pytest

from strongroom.errors import Interrupted
from strongroom.service.application import Application
from strongroom.service.details import EXCHANGE_ONLINE, ConnectionDetails
from strongroom.service.ports import Ports, Prompt, SignedIn, SignInPrompt, Sitting
from strongroom.service.registration import (
    Registered,
    RegistrationReport,
    RegistrationWish,
)
from strongroom.service.remote.proxy import RemoteApplication
from strongroom.vault.secret import Secret
from tests.fakes.mail_server import World
from tests.service_remote.support import Service

SHOWN = SignInPrompt(way="browser", url="https://login.example/", code="", lasts_s=60)
PERSON = ConnectionDetails(
    kind=EXCHANGE_ONLINE, tenant="example.com", client_id="app", auth="browser"
)


@dataclass
class Patient(World):
    """A tenant that waits for people, and finishes once they have left."""

    left: threading.Event = field(default_factory=threading.Event)

    def ports(self) -> Ports:
        return replace(super().ports(), sign_in_person=self.sign_in_person, register=self.register)

    def sign_in_person(self, details: ConnectionDetails, prompt: Prompt) -> SignedIn:
        self._wait(prompt)
        return SignedIn(token_cache=Secret("tokens"), user="ann", owner="entra:tenant:ann")

    def register(
        self, details: ConnectionDetails, wish: RegistrationWish, prompt: Prompt
    ) -> Registered:
        self._wait(prompt)
        report = RegistrationReport(
            tenant="t", administrator="admin", signed_in_through="tools", applications=()
        )
        return Registered(client_id="app", certificate=Secret("pem"), report=report)

    def _wait(self, prompt: Prompt) -> None:
        assert isinstance(prompt, Sitting)
        prompt(SHOWN)
        tick = threading.Event()
        while not prompt.is_over():
            tick.wait(0.01)
        self.left.set()


@pytest.fixture
def world() -> Patient:
    return Patient()


def leave(_: SignInPrompt) -> None:
    raise KeyboardInterrupt


def test_a_person_who_leaves_adds_no_connection(
    service: Service, remote: RemoteApplication, application: Application, world: Patient
) -> None:
    with pytest.raises(KeyboardInterrupt):
        remote.as_verbs().connections.add("mine", PERSON, prompt=leave)
    assert world.left.wait(30), "the service noticed"
    service.server.close()  # which waits until nobody works any more
    assert "mine" not in {one.name for one in application.connections.all()}


def test_an_administrator_who_leaves_has_no_connection_registered(
    service: Service, remote: RemoteApplication, application: Application, world: Patient
) -> None:
    details = replace(PERSON, auth="certificate", client_id="")
    with pytest.raises(KeyboardInterrupt):
        remote.as_verbs().connections.add_registered("new", details, RegistrationWish(), leave)
    assert world.left.wait(30), "the service noticed"
    service.server.close()  # which waits until nobody works any more
    assert "new" not in {one.name for one in application.connections.all()}


def test_who_is_here_still_is_waited_for(application: Application, world: Patient) -> None:
    looks = iter([False, False, True])
    with pytest.raises(Interrupted, match="has left"):
        application.connections.add(
            "mine", PERSON, prompt=lambda _: None, stop=lambda: next(looks, True)
        )
    assert world.left.is_set()
