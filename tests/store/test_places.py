"""What says of millions of blobs which index files name them: right, and small."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from strongroom.errors import IntegrityError
from strongroom.store.documents import Documents
from strongroom.store.index import Contents, save_index
from strongroom.store.pack import Entry, Kind, pack_size
from strongroom.store.places import Blob, Places
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import new_repository

CHANCE = random.Random(5)
BYTES_A_BLOB_MAX = 60
"""A million of them must stay below 150 MB; as a dictionary they took over 300."""


@pytest.fixture
def documents() -> Documents:
    return new_repository(MemoryBackend())._documents


def pack(*kinds_and_ids: Blob) -> Contents:
    entries = tuple(
        Entry(kind, id_, at * 100, 100, 200) for at, (kind, id_) in enumerate(kinds_and_ids)
    )
    return Contents(CHANCE.randbytes(32), entries)


def saved(documents: Documents, *packs: Contents) -> str:
    (file_id,) = save_index(documents, packs)
    return file_id


def whole(*packs: Contents) -> dict[bytes, int]:
    return {one.pack: pack_size(one.entries) for one in packs}


def test_each_file_that_names_a_blob_is_told_in_the_order_it_came(documents: Documents) -> None:
    first, last = b"\x00" * 32, b"\xff" * 32
    one, two = pack(("data", first), ("data", last)), pack(("data", last), ("tree", first))
    alone = pack(("data", first))
    files = [saved(documents, *packs) for packs in ((one,), (two,), (one, alone))]
    places = Places(whole(one, two, alone))
    for file_id in files[:2]:
        places.add(documents, file_id)
    assert places.files_that_name(("data", last)) == files[:2]
    assert places.files_that_name(("tree", first)) == files[1:2]
    assert not places.has(("tree", last))
    places.add(documents, files[2])
    assert places.files_that_name(("data", first)) == [files[0], files[2], files[2]]
    assert places.files_that_name(("data", last)) == files


def test_ids_that_are_nearly_the_same_are_told_apart(documents: Documents) -> None:
    ids = [bytes([7]) * 31 + bytes([end]) for end in range(0, 256, 2)]
    one = pack(*(("data", id_) for id_ in ids))
    places = Places(whole(one))
    places.add(documents, saved(documents, one))
    there = [places.has(("data", bytes([7]) * 31 + bytes([end]))) for end in range(256)]
    assert there == [end % 2 == 0 for end in range(256)]


def test_what_lies_in_a_pack_that_is_missing_or_cut_is_not_there(documents: Documents) -> None:
    cut, missing = pack(("data", b"a" * 32)), pack(("tree", b"b" * 32))
    places = Places({cut.pack: pack_size(cut.entries) - 1})
    places.add(documents, saved(documents, cut, missing))
    assert not places.has(("data", b"a" * 32))
    assert not places.has(("tree", b"b" * 32))


def test_a_damaged_index_file_is_told(documents: Documents) -> None:
    with pytest.raises(IntegrityError):
        Places({}).add(documents, documents.save("index", b'{"packs":[{"id":"zz"}]}'))


def test_a_million_blobs_would_take_no_more_than_they_may(documents: Documents) -> None:
    kinds: tuple[Kind, Kind] = ("data", "tree")
    packs = [
        pack(*((kinds[at % 9 == 0], CHANCE.randbytes(32)) for at in range(1000))) for _ in range(20)
    ]
    files = [saved(documents, *packs[at : at + 2]) for at in range(0, 20, 2)]
    tracemalloc.start()
    try:
        places = Places(whole(*packs))
        for file_id in files:
            places.add(documents, file_id)
        found = [places.has((one.kind, one.id)) for part in packs for one in part.entries]
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert all(found)
    assert held / len(found) < BYTES_A_BLOB_MAX
