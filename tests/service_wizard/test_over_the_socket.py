"""The same conversation with the verbs in another process: questions and sign-ins come across."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from strongroom.service.application import Application
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Confirm, FoundServer, Ports, Prompt, SignedIn, SignInPrompt
from strongroom.service.remote.proxy import RemoteApplication
from strongroom.service.wizard.answers import Setting
from strongroom.service.wizard.wizard import Wizard
from strongroom.service.wizard.words import Done, Question, Raw
from strongroom.vault.secret import Secret
from tests.fakes.mail_server import PASSWORD, SERVER, World
from tests.service_remote.conftest import (
    application,
    bugs,
    house,
    remote,
    serve,
    service,
)
from tests.service_wizard.talk import APPLICATION, NOW

__all__ = ["application", "bugs", "house", "remote", "serve", "service"]


@dataclass
class Talkative(World):
    """An outside that asks and shows something while it works."""

    said: list[bool] = field(default_factory=list)

    def ports(self) -> Ports:
        return replace(
            super().ports(), find_server=self.find_server, sign_in_person=self.sign_in_person
        )

    def find_server(self, details: ConnectionDetails, confirm: Confirm) -> FoundServer:
        self.said.append(confirm(f"Is {SERVER} yours?", ["It is of another domain."]))
        return FoundServer(server=SERVER, attempts=["somewhere: nothing"])

    def sign_in_person(self, details: ConnectionDetails, prompt: Prompt) -> SignedIn:
        prompt(SignInPrompt(way="browser", url="https://login.example/", code="", lasts_s=60))
        return SignedIn(
            token_cache=Secret("tokens"), user="ann@example.com", owner="entra:tenant:ann"
        )


@pytest.fixture
def world() -> Talkative:
    return Talkative()


def talk(wizard: Wizard, *answers: Raw) -> None:
    for answer in answers:
        assert isinstance(wizard.now(), Question)
        wizard.answer(answer)


def test_a_server_is_looked_up_and_its_doubts_are_asked_here(
    remote: RemoteApplication, application: Application, world: Talkative
) -> None:
    verbs = remote.as_verbs()
    wizard = Wizard(verbs.connections, verbs.drafts, Setting(now=NOW))
    begun = ("exchange-onprem", "new", "automatic", "ann@example.com", "usual", "basic")
    talk(wizard, *begun, "backup@example", Secret(PASSWORD))
    asked = wizard.now()
    assert isinstance(asked, Question)
    assert asked.text == f"Is {SERVER} yours?"
    assert [one.text for one in asked.told] == ["It is of another domain."]
    talk(wizard, "yes", "use", "impersonation", "")
    assert world.said == [False, True]
    tried = wizard.now()
    assert "product: Fake" in [line for one in tried.told for line in one.lines]
    talk(wizard, "go-on", "password", Secret("guard"))
    assert [one.name for one in application.connections.all()] == ["office"]
    talk(wizard, "save")
    assert isinstance(wizard.now(), Done)
    assert {one.name for one in application.connections.all()} == {"new", "office"}
    assert application.drafts.load() is None


def test_a_person_is_shown_here_where_to_sign_in(
    remote: RemoteApplication, application: Application
) -> None:
    verbs = remote.as_verbs()
    shown: list[SignInPrompt] = []
    wizard = Wizard(verbs.connections, verbs.drafts, Setting(now=NOW), prompt=shown.append)
    talk(wizard, "exchange-online", "mine", "global", "example.com", "person", "browser")
    talk(wizard, APPLICATION, "roles", "save")
    assert [one.url for one in shown] == ["https://login.example/"]
    assert isinstance(wizard.now(), Done)
    assert application.connections.show("mine").secrets == ("token_cache",)


def test_an_answer_that_the_service_refuses_is_told_here(remote: RemoteApplication) -> None:
    verbs = remote.as_verbs()
    wizard = Wizard(verbs.connections, verbs.drafts, Setting(now=NOW))
    begun = ("exchange-onprem", "new", "manual", SERVER, "basic", "backup@example")
    talk(wizard, *begun, Secret("another"), "delegate", "")
    (told,) = wizard.now().told
    assert "refused the password" in told.text
