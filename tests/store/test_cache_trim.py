"""Files at hand of repositories that nobody uses any more go; those in use stay."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from strongroom.store.cache_trim import UNUSED, drop_unused
from strongroom.store.crypto import MasterKey
from strongroom.store.index_cache import IndexCache
from tests.fakes.hand_clock import HandClock

CLOCK = HandClock()
NOW = CLOCK.now()


def put(folder: Path, name: str, unused: timedelta) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"at hand")
    used = (NOW - unused).timestamp()
    os.utime(folder / name, (used, used))


def test_what_nobody_used_for_long_goes_and_all_of_a_repository_together(tmp_path: Path) -> None:
    folder, long_ago, lately = tmp_path / "indexes", UNUSED + timedelta(hours=1), timedelta(days=1)
    for name, unused in (
        ("gone.index", long_ago), ("gone.days", long_ago), ("gone.part", long_ago),
        ("used.index", lately), ("used.days", long_ago), ("almost.index", UNUSED - lately),
    ):  # fmt: skip
        put(folder, name, unused)
    assert drop_unused(folder, NOW) == 3
    assert {one.name for one in folder.iterdir()} == {"used.index", "used.days", "almost.index"}
    assert drop_unused(folder, NOW) == 0


def test_nothing_outside_is_touched_and_no_folder_is_needed(tmp_path: Path) -> None:
    assert drop_unused(tmp_path / "not there", NOW) == 0
    folder, other = tmp_path / "indexes", tmp_path / "other"
    put(other, "kept", UNUSED * 2)
    folder.mkdir()
    (folder / "a link").symlink_to(other / "kept")
    (folder / "a folder").mkdir()
    os.utime(folder / "a folder", (0, 0))
    assert drop_unused(folder, NOW) == 0
    assert (other / "kept").exists()


def test_a_table_that_is_opened_counts_as_used(tmp_path: Path) -> None:
    clock = HandClock()
    cache = IndexCache(tmp_path / "indexes" / "one.index", MasterKey.random(), clock)
    assert cache.save([], [], {"data": [], "tree": []}, None) is not None
    put(tmp_path / "indexes", "other.index", UNUSED * 2)
    used = (NOW - UNUSED * 2).timestamp()
    os.utime(tmp_path / "indexes" / "one.index", (used, used))
    assert cache.open() is not None
    assert drop_unused(tmp_path / "indexes", NOW) == 1
    assert [one.name for one in (tmp_path / "indexes").iterdir()] == ["one.index"]
