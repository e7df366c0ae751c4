from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from strongroom.store.chunks import CHUNK_BYTES_MAX, Chunker, chunk_seed
from strongroom.store.crypto import MasterKey

MIB = 1 << 20


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("size", [0, 1, 512 * 1024, MIB, 8 * MIB, 16 * MIB, 20 * MIB + 17])
def test_chunks_put_together_are_the_content(size: int) -> None:
    data = noise(size)
    assert b"".join(Chunker(7).cut(pieces(data, 300_001))) == data


@pytest.mark.parametrize("piece", [65_536, 1_000_003, 16 * MIB, 24 * MIB])
def test_where_the_pieces_end_does_not_move_the_cuts(piece: int) -> None:
    data = noise(24 * MIB)
    assert list(Chunker(7).cut(pieces(data, piece))) == list(Chunker(7).cut([data]))


def test_content_without_any_border_is_cut_at_the_longest() -> None:
    lengths = [len(chunk) for chunk in Chunker(7).cut(pieces(bytes(20 * MIB), 65_536))]
    assert max(lengths) <= CHUNK_BYTES_MAX
    assert sum(lengths) == 20 * MIB


def test_an_insertion_changes_one_or_two_chunks() -> None:
    data = noise(30 * MIB)
    before = set(Chunker(7).cut([data]))
    after = set(Chunker(7).cut([data[: 10 * MIB] + b"eight by" + data[10 * MIB :]]))
    assert len(after - before) <= 2


def test_another_seed_cuts_elsewhere() -> None:
    data = noise(20 * MIB)
    lengths = [[len(chunk) for chunk in Chunker(seed).cut([data])] for seed in (7, 8)]
    assert lengths[0] != lengths[1]


def test_the_seed_is_the_keys_own_and_stays() -> None:
    key, other = MasterKey.from_bytes(bytes(64)), MasterKey.from_bytes(bytes(range(64)))
    # Written down, because another derivation would cut everything anew and store it twice.
    assert chunk_seed(key) == 0x1AF00FDE5492A356
    assert chunk_seed(key) != chunk_seed(other)
    assert Chunker(chunk_seed(other))


def test_few_pieces_are_held_at_a_time() -> None:
    """No more than two of the longest chunks are waiting when the next piece is asked for."""
    given = taken = 0

    def stream() -> Iterator[bytes]:
        nonlocal given
        for n in range(40):
            given += MIB
            assert given - taken <= 2 * CHUNK_BYTES_MAX + MIB
            yield noise(MIB, n)

    for chunk in Chunker(7).cut(stream()):
        taken += len(chunk)
    assert taken == 40 * MIB
