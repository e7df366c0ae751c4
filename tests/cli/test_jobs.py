"""Jobs of every kind on the command line: added, shown, edited, run; what failed tried again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from strongroom.content import fts
from strongroom.errors import TransientError
from tests.cli.conftest import Cli, Ended
from tests.fakes.mail_server import World

THROUGH = ("--connection", "office", "--storage", "disk")
BACKUP = ("job", "add", "backup", "some", *THROUGH)


@pytest.fixture
def people(ready: Cli, world: World, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Give a home whose storage holds ann, by the job ``nightly``."""
    monkeypatch.setattr(fts, "parse", lambda _: None)
    for name in ("ann", "bob"):
        world.estate.add(f"{name}@example")
    ready("job", "add", "backup", "nightly", *THROUGH, "--resource", "ann@example", expect=0)
    ready("job", "run", "nightly", "--wait", expect=0)
    return ready


def line(ended: Ended, field: str) -> str:
    return next(one for one in ended.stdout.splitlines() if one.startswith(f"{field}: "))


def test_a_backup_covers_names_from_files_patterns_and_groups(ready: Cli, tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_bytes(b'\xef\xbb\xbf# staff\r\n"eve@example"\r\n\r\nann@example\r\nann@example\r\n')
    shown = ready(
        *BACKUP, "--resource", "ann@example", "--resource-file", names, "--match", "info@*",
        "--group", "team@example", "--exclude", "archive:*", expect=0,
    )  # fmt: skip
    assert line(shown, "covers") == (
        "covers: ann@example, eve@example, matching info@*, members of team@example, "
        "without archive:*"
    )
    job = ready("job", "show", "some", "--json", expect=0).document
    assert job["resources"] == ["ann@example", "eve@example"]
    assert (job["match"], job["groups"], job["all"]) == (["info@*"], ["team@example"], False)


@pytest.mark.parametrize("content", [b"", b"# nobody\n", b"\xff\xfe\x00", b"a\0b", None])
def test_a_file_that_names_nobody_is_refused(
    ready: Cli, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "names"
    if content is not None:
        file.write_bytes(content)
    assert ready(*BACKUP, "--resource-file", file).code == 2
    assert ready("job", "list", "--json", expect=0).document == []


def test_a_list_shows_the_first_names_and_a_job_all_of_them(ready: Cli) -> None:
    many = [word for number in range(8) for word in ("--resource", f"user{number}@example")]
    ready(*BACKUP, *many, expect=0)
    assert "user4@example, 3 more" in ready("job", "list", expect=0).stdout
    assert "user7@example" in line(ready("job", "show", "some", expect=0), "covers")


def test_what_a_job_covers_is_edited(ready: Cli) -> None:
    ready(*BACKUP, "--resource", "ann@example", "--resource", "bob@example", expect=0)
    edited = ready(
        "job", "edit", "some", "--drop", "ann@example", "--match", "info@*", "--json", expect=0
    ).document
    assert (edited["resources"], edited["match"]) == (["bob@example"], ["info@*"])
    shown = ready("job", "edit", "some", "--all", "--exclude", "test-*", expect=0)
    assert line(shown, "covers") == "covers: all, without test-*"
    for wrong in ((), ("--drop", "nobody@example"), ("--resource", "ann@example")):
        assert ready("job", "edit", "some", *wrong).code == 2
    shown = ready("job", "edit", "some", "--replace", "--group", "team@example", expect=0)
    assert line(shown, "covers") == "covers: members of team@example"


def test_a_restore_is_saved_and_run(people: Cli, world: World) -> None:
    added = people(
        "job", "add", "restore", "back", *THROUGH, "--resource", "ann@example",
        "--to", "bob@example", "--folder", "Back", "--conflict", "skip", expect=0,
    )  # fmt: skip
    assert line(added, "covers") == "covers: ann@example into bob@example, folder Back (skip)"
    for unchanged in (0, 3):
        ran = people("job", "run", "back", "--wait", "--json", expect=0).document
        assert (ran["kind"], ran["totals"]["unchanged"]) == ("restore", unchanged)
    assert people("job", "edit", "back", "--resource", "bob@example").code == 2


def test_a_restore_that_would_pile_up_copies_says_so(people: Cli) -> None:
    order = ("--resource", "ann@example")
    told = people("job", "add", "restore", "a", *THROUGH, *order, "--folder", "Back", expect=0)
    assert "writes all of it once more" in told.stderr
    told = people("job", "add", "restore", "b", *THROUGH, *order, expect=0)
    assert "once more" not in told.stderr
    assert "a new folder each time (copy)" in line(told, "covers")


def test_stored_items_are_verified_and_exported(people: Cli, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o700)
    verify = people(
        "job", "add", "verify", "read back", "--storage", "disk", "--sample", "2", expect=0
    )
    assert line(verify, "connection") == "connection: -"
    assert line(verify, "covers") == "covers: all, 2 items of each restore point"
    export = people(
        "job", "add", "export", "files", "--storage", "disk", "--resource", "ann@example",
        "--format", "files", "--output", out, expect=0,
    )  # fmt: skip
    assert line(export, "covers") == f"covers: ann@example as files into {out}"
    assert people("job", "run", "read back", "--wait", "--json", expect=0).document["tasks"]
    people("job", "run", "files", "--wait", expect=0)
    assert len(list(out.rglob("*.fts"))) == 3
    listed = people("job", "list", "--json", expect=0).document
    assert [(one["name"], one["kind"]) for one in listed] == [
        ("files", "export"),
        ("nightly", "backup"),
        ("read back", "verify"),
    ]


def test_an_export_goes_into_no_folder_that_is_not_there(people: Cli, tmp_path: Path) -> None:
    refused = people(
        "job", "add", "export", "files", "--storage", "disk", "--resource", "ann@example",
        "--format", "files", "--output", tmp_path / "none",
    )  # fmt: skip
    assert refused.code == 2
    assert "belongs to the account that runs Strongroom" in refused.stderr


def test_a_prune_is_a_job_like_any_other(people: Cli) -> None:
    people(
        "job", "add", "prune", "tidy", "--storage", "disk", "--resource", "ann@example", expect=0
    )
    assert "covers: ann@example" in people("job", "show", "tidy").stdout
    people("job", "add", "backup", "both", *THROUGH, "--all", expect=0)
    people("job", "run", "both", "--wait", expect=0)
    report = people("job", "run", "tidy", "--wait", "--json", expect=0).document
    assert (report["kind"], report["status"], len(report["tasks"])) == ("prune", "complete", 1)


def test_what_failed_of_a_run_is_tried_again(people: Cli, world: World) -> None:
    bob = world.estate.mailboxes[world.estate.id_of("bob@example")]

    def down(_call: str) -> None:
        raise TransientError("The database is down.")

    bob.on_call = down
    people("job", "add", "backup", "both", *THROUGH, "--all", expect=0)
    first: Any = people("job", "run", "both", "--wait", "--json", expect=3).document
    bob.on_call = lambda _call: None
    assert people("run", "retry", first["id"]).code == 2, "nobody would do it"
    again = people("run", "retry", first["id"], "--wait", "--json", expect=0).document
    assert [one["resource"] for one in again["tasks"]] == ["bob@example"]
    refused = people("run", "retry", again["id"], "--wait")
    assert refused.code == 2
    assert "Nothing of run" in refused.stderr
