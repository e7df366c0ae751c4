from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from strongroom.store.marks import Marks

IDS = st.binary(min_size=32, max_size=32)


def word(blob_id: bytes) -> int:
    """Give what is kept of an id; 0 stands for an empty place, so 1 serves for both."""
    return int.from_bytes(blob_id[:8], "big") or 1


@given(st.lists(IDS), st.lists(IDS))
def test_it_knows_what_a_set_knows(added: list[bytes], others: list[bytes]) -> None:
    marks = Marks()
    known: set[int] = set()
    for blob_id in added:
        assert marks.add(blob_id) == (word(blob_id) not in known)
        known.add(word(blob_id))
    assert len(marks) == len(known)
    for blob_id in (*added, *others):
        assert (blob_id in marks) == (word(blob_id) in known)


def test_it_grows_and_stays_small() -> None:
    marks = Marks()
    ids = [hashlib.sha256(b"%d" % number).digest() for number in range(20_000)]
    assert all(marks.add(blob_id) for blob_id in ids)
    assert not any(marks.add(blob_id) for blob_id in ids)
    assert len(marks) == len(ids)
    assert all(int(blob_id.hex()[:16], 16) and blob_id in marks for blob_id in ids)
    assert all(marks.has_word(int(blob_id.hex()[:16], 16)) for blob_id in ids)
    assert marks._slots.itemsize * len(marks._slots) <= 27 * len(ids)


def test_an_id_that_begins_with_zeros_is_kept_like_any_other() -> None:
    marks = Marks()
    assert bytes(32) not in marks
    assert marks.add(bytes(32))
    assert bytes(32) in marks
    assert not marks.add(bytes(32))
