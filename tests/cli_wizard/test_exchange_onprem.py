"""An Exchange Server is connected at a terminal, against the lab."""

from __future__ import annotations

from pathlib import Path

from strongroom.compose import open_application
from strongroom.lab.lab import ADMINISTRATOR, Lab
from tests.fakes.terminal import Terminal, strongroom


def test_a_server_that_is_named(lab: Lab, ca_file: Path, home: Path) -> None:
    with strongroom(home, "connection", "wizard", "--ca-file", ca_file) as terminal:
        terminal.answer("What is to be connected?", "1")
        terminal.answer("What is the connection to be called?", "office")
        terminal.answer("How is the server found?", "2")
        terminal.answer("Which server?", lab.ews_url)
        terminal.answer("How does the account sign in?", "1")
        terminal.answer("Which account signs in?", ADMINISTRATOR)
        terminal.answer(f"Password of {ADMINISTRATOR}?", lab.admin_password)
        terminal.answer("How does the account open other people's mailboxes?", "")
        terminal.answer("Address of a mailbox to try it on?", lab.cast.users[0].address)
        shown = terminal.answer("Go on?", "1")
        assert "The sign-in works." in shown
        terminal.answer("Is a password to guard", "")
        terminal.answer("Save it?", "")
        assert terminal.ends() == 0
        assert lab.admin_password not in terminal.transcript
        assert f"--server {lab.ews_url}" in terminal.transcript
        assert_fits(terminal)
    with open_application(home) as application:
        assert application.connections.show("office").server == lab.ews_url
        assert application.drafts.load() is None


def assert_fits(terminal: Terminal) -> None:
    """Insist on 80 columns, but for what is to be copied as it is, and addresses."""
    for line in terminal.transcript.split("\n"):
        is_whole = line.startswith("    ") or "://" in line or "/" in line
        assert len(line) <= 80 or is_whole, line
