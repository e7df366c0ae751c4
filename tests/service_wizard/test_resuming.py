"""Whoever is torn away goes on another time: what was answered is there, what was secret is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.service.wizard.answers import Setting
from strongroom.service.wizard.wizard import Wizard
from strongroom.service.wizard.words import Question
from strongroom.vault.secret import Secret
from tests.fakes.canaries import found_below
from tests.fakes.identities import identity
from tests.fakes.mail_server import PASSWORD, SERVER, World
from tests.service_wizard.talk import NOW, FakeDrafts, Talk
from tests.service_wizard.test_exchange_onprem import (
    ACCESS,
    ACCOUNT,
    BY_HAND,
    GO_ON,
    KIND,
    MAILBOX,
    NAME,
    NTLM,
    ROLES,
    SAVE,
    THE_PASSWORD,
    THE_SERVER,
)

TURNS = (KIND, NAME, BY_HAND, THE_SERVER, NTLM, ACCOUNT, THE_PASSWORD, ACCESS, MAILBOX, GO_ON)


@pytest.mark.parametrize("answered", range(1, len(TURNS) + 1))
def test_after_any_answer_it_goes_on_where_it_was(answered: int) -> None:
    torn = Talk()
    torn.goes(*TURNS[:answered])
    talk = torn.again()
    talk.goes(("You did not finish last time", "go-on"))
    asked_again = []
    while True:
        asked = talk.asked("")
        if asked.text.startswith("Save it"):
            break
        turn = next(one for one in (*TURNS, ROLES) if asked.text.startswith(one[0]))
        asked_again.append(turn)
        talk.goes(turn)
    known = set(TURNS[:answered]) - {THE_PASSWORD, GO_ON}
    assert not known & set(asked_again), "only what is missing is asked"
    talk.goes(SAVE)
    details, _ = talk.connections.kept["office"]
    assert details.password == Secret(THE_PASSWORD[1])
    assert details.server == THE_SERVER[1]


def test_it_may_be_begun_anew() -> None:
    torn = Talk()
    torn.goes(KIND, NAME)
    talk = torn.again()
    assert "exchange-onprem, office" in talk.told()
    talk.goes(("You did not finish last time", "anew"))
    assert talk.drafts.draft is None
    assert not talk.asked("What is to be connected").has_current


def test_back_leads_through_what_was_answered_before() -> None:
    torn = Talk()
    torn.goes(KIND, NAME, BY_HAND)
    talk = torn.again()
    talk.goes(("You did not", "go-on"), ("Which server", "back"))
    assert talk.asked("How is the server found").current == "manual"


def test_answers_of_a_draft_that_do_not_fit_any_more_are_asked_again() -> None:
    draft = {"kind": "exchange-onprem", "name": "../up", "finding": "magic", "server": "a b"}
    talk = Talk(drafts=FakeDrafts({**draft, "unknown": "x", "password": "smuggled"}))
    talk.goes(("You did not", "go-on"), NAME, BY_HAND, THE_SERVER, NTLM, ACCOUNT)
    assert not talk.asked("Password").has_current


def test_the_file_of_an_authority_need_not_be_given_again() -> None:
    pem = identity("authority").certificate.decode()
    torn = Talk()
    torn.goes(KIND, NAME, BY_HAND, ("Which server", "elsewhere.example"), NTLM, ACCOUNT)
    torn.goes(THE_PASSWORD, ACCESS, MAILBOX, ("What now", "to:trust"))
    torn.goes(("How does the server prove", "authority"), ("File with the auth", f"/ca.pem|{pem}"))
    talk = torn.again()
    talk.goes(("You did not", "go-on"))
    assert "SHA-256" in talk.told()
    talk.goes(THE_PASSWORD, ("What now", "go-on"), ROLES, SAVE)
    assert talk.connections.kept["office"][0].ca_pem == pem
    assert talk.done().ca_file == "/ca.pem"


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    with Application(tmp_path / "home", World().ports()) as opened:
        yield opened


def test_over_the_real_verbs_nothing_is_half_saved_and_no_secret_is_written(
    application: Application, tmp_path: Path
) -> None:
    def begun() -> Wizard:
        return Wizard(application.connections, application.drafts, Setting(now=NOW))

    wizard = begun()
    answers = ("exchange-onprem", "office", "manual", SERVER, "ntlm", "backup@example")
    for answer in (*answers, Secret(PASSWORD), "delegate", "", "go-on", "password", Secret("gg")):
        assert isinstance(wizard.now(), Question)
        wizard.answer(answer)
    assert application.connections.all() == []
    draft = application.drafts.load()
    assert draft is not None
    assert draft["server"] == SERVER
    assert PASSWORD not in json.dumps(dict(draft))
    assert found_below(tmp_path, [PASSWORD, SERVER]) == []
    again = begun()
    for answer in ("", Secret(PASSWORD), "go-on", Secret("gg"), "save"):
        again.answer(answer)
    assert [one.name for one in application.connections.all()] == ["office"]
    assert application.drafts.load() is None
    with pytest.raises(OperatorError):
        again.answer("save")
