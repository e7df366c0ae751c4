"""What a person at a terminal is shown: where to sign in, and what was done in their tenant."""

from __future__ import annotations

import json
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strongroom.cli import signing_in
from strongroom.cli.connection import reporting
from strongroom.cli.settings import Settings
from strongroom.service.application import Application
from strongroom.service.connections import RegisteredView
from strongroom.service.ports import SignInPrompt
from strongroom.service.registration import GrantedPermission, RegistrationWish
from tests.cli.test_output import HOSTILE, is_harmless
from tests.fakes.mail_server import World
from tests.service.test_enrolment import DETAILS, Tenant, nobody

CODE = SignInPrompt(
    way="device-code", url="https://login.example/device", code="ABCD-EFGH", lasts_s=900.0
)
PAGE = SignInPrompt(way="browser", url="https://login.example/authorize", code="", lasts_s=600.0)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Watch the browser, and be on a machine that has none of its own."""
    urls: list[str] = []
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(webbrowser, "open", urls.append)
    return urls


class Soon:
    """A thread that is done at once."""

    def __init__(self, *, target: Any, args: tuple[str], daemon: bool) -> None:
        self._target, self._args = target, args

    def start(self) -> None:
        self._target(*self._args)


def test_the_address_is_always_shown_and_a_browser_opened_where_there_is_one(
    opened: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("threading.Thread", Soon)
    signing_in.show(PAGE)
    assert opened == []
    monkeypatch.setenv("DISPLAY", ":0")
    signing_in.show(PAGE)
    assert opened == [PAGE.url]
    signing_in.show(CODE)
    assert opened == [PAGE.url], "a code is for any device, so nothing is opened on this one"
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count(PAGE.url) == 2
    assert CODE.url in captured.err
    assert CODE.code in captured.err
    assert "15 minutes" in captured.err


def test_no_terminal_obeys_what_a_sign_in_server_wants_shown(
    opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for way in ("browser", "device-code"):
        signing_in.show(SignInPrompt(way=way, url=HOSTILE, code=HOSTILE, lasts_s=1.0))
    told = capsys.readouterr().err
    assert "owned" in told
    assert is_harmless(told)


@pytest.fixture
def made(new_home: Path) -> RegisteredView:
    with Application(new_home, Tenant().ports(World())) as opened:
        return opened.connections.add_registered("office", DETAILS, RegistrationWish(), nobody)


def test_the_report_tells_names_ids_rights_and_what_is_left_to_do(
    made: RegisteredView, capsys: pytest.CaptureFixture[str]
) -> None:
    right = GrantedPermission(api="Graph", name="X.Read.All", id="1", meaning=f"read {HOSTILE}")
    application = replace(made.report.applications[0], permissions=(right,), sites=("https://s",))
    report = replace(
        made.report,
        applications=(application,),
        checked=("It signs in.",),
        steps=("Run the script.",),
        administrator=HOSTILE,
    )
    reporting.show(Settings(), replace(made, report=report))
    told = capsys.readouterr().out
    for part in (
        "in the name of",
        "through a client and is forgotten here",
        "registered: Strongroom office backup, for backup, application id app-2",
        "(Graph: X.Read.All)",
        "    at https://s",
        "certificate AB, valid until 2028-11-26T00:00:00Z",
        "proved: It signs in.",
        "still to do: Run the script.",
        "\nConnect-ExchangeOnline\n",
        "client_id: app-2",
    ):
        assert part in told
    assert is_harmless(told)


def test_in_json_the_report_stands_beside_the_connection(
    made: RegisteredView, capsys: pytest.CaptureFixture[str]
) -> None:
    reporting.show(Settings(is_json=True), made)
    document = json.loads(capsys.readouterr().out)
    assert document["name"] == "office"
    assert document["registration"]["applications"][0]["client_id"] == "app-2"
    assert document["registration"]["script"] == "Connect-ExchangeOnline"
