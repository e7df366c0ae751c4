"""Passwords and recovery keys at the command line: what is printed, and what never is."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.store.storage import Storage
from tests.cli.conftest import Cli
from tests.fakes.mail_server import STORAGE_URL, World
from tests.fakes.marked import canary, secret_file
from tests.fakes.storages import create_is_cheap

ANN = canary("ann's password at the command line")


@pytest.fixture(autouse=True)
def _is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    create_is_cheap(monkeypatch.setitem)


@pytest.fixture
def ann(tmp_path: Path) -> Path:
    return secret_file(tmp_path / "ann", ANN)


def test_passwords_come_and_go(ready: Cli, ann: Path, world: World) -> None:
    told = ready("storage", "password", "add", "disk", "ann", "--password-file", ann, expect=0)
    assert told.stdout == "The storage disk opens by the password 'ann' too.\n"
    listed = ready("storage", "password", "list", "disk", "--json", expect=0).document
    assert [(one["name"], one["is_kept"]) for one in listed] == [("main", True), ("ann", True)]
    assert Storage.open_with_password(world.backends[STORAGE_URL], ANN)
    changed = ready(
        "storage", "password", "set", "disk", "--label", "ann", "--password-file", ann, "--json",
        expect=0,
    )  # fmt: skip
    assert changed.document == {"storage": "disk", "repositories": 0, "problems": []}
    ready("storage", "password", "remove", "disk", "ann", expect=0)
    gone = ready("storage", "password", "remove", "disk", "ann", expect=2)
    assert "no password named 'ann'" in gone.stderr
    last = ready("storage", "password", "remove", "disk", "main", expect=2)
    assert "only password" in last.stderr
    for one in (told, changed, gone, last):
        assert ANN not in one.stdout + one.stderr


def test_showing_a_password_prints_it_alone_and_says_what_it_opens(
    ready: Cli, tmp_path: Path
) -> None:
    # One that nobody looks for: here it has to be printed.
    file = secret_file(tmp_path / "shown", "a password to be shown")
    ready("storage", "password", "set", "disk", "--password-file", file, expect=0)
    shown = ready("storage", "password", "show", "disk", expect=0)
    assert shown.stdout == "a password to be shown\n"
    assert "opens everything in disk" in shown.stderr
    assert "audit log" in shown.stderr
    assert "to be shown" not in shown.stderr
    assert ready("audit", "list", "--json").document[-1]["verb"] == "storage_keys.show_password"


def test_a_recovery_key_is_renewed_rehearsed_and_told_to_be(kept: Cli, tmp_path: Path) -> None:
    never = kept("storage", "show", "disk", expect=0).stdout
    assert "never: `strongroom storage recovery-key rehearse disk`" in never
    made = kept("storage", "recovery-key", "new", "disk", "--json", expect=0).document
    key = secret_file(tmp_path / "recovery-key", made["recovery_key"])
    done = kept(
        "storage", "recovery-key", "rehearse", "disk", "--recovery-key-file", key, "--json",
        expect=0,
    ).document  # fmt: skip
    assert (done["repositories"], done["points_read"], done["problems"]) == (1, 1, [])
    by_url = kept(
        "storage", "recovery-key", "rehearse", STORAGE_URL, "--recovery-key-file", key, expect=0
    )
    assert "all its 1 repositories" in by_url.stdout
    shown = kept("storage", "show", "disk", "--json", expect=0).document
    assert shown["recovery_key_rehearsed"] is not None
    health = kept("health", "--json").document
    (check,) = [one for one in health["checks"] if one["name"] == "recovery-keys"]
    assert check["figures"] == {"never_rehearsed": []}


def test_a_new_home_needs_the_url_and_the_recovery_key_alone(kept: Cli, tmp_path: Path) -> None:
    made = kept("storage", "recovery-key", "new", "disk", "--json", expect=0).document
    key = secret_file(tmp_path / "recovery-key", made["recovery_key"])
    fresh = ("--home", tmp_path / "fresh")
    view = kept(
        "storage", "adopt", "again", STORAGE_URL, "--recovery-key-file", key, *fresh, "--json",
        expect=0,
    ).document  # fmt: skip
    assert view["name"] == "again"
    (point,) = kept("points", "again", *fresh, "--json", expect=0).document
    assert point["resource"] == "ann@example"
    refused = kept("storage", "password", "show", "again", *fresh, expect=2)
    assert "not known here" in refused.stderr


def test_repositories_are_given_new_keys_one_or_all(kept: Cli) -> None:
    (point,) = kept("points", "disk", "--json", expect=0).document
    assert kept("storage", "rekey", "disk", expect=2).stderr.startswith("Error: Which")
    (done,) = kept("storage", "rekey", "disk", "--resource", "ann@example", "--json",
                   expect=0).document  # fmt: skip
    assert (done["problem"], done["points"]) == ("", 1)
    told = kept("storage", "rekey", "disk", "--all", expect=0)
    assert "~k3" in told.stdout
    (after,) = kept("points", "disk", "--json", expect=0).document
    assert after["id"] != point["id"]
    assert {**after, "id": ""} == {**point, "id": ""}
    kept("storage", "check", "disk", "--read-data", expect=0)
