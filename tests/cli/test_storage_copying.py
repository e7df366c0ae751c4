"""A second copy on the command line: made, kept by a job, read like any storage, brought back."""

from __future__ import annotations

import pytest

from strongroom.content import fts
from tests.cli.conftest import Cli
from tests.fakes.mail_server import STORAGE_URL, World
from tests.fakes.memory_backend import MemoryBackend

COPY_URL = "memory:elsewhere"


def test_a_copy_is_made_and_read_like_its_storage(
    kept: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fts, "parse", lambda _: None)
    ran = kept("storage", "replicate", "disk", COPY_URL, "--wait", "--json", expect=0).document
    assert (ran["kind"], ran["status"], ran["job"]) == ("replicate", "complete", None)
    (task,) = ran["tasks"]
    assert (task["resource"], task["status"]) == ("ann@example", "complete")
    assert task["folders"][0]["saved"] == ran["totals"]["saved"] > 0
    for command in (("points",), ("verify",)):
        here, there = (
            kept(*command, name, "--json", expect=0).document for name in ("disk", "disk-copy")
        )
        assert here == there
    assert kept("storage", "check", "disk-copy", "--read-data").code == 0
    (itself, its_copy) = kept("storage", "copies", "disk", "--json", expect=0).document
    assert (itself["name"], itself["is_copy"], itself["whole_as_of"]) == ("disk", False, None)
    assert (its_copy["name"], its_copy["url"]) == ("disk-copy", COPY_URL)
    assert its_copy["whole_as_of"].endswith("Z")
    shown = kept("storage", "copies", "disk-copy", expect=0).stdout
    assert "WHOLE AS OF" in shown


def test_a_job_keeps_a_copy_up_to_date(kept: Cli) -> None:
    added = kept(
        "job", "add", "replicate", "offsite", "--storage", "disk", "--to", COPY_URL,
        "--as", "far", "--schedule", "0 5 * * *", "--json", expect=0,
    ).document  # fmt: skip
    assert (added["kind"], added["to"], added["resources"]) == ("replicate", "far", [])
    assert "covers: all, copied to far" in kept("job", "show", "offsite", expect=0).stdout
    for saved in (True, False):
        ran = kept("job", "run", "offsite", "--wait", "--json", expect=0).document
        assert (ran["status"], ran["totals"]["saved"] > 0) == ("complete", saved)
    assert len(kept("points", "far", "--json", expect=0).document) == 1
    assert kept("storage", "remove", "far").code == 2
    assert kept("job", "edit", "offsite", "--all").code == 2


def test_a_restore_reads_the_copy(kept: Cli, world: World) -> None:
    kept("storage", "replicate", "disk", COPY_URL, "--as", "far", "--wait", expect=0)
    backend = world.backends[STORAGE_URL]
    assert isinstance(backend, MemoryBackend)
    backend.files.clear()
    restored = kept(
        "restore", "far", "ann@example", "--connection", "office", "--folder", "Back", "--wait",
        "--json", expect=0,
    ).document  # fmt: skip
    assert (restored["status"], restored["totals"]["saved"]) == ("complete", 4)
    kept("storage", "replicate", "far", "disk", "--wait", expect=0)
    ran = kept("job", "run", "nightly", "--wait", "--json", expect=0).document
    assert ran["totals"]["unchanged"] >= 4


def test_what_cannot_be_copied_is_said(kept: Cli) -> None:
    assert kept("storage", "replicate", "disk", COPY_URL).code == 2, "no worker, no --wait"
    for to in ("disk", "nowhere"):
        ended = kept("storage", "replicate", "disk", to, "--wait")
        assert ended.code == 2
        assert ended.stderr
    assert kept("storage", "replicate", "nowhere", COPY_URL, "--wait").code == 2
