"""What every storage backend promises; a subclass gives the backend as a fixture.

Run it on a backend of your own: ``class TestMine(BackendContract)`` with a fixture ``backend``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from typing import TypeVar

import pytest

from strongroom.errors import IntegrityError
from strongroom.store.backend import Below, BlobBackend, NameTaken, NotStored, Stored
from strongroom.store.limits import CONFIG_BYTES_MAX

T = TypeVar("T")

LONG_BYTES = 20 << 20
"""More than a pack has, and more than what services take in one piece unless they are told to."""

AWKWARD = [
    "a b/c  d",
    "größe/日本語",
    "a@b=c+d,e~f",
    "100%/%41%2F",
    "x" * 200,
    "a.b/.hidden",
    "q?x#y&z",
]


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
        for name in ("config", "locks/1", "locks/2", "locks/3"):
            won = _at_once(4, partial(_save_own, backend, name))
            assert [data for data in won if data is not None] == [backend.load(name)]

    def test_a_name_is_free_again_once_it_was_deleted(self, backend: BlobBackend) -> None:
        backend.save("config", b"first")
        backend.delete("config")
        backend.save("config", b"second, and longer")
        assert backend.load("config") == b"second, and longer"
        assert list(backend.list("")) == [Stored("config", 18)]

    @pytest.mark.parametrize("name", AWKWARD)
    def test_a_name_may_have_any_sign_but_a_few(self, backend: BlobBackend, name: str) -> None:
        backend.save(f"f/{name}", b"x")
        assert backend.load(f"f/{name}") == b"x"
        assert backend.load_range(f"f/{name}", 0, 1) == b"x"
        assert list(backend.list("f/")) == [Stored(f"f/{name}", 1)]
        assert list(backend.folders("f/")) == ([name.partition("/")[0]] if "/" in name else [])
        backend.delete(f"f/{name}")
        assert list(backend.list("")) == []

    def test_what_is_long_is_stored_whole_and_read_in_parts(self, backend: BlobBackend) -> None:
        data = Random(8).randbytes(1 << 20) * (LONG_BYTES >> 20)
        backend.save("data/ab/pack", data)
        assert backend.load("data/ab/pack") == data
        for offset in (0, 5 << 20, LONG_BYTES - 1000):
            assert backend.load_range("data/ab/pack", offset, 1000) == data[offset : offset + 1000]
        assert list(backend.list("data/")) == [Stored("data/ab/pack", LONG_BYTES)]
        with pytest.raises(IntegrityError):
            backend.load_range("data/ab/pack", LONG_BYTES - 999, 1000)

    def test_what_is_being_stored_is_not_listed_before_all_of_it_is_there(
        self, backend: BlobBackend
    ) -> None:
        data = bytes(3 << 20)
        done = threading.Event()

        def save(number: int) -> None:
            if number:
                seen.extend(_listed_until(backend, done))
            else:
                for n in range(3):
                    backend.save(f"data/ab/{n}", data)
                done.set()

        seen: list[Stored] = []
        _at_once(2, save)
        assert {entry.size for entry in seen} <= {len(data)}
        assert len(list(backend.list(""))) == 3

    def test_many_may_use_it_at_once(self, backend: BlobBackend) -> None:
        def use(thread: int) -> None:
            for number in range(8):
                name = f"data/{thread}/{number}"
                backend.save(name, name.encode())
                assert backend.load(name) == name.encode()
                assert backend.load_range(name, 5, 1) == b"%d" % thread
                if number % 2:
                    backend.delete(name)
            assert len(list(backend.list(f"data/{thread}/"))) == 4

        _at_once(4, use)
        assert len(list(backend.list("data/"))) == 16
        assert list(backend.folders("data/")) == ["0", "1", "2", "3"]

    def test_a_range_of_nothing_is_nothing(self, backend: BlobBackend) -> None:
        backend.save("data/ab/pack", b"0123456789")
        assert backend.load_range("data/ab/pack", 4, 0) == b""

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

    def test_a_file_that_is_longer_than_any_of_its_kind_is_not_read_whole(
        self, backend: BlobBackend
    ) -> None:
        backend.save("mailbox/config", bytes(CONFIG_BYTES_MAX))
        assert len(backend.load("mailbox/config")) == CONFIG_BYTES_MAX
        backend.delete("mailbox/config")
        backend.save("mailbox/config", bytes(CONFIG_BYTES_MAX + 1))
        with pytest.raises(IntegrityError, match="mailbox/config"):
            backend.load("mailbox/config")
        assert backend.load_range("mailbox/config", CONFIG_BYTES_MAX, 1) == b"\0"

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


def _at_once(count: int, call: Callable[[int], T]) -> list[T]:
    """Call from many threads that begin at the same moment; give what each said."""
    start = threading.Barrier(count)

    def begin(number: int) -> T:
        start.wait()
        return call(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(begin, range(count)))


def _save_own(backend: BlobBackend, name: str, number: int) -> bytes | None:
    """Save what nobody else would; give it if it was taken."""
    data = b"%d" % number
    try:
        backend.save(name, data)
    except NameTaken:
        return None
    return data


def _listed_until(backend: BlobBackend, done: threading.Event) -> Iterator[Stored]:
    while not done.is_set():
        yield from backend.list("")
