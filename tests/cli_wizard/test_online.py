"""Microsoft 365 is connected at a terminal: people sign in with a second factor, in the lab."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from strongroom.compose import open_application
from strongroom.lab.lab import Lab
from tests.cli_wizard.conftest import Desk, People
from tests.cli_wizard.walking import Turn, assert_fits, pick, straight, walk
from tests.fakes.canaries import found_below
from tests.fakes.terminal import Terminal

EXCHANGE = Turn("What is to be connected?", "2", "8")
SHAREPOINT = Turn("What is to be connected?", "4", "8")
CLOUD = Turn("Which of Microsoft's clouds?", "", "5")
AUTOMATIC = Turn("Who signs in to it?", "1", "7")
BY_HAND = Turn("Who signs in to it?", "2", "7")
PERSON = Turn("Who signs in to it?", "3", "7")
SEPARATE = Turn("What is it for?", "2", "3")
BACKUP = Turn("What is it for?", "1", "3")
PERMISSIONS = Turn("Is it to keep permissions too?", "1", "3")
EWS = Turn("May it use EWS?", "1", "3")
BROWSER = Turn("How does the administrator sign in?", "1", "4")
ROLES = Turn("Is a password to guard", "", "5")
SAVE = Turn("Save it?", "1")


@pytest.fixture
def tenant(lab: Lab) -> Turn:
    return Turn("Which tenant?", lab.cloud.tenant.id, "no tenant", "not the name of a tenant")


@pytest.fixture
def site(lab: Lab) -> Turn:
    url = f"{lab.cloud.sites.url}/sites/marketing"
    return Turn("Address of the site?", url, "https://sites.other.example/", "not in the tenant")


@pytest.fixture
def mailbox(lab: Lab) -> Turn:
    return Turn("Address of a mailbox to try it on?", lab.cast.users[0].address, "ann")


def address_shown(terminal: Terminal) -> str:
    """Wait for the address where somebody is to sign in."""
    terminal.expect("open this address:")
    return terminal.expect("Waiting").split()[0]


def test_an_administrator_registers_the_applications_and_is_forgotten(
    desk: Desk, lab: Lab, people: People, tenant: Turn, mailbox: Turn
) -> None:
    with desk.sit_down("office") as terminal:
        walk(
            terminal,
            EXCHANGE,
            CLOUD,
            tenant,
            AUTOMATIC,
            SEPARATE,
            EWS,
            Turn("Which mailboxes?", "1", "3"),
            BROWSER,
            mailbox,
            ROLES,
        )
        assert "Microsoft Graph Command Line Tools" in straight(terminal, SAVE)
        url = address_shown(terminal)
        people.at(people.administrator).open(url)
        assert terminal.ends() == 0
        told = " ".join(terminal.transcript.split())
        assert "that sign-in is forgotten now" in told
        assert "may: MailboxItem.Export.All" in told
        assert "export: proved" in told
        assert "2027-04-01" in told
        assert_fits(terminal)
    with open_application(desk.home) as application:
        view = application.connections.show("office")
        assert view.secrets == ("certificate", "restore_certificate")
        assert view.client_id != view.restore_client_id
    assert found_below(desk.home, [lab.cloud.admin_password]) == []


def test_a_person_connects_their_own_mailbox_by_a_code_on_another_device(
    desk: Desk, lab: Lab, people: People, tenant: Turn
) -> None:
    public = lab.cloud.applications[2].client_id
    address = lab.cast.users[0].address
    with desk.sit_down("mine") as terminal:
        the_id = Turn("Application (client) ID?", public, "my-app", "not the id of an application")
        walk(terminal, EXCHANGE, CLOUD, tenant, PERSON, Turn("How do you sign in?", "2"), the_id)
        straight(terminal, ROLES)
        assert "your own mailbox" in " ".join(straight(terminal, SAVE).split())
        terminal.expect("address:")
        url = terminal.expect("code:").split()[0]
        code = terminal.expect("Waiting").split()[0]
        people.at(people.owner(address)).enter(Code(url=url, code=code))
        assert terminal.ends() == 0
        assert f"Signed in as {address}." in terminal.transcript
    with open_application(desk.home) as application:
        view = application.connections.show("mine")
        assert (view.user, view.secrets) == (address, ("token_cache",))


def test_by_hand_with_a_certificate(desk: Desk, lab: Lab, tenant: Turn, mailbox: Turn) -> None:
    known = lab.cloud.applications[0]
    both = desk.secret("both.pem", known.certificate)
    alone = desk.file("alone.pem", known.certificate.partition("-----BEGIN PRIVATE")[0])
    with desk.sit_down("office") as terminal:
        walk(
            terminal,
            EXCHANGE,
            CLOUD,
            tenant,
            BY_HAND,
            Turn("Is the application registered already?", "1", "3"),
            Turn("How does the application prove itself?", "1", "4"),
            Turn("File with the application's certificate", str(both), str(alone)),
            BACKUP,
            Turn("Application (client) ID?", known.client_id, "Strongroom"),
            mailbox,
            Turn("Address of a mailbox that must stay shut", "", "bob"),
        )
        shown = pick(terminal, "1 ", "go on")
        assert "sign-in: proved" in shown
        assert "export: proved" in shown
        straight(terminal, ROLES, SAVE)
        assert terminal.ends() == 0
        assert "BEGIN PRIVATE KEY" not in terminal.transcript
    with open_application(desk.home) as application:
        assert application.connections.show("office").secrets == ("certificate",)


def test_a_kill_while_the_administrator_signs_in_leaves_nothing_and_it_can_be_resumed(
    desk: Desk, lab: Lab, people: People, tenant: Turn, site: Turn
) -> None:
    some = (Turn("Which sites?", "2", "3"), Turn("Addresses of the sites?", "", "ftp://x"))
    with desk.sit_down("sites") as terminal:
        walk(terminal, SHAREPOINT, CLOUD, site, tenant, AUTOMATIC, BACKUP, *some, PERMISSIONS)
        walk(terminal, BROWSER, ROLES, after=PERMISSIONS)
        straight(terminal, SAVE)
        address_shown(terminal)
        terminal.kill()
    with open_application(desk.home) as application:
        assert application.connections.all() == []
    pipe = desk.folder / "opened"
    os.mkfifo(pipe)
    script = desk.file("browser", f'#!/bin/sh\nprintf %s "$1" > {pipe}\n')
    script.chmod(0o700)
    with desk.sit_down("sites", browser=script) as terminal:
        straight(terminal, Turn("You did not finish last time.", ""), SAVE)
        opened = Path(pipe).read_text()
        assert opened.startswith(lab.cloud.entra.url), "the program opened a browser by itself"
        people.at(people.administrator).open(opened)
        assert terminal.ends() == 0
        told = " ".join(terminal.transcript.split())
        assert "which was not chosen, is refused" in told
        assert "site-access: proved" in told
    with open_application(desk.home) as application:
        assert application.connections.show("sites").secrets == ("certificate",)


def test_sharepoint_by_a_script_and_by_no_secret(
    desk: Desk, lab: Lab, tenant: Turn, site: Turn
) -> None:
    known = lab.cloud.applications[0]
    both = desk.secret("both.pem", known.certificate)
    with desk.sit_down("sites") as terminal:
        walk(terminal, SHAREPOINT, CLOUD, site, tenant, BY_HAND)
        terminal.answer("Is the application registered already?", "1")
        terminal.asked("How does the application prove itself?")
        terminal.enter("2")
        assert "Unsupported app only token" in terminal.is_ready()
        terminal.enter("back")
        terminal.answer("Is the application registered already?", "2")
        terminal.asked("How does the application prove itself?")
        terminal.enter("2")
        assert "none of the answers" in terminal.is_ready()
        terminal.enter("1")
        file = Turn("File with the application's certificate", str(both))
        straight(terminal, file)
        walk(terminal, BACKUP, Turn("Which sites?", "1", "3"), PERMISSIONS, after=file)
        assert "Connect-MgGraph" in terminal.answer("Was the script run?", "1")
        the_id = Turn("Application (client) ID?", known.client_id, "Strongroom")
        walk(terminal, the_id, after=Turn("Was the script run?", "1"))
        assert "site-access: proved" in pick(terminal, "1 ", "go on")
        straight(terminal, ROLES, SAVE)
        assert terminal.ends() == 0


def test_the_old_sign_in_is_refused_with_its_date_and_another_way_taken(
    desk: Desk, lab: Lab, tenant: Turn, site: Turn
) -> None:
    address = lab.cast.users[0].address
    with desk.sit_down("sites") as terminal:
        straight(terminal, SHAREPOINT, CLOUD, site, tenant, Turn("Who signs in to it?", "4"))
        assert "2026-05-01" in terminal.answer("Which account signs in?", address)
        terminal.answer("Where does the account's organisation sign it in", "")
        terminal.answer("Which password", "2")
        shown = terminal.answer("App password of", "abcdefghijklmnop")
        assert "never expires" in shown
        assert "Problem:" in terminal.answer("What now?", "back")
        terminal.answer("App password of", "quit")
        assert terminal.ends() == 130
    with open_application(desk.home) as application:
        assert application.connections.all() == []


class Code:
    """What was shown for another device."""

    def __init__(self, *, url: str, code: str) -> None:
        self.url = url
        self.code = code
