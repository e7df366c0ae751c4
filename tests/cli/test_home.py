"""A home brought back at the command line: what is said of who may do what from then on."""

from __future__ import annotations

import os
from pathlib import Path

from tests.cli.conftest import Cli
from tests.fakes.mail_server import STORAGE_URL
from tests.fakes.marked import secret_file


def test_whoever_has_rights_by_a_number_is_named_as_this_machine_knows_them(
    kept: Cli, tmp_path: Path
) -> None:
    kept("role", "give", f"uid:{os.getuid()}", "operator", "--label", "ann", expect=0)
    kept("role", "give", f"uid:{2**31 - 9}", "auditor", expect=0)
    kept("home", "backup", "disk", "--once", expect=0)
    made = kept("storage", "recovery-key", "new", "disk", "--json", expect=0).document
    key = secret_file(tmp_path / "recovery-key", made["recovery_key"])
    words = ("home", "restore", STORAGE_URL, "--recovery-key-file", key)
    back = kept(*words, "--home", tmp_path / "one", "--json", expect=0)
    nobody, me = sorted(back.document["accounts"], key=lambda one: one["label"])
    assert (nobody["account"], nobody["here"]) == (f"uid:{2**31 - 9}", None)
    assert (me["account"], me["label"]) == (f"uid:{os.getuid()}", "ann")
    told = kept(*words, "--home", tmp_path / "two", expect=0)
    for shown in (told.stderr, back.stderr):
        assert f"uid:{os.getuid()} ('ann'): {me['here']} on this machine" in shown
        assert f"uid:{2**31 - 9}: nobody on this machine" in shown
        assert "may be somebody else" in shown
        assert "strongroom role list" in shown
        assert "strongroom role take" in shown


def test_where_nobody_has_rights_by_a_number_nothing_is_said(kept: Cli, tmp_path: Path) -> None:
    kept("home", "backup", "disk", "--once", expect=0)
    made = kept("storage", "recovery-key", "new", "disk", "--json", expect=0).document
    key = secret_file(tmp_path / "recovery-key", made["recovery_key"])
    back = kept(
        "home", "restore", STORAGE_URL, "--recovery-key-file", key, "--home", tmp_path / "one",
        "--json", expect=0,
    )  # fmt: skip
    assert back.document["accounts"] == []
    assert "uid:" not in back.stderr
