"""A SharePoint Server is connected at a terminal, against the lab."""

from __future__ import annotations

from strongroom.compose import open_application
from strongroom.lab.lab import Lab
from tests.cli_wizard.conftest import Desk
from tests.cli_wizard.walking import Turn, assert_fits, straight, walk


def test_a_farm_with_a_wrong_turn_and_back_at_every_step_and_a_wrong_password(
    desk: Desk, lab: Lab
) -> None:
    address = lab.cast.users[0].address
    site = f"{lab.url}/sites/marketing"
    with desk.sit_down() as terminal:
        walk(
            terminal,
            Turn("What is to be connected?", "3", "x"),
            Turn("What is the connection to be called?", "farm", "../up"),
            Turn("Address of the site?", site, site.replace("https", "http"), "on the way"),
            Turn("How does the account sign in?", "1", "5"),
            Turn("Which account signs in?", address, ""),
            Turn(f"Password of {address}?", "another", "", "Nothing was entered"),
        )
        shown = terminal.asked("What now?")
        assert "Problem:" in shown
        terminal.enter("back")
        terminal.answer(f"Password of {address}?", lab.password(address))
        assert "site-access: proved" in terminal.answer("Go on?", "1")
        straight(terminal, Turn("Is a password to guard", ""), Turn("Save it?", ""))
        assert terminal.ends() == 0
        assert lab.password(address) not in terminal.transcript
        assert f"connection add sharepoint-onprem farm --url {site}" in terminal.transcript
        assert_fits(terminal)
    with open_application(desk.home) as application:
        view = application.connections.show("farm")
        assert (view.url, view.user, view.auth) == (site, address, "ntlm")
