"""Conversations about an Exchange Server."""

from __future__ import annotations

import itertools

import pytest

from strongroom.errors import OperatorError
from strongroom.service.wizard.answers import Setting
from strongroom.vault.secret import Secret
from tests.fakes.identities import identity
from tests.service_wizard.talk import NOW, PASSWORD, SERVER, FakeConnections, Talk

KIND = ("What is to be connected", "exchange-onprem")
NAME = ("What is the connection to be called", "office")
BY_HAND = ("How is the server found", "manual")
THE_SERVER = ("Which server", SERVER)
USUAL = ("Where is looked", "usual")
NTLM = ("How does the account sign in", "ntlm")
ACCOUNT = ("Which account signs in", "backup@example.com")
THE_PASSWORD = ("Password of backup@example.com", PASSWORD)
ACCESS = ("How does the account open", "impersonation")
MAILBOX = ("Address of a mailbox", "ann@example.com")
GO_ON = ("Go on", "go-on")
ROLES = ("Is a password to guard", "roles")
SAVE = ("Save it", "save")


def test_a_server_that_is_named() -> None:
    talk = Talk()
    talk.goes(KIND, NAME, BY_HAND, THE_SERVER, NTLM, ACCOUNT, THE_PASSWORD, ACCESS, MAILBOX)
    assert "The sign-in works." in talk.told()
    assert "sign-in: proved" in talk.told()
    talk.goes(GO_ON, ROLES)
    assert talk.connections.kept == {}, "not before the last answer"
    talk.goes(SAVE)
    details, guard = talk.connections.kept["office"]
    assert (details.server, details.user, details.auth) == (SERVER, "backup@example.com", "ntlm")
    assert details.password == Secret(PASSWORD)
    assert guard is None
    assert talk.connections.tried == [(details, "ann@example.com")]
    assert talk.done().view.name == "office"
    assert talk.drafts.draft is None


def test_a_server_that_is_looked_up() -> None:
    talk = Talk()
    talk.goes(KIND, NAME, ("How is the server found", "automatic"))
    talk.goes(("An e-mail address", "ann@example.com"), USUAL, NTLM, ACCOUNT, THE_PASSWORD)
    assert "autodiscover: found" in talk.told()
    talk.goes(("Is that right", "use"), ACCESS, ("Address of a mailbox", ""), GO_ON, ROLES, SAVE)
    details, _ = talk.connections.kept["office"]
    assert details.server == talk.connections.found
    assert details.autodiscover == "ann@example.com"
    assert talk.connections.tried == [(details, None)]


def searched(connections: FakeConnections) -> Talk:
    talk = Talk(connections)
    talk.goes(KIND, NAME, ("How is the server found", "automatic"))
    talk.goes(("An e-mail address", "ann@example.com"), USUAL, NTLM, ACCOUNT, THE_PASSWORD)
    return talk


def test_another_domains_server_is_used_only_after_a_yes() -> None:
    doubts = [("Is mail.other yours?", ["Its certificate is from yesterday."])]
    talk = searched(FakeConnections(doubts=doubts))
    assert "Its certificate is from yesterday." in talk.told()
    assert talk.asked("Is mail.other yours?").default == "no"
    talk.goes(("Is mail.other yours?", "yes"), ("Is that right", "use"))
    assert len(talk.connections.searched) == 2


def test_a_no_is_not_asked_again_and_the_search_goes_on_without() -> None:
    talk = searched(FakeConnections(doubts=[("Is mail.other yours?", [])]))
    talk.goes(("Is mail.other yours?", ""))
    assert "No Exchange server was found" in talk.told()
    assert talk.connections.found not in talk.told()


@pytest.mark.parametrize(
    ("lookup", "more", "named"),
    [
        ("server", [("Which server is asked first", "mail.example")], ("mail.example", "")),
        ("dns", [], ("", "dns")),
        ("directory", [("Which domain controller", "dc1.example")], ("", "dc1.example")),
    ],
)
def test_where_is_looked_can_be_said(
    lookup: str, more: list[tuple[str, str]], named: tuple[str, str]
) -> None:
    talk = Talk()
    talk.goes(KIND, NAME, ("How is the server found", "automatic"))
    talk.goes(("An e-mail address", "ann@example.com"), ("Where is looked", lookup), *more)
    talk.goes(NTLM, ACCOUNT, THE_PASSWORD)
    (asked,) = talk.connections.searched
    assert (asked.server, asked.directory) == named
    talk.goes(("Is that right", "use"), ACCESS, ("Address of a mailbox", ""), GO_ON, ROLES, SAVE)
    assert talk.connections.kept["office"][0].server == talk.connections.found


