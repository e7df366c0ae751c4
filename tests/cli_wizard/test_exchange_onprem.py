"""An Exchange Server is connected at a terminal, against the lab."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from strongroom.compose import open_application
from strongroom.lab.lab import ADMINISTRATOR, Lab
from tests.cli_wizard.conftest import Desk
from tests.cli_wizard.walking import Turn, assert_fits, straight, walk
from tests.fakes.canaries import found_below
from tests.fakes.terminal import Terminal, strongroom

KIND = Turn("What is to be connected?", "1", "7", "none of the answers")
NAME = Turn("What is the connection to be called?", "office", "../up", "cannot be the name")
NAMED = Turn("How is the server found?", "2", "x")
AUTH = Turn("How does the account sign in?", "1", "9")
ACCOUNT = Turn("Which account signs in?", ADMINISTRATOR, "")
ACCESS = Turn("How does the account open other people's mailboxes?", "", "3")
GO_ON = Turn("Go on?", "1", "12")
GUARD = Turn("Is a password to guard", "2", "0")
SAVE = Turn("Save it?", "", "x")


@pytest.fixture
def server(lab: Lab) -> Turn:
    return Turn("Which server?", lab.ews_url, "http://localhost/", "can be read on the way")


@pytest.fixture
def password(lab: Lab) -> Turn:
    return Turn(f"Password of {ADMINISTRATOR}?", lab.admin_password, "", "Nothing was entered")


@pytest.fixture
def mailbox(lab: Lab) -> Turn:
    return Turn("Address of a mailbox to try it on?", lab.cast.users[0].address, "ann")


def test_a_server_that_is_named_with_a_wrong_turn_and_back_at_every_step(
    desk: Desk, lab: Lab, server: Turn, password: Turn, mailbox: Turn
) -> None:
    with desk.sit_down() as terminal:
        begun = (KIND, NAME, NAMED, server, AUTH, ACCOUNT, password, ACCESS, mailbox)
        walk(terminal, *begun, GO_ON, GUARD)
        terminal.answer("Password that guards the connection?", "guard it")
        terminal.is_ready()
        terminal.enter("guard at")
        assert "The two differ." in terminal.is_ready()
        terminal.enter("guard it")
        terminal.is_ready()
        terminal.enter("guard it")
        terminal.answer("Save it?", "back")
        terminal.answer("Password that guards the connection?", "")
        straight(terminal, SAVE)
        assert terminal.ends() == 0
        assert "impersonation: proved" in terminal.transcript
        assert f"--server {lab.ews_url}" in terminal.transcript
        for secret in (lab.admin_password, "guard it"):
            assert secret not in terminal.transcript
        assert_fits(terminal)
    with open_application(desk.home) as application:
        (view,) = application.connections.all()
        assert (view.name, view.is_guarded, view.is_locked) == ("office", True, True)
        assert application.drafts.load() is None


def test_a_server_that_is_looked_up(desk: Desk, lab: Lab, password: Turn, mailbox: Turn) -> None:
    with desk.sit_down("office") as terminal:
        walk(
            terminal,
            KIND,
            Turn("How is the server found?", "1"),
            Turn("An e-mail address", mailbox.right, "ann", "not an e-mail address"),
            Turn("Where is looked?", "2"),
            Turn("Which server is asked first?", lab.url, "ftp://x"),
            AUTH,
            ACCOUNT,
            password,
        )
        shown = terminal.answer("Is that right?", "")
        assert f"Found: {lab.ews_url}" in shown
        straight(terminal, ACCESS, mailbox, GO_ON, Turn("Is a password to guard", "1"), SAVE)
        assert terminal.ends() == 0
    with open_application(desk.home) as application:
        view = application.connections.show("office")
        assert (view.server, view.autodiscover) == (lab.ews_url, mailbox.right)


def test_a_search_that_finds_nothing_ends_in_naming_the_server(
    desk: Desk, server: Turn, password: Turn, mailbox: Turn
) -> None:
    with desk.sit_down("office") as terminal:
        straight(terminal, KIND, Turn("How is the server found?", "1"))
        straight(terminal, Turn("An e-mail address", "ann@nowhere.invalid"))
        straight(terminal, Turn("Where is looked?", ""), AUTH, ACCOUNT, password)
        assert "No Exchange server was found" in terminal.answer("What now?", "1")
        straight(terminal, NAMED, server, Turn("How does the account sign in?", ""))
        straight(terminal, Turn("Which account", ""), password, ACCESS, mailbox, GO_ON)
        straight(terminal, Turn("Is a password to guard", ""), SAVE)
        assert terminal.ends() == 0


def test_a_server_of_an_authority_of_ones_own_is_believed_once_that_is_named(
    desk: Desk, lab: Lab, server: Turn, password: Turn
) -> None:
    ca_file = desk.file("authority.pem", lab.ca_pem.decode())
    with strongroom(desk.home, "connection", "wizard", "office") as terminal:
        straight(terminal, KIND, NAMED, server, AUTH, ACCOUNT, password, ACCESS)
        terminal.answer("Address of a mailbox", "")
        shown = terminal.asked("What now?")
        assert "Problem:" in shown
        number = next(line for line in shown.splitlines() if "proves its name" in line).split()[0]
        terminal.enter(number)
        terminal.answer("How does the server prove its name?", "2")
        terminal.asked("File with the authority's certificate")
        terminal.enter(str(desk.folder / "missing.pem"))
        assert "cannot be read" in terminal.is_ready()
        terminal.enter(str(desk.file("wrong.pem", "no certificate")))
        assert "holds no certificate" in terminal.is_ready()
        terminal.enter(str(ca_file))
        shown = terminal.answer("Password of", lab.admin_password)
        assert "SHA-256" in shown, "it can be compared"
        terminal.answer("How does the account open", "")
        terminal.answer("Address of a mailbox", "")
        assert "The sign-in works." in terminal.answer("Go on?", "")
        straight(terminal, Turn("Is a password to guard", ""), SAVE)
        assert terminal.ends() == 0
        assert f"--ca-file {ca_file}" in terminal.transcript


def test_after_a_kill_it_goes_on_where_it_was_and_asks_the_password_again(
    desk: Desk, lab: Lab, server: Turn, password: Turn, mailbox: Turn
) -> None:
    with desk.sit_down() as terminal:
        straight(terminal, KIND, NAME, NAMED, server, AUTH, ACCOUNT, password, ACCESS, mailbox)
        terminal.asked("Go on?")
        terminal.kill()
    with open_application(desk.home) as application:
        assert application.connections.all() == [], "nothing is half saved"
    assert found_below(desk.home, [lab.admin_password]) == []
    with desk.sit_down() as terminal:
        shown = terminal.answer("You did not finish last time.", "")
        assert "exchange-onprem, office" in shown
        straight(terminal, password, GO_ON, Turn("Is a password to guard", ""), SAVE)
        assert terminal.ends() == 0
    with open_application(desk.home) as application:
        assert application.connections.show("office").server == lab.ews_url


def test_who_leaves_is_told_that_nothing_was_saved_and_how_to_go_on(desk: Desk) -> None:
    for leave in (Terminal.press_ctrl_c, Terminal.press_ctrl_d, lambda it: it.enter("quit")):
        with desk.sit_down() as terminal:
            if leave is not Terminal.press_ctrl_c:
                terminal.answer("You did not finish last time.", "2")
            terminal.answer("What is to be connected?", "1")
            terminal.asked("What is the connection to be called?")
            leave(terminal)
            assert terminal.ends() == 130
            assert "Nothing was saved." in terminal.transcript
            assert "Traceback" not in terminal.transcript


def test_without_a_terminal_the_command_for_scripts_is_named(home: Path) -> None:
    words = [sys.executable, "-m", "strongroom", "--home", str(home), "connection", "wizard"]
    ended = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "connection add" in ended.stderr
    assert ended.stdout == ""
