"""Conversations about Microsoft's cloud: registered here, by hand, by script, or a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom.clock import SystemClock
from strongroom.compose.enrolment import COMMAND_LINE_TOOLS
from strongroom.errors import OperatorError
from strongroom.service.connection_testing import ConnectionTest
from strongroom.service.wizard.answers import Setting
from strongroom.vault.secret import Secret
from tests.fakes.identities import LOCK, identity
from tests.service_wizard.talk import APPLICATION, NOW, RESTORING, FakeConnections, Talk

EXCHANGE = (
    ("What is to be connected", "exchange-online"),
    ("What is the connection to be called", "office"),
    ("Which of Microsoft's clouds", ""),
    ("Which tenant", "example.onmicrosoft.com"),
)
SHAREPOINT = (
    ("What is to be connected", "sharepoint-online"),
    ("What is the connection to be called", "office"),
    ("Which of Microsoft's clouds", ""),
    ("Address of the site", "https://example.sharepoint.com/sites/team"),
    ("Which tenant", "example.onmicrosoft.com"),
)
AUTOMATIC = ("Who signs in to it", "automatic")
MANUAL = ("Who signs in to it", "manual")
PERSON = ("Who signs in to it", "person")
BACKUP_ONLY = ("What is it for", "none")
PERMISSIONS = ("Is it to keep permissions", "yes")
BROWSER = ("How does the administrator sign in", "")
MAILBOX = ("Address of a mailbox", "ann@example.com")
NO_OTHER = ("Address of a mailbox that must stay shut", "")
ROLES = ("Is a password to guard", "roles")
SAVE = ("Save it", "save")
THE_ID = ("Application (client) ID?", APPLICATION)


@pytest.fixture
def pem() -> str:
    return identity("office").plain.decode()


def test_an_application_is_registered_by_an_administrator() -> None:
    talk = Talk()
    talk.goes(*EXCHANGE)
    assert COMMAND_LINE_TOOLS in talk.asked("Who signs in to it").help
    talk.goes(AUTOMATIC, BACKUP_ONLY)
    assert "2027-04-01" in talk.told()
    talk.goes(("May it use EWS", "yes"), ("Which mailboxes", "all"))
    talk.goes(BROWSER, MAILBOX, ROLES)
    assert talk.prompts == [], "nobody signs in before it is said what for"
    assert "is forgotten" in talk.told()
    talk.goes(SAVE)
    assert [one.way for one in talk.prompts] == ["browser"]
    (wish,) = talk.connections.wishes
    assert (wish.can_restore, wish.uses_ews, wish.mailboxes) == (False, True, ())
    told = talk.told()
    assert "admin@example.com signed in through Command Line Tools" in told
    assert "may: User.Read.All (Microsoft Graph): List the people." in told
    assert "valid until 2028-11-27" in told
    assert "The sign-in works." in told, "it is tried once it is there"
    assert talk.connections.tried[-1][1] == "ann@example.com"


def test_it_may_be_kept_to_some_mailboxes_and_a_second_application_restore() -> None:
    talk = Talk()
    talk.goes(*EXCHANGE, AUTOMATIC, ("What is it for", "separate"), ("May it use EWS", "no"))
    talk.goes(("Which mailboxes", "some"))
    with pytest.raises(OperatorError, match="not an e-mail address"):
        talk.goes(("Addresses of the mailboxes", "ann@example.com, bob"))
    talk.goes(("Addresses of the mailboxes", "ann@example.com bob@example.com"), BROWSER, MAILBOX)
    talk.goes(ROLES, SAVE)
    (wish,) = talk.connections.wishes
    assert wish.can_restore
    assert not wish.uses_ews
    assert wish.mailboxes == ("ann@example.com", "bob@example.com")
    assert "Run the script." in talk.told()
    assert "Connect-ExchangeOnline" in talk.told()


def test_a_refused_registration_keeps_nothing_and_can_be_done_another_way(pem: str) -> None:
    def refuse() -> None:
        raise OperatorError("Graph does not let this account register.", hint="By script.")

    talk = Talk(FakeConnections(on_add=refuse))
    talk.goes(*EXCHANGE, AUTOMATIC, BACKUP_ONLY, ("May it use EWS", ""), ("Which mailboxes", ""))
    talk.goes(BROWSER, MAILBOX, ROLES, SAVE)
    assert "does not let this account" in talk.told()
    assert talk.connections.kept == {}
    talk.connections.on_add = lambda: None
    talk.goes(("Save it", "to:way"), MANUAL, ("Is the application registered", "yes"))
    talk.goes(("How does the application prove", ""), ("File with the application's", f"c|{pem}"))
    talk.goes(("What is it for", ""), THE_ID, ("Address of a mailbox", ""), NO_OTHER)
    talk.goes(("Go on", ""))
    talk.goes(("Is a password", ""), SAVE)
    details, _ = talk.connections.kept["office"]
    assert (details.client_id, details.auth) == (APPLICATION, "certificate")


def test_a_registered_connection_that_is_guarded_is_tried_all_the_same() -> None:
    talk = Talk()
    talk.goes(*EXCHANGE, AUTOMATIC, BACKUP_ONLY, ("May it use EWS", ""), ("Which mailboxes", ""))
    talk.goes(BROWSER, MAILBOX, ("Is a password", "password"), ("Password that guards", "g"), SAVE)
    assert "The sign-in works." in talk.told()


def test_who_gives_up_trying_it_afterwards_is_not_told_that_nothing_was_saved() -> None:
    class Impatient(FakeConnections):
        def test(self, name: str, mailbox: str | None = None) -> ConnectionTest:
            raise KeyboardInterrupt

    talk = Talk(Impatient())
    talk.goes(*EXCHANGE, PERSON, ("How do you sign in", "browser"), THE_ID, ROLES)
    with pytest.raises(KeyboardInterrupt):
        talk.goes(SAVE)
    assert talk.done().view.name == "office"
    assert talk.drafts.draft is None
    assert "office" in talk.connections.kept


def test_by_hand_and_kept_to_some_mailboxes_another_is_tried_to_be_shut() -> None:
    talk = Talk()
    talk.goes(*EXCHANGE, MANUAL, ("Is the application registered", "yes"))
    talk.goes(("How does the application prove", "client-secret"), ("Client secret", "made-up"))
    talk.goes(THE_ID, MAILBOX, ("Address of a mailbox that must stay shut", "bob@example.com"))
    talk.asked("Go on")
    assert talk.connections.outside == "bob@example.com"


def test_by_hand_with_a_certificate(pem: str) -> None:
    talk = Talk()
    talk.goes(*EXCHANGE, MANUAL, ("Is the application registered", "yes"))
    talk.goes(("How does the application prove", "certificate"))
    talk.goes(("File with the application's certificate", f"both.pem|{pem}"), BACKUP_ONLY)
    with pytest.raises(OperatorError, match="not the id of an application") as caught:
        talk.goes(("Application (client) ID?", "my-app"))
    assert "Object ID" in caught.value.hint
    talk.goes(THE_ID, MAILBOX, NO_OTHER, ("Go on", "go-on"), ROLES, SAVE)
    details, _ = talk.connections.kept["office"]
    assert details.certificate == Secret(pem)
    assert talk.connections.tried[0][1] == "ann@example.com"


def test_by_hand_with_a_second_application_that_restores(pem: str) -> None:
    talk = Talk()
    talk.goes(*EXCHANGE, MANUAL, ("Is the application registered", "yes"))
    talk.goes(("How does the application prove", ""), ("File with the application's", f"c|{pem}"))
    talk.goes(("What is it for", "separate"), ("File with the certificate and", f"r|{pem}"))
    talk.goes(THE_ID, ("Application (client) ID of the application that restores", RESTORING))
    talk.goes(MAILBOX, NO_OTHER, ("Go on", ""), ROLES, SAVE)
    details, _ = talk.connections.kept["office"]
    assert details.restore_client_id == RESTORING
    assert details.restore_certificate == Secret(pem)


def test_by_hand_with_a_secret_that_ends_one_day() -> None:
    talk = Talk()
    talk.goes(*EXCHANGE, MANUAL, ("Is the application registered", "yes"))
    talk.goes(("How does the application prove", "client-secret"))
    assert "ends on the date" in talk.told()
    talk.goes(("Client secret", "made-up"), THE_ID, MAILBOX, NO_OTHER, ("Go on", ""), ROLES, SAVE)
    details, _ = talk.connections.kept["office"]
    assert details.client_secret == Secret("made-up")


def test_by_a_script_for_whoever_may_not_sign_in_here(pem: str) -> None:
    talk = Talk()
    talk.goes(*EXCHANGE, MANUAL, ("Is the application registered", "script"))
    with pytest.raises(OperatorError, match="none of the answers"):
        talk.goes(("How does the application prove", "client-secret"))
    talk.goes(("How does the application prove", ""), ("File with the application's", f"c|{pem}"))
    talk.goes(BACKUP_ONLY, ("May it use EWS", "yes"), ("Which mailboxes", "all"))
    assert "Connect-MgGraph" in talk.told()
    talk.goes(("Was the script run", "done"), THE_ID, MAILBOX, NO_OTHER, ("Go on", ""), ROLES, SAVE)
    assert talk.connections.kept["office"][0].client_id == APPLICATION


@pytest.mark.parametrize("form", ["pfx", "locked"])
def test_a_locked_file_is_opened_with_its_password(form: str) -> None:
    content = getattr(identity("office"), form).decode("latin-1")
    talk = Talk()
    talk.goes(*EXCHANGE, MANUAL, ("Is the application registered", "yes"))
    talk.goes(("How does the application prove", ""))
    talk.goes(("File with the application's", f"office.pfx|{content}"))
    with pytest.raises(OperatorError):
        talk.goes(("Password of that file", "other"))
    talk.goes(
        ("Password of that file", LOCK), BACKUP_ONLY, THE_ID, MAILBOX, NO_OTHER, ("Go on", "")
    )
    talk.goes(ROLES, SAVE)
    kept = talk.connections.kept["office"][0].certificate
    assert kept is not None
    assert "-----BEGIN PRIVATE KEY-----" in kept.reveal()


def test_another_file_does_not_keep_what_was_opened_of_the_first() -> None:
    other = identity("other").plain.decode()
    talk = Talk()
    talk.goes(*EXCHANGE, MANUAL, ("Is the application registered", "yes"))
    talk.goes(("How does the application prove", ""))
    talk.goes(("File with the application's", f"a.pfx|{identity('office').pfx.decode('latin-1')}"))
    talk.goes(("Password of that file", LOCK), ("What is it for", "back"))
    talk.goes(("Password of that file", "back"), ("File with the application's", f"b|{other}"))
    talk.goes(BACKUP_ONLY, THE_ID, MAILBOX, NO_OTHER, ("Go on", ""), ROLES, SAVE)
    assert talk.connections.kept["office"][0].certificate == Secret(other)


def test_another_locked_file_needs_its_own_password() -> None:
    talk = Talk()
    talk.goes(*EXCHANGE, MANUAL, ("Is the application registered", "yes"))
    talk.goes(("How does the application prove", ""))
    first, second = (identity(name).pfx.decode("latin-1") for name in ("office", "other"))
    talk.goes(("File with the application's", f"a.pfx|{first}"), ("Password of that file", LOCK))
    talk.goes(("What is it for", "back"), ("Password of that file", "back"))
    talk.goes(("File with the application's", f"b.pfx|{second}"))
    assert not talk.asked("Password of that file").has_current


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (lambda pem: "no certificate", "cannot be"),
        (lambda pem: pem[: pem.index("-----BEGIN PRIVATE")], "cannot be"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_at_once(pem: str, content: object, why: str) -> None:
    assert callable(content)
    talk = Talk()
    talk.goes(*EXCHANGE, MANUAL, ("Is the application registered", "yes"))
    talk.goes(("How does the application prove", ""))
    with pytest.raises(OperatorError) as caught:
        talk.goes(("File with the application's", f"x|{content(pem)}"))
    assert caught.value.hint


def test_a_certificate_that_has_ended_is_refused_with_its_date(pem: str) -> None:
    talk = Talk(setting=Setting(now=NOW + timedelta(days=10_000)))
    talk.goes(*EXCHANGE, MANUAL, ("Is the application registered", "yes"))
    talk.goes(("How does the application prove", ""))
    with pytest.raises(OperatorError, match="ended on 2049-01-01"):
        talk.goes(("File with the application's", f"x|{pem}"))


def test_a_person_connects_their_own_mailbox_and_is_told_that_it_is_no_more() -> None:
    talk = Talk()
    talk.goes(*EXCHANGE, PERSON, ("How do you sign in", "device-code"), THE_ID, ROLES)
    assert "your own mailbox" in talk.told()
    talk.goes(SAVE)
    assert [one.way for one in talk.prompts] == ["device-code"]
    details, _ = talk.connections.kept["office"]
    assert details.user == "ann@example.com"
    assert "Signed in as ann@example.com." in talk.told()


def test_sites_are_registered_with_only_some_of_them() -> None:
    talk = Talk()
    talk.goes(*SHAREPOINT, AUTOMATIC, BACKUP_ONLY, ("Which sites", "some"))
    assert talk.asked("Addresses of the sites").default.endswith("/sites/team")
    talk.goes(("Addresses of the sites", ""), PERMISSIONS, BROWSER, ROLES, SAVE)
    (wish,) = talk.connections.wishes
    assert wish.sites == ("https://example.sharepoint.com/sites/team",)
    assert wish.sees_permissions
    assert not wish.uses_ews


def test_sharepoint_takes_no_client_secret_and_says_why() -> None:
    talk = Talk()
    talk.goes(*SHAREPOINT, MANUAL, ("Is the application registered", "yes"))
    with pytest.raises(OperatorError, match="by a secret") as caught:
        talk.goes(("How does the application prove", "client-secret"))
    assert "Unsupported app only token" in caught.value.why


def test_a_site_of_another_cloud_is_refused_at_once() -> None:
    talk = Talk()
    talk.goes(*SHAREPOINT[:3])
    with pytest.raises(OperatorError, match="not in the tenant's cloud"):
        talk.goes(("Address of the site", "https://example.sharepoint.us/"))


def test_the_old_sign_in_is_told_with_the_day_it_ended_on() -> None:
    talk = Talk()
    talk.goes(*SHAREPOINT, ("Who signs in to it", "legacy"))
    assert "2026-05-01" in talk.told()
    talk.goes(("Which account", "ann@example.com"), ("Where does the account's org", ""))
    talk.goes(("Which password", "app_password"))
    assert "never expires" in talk.told()
    talk.goes(("App password of ann@example.com", "abcdefghijklmnop"), ("Go on", ""), ROLES, SAVE)
    details, _ = talk.connections.kept["office"]
    assert (details.auth, details.user) == ("legacy", "ann@example.com")
    assert details.app_password == Secret("abcdefghijklmnop")
    assert details.password is None


def test_other_endpoints_hold_for_the_cloud_alone() -> None:
    endpoints = {"authority": "https://login.lab.example"}
    talk = Talk(setting=Setting(now=SystemClock().now(), endpoints=endpoints))
    talk.goes(*EXCHANGE, PERSON, ("How do you sign in", ""), THE_ID, ROLES, SAVE)
    assert talk.connections.kept["office"][0].endpoints == endpoints


def test_going_back_from_one_tenant_to_another_drops_the_secret() -> None:
    talk = Talk()
    talk.goes(*EXCHANGE, MANUAL, ("Is the application registered", "yes"))
    talk.goes(("How does the application prove", "client-secret"), ("Client secret", "made-up"))
    for question in ("Application (client)", "Client secret", "How does", "Is the app", "Who sig"):
        talk.goes((question, "back"))
    talk.goes(("Which tenant", "other.onmicrosoft.com"))
    assert "asked again" in talk.told()
    talk.goes(("Who signs in", ""), ("Is the application", ""), ("How does the application", ""))
    assert not talk.asked("Client secret").has_current