def test_a_server_that_is_looked_up_is_not_known_by_one_certificate() -> None:
    talk = searched(FakeConnections(found=""))
    talk.goes(("What now", "authority"), ("How does the server prove", "fingerprint"))
    with pytest.raises(OperatorError, match="looked up cannot be known"):
        talk.goes(("SHA-256 fingerprint", "ab" * 32))


def test_an_authoritys_private_key_is_not_taken() -> None:
    talk = searched(FakeConnections(found=""))
    talk.goes(("What now", "authority"), ("How does the server prove", "authority"))
    both = identity("authority").plain.decode()
    with pytest.raises(OperatorError, match="must not leave the authority"):
        talk.goes(("File with the authority", f"both.pem|{both}"))


def test_endpoints_of_a_cloud_are_no_matter_of_ones_own_server() -> None:
    endpoints = {"authority": "https://login.lab.example"}
    talk = Talk(setting=Setting(now=NOW, endpoints=endpoints))
    talk.goes(KIND, NAME, BY_HAND, THE_SERVER, NTLM, ACCOUNT, THE_PASSWORD, ACCESS, MAILBOX, GO_ON)
    talk.goes(ROLES, SAVE)
    assert talk.connections.kept["office"][0].endpoints is None


def test_what_is_optional_can_be_taken_away_again() -> None:
    talk = Talk()
    talk.goes(KIND, NAME, BY_HAND, THE_SERVER, NTLM, ACCOUNT, THE_PASSWORD, ACCESS, MAILBOX)
    talk.goes((GO_ON[0], "back"), (MAILBOX[0], "-"), GO_ON)
    assert talk.connections.tried[-1][1] is None


def test_a_guard_that_is_given_up_and_wanted_again_is_asked_anew() -> None:
    talk = Talk()
    talk.goes(KIND, NAME, BY_HAND, THE_SERVER, NTLM, ACCOUNT, THE_PASSWORD, ACCESS, MAILBOX, GO_ON)
    talk.goes(("Is a password", "password"), ("Password that guards", "gg"), ("Save it", "back"))
    talk.goes(("Password that guards", "back"), ROLES, ("Save it", "back"))
    talk.goes(("Is a password", "password"))
    assert not talk.asked("Password that guards").has_current


def test_one_doubt_after_another_is_asked() -> None:
    talk = searched(FakeConnections(doubts=[("Is a yours?", []), ("Is b yours?", [])]))
    talk.goes(("Is a yours?", "yes"), ("Is b yours?", "yes"), ("Is that right", "use"))


def test_a_yes_holds_for_that_address_alone() -> None:
    talk = searched(FakeConnections(doubts=[("Is mail.other yours?", [])]))
    talk.goes(("Is mail.other yours?", "yes"), ("Is that right", "back"))
    talk.goes(("Password", "back"), ("Which account", "back"), ("How does the account", "back"))
    talk.goes(("Where is looked", "back"))
    talk.goes(("An e-mail address", "bob@other.example"), USUAL, NTLM, ("Which account", ""))
    talk.goes(THE_PASSWORD)
    talk.asked("Is mail.other yours?")


def test_a_search_that_found_nothing_leads_to_naming_the_server() -> None:
    talk = searched(FakeConnections(found=""))
    talk.goes(("What now", "manual"), BY_HAND, THE_SERVER, NTLM, ("Which account", ""))
    talk.goes(THE_PASSWORD, ACCESS, MAILBOX, GO_ON, ROLES, SAVE)
    details, _ = talk.connections.kept["office"]
    assert (details.server, details.autodiscover) == (SERVER, "")


def test_a_server_that_cannot_be_reached_is_put_right_and_the_password_asked_again() -> None:
    talk = Talk()
    talk.goes(KIND, NAME, BY_HAND, ("Which server", "mial.example"), NTLM, ACCOUNT, THE_PASSWORD)
    talk.goes(ACCESS, MAILBOX)
    assert "Nobody answers at mial.example" in talk.told()
    talk.goes(("What now", "to:finding"), ("How is the server", ""), THE_SERVER)
    assert "asked again" in talk.told()
    talk.goes(("How does the account sign in", ""), ("Which account", ""))
    assert not talk.asked("Password").has_current
    talk.goes(THE_PASSWORD, ("How does the account open", ""), ("Address of", ""), GO_ON)


