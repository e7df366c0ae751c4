from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.words import Permission
from strongroom.service import ports
from strongroom.sources.exchange_onprem import capabilities
from strongroom.sources.exchange_onprem.powershell import quoted
from strongroom.sources.exchange_onprem.server import ExchangeServer
from strongroom.sources.exchange_onprem.speed import speed_told
from strongroom.wire.ews.faults import EwsItemError, meaning_of
from strongroom.words.capability import Capability, CapabilityOutcome
from tests.fakes.exchange import PASSWORD, TARGET, Site

PROVED, MISSING = CapabilityOutcome.PROVED, CapabilityOutcome.MISSING
UNKNOWN, NOT_APPLICABLE = CapabilityOutcome.UNKNOWN, CapabilityOutcome.NOT_APPLICABLE
SUBJECT = "Nobody's business"
SECRET_TEXT = "what a page inside says <secret>"


def as_testable(server: ExchangeServer) -> ports.Testable:
    """Prove to the type checker that the seam is kept."""
    return server


def tried(server: ExchangeServer, mailbox: str | None = TARGET) -> dict[str, Capability]:
    return {one.name: one for one in as_testable(server).capabilities(mailbox)}


def with_item(site: Site) -> Site:
    message = Message({tags.PidTagMessageClass: "IPM.Note", tags.PidTagSubject: SUBJECT})
    site.estate.deliver(TARGET, message)
    return site


def helper(site: Site) -> str:
    return site.estate.add_mailbox("helper@lab.example", "Helper", password=PASSWORD).address


def test_everything_that_jobs_need_is_proved_where_it_is_granted(quiet: Site) -> None:
    found = tried(with_item(quiet).open())
    assert {name: one.outcome for name, one in found.items()} == dict.fromkeys(
        ("sign-in", "directory", "impersonation", "export", "upload", "archive",
         "recoverable-items", "public-folders"), PROVED
    )  # fmt: skip
    assert not any(SUBJECT in one.detail for one in found.values())


def test_nothing_is_changed(quiet: Site) -> None:
    with_item(quiet)
    mailbox = quiet.mailbox(TARGET)
    before = [(one.counter, one.content_count) for one in mailbox.root.descendants()]
    tried(quiet.open())
    assert [(one.counter, one.content_count) for one in mailbox.root.descendants()] == before
    asked = {str(name) for name in quiet.lab.exchange.requests}
    assert asked == {"GetServerTimeZones", "GetSearchableMailboxes", "GetFolder", "FindItem",
                     "ExportItems"}  # fmt: skip


def test_without_a_mailbox_only_what_needs_none_is_tried(quiet: Site) -> None:
    found = tried(quiet.open(), None)
    assert found["sign-in"].outcome is found["directory"].outcome is PROVED
    for name in ("impersonation", "export", "upload", "archive", "recoverable-items"):
        assert found[name].outcome is UNKNOWN
        assert "no mailbox was named" in found[name].detail


def test_a_refused_sign_in_is_tried_once_lest_the_account_be_locked(quiet: Site) -> None:
    server = quiet.open(password="wrong")
    found = tried(server)
    assert found["sign-in"].outcome is MISSING
    assert "password" in found["sign-in"].remedy
    assert {one.outcome for name, one in found.items() if name != "sign-in"} == {UNKNOWN}
    assert server.traffic.requests == 1


def test_denied_impersonation_names_the_command_and_what_hangs_on_it(quiet: Site) -> None:
    quiet.estate.add_account("LAB\\weak", password=PASSWORD)
    found = tried(quiet.open("LAB\\weak"))
    assert found["impersonation"].outcome is MISSING
    assert (
        found["impersonation"].remedy
        == "New-ManagementRoleAssignment -Role ApplicationImpersonation -User 'LAB\\weak'"
    )
    assert found["export"].outcome is UNKNOWN


def test_who_may_not_list_mailboxes_is_told_the_command(quiet: Site) -> None:
    quiet.estate.add_account("LAB\\half", password=PASSWORD, may_impersonate=True)
    found = tried(quiet.open("LAB\\half"))
    assert found["directory"].outcome is MISSING
    assert (
        found["directory"].remedy
        == "Add-RoleGroupMember 'Discovery Management' -Member 'LAB\\half'"
    )
    assert found["impersonation"].outcome is PROVED


def test_an_unknown_mailbox_says_nothing_of_the_right(quiet: Site) -> None:
    found = tried(quiet.open(), "nobody@lab.example")
    assert found["impersonation"].outcome is UNKNOWN
    assert "no mailbox nobody@lab.example" in found["impersonation"].detail
    assert "Get-Recipient" in found["impersonation"].remedy


def test_a_delegate_with_full_access_is_proved(quiet: Site) -> None:
    address = helper(with_item(quiet))
    quiet.mailbox(TARGET).full_access.add(address)
    found = tried(quiet.open(address, access="delegate"))
    for name in ("delegate-access", "export", "upload", "recoverable-items"):
        assert found[name].outcome is PROVED


def test_a_delegate_without_rights_is_told_the_command(quiet: Site) -> None:
    found = tried(quiet.open(helper(quiet), access="delegate"))
    assert found["delegate-access"].outcome is MISSING
    assert found["delegate-access"].remedy == (
        f"Add-MailboxPermission -Identity '{TARGET}' -User 'helper@lab.example'"
        " -AccessRights FullAccess"
    )


