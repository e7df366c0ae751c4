"""What becomes of a pack, from figures alone."""

from __future__ import annotations

import hashlib

import pytest

from strongroom.store.index import BLOBS_PER_FILE
from strongroom.store.pack import PACK_BYTES, Kind
from strongroom.store.prune_plan import (
    MERGE_MIN,
    SMALL_BYTES,
    Fate,
    IndexFile,
    PackUse,
    decide,
    index_files_staying,
)

FULL = PACK_BYTES + 1000
SMALL = SMALL_BYTES - 1


def pack(
    name: str,
    size: int = FULL,
    *,
    used: float = 1.0,
    kind: Kind | None = "data",
    is_stored: bool = True,
) -> PackUse:
    """Make a pack of a thousand blobs of equal length, of which a share is used."""
    return PackUse(
        pack=hashlib.sha256(name.encode()).digest(),
        kind=kind,
        header=b"",
        size=size,
        blobs=1000,
        is_stored=is_stored,
        bytes_blobs=size,
        blobs_used=round(1000 * used),
        bytes_used=round(size * used),
    )


def fates(*packs: PackUse) -> list[Fate]:
    decided = decide(packs)
    return [decided[one.pack] for one in packs]


@pytest.mark.parametrize("size", [FULL, SMALL])
@pytest.mark.parametrize("kind", ["data", "tree", None])
def test_what_nothing_refers_to_goes(size: int, kind: Kind | None) -> None:
    assert fates(pack("a", size, used=0, kind=kind)) == ["remove"]


def test_a_pack_that_is_not_there_or_cut_is_named_no_more() -> None:
    assert fates(pack("a", is_stored=False)) == ["remove"]


def test_a_whole_pack_stays() -> None:
    assert fates(pack("a"), pack("b", kind="tree"), pack("c", SMALL)) == ["keep", "keep", "keep"]


def test_data_and_trees_in_one_pack_are_taken_apart() -> None:
    assert fates(pack("a", kind=None)) == ["repack"]


def test_trees_beside_unused_ones_are_written_anew() -> None:
    assert fates(pack("a", used=0.999, kind="tree")) == ["repack"]


def test_a_pack_that_was_never_full_is_written_anew_when_anything_in_it_is_unused() -> None:
    assert fates(pack("a", PACK_BYTES - 1, used=0.999)) == ["repack"]


def test_of_full_packs_the_emptiest_are_written_anew_until_a_twentieth_is_unused() -> None:
    nearly = [pack(f"nearly {number}", used=0.96) for number in range(10)]
    assert fates(*nearly, pack("half", used=0.5)) == ["keep"] * 10 + ["repack"]
    halves = [pack(f"half {number}", used=0.5) for number in range(10)]
    decided = fates(*halves, *(pack(f"whole {number}") for number in range(95)))
    assert decided.count("repack") == 0, "5 of 100"
    decided = fates(*halves, *(pack(f"whole {number}") for number in range(75)))
    assert decided.count("repack") == 2, "4 of 80 may stay"


def test_ten_small_packs_are_merged_and_nine_are_not() -> None:
    data = [pack(f"d{number}", SMALL) for number in range(5)]
    trees = [pack(f"t{number}", SMALL, kind="tree") for number in range(5)]
    assert set(fates(*data, *trees)) == {"repack"}
    assert set(fates(*data, *trees[1:])) == {"keep"}
    assert set(fates(*(pack(f"l{number}", SMALL_BYTES) for number in range(20)))) == {"keep"}


def test_what_is_written_anew_counts_as_one_more_small_pack() -> None:
    data = [pack(f"d{number}", SMALL) for number in range(MERGE_MIN - 1)]
    assert set(fates(*data, pack("partly", SMALL, used=0.5))) == {"repack"}
    assert fates(*data[1:], pack("partly", SMALL, used=0.5)) == ["keep"] * 8 + ["repack"]


def test_the_only_small_pack_of_its_kind_is_not_written_anew_for_nothing() -> None:
    data = [pack(f"d{number}", SMALL) for number in range(MERGE_MIN)]
    assert fates(*data, pack("t", SMALL, kind="tree")) == ["repack"] * 10 + ["keep"]


def names(*packs: str) -> tuple[bytes, ...]:
    return tuple(hashlib.sha256(name.encode()).digest() for name in packs)


def staying(files: dict[str, IndexFile], fate: dict[str, Fate]) -> set[str]:
    decided = {names(name)[0]: one for name, one in fate.items()}
    return set(index_files_staying(files, decided))


def test_few_index_files_of_packs_that_stay_stay() -> None:
    files = {f"f{n}": IndexFile(names(f"p{n}"), 10) for n in range(MERGE_MIN)}
    assert staying(files, {f"p{n}": "keep" for n in range(MERGE_MIN)}) == set(files)


def test_many_small_index_files_become_one_and_large_ones_stay() -> None:
    files = {f"f{n}": IndexFile(names(f"p{n}"), 10) for n in range(MERGE_MIN + 1)}
    files["large"] = IndexFile(names("large"), BLOBS_PER_FILE // 2)
    fate: dict[str, Fate] = {f"p{n}": "keep" for n in range(MERGE_MIN + 1)}
    assert staying(files, {**fate, "large": "keep"}) == {"large"}


def test_an_index_file_that_names_a_pack_that_goes_goes_and_takes_the_small_ones_along() -> None:
    files = {
        "mixed": IndexFile(names("stays", "goes"), BLOBS_PER_FILE),
        "small": IndexFile(names("other"), 10),
        "large": IndexFile(names("third"), BLOBS_PER_FILE),
    }
    fate: dict[str, Fate] = {"stays": "keep", "goes": "repack", "other": "keep", "third": "keep"}
    assert staying(files, fate) == {"large"}


def test_of_index_files_that_name_the_same_pack_one_stays() -> None:
    files = {
        "new": IndexFile(names("a", "b"), BLOBS_PER_FILE),
        "old": IndexFile(names("a"), BLOBS_PER_FILE - 10),
    }
    assert staying(files, {"a": "keep", "b": "keep"}) == {"new"}
