"""Metrics on the command line: printed, or put where a collector finds them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.fakes.seeded_home import seed
from tests.service.test_metrics import read, value


@pytest.fixture
def seeded(cli: Cli, home: Path, sqlite_template: Path) -> Cli:
    seed(home, sqlite_template)
    return cli


def test_they_are_printed(seeded: Cli) -> None:
    metrics = read(seeded("metrics", expect=0).stdout)
    assert value(metrics, "saved_items_total", storage="disk") == 4
    assert "ann@example" not in seeded("metrics").stdout
    assert 'resource="ann@example"' in seeded("metrics", "--per-resource", expect=0).stdout
    assert "no JSON" in seeded("metrics", "--json", expect=2).stderr


def test_a_file_is_replaced_as_a_whole_and_anybody_may_read_it(seeded: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "collected"
    folder.mkdir()
    file = folder / "strongroom.prom"
    file.write_text("old")
    assert seeded("metrics", "--output", file, "--json", expect=0).document == {"file": str(file)}
    assert value(read(file.read_text()), "worker_up") == 0
    assert os.name == "nt" or stat.S_IMODE(file.stat().st_mode) == 0o644
    assert list(folder.iterdir()) == [file]


def test_a_file_that_cannot_be_written_leaves_the_last_one(
    seeded: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "collected"
    folder.mkdir()
    file = folder / "strongroom.prom"
    file.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("strongroom.cli.new_file.os.fsync", full)
    ended = seeded("metrics", "--output", file, expect=2)
    assert "No space left" in ended.stderr
    assert file.read_text() == "old"
    assert list(folder.iterdir()) == [file]
    assert seeded("metrics", "--output", tmp_path / "no" / "such", expect=2).stdout == ""
