"""The password that guards a connection: changed, taken off, and reset when it is lost."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.fakes.mail_server import password_file

SHOW = ("connection", "show", "office")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def first(ready: Cli, tmp_path: Path) -> Path:
    """Guard ``office`` by a first password, and give its file."""
    file = password_file(tmp_path, "first", "first")
    ready("connection", "set-password", "office", "--new-password-file", file, expect=0)
    return file


def test_another_password_takes_the_place_of_the_first_and_the_secrets_stay(
    ready: Cli, first: Path, tmp_path: Path
) -> None:
    second = password_file(tmp_path, "second", "second")
    change = ("connection", "set-password", "office", "--new-password-file", second)
    assert "locked" in ready(*change, expect=2).stderr
    changed = ready(*change, "--password-file", first, "--json", expect=0)
    assert changed.document == {"name": "office", "is_guarded": True}
    ready(*SHOW, "--password-file", first, expect=2)
    ready(*SHOW, "--password-file", second, expect=0)
    off = ("connection", "set-password", "office", "--no-password", "--password-file", second)
    assert ready(*off, "--json", expect=0).document["is_guarded"] is False
    ready(*SHOW, expect=0)
    ready("connection", "test", "office", expect=0)


def test_a_lost_password_is_reset_deliberately_and_what_is_lost_is_said(
    kept: Cli, first: Path, tmp_path: Path
) -> None:
    second = password_file(tmp_path, "second", "second")
    reset = ("connection", "reset", "office", "--new-password-file", second)
    refused = kept(*reset, expect=2)
    assert "--yes" in refused.stderr
    kept(*SHOW, "--password-file", first, expect=0)
    done = kept(*reset, "--yes", "--json", expect=0)
    assert done.document == {"name": "office", "is_guarded": True, "lost": ["password"]}
    assert "lost for good" in done.stderr
    assert "nightly" in done.stderr
    shown = kept(*SHOW, "--password-file", second, "--json", expect=0).document
    assert (shown["server"], shown["secrets"]) == ("mail.example", [])
    kept("storage", "check", "disk", expect=0)


@pytest.mark.parametrize(("typed", "code"), [("office\n", 0), ("offcie\n", 2), ("\n", 2)])
def test_at_a_terminal_the_name_has_to_be_typed(
    typed: str, code: int, ready: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    told = ready("connection", "reset", "office", "--no-password", expect=code).stdout
    assert ("Its secrets are gone: password." in told) == (code == 0)
    secrets = ready(*SHOW, "--json", expect=0).document["secrets"]
    assert secrets == ([] if code == 0 else ["password"])


def test_contradictions_are_refused_and_change_nothing(ready: Cli, first: Path) -> None:
    for verb in ("set-password", "reset"):
        both = ("connection", verb, "office", "--no-password", "--new-password-file", first)
        assert "Both" in ready(*both, expect=2).stderr
    ready(
        "connection", "set-password", "office", "--password-file", "-",
        "--new-password-file", "-", expect=2,
    )  # fmt: skip
    ready(*SHOW, "--password-file", first, expect=0)
