"""Storages that are kept from deletion, on the command line; with S3 in the journeys."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli, storage_password_file
from tests.fakes.mail_server import STORAGE_URL, World


def test_a_storage_says_how_it_is_kept(kept: Cli) -> None:
    assert "Kept from deletion: no." in kept("storage", "protect", "disk", expect=0).stdout
    assert "kept " not in kept("storage", "show", "disk", expect=0).stdout
    done = kept("storage", "protect", "disk", "--append-only", "--json", expect=0).document
    assert (done["append_only"], done["lock_mode"], done["locked_files"]) == (True, None, 0)
    assert "append-only" in kept("storage", "show", "disk", expect=0).stdout
    shown = kept("storage", "show", "disk", "--json", expect=0).document
    assert shown["keeping"]["append_only"] is True
    (point,) = kept("points", "disk", "--json", expect=0).document
    assert point["locked_until"] is None
    assert "LOCKED" not in kept("points", "disk", expect=0).stdout


def test_an_append_only_storage_takes_backups_and_refuses_to_prune(kept: Cli) -> None:
    kept("storage", "protect", "disk", "--append-only", expect=0)
    ran = kept("job", "run", "nightly", "--wait", "--json", expect=0).document
    assert ran["status"] == "complete"
    assert len(kept("points", "disk", "--json", expect=0).document) == 2
    kept("storage", "protect", "disk", "--no-append-only", expect=0)
    assert kept("storage", "show", "disk", "--json").document["keeping"]["append_only"] is False


def test_a_storage_that_does_not_answer_is_shown_all_the_same(kept: Cli, world: World) -> None:
    world.backends[STORAGE_URL].save("strongroom/keeping/x.json", b"{")
    shown = kept("storage", "show", "disk", "--json", expect=0).document
    assert shown["keeping"] is None
    assert kept("job", "run", "nightly", "--wait").code != 0, "nobody may take it for nothing"


def test_a_new_storage_is_kept_from_the_beginning(ready: Cli, tmp_path: Path) -> None:
    added = ready(
        "storage", "add", "vault", "memory:vault", "--password-file",
        storage_password_file(tmp_path), "--append-only", "--json", expect=0,
    )  # fmt: skip
    assert added.document["recovery_key"]
    assert "append-only" in added.stderr
    refused = ready(
        "storage", "add", "other", "memory:other", "--password-file",
        storage_password_file(tmp_path), "--lock-mode", "compliance", "--lock-days", "3", "--json",
    )  # fmt: skip
    assert refused.code == 2
    assert refused.document["recovery_key"], "it was made, and its key is shown all the same"
    assert "cannot be locked" in refused.stderr


def test_what_makes_no_sense_is_refused(kept: Cli) -> None:
    for words in (
        ("protect", "disk", "--lock-mode", "governance"),
        ("protect", "disk", "--lock-mode", "governance", "--lock-days", "3"),
        ("renew", "disk"),
        ("undelete", "disk"),
        ("undelete", "disk", "--since", "yesterday"),
    ):
        assert kept("storage", *words).code == 2, words
    assert "no." in kept("storage", "protect", "disk", expect=0).stdout
