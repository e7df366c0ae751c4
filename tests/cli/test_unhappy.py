"""What goes wrong gets one clear message, the documented exit code, and loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.errors import AccessDenied, TransientError
from strongroom.service import jobs
from strongroom.store.storage import Storage
from tests.cli.conftest import Cli, Ended
from tests.fakes.faulty_backend import full_for
from tests.fakes.mail_server import STORAGE_URL, World, password_file
from tests.fakes.storages import PASSWORD


def complains(ended: Ended, code: int, *words: str) -> None:
    """Expect one message of a few lines: what, why, what to do; no traceback."""
    assert ended.code == code, ended
    assert ended.stderr.count("Error: ") == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    for word in words:
        assert word in ended.stderr, ended.stderr


def connect(cli: Cli, folder: Path, name: str, server: str, password: str) -> None:
    cli(
        "connection", "add", "exchange-onprem", name, "--server", server, "--user", "u",
        "--auth", "basic", "--account-password-file", password_file(folder, password), expect=0,
    )  # fmt: skip


def test_a_wrong_password(cli: Cli, tmp_path: Path) -> None:
    connect(cli, tmp_path, "wrong", "mail.example", "wrong")
    for words in (("connection", "test", "wrong"), ("resources", "wrong")):
        complains(cli(*words), 2, "refused the password", "hint:")


def test_an_unknown_server(cli: Cli, tmp_path: Path) -> None:
    connect(cli, tmp_path, "nowhere", "nowhere.example", "p")
    complains(cli("connection", "test", "nowhere"), 5, "nowhere.example", "hint:")


def test_an_unknown_mailbox(ready: Cli) -> None:
    ready(
        "job", "add", "backup", "none", "--connection", "office", "--storage", "disk",
        "--resource", "nobody@example", expect=0,
    )  # fmt: skip
    complains(ready("job", "run", "none", "--wait"), 2, "nobody@example", "hint:")


def test_denied_rights(ready: Cli, world: World) -> None:
    mailbox = world.estate.add("boss@example")

    def deny(_call: str) -> None:
        raise AccessDenied("boss@example may not be opened.", hint="Grant Impersonation.")

    mailbox.on_call = deny
    ready(
        "job", "add", "backup", "boss", "--connection", "office", "--storage", "disk", "--all",
        expect=0,
    )  # fmt: skip
    complains(ready("job", "run", "boss", "--wait"), 2, "Grant Impersonation")


def test_a_server_that_only_gives_half_answers(kept: Cli, world: World) -> None:
    (mailbox,) = world.estate.mailboxes.values()

    def cut(_call: str) -> None:
        raise TransientError("mail.example broke off in its answer.", hint="Try again later.")

    before = kept("points", "disk", "--json").document
    mailbox.on_call = cut
    complains(kept("job", "run", "nightly", "--wait"), 5, "broke off", "hint:")
    assert kept("points", "disk", "--json").document == before
    mailbox.on_call = lambda _call: None
    again = kept("job", "run", "nightly", "--wait", "--json", expect=0).document
    assert again["totals"]["on_server"] == 4


def test_a_full_disk_stops_the_run_and_what_was_saved_stays(kept: Cli, world: World) -> None:
    (mailbox,) = world.estate.mailboxes.values()
    inbox = next(f.id for f in mailbox.folders.values() if f.role == "inbox")
    mailbox.add_item(inbox, "one more")
    full = full_for(world.backends[STORAGE_URL], "data/")
    world.backends[STORAGE_URL] = full
    complains(kept("job", "run", "nightly", "--wait"), 2, "full")
    assert len(kept("points", "disk", "--json").document) == 1
    full.faults.end()
    totals = kept("job", "run", "nightly", "--wait", "--json", expect=0).document["totals"]
    assert (totals["on_server"], totals["saved"]) == (5, 1)


def test_a_damaged_repository(kept: Cli, world: World) -> None:
    backend = world.backends[STORAGE_URL]
    pack = next(entry.name for entry in backend.list("") if "/data/" in entry.name)
    content = bytearray(backend.load(pack))
    content[len(content) // 2] ^= 1
    backend.delete(pack)
    backend.save(pack, bytes(content))
    checked = kept("storage", "check", "disk", "--read-data", expect=4)
    assert "Error: mailbox/" in checked.stderr
    assert kept("storage", "check", "disk", "--read-data", "--json").document["problems"]
    kept("verify", "disk", expect=4)
    assert backend.load(pack) == bytes(content), "what is damaged is left as it is"


def test_a_repository_that_does_not_open_hides_no_points_of_others(kept: Cli, world: World) -> None:
    ann = world.estate.id_of("ann@example")
    world.estate.add("bob@example", items=2)
    kept("job", "edit", "nightly", "--resource", "bob@example", expect=0)
    kept("job", "run", "nightly", "--wait", expect=0)
    cut_config(world, ann)
    told = kept("points", "disk", expect=4)
    assert "bob@example" in told.stdout
    assert "ann@example" not in told.stdout
    complains(told, 4, f"Error: mailbox:{ann}: ", "config", "hint:")
    told = kept("points", "disk", "--json", expect=4)
    assert [one["resource"] for one in told.document] == ["bob@example"]
    complains(told, 4, f"Error: mailbox:{ann}: ", "config", "hint:")
    kept("points", "disk", "--resource", "bob@example", expect=0)
    told = kept("points", "disk", "--resource", ann, expect=4)
    assert told.stdout == ""


def test_a_dry_run_that_finds_damage_ends_as_that(kept: Cli, world: World) -> None:
    cut_config(world, world.estate.id_of("ann@example"))
    told = kept("storage", "prune", "disk", "--dry-run", expect=4)
    assert "config" in told.stdout
    (one,) = kept("storage", "prune", "disk", "--dry-run", "--json", expect=4).document["resources"]
    assert (one["is_damage"], one["bytes_freed"]) == (True, None)
    assert "config" in one["problem"]


def test_a_dry_run_beside_a_prune_ends_well(kept: Cli, world: World) -> None:
    storage = Storage.open_with_password(world.backends[STORAGE_URL], PASSWORD)
    ((kind, id_),) = storage.repositories()
    with storage.repository(kind, id_).lock(exclusive=True):
        told = kept("storage", "prune", "disk", "--dry-run", "--json", expect=0)
    (one,) = told.document["resources"]
    assert (one["is_damage"], one["bytes_freed"]) == (False, None)
    assert "locked by" in one["problem"]


def cut_config(world: World, mailbox_id: str) -> None:
    backend = world.backends[STORAGE_URL]
    name = f"repositories/mailbox/{mailbox_id}/config"
    content = backend.load(name)
    backend.delete(name)
    backend.save(name, content[:40])


def test_a_damaged_control_database(kept: Cli, home: Path) -> None:
    for file in home.glob("control.db*"):
        file.unlink()
    (home / "control.db").write_bytes(b"\xff" * 8192)
    complains(kept("points", "disk"), 4, "control database", "hint:", "no backup is lost")


def test_a_service_key_that_others_may_read(kept: Cli, home: Path) -> None:
    (home / "service.key").chmod(0o644)
    complains(kept("points", "disk"), 2, "read by other accounts", "chmod 600")


def test_a_wrong_storage_password(cli: Cli, world: World, tmp_path: Path) -> None:
    world.make_storage()
    file = password_file(tmp_path, "not the one")
    complains(cli("storage", "add", "disk", STORAGE_URL, "--password-file", file), 2)
    assert cli("storage", "list", "--json").document == []


def test_our_own_bug_is_named_as_such_with_its_traceback(
    kept: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(_self: object) -> None:
        raise ZeroDivisionError("\x1b[31moops")

    monkeypatch.setattr(jobs.Jobs, "all", stumble)
    ended = kept("job", "list", expect=1)
    assert "ZeroDivisionError" in ended.stderr
    assert "error in Strongroom itself" in ended.stderr
    assert "\x1b" not in ended.stderr


def test_ctrl_c_stops_at_a_safe_point_and_the_run_goes_on_later(
    kept: Cli, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_run_id: str, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("strongroom.service.runs.wait_for", interrupted)
        ended = kept("job", "run", "nightly", "--wait", expect=130)
    assert "goes on when the command is given again" in ended.stderr
    again = kept("job", "run", "nightly", "--wait", expect=0)
    assert "Joining run" in again.stderr
