"""Secrets come from files, standard input or a prompt, and from nowhere else."""

from __future__ import annotations

import getpass
import io
import sys
from pathlib import Path

import pytest

from strongroom.cli.secrets import from_file_or_prompt
from strongroom.errors import OperatorError
from tests.cli.conftest import Cli

OPTION = "--password-file"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("content", "password"),
    [("word", "word"), ("word\n", "word"), ("wörd \r\n", "wörd "), ("two\nlines\n", "two\nlines")],
)
def test_a_file_holds_the_password_and_perhaps_a_line_end(
    tmp_path: Path, content: str, password: str
) -> None:
    file = tmp_path / "password"
    file.write_bytes(content.encode())
    assert from_file_or_prompt(str(file), option=OPTION, prompt="P").reveal() == password


def test_a_dash_reads_one_line_of_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("word\nrest\n"))
    assert from_file_or_prompt("-", option=OPTION, prompt="P").reveal() == "word"


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("word\n"))
    with pytest.raises(OperatorError, match="no terminal") as caught:
        from_file_or_prompt(None, option=OPTION, prompt="P")
    assert OPTION in caught.value.hint


def test_at_a_terminal_a_new_password_is_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    answers = iter(["word", "word", "word", "other"])
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(answers))
    assert from_file_or_prompt(None, option=OPTION, prompt="P", is_new=True).reveal() == "word"
    with pytest.raises(OperatorError, match="differ"):
        from_file_or_prompt(None, option=OPTION, prompt="P", is_new=True)


def test_an_end_of_input_at_the_prompt_is_no_error_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def end(prompt: str) -> str:
        assert "\x1b" not in prompt
        raise EOFError

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", end)
    with pytest.raises(OperatorError, match="No password") as caught:
        from_file_or_prompt(None, option=OPTION, prompt="Password of \x1b[2J")
    assert OPTION in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_a_file_without_a_password_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(OperatorError):
        from_file_or_prompt(str(file), option=OPTION, prompt="P")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be read") as caught:
        from_file_or_prompt(str(tmp_path / "missing"), option=OPTION, prompt="P")
    assert "missing" in caught.value.what


def test_no_command_takes_a_secret_as_an_argument(cli: Cli) -> None:
    for words in (
        (
            "connection",
            "add",
            "exchange-onprem",
            "x",
            "--server",
            "s",
            "--user",
            "u",
            "--password",
            "p",
        ),
        ("storage", "add", "x", "/x", "--password", "p"),
    ):
        assert cli(*words).code == 2


def test_a_certificate_file_is_checked_when_it_is_given(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "p").write_text("made-up")
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    for pem in (wrong, tmp_path / "missing.pem"):
        ended = cli(
            "connection", "add", "exchange-onprem", "x", "--server", "s", "--user", "u",
            "--account-password-file", tmp_path / "p", "--ca-file", pem, expect=2,
        )  # fmt: skip
        assert pem.name in ended.stderr
    assert cli("connection", "list", "--json").document == []
