"""The audit log is listed, exported where nobody else reads it, and its damage is told."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.cli import audit
from tests.cli.conftest import Cli


def test_what_was_done_and_refused_is_listed_oldest_first(ready: Cli) -> None:
    ready("connection", "test", "office", expect=0)
    listed = ready("audit", "list", "--json", expect=0).document
    assert [one["position"] for one in listed] == list(range(1, len(listed) + 1))
    assert listed[-1]["verb"] == "connections.test"
    assert listed[-1]["about"] == {"name": "office"}
    (newest,) = ready("audit", "list", "--last", "1", "--json", expect=0).document
    assert newest == listed[-1]
    assert "connections.test" in ready("audit", "list", expect=0).stdout
    assert ready("audit", "list", "--after", len(listed), "--json").document == []


def test_an_export_is_one_document_a_line_and_goes_on_where_the_last_one_ended(
    ready: Cli, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    told = ready("audit", "export", first, "--json", expect=0).document
    records = [json.loads(line) for line in first.read_text().splitlines()]
    assert told == {"file": str(first), "records": len(records), "last": records[-1]["position"]}
    ready("connection", "test", "office", expect=0)
    ready("audit", "export", second, "--after", told["last"], expect=0)
    (one, *_) = [json.loads(line) for line in second.read_text().splitlines()]
    assert (one["position"], one["verb"]) == (told["last"] + 1, "connections.test")


@pytest.mark.skipif(os.name == "nt", reason="Windows has access lists instead of modes")
def test_nobody_else_reads_an_export(ready: Cli, tmp_path: Path) -> None:
    ready("audit", "export", tmp_path / "log", expect=0)
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_an_export_is_never_written_over_a_file(ready: Cli, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("mine")
    assert "new file" in ready("audit", "export", tmp_path / "log", expect=2).stderr
    assert (tmp_path / "log").read_text() == "mine"


def test_an_export_that_was_cut_short_is_not_left_behind_as_if_it_were_whole(
    ready: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_the_disk(*_: object) -> Iterator[str]:
        yield "{}"
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(audit, "_json_lines", fill_the_disk)
    ended = ready("audit", "export", tmp_path / "log", "--json", expect=2)
    assert "No space left" in ended.stderr
    assert ended.stdout == ""
    assert not (tmp_path / "log").exists()


def test_lines_of_syslog_name_the_machine_as_asked(ready: Cli) -> None:
    lines = ready(
        "audit", "export", "-", "--syslog", "--host", "vault.example", expect=0
    ).stdout.splitlines()
    assert len(lines) >= 2
    assert all(line.startswith("<109>1 ") for line in lines)
    assert all(" vault.example strongroom - audit [" in line for line in lines)


def test_records_and_a_document_do_not_share_standard_output(ready: Cli) -> None:
    ended = ready("audit", "export", "-", "--json", expect=2)
    assert ended.stdout == ""


def test_a_changed_record_is_told_loudly(ready: Cli, home: Path) -> None:
    assert ready("audit", "verify", "--json", expect=0).document == {"problems": []}
    assert "as it was written" in ready("audit", "verify", expect=0).stdout
    (database,) = home.glob("*.db")
    with sqlite3.connect(database) as db:
        changed = db.execute("UPDATE audit SET account = 'uid:1' WHERE position = 1")
        assert changed.rowcount == 1
    db.close()
    ended = ready("audit", "verify", "--json", expect=4)
    assert any("Record 1 " in one for one in ended.document["problems"])
    assert "Record 1 " in ended.stderr
