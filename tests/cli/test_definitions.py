"""Definitions go into a file without secrets, and come back from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.fakes.mail_server import PASSWORD, password_file


def test_what_was_exported_comes_back_without_secrets(kept: Cli, tmp_path: Path) -> None:
    file = tmp_path / "definitions.json"
    told = kept("connection", "export", file, "--json", expect=0).document
    assert told == {"file": str(file), "connections": 1, "jobs": 1}
    assert PASSWORD not in file.read_text()
    again = kept("connection", "import", file, "--json", expect=0).document
    assert again == {"connections": [], "jobs": []}
    kept("job", "remove", "nightly", expect=0)
    kept("connection", "remove", "office", expect=0)
    taken = kept("connection", "import", file, "--json", expect=0).document
    assert taken == {"connections": ["office"], "jobs": ["nightly"]}
    shown = kept("connection", "show", "office", "--json", expect=0).document
    assert (shown["server"], shown["secrets"]) == ("mail.example", [])
    before = file.read_bytes()
    kept("connection", "export", file, expect=0)
    assert file.read_bytes() == before, "the same definitions make the same file"


def test_whoever_takes_in_a_connection_is_told_that_it_cannot_sign_in(
    ready: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "definitions.json"
    ready("connection", "export", file, expect=0)
    ready("connection", "remove", "office", expect=0)
    assert "connection edit office" in ready("connection", "import", file, expect=0).stderr


def test_a_guarded_connection_is_exported_by_whoever_knows_its_password(
    ready: Cli, tmp_path: Path
) -> None:
    guard, file = password_file(tmp_path, "guard", "guard"), tmp_path / "definitions.json"
    ready("connection", "set-password", "office", "--new-password-file", guard, expect=0)
    assert "locked" in ready("connection", "export", file, expect=2).stderr
    assert not file.exists()
    ready("connection", "export", file, "--unlock", f"office={guard}", expect=0)
    assert [one["name"] for one in json.loads(file.read_text())["connections"]] == ["office"]


@pytest.mark.parametrize("content", ["", "[]", "{}", "nonsense", "[" * 100_000, '{"jobs": 1}'])
def test_a_file_that_holds_no_definitions_changes_nothing(
    content: str, ready: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "definitions.json"
    file.write_text(content)
    assert "definitions" in ready("connection", "import", file, expect=2).stderr
    assert len(ready("connection", "list", "--json").document) == 1


def test_a_file_with_a_secret_is_refused_and_the_secret_not_repeated(
    ready: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "definitions.json"
    ready("connection", "export", file, expect=0)
    document = json.loads(file.read_text())
    document["connections"][0] |= {"name": "other", "password": "canary-secret"}
    file.write_text(json.dumps(document))
    ended = ready("connection", "import", file, expect=2)
    assert "canary-secret" not in ended.stderr + ended.stdout
    assert [one["name"] for one in ready("connection", "list", "--json").document] == ["office"]


def test_a_place_that_cannot_be_written_leaves_nothing_behind(ready: Cli, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    ready("connection", "export", tmp_path / "missing" / "file", expect=2)
    ready("connection", "export", tmp_path / "there", expect=2)
    assert not list(tmp_path.glob(".strongroom-*"))
