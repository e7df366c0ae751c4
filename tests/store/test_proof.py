"""A place is tried before anything is trusted to it, and each promise it breaks is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.errors import OperatorError, ServerUnreachable, StorageFull
from strongroom.store.files import FileBackend
from strongroom.store.proof import FOLDER, prove
from tests.fakes import lying_backend as lying
from tests.fakes.faulty_backend import full_for
from tests.fakes.memory_backend import MemoryBackend

LONG = 5000


def test_a_place_that_keeps_every_promise_is_taken_and_left_as_it_was(tmp_path: Path) -> None:
    memory, disk = MemoryBackend(), FileBackend(tmp_path)
    for backend in (memory, disk):
        backend.save("README.txt", b"there before")
        proof = prove(backend, long_bytes=LONG)
        assert (proof.broken, proof.notes) == ((), ())
        proof.require()
        assert [one.name for one in backend.list("")] == ["README.txt"]
    assert [one.name for one in tmp_path.iterdir()] == ["README.txt"]


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (lying.WritesOver, "written over"),
        (lying.KeepsTheFirstAndSaysNothing, "written over"),
        (lying.ComplainsAndWritesOver, "written over"),
        (lying.RefusesTheSameAgain, "written over"),
        (lying.ReadsLate, "not read back"),
        (lying.ReadsNothingAsEmpty, "not said to be missing"),
        (lying.IgnoresRanges, "exactly that part"),
        (lying.CutsAtTheEnd, "end of a file"),
        (lying.ListsLate, "not listed at once"),
        (lying.ListsPlusAsSpace, "not listed at once"),
        (lying.ListsByLetters, "not listed at once"),
        (lying.CutsWhatIsLong, "not kept whole"),
        (lying.DeletesNothing, "still there"),
        (lying.NeverFreesAName, "not free again"),
    ],
)
def test_a_promise_that_is_broken_is_named(kind: type[MemoryBackend], promise: str) -> None:
    proof = prove(kind(), long_bytes=LONG)
    assert any(promise in one for one in proof.broken), proof
    with pytest.raises(OperatorError, match="does not keep") as caught:
        proof.require()
    assert promise in caught.value.why


def test_who_write_at_once_and_are_all_told_that_they_did_are_found_out() -> None:
    proof = prove(lying.WritesOver(), long_bytes=LONG)
    assert any("at once are all told" in one for one in proof.broken)


def test_where_nothing_may_be_deleted_that_is_a_note_and_no_broken_promise() -> None:
    backend = lying.RefusesToDelete()
    proof = prove(backend, long_bytes=LONG)
    assert proof.broken == ()
    (note,) = proof.notes
    assert "Nothing can be deleted there" in note
    assert FOLDER in note
    assert all(name.startswith(FOLDER) for name in backend.files)
    assert max(map(len, backend.files.values())) < LONG, "what is long would stay for ever"


def test_a_place_that_takes_nothing_is_an_error_of_its_own() -> None:
    with pytest.raises(StorageFull):
        prove(full_for(MemoryBackend(), FOLDER), long_bytes=LONG)


def test_a_server_that_goes_away_in_the_middle_is_no_liar() -> None:
    class Goes(MemoryBackend):
        def load_range(self, name: str, offset: int, length: int) -> bytes:
            raise ServerUnreachable(f"Nobody answers who has {name} from {offset} on, {length}.")

    with pytest.raises(ServerUnreachable):
        prove(Goes(), long_bytes=LONG)
