"""Folders that somebody else put into a storage: they are beside it, and harm nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from strongroom.store.files import FileBackend
from strongroom.store.storage import Storage
from strongroom.store.storage_upkeep import check_repository
from tests.fakes.storages import content, new_storage, put

KIND, ID = "mailbox", "a1"
FILES: dict[tuple[str, ...], bytes] = {("one",): b"1" * 3000}
NAMES = [
    b"back\\slash",
    b"a b",
    b"\xff\xfe no text",
    b"\x1b[31mred",
    b"line\nbreak",
    "größe".encode(),
    b".Trash-1000",
    b"~k2",
    b"x" * 201,
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture
def storage(place: Path) -> Storage:
    made = new_storage(FileBackend(place))
    put(made.repository(KIND, ID, create=True), FILES)
    return made


def put_there(folder: Path, name: bytes) -> None:
    """Make a foreign folder that looks like a repository from afar."""
    there = folder / os.fsdecode(name)
    (there / "snapshots").mkdir(parents=True)
    for file in (there / "config", there / "snapshots" / ("0" * 64)):
        file.write_bytes(b"nothing of ours")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("where", ["beside the kinds", "beside the resources"])
def test_a_foreign_folder_is_no_resource_and_harms_none(
    storage: Storage, place: Path, name: bytes, where: str
) -> None:
    folder = place / "repositories"
    put_there(folder if where == "beside the kinds" else folder / KIND, name)
    assert storage.repositories() == [(KIND, ID)]
    assert not storage.check()
    assert check_repository(storage, KIND, ID) == []
    assert content(storage.repository(KIND, ID), put(storage.repository(KIND, ID), FILES)) == FILES


def test_foreign_files_within_a_repository_harm_nothing(storage: Storage, place: Path) -> None:
    repository = place / "repositories" / KIND / ID
    for folder in ("snapshots", "index", "keys", "data/00", "locks", "strongroom", ""):
        (repository / folder).mkdir(exist_ok=True, parents=True)
        for name in NAMES:
            (repository / folder / os.fsdecode(name)).write_bytes(b"nothing of ours")
    assert storage.repositories() == [(KIND, ID)]
    assert check_repository(storage, KIND, ID, read_data=True) == []
    opened = storage.repository(KIND, ID)
    put(opened, FILES)
    opened.upkeep.prune()
    assert opened.upkeep.rebuild_index() == []
    assert check_repository(storage, KIND, ID, read_data=True) == []
