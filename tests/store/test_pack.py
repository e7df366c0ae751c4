from __future__ import annotations

import hashlib

import pytest

from strongroom.errors import IntegrityError
from strongroom.store.crypto import MasterKey, Sealer
from strongroom.store.pack import (
    PACK_BLOBS_MAX,
    PACK_BYTES,
    Entry,
    PackBuilder,
    decode_header,
    list_packs,
    pack_name,
    pack_size,
    read_header,
)
from tests.fakes.memory_backend import MemoryBackend

KEY = MasterKey.random()


def finished(blobs: list[tuple[bytes, int]]) -> tuple[bytes, bytes, list[Entry]]:
    sealer = Sealer(KEY)
    builder = PackBuilder("data")
    for plain, raw_length in blobs:
        builder.add(hashlib.sha256(plain).digest(), sealer.seal(plain), raw_length)
    pack_id, content = builder.finish(sealer)
    return pack_id, bytes(content), list(builder.entries.values())


@pytest.mark.parametrize("blobs", [[(b"one", 0)], [(b"one", 30), (b"", 0), (b"three", 50)]])
def test_a_stored_pack_says_what_it_holds(blobs: list[tuple[bytes, int]]) -> None:
    pack_id, content, entries = finished(blobs)
    backend = MemoryBackend()
    backend.save(pack_name(pack_id), content)
    assert pack_id == hashlib.sha256(content).digest()
    assert pack_size(entries) == len(content)
    assert read_header(backend, pack_id, len(content), Sealer(KEY)) == entries
    assert list_packs(backend) == {pack_id: len(content)}


@pytest.mark.parametrize("damage", ["cut", "flip", "longer", "empty", "length"])
def test_a_damaged_pack_has_no_header(damage: str) -> None:
    pack_id, content, _ = finished([(b"one", 0), (b"two", 0)])
    damaged = {
        "cut": content[:-1],
        "flip": content[:-10] + bytes([content[-10] ^ 1]) + content[-9:],
        "longer": b"x" + content,
        "empty": b"",
        "length": content[:-4] + b"\xff\xff\xff\xff",
    }[damage]
    backend = MemoryBackend()
    backend.save(pack_name(pack_id), damaged)
    with pytest.raises(IntegrityError, match="is damaged"):
        read_header(backend, pack_id, len(damaged), Sealer(KEY))


@pytest.mark.parametrize("header", [b"\x04" + bytes(36), bytes(36), b"\x02" + bytes(39)])
def test_a_header_of_nonsense_is_none(header: bytes) -> None:
    assert decode_header(header) is None


def test_a_pack_is_full_at_16_mib_or_as_many_blobs_as_an_index_may_name() -> None:
    builder = PackBuilder("tree")
    for number in range(PACK_BLOBS_MAX):
        assert not builder.is_full
        builder.add(number.to_bytes(32), (b"", b"", b""), 0)
    assert builder.is_full
    builder = PackBuilder("data")
    builder.add(bytes(32), (bytes(16), bytes(PACK_BYTES - 33), bytes(16)), 0)
    assert not builder.is_full
    builder.add(bytes(31) + b"1", (b"", b"x", b""), 0)
    assert builder.is_full


def test_strange_files_among_the_packs_are_left_alone() -> None:
    backend = MemoryBackend()
    name = "ab" * 32
    for stranger in ("data/notes.txt", f"data/cd/{name}", f"data/ab/{name}.tmp", "data/ab/README"):
        backend.save(stranger, b"x")
    assert list_packs(backend) == {}
