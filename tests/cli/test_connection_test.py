"""``connection test`` says what jobs will need, whether it is there, and how to get it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from strongroom import compose
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Use
from strongroom.words.capability import Capability, CapabilityOutcome
from tests.cli.conftest import Cli
from tests.cli.test_output import HOSTILE, is_harmless
from tests.fakes.mail_server import Estate, FakeServer, World, password_file

REMEDY = "New-ManagementRoleAssignment -Role ApplicationImpersonation"


class TriedServer(FakeServer):
    """A server that can try what jobs will need of it."""

    def capabilities(self, mailbox: str | None) -> Sequence[Capability]:
        return [
            Capability(name="sign-in", outcome=CapabilityOutcome.PROVED, detail="Signed in."),
            Capability(
                name="impersonation",
                outcome=CapabilityOutcome.MISSING,
                detail=f"{mailbox} may not be opened {HOSTILE}",
                remedy=REMEDY,
            ),
        ]


@pytest.fixture
def tried(ready: Cli, world: World, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Let the server of ``office`` be one that can try things."""

    def open_server(_details: ConnectionDetails, _use: Use) -> TriedServer:
        estate: Estate = world.estate
        return TriedServer(estate)

    ports = replace(world.ports(), open_server=open_server)
    monkeypatch.setattr(compose, "real_ports", lambda clock=None: ports)
    return ready


def test_what_is_missing_comes_with_the_step_that_grants_it(tried: Cli) -> None:
    test = ("connection", "test", "office", "--mailbox", "ann@example")
    told = tried(*test, "--json", expect=2).document
    assert told["product"] == "Fake"
    proved, missing = told["capabilities"]
    assert proved == {
        "name": "sign-in", "outcome": "proved", "detail": "Signed in.", "remedy": "",
    }  # fmt: skip
    assert (missing["name"], missing["outcome"]) == ("impersonation", "missing")
    assert (missing["remedy"], "ann@example" in missing["detail"]) == (REMEDY, True)
    shown = tried(*test, expect=2).stdout
    assert "proved: sign-in: Signed in." in shown
    assert f"to grant it: {REMEDY}" in shown
    assert is_harmless(shown)


def test_a_server_that_cannot_try_says_what_it_is(ready: Cli) -> None:
    assert ready("connection", "test", "office", "--json", expect=0).document["capabilities"] == []


@pytest.mark.parametrize("words", [("connection", "test", "office"), ("resources", "office")])
def test_a_guarded_server_is_asked_for_whoever_knows_the_password(
    words: tuple[str, ...], ready: Cli, tmp_path: Path
) -> None:
    guard = password_file(tmp_path, "guard", "guard")
    ready("connection", "set-password", "office", "--new-password-file", guard, expect=0)
    assert "locked" in ready(*words, expect=2).stderr
    ready(*words, "--password-file", guard, expect=0)