def test_a_wrong_password_is_put_right() -> None:
    talk = Talk()
    talk.goes(KIND, NAME, BY_HAND, THE_SERVER, NTLM, ACCOUNT, ("Password", "typo"))
    talk.goes(ACCESS, MAILBOX)
    assert "refused the password" in talk.told()
    talk.goes(("What now", "to:auth"), ("How does", ""), ("Which account", ""), THE_PASSWORD)
    talk.goes(("How does the account open", ""), ("Address of", ""), GO_ON, ROLES, SAVE)


def test_what_is_missing_comes_with_its_remedy_and_may_be_granted_later() -> None:
    talk = Talk(FakeConnections(missing={"impersonation": "New-ManagementRoleAssignment …"}))
    talk.goes(KIND, NAME, BY_HAND, THE_SERVER, NTLM, ACCOUNT, THE_PASSWORD, ACCESS, MAILBOX)
    assert "impersonation: missing" in talk.told()
    assert "New-ManagementRoleAssignment …" in talk.told()
    talk.connections.missing.clear()
    talk.goes(("What now", "again"), GO_ON)
    assert len(talk.connections.tried) == 2


def test_it_may_be_saved_although_something_is_missing() -> None:
    talk = Talk(FakeConnections(missing={"export": "…"}))
    talk.goes(KIND, NAME, BY_HAND, THE_SERVER, NTLM, ACCOUNT, THE_PASSWORD, ACCESS, MAILBOX)
    talk.goes(("What now", "go-on"), ROLES, SAVE)
    assert "office" in talk.connections.kept


def test_a_password_may_guard_it() -> None:
    talk = Talk()
    talk.goes(KIND, NAME, BY_HAND, THE_SERVER, NTLM, ACCOUNT, THE_PASSWORD, ACCESS, MAILBOX, GO_ON)
    talk.goes(("Is a password to guard", "password"))
    assert talk.asked("Password that guards").is_new
    talk.goes(("Password that guards", "guard"), SAVE)
    assert talk.connections.kept["office"][1] == Secret("guard")


def test_back_at_every_step_keeps_what_was_entered() -> None:
    talk = Talk()
    turns = (KIND, NAME, BY_HAND, THE_SERVER, NTLM, ACCOUNT, THE_PASSWORD, ACCESS, MAILBOX)
    for before, after in itertools.pairwise(turns):
        talk.goes(before, (after[0], "back"))
        again = talk.asked(before[0])
        assert again.has_current
        assert again.current == ("" if before is THE_PASSWORD else before[1])
        talk.goes((before[0], ""))
    talk.goes(turns[-1], (GO_ON[0], "back"), (MAILBOX[0], ""), GO_ON, (ROLES[0], "back"))
    talk.goes(GO_ON, ROLES, (SAVE[0], "back"), ROLES, SAVE)
    assert "office" in talk.connections.kept
    assert len(talk.connections.tried) == 1, "what was tried is not tried again for nothing"


@pytest.mark.parametrize(
    ("turn", "bad", "why"),
    [
        (NAME, "../up", "cannot be the name"),
        (THE_SERVER, "http://mail.example/", "http://"),
        (THE_SERVER, "https://me:pw@mail.example/", "user name or a password"),
        (THE_SERVER, "mail example", "not the name of a server"),
        (THE_SERVER, "mail.example:99999", "not the name of a server"),
        (ACCOUNT, "", "not the name of an account"),
        (THE_PASSWORD, "", "Nothing was entered"),
        (MAILBOX, "ann", "not an e-mail address"),
    ],
)
def test_a_wrong_turn_is_refused_at_once_with_words_that_help(
    turn: tuple[str, str], bad: str, why: str
) -> None:
    talk = Talk()
    turns = (KIND, NAME, BY_HAND, THE_SERVER, NTLM, ACCOUNT, THE_PASSWORD, ACCESS, MAILBOX)
    talk.goes(*turns[: turns.index(turn)])
    with pytest.raises(OperatorError, match=why) as caught:
        talk.goes((turn[0], bad))
    assert caught.value.hint
    talk.goes(turn)


def test_a_name_that_is_taken_is_refused_at_once_and_one_taken_meanwhile_at_the_end() -> None:
    talk = Talk()
    talk.goes(KIND, NAME, BY_HAND, THE_SERVER, NTLM, ACCOUNT, THE_PASSWORD, ACCESS, MAILBOX, GO_ON)
    talk.goes(ROLES)
    talk.connections.kept["office"] = (talk.connections.tried[0][0], None)
    talk.goes(SAVE)
    assert "There is a connection named 'office' already." in talk.told()
    talk.goes(("Save it", "to:name"), ("What is the connection to be called", "branch"))
    with pytest.raises(OperatorError, match="already"):
        talk.again().goes(("You did not finish", "anew"), KIND, NAME)
