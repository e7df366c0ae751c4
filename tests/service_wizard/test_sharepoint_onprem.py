"""Conversations about a SharePoint Server."""

from __future__ import annotations

import pytest

from strongroom.errors import OperatorError
from strongroom.vault.secret import Secret
from tests.service_wizard.talk import PASSWORD, SERVER, Talk

BEGINNING = (
    ("What is to be connected", "sharepoint-onprem"),
    ("What is the connection to be called", "farm"),
)
URL = ("Address of the site", f"https://{SERVER}/sites/team")
OWN_SERVER = (
    "Where does the account's organisation",
    "https://sts.example/adfs/ls/?wtrealm=urn:sharepoint:portal",
)
ACCOUNT = ("Which account signs in", "backup@EXAMPLE.COM")
ENDING = (("Go on", "go-on"), ("Is a password to guard", "roles"), ("Save it", "save"))


@pytest.mark.parametrize("auth", ["ntlm", "kerberos", "forms"])
def test_a_farm_with_name_and_password(auth: str) -> None:
    talk = Talk()
    talk.goes(*BEGINNING, URL, ("How does the account sign in", auth), ACCOUNT)
    talk.goes(("Password of backup@EXAMPLE.COM", PASSWORD), *ENDING)
    details, _ = talk.connections.kept["farm"]
    assert (details.url, details.auth) == (URL[1], auth)
    assert details.password == Secret(PASSWORD)


def test_a_claims_farm_with_an_app_password_is_warned_of() -> None:
    talk = Talk()
    talk.goes(*BEGINNING, URL, ("How does the account sign in", "legacy"), OWN_SERVER, ACCOUNT)
    talk.goes(("Which password", "app_password"))
    assert "never expires" in talk.told()
    talk.goes(("App password", "abcdefghijklmnop"), *ENDING)
    details, _ = talk.connections.kept["farm"]
    assert details.app_password == Secret("abcdefghijklmnop")
    assert details.sign_in_server == OWN_SERVER[1]


@pytest.mark.parametrize(
    "address", ["http://sts.example/adfs/ls/?wtrealm=urn:a", "https://sts.example/adfs/ls/"]
)
def test_a_sign_in_server_that_no_password_may_go_to_is_refused_at_once(address: str) -> None:
    talk = Talk()
    talk.goes(*BEGINNING, URL, ("How does the account sign in", "legacy"))
    with pytest.raises(OperatorError):
        talk.goes((OWN_SERVER[0], address))


def test_a_claims_farm_whose_sign_in_server_nobody_knows_is_asked_when_it_is_tried() -> None:
    talk = Talk()
    talk.goes(*BEGINNING, URL, ("How does the account sign in", "legacy"), (OWN_SERVER[0], ""))
    talk.goes(ACCOUNT, ("Which password", "password"), ("Password", PASSWORD), *ENDING)
    assert talk.connections.kept["farm"][0].sign_in_server == ""


def test_a_host_alone_becomes_an_address() -> None:
    talk = Talk()
    talk.goes(*BEGINNING, ("Address of the site", SERVER))
    talk.goes(("How does", "back"))
    assert talk.asked("Address of the site").current == f"https://{SERVER}"


def test_http_is_refused_with_the_reason() -> None:
    talk = Talk()
    talk.goes(*BEGINNING)
    with pytest.raises(OperatorError, match="can be read on the way"):
        talk.goes(("Address of the site", f"http://{SERVER}/"))


def test_a_farm_known_by_its_own_certificate() -> None:
    talk = Talk()
    talk.goes(*BEGINNING, ("Address of the site", "https://other.example/"))
    talk.goes(("How does the account", ""), ACCOUNT, ("Password", PASSWORD))
    assert "Nobody answers" in talk.told()
    talk.goes(("What now", "to:trust"), ("How does the server prove", "fingerprint"))
    with pytest.raises(OperatorError, match="not a certificate's fingerprint"):
        talk.goes(("SHA-256 fingerprint", "AB:CD"))
    talk.goes(("SHA-256 fingerprint", "AB:" * 31 + "AB"))
    assert not talk.asked("Password").has_current, "another proof is another place"
    talk.goes(("Password", PASSWORD), ("What now", "go-on"), *ENDING[1:])
    assert talk.connections.kept["farm"][0].fingerprint == "ab" * 32


def test_back_from_a_proof_that_nobody_wanted_after_all() -> None:
    talk = Talk()
    talk.goes(*BEGINNING, ("Address of the site", "https://other.example/"))
    talk.goes(("How does the account", ""), ACCOUNT, ("Password", PASSWORD))
    talk.goes(("What now", "to:trust"), ("How does the server prove", "back"))
    talk.goes(("What now", "to:url"), URL, ("How does the account", ""), ("Which account", ""))
    talk.goes(("Password", PASSWORD), *ENDING)
