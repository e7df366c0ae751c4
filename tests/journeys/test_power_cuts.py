"""What must survive a power cut is flushed before anything is done that stands on it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from strongroom.control.home import Home
from strongroom.operations.journal import FileJournal
from strongroom.store.files import FileBackend
from strongroom.vault.service_key import FileKey
from tests.fakes.power import DiskLog

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="names of open files are read from /proc"
)


def test_a_stored_file_is_flushed_before_it_has_its_name_and_its_folder_before_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = DiskLog(tmp_path, monkeypatch)
    FileBackend(tmp_path / "storage").save("data/ab/abcd", b"sealed")
    words = [word for word, name in log.entries if "abcd" in name or ".strongroom-" in name]
    assert words == ["write", "flush", "link", "remove"]
    linked = log.first("link", "storage/data/ab/abcd")
    assert ("flush", "storage/data/ab") in log.entries[linked:]
    for folder in (".", "storage", "storage/data"):
        assert log.first("flush", folder) < linked, "the folders that were made for it"


def test_a_journal_survives_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = DiskLog(tmp_path, monkeypatch)
    with FileJournal(Home(path=tmp_path).journal("run-1")) as journal:
        journal.append({"line": "begin"})
    wrote = log.first("write", "journals/run-1.jsonl")
    assert log.first("flush", ".") < log.first("flush", "journals") < wrote
    assert log.entries[wrote + 1] == ("flush", "journals/run-1.jsonl")


def test_the_service_key_survives_before_anything_is_sealed_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = DiskLog(tmp_path, monkeypatch)
    FileKey(tmp_path).create()
    assert log.first("link", "service.key") < log.first("flush", ".")
    fresh = next(name for word, name in log.entries if word == "flush")
    assert fresh.startswith(".service.key.")
    assert log.first("flush", fresh) < log.first("link", "service.key")
