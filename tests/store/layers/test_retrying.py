"""An object store that fails for a moment is asked again; what time does not heal is said."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from strongroom.errors import (
    AccessDenied,
    IntegrityError,
    ServerUnreachable,
    StorageFull,
    StrongroomError,
    TransientError,
)
from strongroom.store import locks, objects
from strongroom.store.backend import BlobBackend, NameTaken, NotStored
from strongroom.store.layers import retrying
from strongroom.store.layers.retrying import Retrying
from strongroom.store.trees import TreePath
from strongroom.store.unproven import NotProven
from tests.contracts.backend import BackendContract
from tests.fakes.faults import Faults
from tests.fakes.faulty_backend import FaultyBackend
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.patient_clock import PatientClock
from tests.fakes.storages import content, new_repository, put, reopen

CALLS: dict[str, Callable[[BlobBackend], Any]] = {
    "save": lambda backend: backend.save("new", b"x"),
    "load": lambda backend: backend.load("one"),
    "load_range": lambda backend: backend.load_range("one", 0, 1),
    "list": lambda backend: list(backend.list("")),
    "folders": lambda backend: list(backend.folders("")),
    "delete": lambda backend: backend.delete("one"),
}


class TestRetrying(BackendContract):
    @pytest.fixture
    def backend(self) -> BlobBackend:
        return Retrying(MemoryBackend(), clock=PatientClock())


class Tried:
    """A backend behind planned faults, asked again by a clock on which waiting takes no time."""

    def __init__(self, faults: Faults) -> None:
        self.files = MemoryBackend()
        self.files.save("one", b"1")
        self.clock = PatientClock()
        self.backend = Retrying(
            FaultyBackend(self.files, faults), clock=self.clock, random=Random(1)
        )


def busy() -> TransientError:
    return TransientError("Busy.", is_throttle=True)


@pytest.mark.parametrize("verb", CALLS)
def test_what_time_heals_is_asked_again_with_longer_and_longer_waits(verb: str) -> None:
    with Faults() as faults:
        faults.fail(verb, busy, times=3)
        tried = Tried(faults)
        CALLS[verb](tried.backend)
    assert len(tried.clock.slept) == 3
    for wait_s, longest_s in zip(tried.clock.slept, (1.0, 2.0, 4.0), strict=True):
        assert longest_s / 2 <= wait_s <= longest_s


@pytest.mark.parametrize(
    "error",
    [
        AccessDenied("No."),
        StorageFull("Full."),
        NotProven("Not you."),
        IntegrityError("Damaged."),
        NotStored("Gone."),
        NameTaken("Taken."),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("verb", CALLS)
def test_what_time_does_not_heal_is_said_at_once(verb: str, error: StrongroomError) -> None:
    with Faults() as faults:
        faults.fail(verb, lambda: error)
        tried = Tried(faults)
        with pytest.raises(type(error)):
            CALLS[verb](tried.backend)
    assert tried.clock.slept == []


@pytest.mark.parametrize("verb", CALLS)
def test_who_cannot_be_reached_is_tried_three_times(verb: str) -> None:
    with Faults() as faults:
        faults.fail(verb, lambda: ServerUnreachable("Nobody."), times=None)
        tried = Tried(faults)
        with pytest.raises(ServerUnreachable):
            CALLS[verb](tried.backend)
    assert len(tried.clock.slept) == retrying.TRIES_TO_REACH - 1


@pytest.mark.parametrize("verb", CALLS)
def test_who_answered_before_is_waited_for(verb: str) -> None:
    with Faults() as faults:
        faults.fail(verb, lambda: ServerUnreachable("Nobody."), times=6)
        tried = Tried(faults)
        CALLS["load" if verb != "load" else "load_range"](tried.backend)
        CALLS[verb](tried.backend)
    assert len(tried.clock.slept) == 6


def test_a_save_whose_answer_got_lost_is_made_again_and_finds_its_own_bytes() -> None:
    with Faults() as faults:
        faults.fail("save", busy, comes_after=True)
        tried = Tried(faults)
        tried.backend.save("new", b"x")
    assert tried.files.files["new"] == b"x"


def test_a_save_whose_answer_got_lost_still_writes_over_nobody() -> None:
    with Faults() as faults:
        faults.fail("save", busy)
        tried = Tried(faults)
        with pytest.raises(NameTaken):
            tried.backend.save("one", b"another")
    assert tried.files.files["one"] == b"1"


def test_the_servers_own_word_how_long_to_wait_is_obeyed() -> None:
    with Faults() as faults:
        faults.fail("load", lambda: TransientError("Busy.", retry_after_s=17.0))
        tried = Tried(faults)
        tried.backend.load("one")
    assert tried.clock.slept == [17.0]


@pytest.mark.parametrize(
    ("verb", "patience_s"), [("save", retrying.WRITING_S), ("load", retrying.READING.wait_s)]
)
def test_patience_ends(verb: str, patience_s: float) -> None:
    with Faults() as faults:
        faults.fail(verb, busy, times=None)
        tried = Tried(faults)
        with pytest.raises(TransientError):
            CALLS[verb](tried.backend)
    assert patience_s * 0.4 < sum(tried.clock.slept) <= patience_s


def test_no_write_arrives_after_others_may_have_removed_the_writers_lock() -> None:
    longest_s = retrying.WRITING_S + objects.WRITE_S
    assert locks.TRUST_S + longest_s < locks.STALE.total_seconds()


def test_a_listing_that_broke_off_goes_on_and_tells_nothing_twice() -> None:
    with Faults() as faults:
        faults.fail("list", busy, comes_after=True)
        tried = Tried(faults)
        for number in range(5):
            tried.files.save(f"many/{number}", b"x")
        told = [entry.name for entry in tried.backend.list("")]
    assert told == ["many/0", "many/1", "many/2", "many/3", "many/4", "one"]
    assert len(tried.clock.slept) == 1


@pytest.mark.parametrize("comes_after", [False, True])
def test_a_run_comes_through_although_every_kind_of_call_fails_now_and_then(
    *, comes_after: bool
) -> None:
    far = MemoryBackend()
    new_repository(far)
    files: dict[TreePath, bytes] = {("mail", str(n)): b"%d" % n * 100 for n in range(20)}
    with Faults() as faults:
        for verb in ("save", "load", "load_range", "list", "delete"):
            for passes in range(2):
                faults.fail(verb, busy, passes=passes, comes_after=comes_after)
        near = Retrying(FaultyBackend(far, faults), clock=PatientClock(), random=Random(1))
        first = put(reopen(near), files)
        root = reopen(near).load_snapshot(first).tree
        second = put(reopen(near), {("mail", "more"): b"more"}, root=root)
        assert content(reopen(near), second) == files | {("mail", "more"): b"more"}
        for prefix in ("repositories/mailbox/a1b2/locks/", "nowhere/"):
            assert list(near.list(prefix)) == []
    assert reopen(far).check(read_data=True) == []
    assert len(reopen(far).snapshot_ids()) == 2