def test_a_server_without_export_is_read_by_mime(quiet: Site) -> None:
    with_item(quiet).quirks(without=("export",))
    found = tried(quiet.open())
    assert found["export"].outcome is NOT_APPLICABLE
    assert "mime" in found["export"].detail


def test_an_empty_mailbox_has_nothing_to_try_the_export_on(quiet: Site) -> None:
    found = tried(quiet.open())
    assert found["export"].outcome is UNKNOWN
    assert "Not tried" in found["export"].detail


def test_a_server_that_cannot_list_its_mailboxes_lacks_no_role(quiet: Site) -> None:
    quiet.quirks(without=("GetSearchableMailboxes", "GetServerTimeZones"))
    found = tried(quiet.open())
    assert found["sign-in"].outcome is PROVED
    assert found["directory"].outcome is NOT_APPLICABLE


def test_a_mailbox_without_archive_needs_none(quiet: Site) -> None:
    quiet.estate.add_mailbox("bare@lab.example", "Bare", password=PASSWORD, archive=False)
    found = tried(quiet.open(), "bare@lab.example")
    assert found["archive"].outcome is NOT_APPLICABLE
    assert found["recoverable-items"].outcome is PROVED


def test_public_folders_that_are_not_seen_may_be_there_all_the_same(quiet: Site) -> None:
    quiet.quirks(unknown_folders=("publicfoldersroot",))
    found = tried(quiet.open())["public-folders"]
    assert found.outcome is UNKNOWN
    assert "Add-PublicFolderClientPermission" in found.remedy


@pytest.mark.parametrize(
    ("code", "outcome", "command"),
    [
        ("ErrorNoPublicFolderServerAvailable", NOT_APPLICABLE, ""),
        ("ErrorMissingEmailAddress", MISSING, "Enable-Mailbox -Identity 'LAB\\backup'"),
        (
            "ErrorAccessDenied",
            MISSING,
            (
                "Add-PublicFolderClientPermission -Identity '\\' -User 'LAB\\backup'"
                " -AccessRights Reviewer"
            ),
        ),
    ],
)
def test_public_folders_that_the_server_refuses_say_why(
    quiet: Site,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    outcome: CapabilityOutcome,
    command: str,
) -> None:
    def refused(*_: object) -> list[EwsItemError]:
        return [EwsItemError(code=code, text=SECRET_TEXT, meaning=meaning_of(code))]

    monkeypatch.setattr(capabilities, "get_folders", refused)
    found = tried(quiet.open(), None)["public-folders"]
    assert (found.outcome, found.remedy) == (outcome, command)
    assert SECRET_TEXT not in found.detail


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("ErrorAccessDenied", MISSING), ("ErrorItemCorrupt", UNKNOWN), (SECRET_TEXT, UNKNOWN)],
)
def test_a_refused_export_is_missing_only_where_a_right_is(
    quiet: Site, monkeypatch: pytest.MonkeyPatch, code: str, outcome: CapabilityOutcome
) -> None:
    def refused(_: object, ids: Sequence[str], keep: Callable[[EwsItemError, str], None]) -> None:
        keep(EwsItemError(code=code, text=SECRET_TEXT, meaning=meaning_of(code)), ids[0])

    monkeypatch.setattr(capabilities, "export_items", refused)
    found = tried(with_item(quiet).open())["export"]
    assert found.outcome is outcome
    assert ("ApplicationImpersonation" in found.remedy) is (outcome is MISSING)
    assert SECRET_TEXT not in found.detail


def test_a_reviewer_may_read_and_not_put_back(quiet: Site) -> None:
    address = helper(with_item(quiet))
    mailbox = quiet.mailbox(TARGET)
    reviewer = Permission(user=address, is_folder_visible=True, read_items="FullDetails")
    for role in ("msgfolderroot", "inbox"):
        mailbox.folder_by_role(role).permissions.append(reviewer)
    found = tried(quiet.open(address, access="delegate"))
    assert found["export"].outcome is PROVED
    assert found["upload"].outcome is MISSING
    assert "Add-MailboxPermission" in found["upload"].remedy
    assert found["recoverable-items"].outcome is MISSING


def test_the_facts_say_what_the_round_trip_means() -> None:
    told = speed_told(0.05)
    assert "10 to 100 times per 1,000 items" in told
    assert "at 50.0 ms each, one slot waits 0.5 to 5.0 s" in told


def test_the_facts_hold_where_the_server_stands(quiet: Site) -> None:
    facts = quiet.open().facts()
    assert facts["version"]
    assert facts["front_end"]
    assert facts["back_end"]
    assert "per 1,000 items" in str(facts["speed"])


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("LAB\\o'neil", "'LAB\\o''neil'"),
        ("a\u2019; Remove-Mailbox x", "'a\u2019\u2019; Remove-Mailbox x'"),
        ("$(Remove-Mailbox x)`n", "'$(Remove-Mailbox x)`n'"),
        ("two\nlines", "'two?lines'"),
    ],
)
def test_a_name_in_a_command_stays_a_name(name: str, written: str) -> None:
    assert quoted(name) == written
