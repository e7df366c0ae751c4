from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.store.compression import Compressor, Damaged, decompress, decompress_file


@given(st.lists(st.binary(max_size=2000), max_size=5))
def test_every_frame_of_a_kept_context_stands_alone(contents: list[bytes]) -> None:
    compressor = Compressor()
    frames = [compressor.compress(content) for content in contents]
    for content, frame in zip(reversed(contents), reversed(frames), strict=True):
        assert decompress(frame, len(content)) == content
        assert decompress_file(frame) == content


@pytest.mark.parametrize("claimed", [0, 1, 999, 1001, 10_000_000])
def test_a_frame_of_another_length_than_claimed_is_damage(claimed: int) -> None:
    frame = Compressor().compress(b"x" * 1000)
    with pytest.raises(Damaged):
        decompress(frame, claimed)


def test_a_bomb_is_not_unpacked_further_than_its_claimed_length() -> None:
    bomb = Compressor().compress(bytes(200_000_000))
    assert len(bomb) < 20_000
    with pytest.raises(Damaged):
        decompress(bomb, 8192)


@pytest.mark.parametrize("cut", [0, 1, 5, -1])
def test_half_a_frame_is_damage(cut: int) -> None:
    frame = Compressor().compress(b"all of it or nothing" * 50)[:cut]
    with pytest.raises(Damaged):
        decompress(frame, 1000)
    with pytest.raises(Damaged):
        decompress_file(frame)


def test_something_behind_the_frame_is_damage() -> None:
    with pytest.raises(Damaged):
        decompress(Compressor().compress(b"x") + b"more", 1)
