"""The service key: made once, kept from others, refused when it is not safe."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from strongroom.errors import IntegrityError, OperatorError
from strongroom.vault.key_holder import take_key
from strongroom.vault.service_key import FILE_NAME, FileKey


def load_or_create(home: Path) -> bytes:
    return take_key(FileKey(home), is_needed=False, opens=lambda _: False)


posix_only = pytest.mark.skipif(os.name == "nt", reason="rights are kept elsewhere on Windows")


def test_it_is_made_once_and_stays(tmp_path: Path) -> None:
    key = load_or_create(tmp_path)
    assert len(key) == 32
    assert load_or_create(tmp_path) == key
    assert [file.name for file in tmp_path.iterdir()] == [FILE_NAME]


def test_two_homes_have_different_keys(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert load_or_create(tmp_path / "a") != load_or_create(tmp_path / "b")


def test_many_that_start_together_get_the_same_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_or_create(tmp_path), range(16)))
    assert len(keys) == 1


@posix_only
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    load_or_create(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


@posix_only
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_one_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    load_or_create(tmp_path)
    (tmp_path / FILE_NAME).chmod(mode)
    with pytest.raises(OperatorError, match="read by other accounts") as caught:
        load_or_create(tmp_path)
    assert "chmod 600" in caught.value.hint


@posix_only
def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(bytes(32))
    elsewhere.chmod(0o600)
    (tmp_path / FILE_NAME).symlink_to(elsewhere)
    with pytest.raises(OperatorError, match="cannot be read"):
        load_or_create(tmp_path)


@pytest.mark.parametrize("content", [b"", b"short", bytes(33)])
def test_one_that_is_damaged_is_told_as_such(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(IntegrityError, match="damaged"):
        load_or_create(tmp_path)
    assert path.read_bytes() == content
