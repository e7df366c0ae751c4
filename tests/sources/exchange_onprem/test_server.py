from __future__ import annotations

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.operations.interfaces import Server
from strongroom.sources.exchange_onprem.server import ExchangeServer, ews_url
from strongroom.words.resource import ResourceKind
from tests.fakes.exchange import PASSWORD, TARGET, Site


def as_server(server: ExchangeServer) -> Server:
    """Prove to the type checker that the seam is kept."""
    return server


def test_a_host_is_completed_to_the_address_of_its_ews() -> None:
    assert ews_url("mail.example") == "https://mail.example/EWS/Exchange.asmx"
    assert ews_url("mail.example:444") == "https://mail.example:444/EWS/Exchange.asmx"
    assert ews_url("https://x.example/e/E.asmx") == "https://x.example/e/E.asmx"


def test_a_mailbox_is_known_by_its_guid_and_so_are_its_archive_and_recoverable_items(
    quiet: Site,
) -> None:
    server = as_server(quiet.open())
    mailbox = quiet.mailbox(TARGET)
    assert mailbox.archive is not None
    assert server.resolve(TARGET).id == str(mailbox.guid)
    assert server.resolve(f"archive:{TARGET}").id == str(mailbox.archive.guid)
    recoverable = server.resolve(f"recoverable:{TARGET}")
    assert (recoverable.kind, recoverable.id) == (ResourceKind.RECOVERABLE, str(mailbox.guid))


def test_a_reused_address_is_another_mailbox_and_a_renamed_one_the_same(quiet: Site) -> None:
    server = quiet.open()
    before = server.resolve(TARGET)
    quiet.estate.readdress_mailbox(quiet.mailbox(TARGET), "moved@lab.example")
    quiet.estate.add_mailbox(TARGET, "Somebody new", password=PASSWORD)
    assert server.resolve(TARGET).id != before.id
    assert server.resolve("moved@lab.example").id == before.id


def test_an_unknown_mailbox_is_told_as_such(quiet: Site) -> None:
    with pytest.raises(OperatorError, match="There is no mailbox nobody@"):
        quiet.open().resolve("nobody@lab.example")


def test_a_mailbox_without_archive_is_told_as_such(quiet: Site) -> None:
    quiet.estate.add_mailbox("bare@lab.example", "Bare", password=PASSWORD, archive=False)
    with pytest.raises(OperatorError, match="no archive"):
        quiet.open().resolve("archive:bare@lab.example")


def test_denied_impersonation_names_the_command_that_grants_it(quiet: Site) -> None:
    quiet.estate.add_account("LAB\\weak", password=PASSWORD)
    with pytest.raises(AccessDenied) as denied:
        quiet.open("LAB\\weak").resolve(TARGET)
    assert "-Role ApplicationImpersonation" in denied.value.hint
    assert "LAB\\weak" in denied.value.hint


def test_a_wrong_password_is_told_as_a_refused_sign_in(quiet: Site) -> None:
    with pytest.raises(AccessDenied, match="refused the sign-in"):
        quiet.open(password="wrong").resolve(TARGET)


def test_a_delegate_reads_a_mailbox_that_it_has_full_access_to(quiet: Site) -> None:
    helper = quiet.estate.add_mailbox("helper@lab.example", "Helper", password=PASSWORD)
    mailbox = quiet.mailbox(TARGET)
    mailbox.full_access.add(helper.address)
    server = quiet.open(helper.address, access="delegate")
    resource = server.resolve(TARGET)
    assert resource.id == str(mailbox.guid)
    roles = {folder.role for folder in server.source(resource).hierarchy(None).folders}
    assert {"inbox", "calendar", "outbox"} <= roles


def test_a_delegate_without_rights_is_told_the_command_that_grants_them(quiet: Site) -> None:
    helper = quiet.estate.add_mailbox("helper@lab.example", "Helper", password=PASSWORD)
    server = quiet.open(helper.address, access="delegate")
    with pytest.raises(AccessDenied) as denied:
        server.resolve(TARGET)
    assert "Add-MailboxPermission" in denied.value.hint


def test_recoverable_items_take_nothing_from_outside(quiet: Site) -> None:
    server = quiet.open()
    with pytest.raises(OperatorError) as refused:
        server.target(server.resolve(f"recoverable:{TARGET}"))
    assert f"--to {TARGET}" in refused.value.hint


def test_only_two_ways_of_access_exist(quiet: Site) -> None:
    with pytest.raises(OperatorError):
        quiet.open(access="magic")


def test_the_server_says_who_it_is(quiet: Site) -> None:
    facts = quiet.open().facts()
    assert facts["version"] == "15.2.2562.17"
    assert facts["way"] == "export"
    assert facts["front_end"]


def test_everything_the_directory_lists_is_told_and_what_cannot_be_read_says_why(
    populated: Site,
) -> None:
    found = list(populated.open().resources())
    mailboxes = {each.address: each for each in found if each.kind is ResourceKind.MAILBOX}
    assert set(mailboxes) == {each.address for each in populated.estate.mailboxes}
    disabled = {each.address for each in populated.estate.mailboxes if each.role == "disabled"}
    assert {address for address, each in mailboxes.items() if each.excluded} == disabled
    assert not any(each.is_missing for each in found), "a disabled one has nothing to give"
    archives = {each.address for each in found if each.kind is ResourceKind.ARCHIVE}
    assert archives == {
        each.address
        for each in populated.estate.mailboxes
        if each.archive and each.address not in disabled
    }
    assert [each.kind for each in found if each.kind is ResourceKind.PUBLIC_FOLDERS]


def test_a_mailbox_that_we_have_no_right_to_is_missing_with_the_command_that_grants_it(
    populated: Site,
) -> None:
    estate = populated.estate
    estate.add_account("LAB\\helper", password=PASSWORD, may_search_mailboxes=True)
    found = {
        each.address: each
        for each in populated.open("LAB\\helper", access="delegate").resources()
        if each.kind is ResourceKind.MAILBOX
    }
    for mailbox in estate.mailboxes:
        told = found[mailbox.address]
        assert told.is_missing
        assert "Add-MailboxPermission" in (told.excluded or "")


def test_a_resource_is_found_by_the_id_that_the_list_shows(populated: Site) -> None:
    server = populated.open()
    mailbox = populated.estate.mailboxes[0]
    assert server.resolve(str(mailbox.guid)).reference == mailbox.address
    assert server.resolve(f"recoverable:{mailbox.guid}").kind is ResourceKind.RECOVERABLE
    with pytest.raises(OperatorError, match="nothing named"):
        server.resolve("00000000-0000-0000-0000-000000000001")


def test_who_may_not_list_mailboxes_is_told_the_role_and_the_other_way(quiet: Site) -> None:
    quiet.estate.add_account("LAB\\half", password=PASSWORD, may_impersonate=True)
    with pytest.raises(AccessDenied) as denied:
        list(quiet.open("LAB\\half").resources())
    assert "Discovery Management" in denied.value.hint
    assert "name the mailboxes" in denied.value.hint
