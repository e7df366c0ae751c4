"""What every storage backend promises; a subclass gives the backend as a fixture.

Run it on a backend of your own: ``class TestMine(BackendContract)`` with a fixture ``backend``.
"""

from __future__ import annotations

import threading

import pytest

from strongroom.errors import IntegrityError
from strongroom.store.backend import Below, BlobBackend, NameTaken, NotStored, Stored


class BackendContract:
    def test_what_was_saved_is_loaded(self, backend: BlobBackend) -> None:
        backend.save("data/ab/abcd", b"some bytes")
        assert backend.load("data/ab/abcd") == b"some bytes"

    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
    def test_any_bytes_can_be_saved(self, backend: BlobBackend, kind: type) -> None:
        backend.save("config", kind(b"\x00\xff" * 3))
        assert backend.load("config") == b"\x00\xff" * 3

    def test_nothing_at_all_can_be_saved(self, backend: BlobBackend) -> None:
        backend.save("locks/empty", b"")
        assert backend.load("locks/empty") == b""
        assert list(backend.list("locks/")) == [Stored("locks/empty", 0)]

    def test_a_file_has_a_folder_of_any_depth(self, backend: BlobBackend) -> None:
        backend.save("a/b/c/d/e", b"deep")
        assert [entry.name for entry in backend.list("")] == ["a/b/c/d/e"]

    def test_saving_the_same_bytes_again_is_fine(self, backend: BlobBackend) -> None:
        backend.save("index/1", b"same")
        backend.save("index/1", b"same")
        assert backend.load("index/1") == b"same"

    def test_other_bytes_are_never_written_over_what_is_there(self, backend: BlobBackend) -> None:
        backend.save("config", b"first")
        with pytest.raises(NameTaken):
            backend.save("config", b"second")
        assert backend.load("config") == b"first"

    def test_of_many_that_save_one_name_at_once_exactly_one_wins(
        self, backend: BlobBackend
    ) -> None:
        won: list[bytes] = []
        start = threading.Barrier(4)

        def save(data: bytes) -> None:
            start.wait()
            try:
                backend.save("config", data)
            except NameTaken:
                return
            won.append(data)

        threads = [threading.Thread(target=save, args=(b"%d" % n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert won == [backend.load("config")]

    def test_a_range_is_exactly_that(self, backend: BlobBackend) -> None:
        backend.save("data/ab/pack", bytes(range(100)))
        assert backend.load_range("data/ab/pack", 10, 5) == bytes(range(10, 15))
        assert backend.load_range("data/ab/pack", 0, 100) == bytes(range(100))

    def test_a_range_past_the_end_is_an_error_and_not_a_shorter_answer(
        self, backend: BlobBackend
    ) -> None:
        backend.save("data/ab/pack", b"0123456789")
        with pytest.raises(IntegrityError):
            backend.load_range("data/ab/pack", 8, 5)
        with pytest.raises(IntegrityError):
            backend.load_range("data/ab/pack", 20, 1)

    def test_what_is_not_there_cannot_be_read(self, backend: BlobBackend) -> None:
        backend.save("data/ab/pack", b"x")
        for name in ("data/ab/other", "nowhere/at/all", "data/ab"):
            with pytest.raises(NotStored):
                backend.load(name)
            with pytest.raises(NotStored):
                backend.load_range(name, 0, 1)

    def test_a_listing_tells_names_and_sizes_below_a_folder(self, backend: BlobBackend) -> None:
        backend.save("data/ab/one", b"1")
        backend.save("data/cd/two", b"22")
        backend.save("data-else/three", b"333")
        assert sorted(backend.list("data/")) == [Stored("data/ab/one", 1), Stored("data/cd/two", 2)]
        assert len(list(backend.list(""))) == 3

    def test_a_folder_that_is_not_there_is_empty(self, backend: BlobBackend) -> None:
        assert list(backend.list("snapshots/")) == []
        assert list(backend.folders("snapshots/")) == []

    def test_folders_are_named_in_order_without_what_is_in_them(self, backend: BlobBackend) -> None:
        for name in ("repositories/site/s1/config", "repositories/mailbox/m1/config", "README.txt"):
            backend.save(name, b"x")
        assert list(backend.folders("repositories/")) == ["mailbox", "site"]
        assert list(backend.folders("")) == ["repositories"]

    def test_what_was_deleted_is_gone_and_deleting_twice_is_fine(
        self, backend: BlobBackend
    ) -> None:
        backend.save("locks/one", b"x")
        backend.delete("locks/one")
        backend.delete("locks/one")
        backend.delete("never/was/there")
        with pytest.raises(NotStored):
            backend.load("locks/one")
        assert list(backend.list("locks/")) == []

    @pytest.mark.parametrize("name", ["../out", "a/../../out", "/etc/passwd", "a//b", "", "a\\b"])
    def test_no_name_leads_out_of_the_storage(self, backend: BlobBackend, name: str) -> None:
        for call in (backend.load, backend.delete):
            with pytest.raises(ValueError, match="not a name"):
                call(name)
        with pytest.raises(ValueError, match="not a name"):
            backend.save(name, b"x")

    def test_seen_from_a_folder_everything_is_the_same_but_the_names(
        self, backend: BlobBackend
    ) -> None:
        below = Below(backend, "repositories/mailbox/m1")
        below.save("data/ab/pack", b"0123456789")
        assert backend.load("repositories/mailbox/m1/data/ab/pack") == b"0123456789"
        assert below.load("data/ab/pack") == b"0123456789"
        assert below.load_range("data/ab/pack", 2, 3) == b"234"
        assert list(below.list("data/")) == [Stored("data/ab/pack", 10)]
        assert list(below.folders("data/")) == ["ab"]
        below.delete("data/ab/pack")
        assert list(backend.list("")) == []
