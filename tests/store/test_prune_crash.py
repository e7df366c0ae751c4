"""Stopped at every single step, a backup, a prune and a consolidation lose nothing.

Every step is enumerated: on a disk each write, fsync, link and removal, with all lost that was not
flushed; in an object store each put and delete. At each the own check reads every byte, every
restore point is compared, and the work is run again. restic judges a sample of the stops here and
all of them in ``make soak``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from strongroom.disk import Disk
from strongroom.errors import StorageFull, TransientError
from strongroom.store import prune_plan
from strongroom.store.backend import BlobBackend
from strongroom.store.files import FileBackend
from strongroom.store.objects import memory_backend
from tests.fakes import crashes
from tests.fakes.crashes import WORKS, Past, Work, assert_done, assert_nothing_is_lost, run_again
from tests.fakes.faults import Faults, PowerCut, power_cut_at
from tests.fakes.faulty_backend import FaultyBackend
from tests.fakes.faulty_disk import FaultyDisk
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.restics import ResticProgram
from tests.fakes.storages import HOME, reopen

CHANGES: dict[Work, int] = {"backup": 6, "prune": 20, "consolidation": 18}
"""How many files each work saves or deletes here."""

DISK_STEPS: dict[Work, int] = {"backup": 32, "prune": 50, "consolidation": 46}
"""How many steps each takes on a disk at least."""


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three small packs or index files be worth merging: fewer steps to stop at."""
    monkeypatch.setattr(prune_plan, "MERGE_MIN", 3)


def copied(backend: BlobBackend) -> BlobBackend:
    """Copy into an object store in memory."""
    copy = memory_backend()
    for name, _ in backend.list(""):
        copy.save(name, backend.load(name))
    return copy


def changes(work: Work, past: Past, backend: BlobBackend) -> int:
    """Count the steps of a work by doing it."""
    with Faults() as faults:
        crashes.do(work, reopen(FaultyBackend(backend, faults)), past)
    return faults.changes


@pytest.mark.parametrize("work", WORKS)
def test_stopped_at_every_put_and_delete_of_an_object_store_nothing_is_lost(work: Work) -> None:
    before = MemoryBackend()
    past = crashes.make_past(before)
    survives = copied(before)
    steps = changes(work, past, survives)
    assert_done(work, survives, past)
    assert steps == CHANGES[work]
    for number in range(1, steps + 1):
        survives = copied(before)
        with power_cut_at(number) as faults:
            crashes.do(work, reopen(FaultyBackend(survives, faults)), past)
        assert_nothing_is_lost(survives, past)
        run_again(work, survives, past)


def test_stopped_while_a_lock_is_renewed_at_every_change_nothing_is_lost() -> None:
    """A slow storage: six minutes for each change, so that a new lock is due before the next."""
    before = MemoryBackend()
    past = crashes.make_past(before)
    for number in count(1):
        survives, clock, faults = MemoryBackend(), HandClock(), Faults()
        survives.files.update(before.files)
        faults.stop_at(number)
        survives.on_write = lambda _, clock=clock: clock.move(minutes=6)  # type: ignore[misc]
        with suppress(PowerCut):
            crashes.do("prune", reopen(FaultyBackend(survives, faults), clock), past)
        if not faults.is_dead:
            break
        survives.on_write = lambda _: None
        assert_nothing_is_lost(survives, past)
        if not number % 4:
            run_again("prune", survives, past)
    renewals = [step for step in faults.steps if "/locks/" in step.name and step.verb == "save"]
    assert len(renewals) > CHANGES["prune"] / 2


@pytest.mark.parametrize("work", WORKS)
def test_full_at_every_step_nothing_is_lost_and_with_room_it_is_done(work: Work) -> None:
    before = MemoryBackend()
    past = crashes.make_past(before)
    growing = 0
    for number in range(1, CHANGES[work] + 1):
        survives = copied(before)
        faults = Faults()
        faults.full_at(number)
        try:
            crashes.do(work, reopen(FaultyBackend(survives, faults)), past)
        except StorageFull:
            growing += 1
        assert_nothing_is_lost(survives, past)
        assert not [name for name, _ in survives.list("") if "/locks/" in name]
        run_again(work, survives, past)
    assert growing > 2


@pytest.mark.parametrize("verb", ["save", "delete"])
@pytest.mark.parametrize("work", WORKS)
def test_whichever_answer_gets_lost_nothing_else_does(work: Work, verb: str) -> None:
    """It was done, and nobody heard of it."""
    before = MemoryBackend()
    past = crashes.make_past(before)
    for passes in count():
        survives, faults = MemoryBackend(), Faults()
        survives.files.update(before.files)
        faults.fail(verb, lambda: TransientError("Lost."), passes=passes, comes_after=True)
        with suppress(TransientError):
            crashes.do(work, reopen(FaultyBackend(survives, faults)), past)
        if faults.never_came():
            break
        assert_nothing_is_lost(survives, past)
        run_again(work, survives, past)
    assert passes > 0


class FleetingDisk(Disk):
    """Flushes nothing: where no power is cut any more, that only takes time."""

    def flush(self, descriptor: int) -> None:
        pass

    def flush_folder(self, path: Path) -> None:
        pass


def on_disk(home: Path) -> FileBackend:
    return FileBackend(home, disk=FleetingDisk())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "before"


@pytest.fixture
def past(home: Path) -> Past:
    return crashes.make_past(on_disk(home))


def stops_on_disk(
    work: Work,
    past: Past,
    home: Path,
    *,
    numbers: Iterable[int] | None = None,
    loses: bool = True,
) -> Iterator[Path]:
    """Do the work on a copy up to each step, where the power is cut; give each copy in turn.

    A folder of packs may have to be made or not, by the chance of a pack's name, so that nobody can
    count the steps beforehand: it ends with the first copy in which the work was not cut short.
    ``numbers``: only these steps.
    """
    for number in numbers or count(1):
        copy = home.parent / f"{work}-{number}"
        shutil.copytree(home, copy)
        faults = Faults()
        faults.stop_at(number)
        with suppress(PowerCut):
            crashes.do(work, reopen(FileBackend(copy, disk=FaultyDisk(faults, loses=loses))), past)
        if not faults.is_dead:
            assert_done(work, on_disk(copy), past)
            return
        yield copy
        shutil.rmtree(copy)


@pytest.mark.parametrize("work", WORKS)
def test_the_power_cut_at_every_step_of_a_disk_loses_nothing(
    work: Work, home: Path, past: Past
) -> None:
    stops = 0
    for copy in stops_on_disk(work, past, home):
        assert_nothing_is_lost(on_disk(copy), past)
        run_again(work, on_disk(copy), past)
        stops += 1
    assert stops >= DISK_STEPS[work]


@pytest.mark.soak
@pytest.mark.parametrize("work", WORKS)
def test_killed_at_every_step_of_a_disk_that_keeps_all_nothing_is_lost(
    work: Work, home: Path, past: Past
) -> None:
    for copy in stops_on_disk(work, past, home, loses=False):
        assert_nothing_is_lost(on_disk(copy), past)
        run_again(work, on_disk(copy), past)


@pytest.mark.soak
@pytest.mark.parametrize("work", WORKS)
def test_a_disk_that_is_full_at_any_step_loses_nothing(work: Work, home: Path, past: Past) -> None:
    """The quick form of this is the one of a backend, above."""
    for number in count(1):
        copy = home.parent / f"full-{work}-{number}"
        shutil.copytree(home, copy)
        faults = Faults()
        faults.full_at(number)
        with suppress(StorageFull):
            crashes.do(work, reopen(FileBackend(copy, disk=FaultyDisk(faults))), past)
        if faults.never_came():
            return
        assert_nothing_is_lost(on_disk(copy), past)
        run_again(work, on_disk(copy), past)
        shutil.rmtree(copy)


def judge(program: ResticProgram, copy: Path, work: Work, past: Past) -> None:
    """Let restic read every byte, where the power was cut and after the work was run again."""
    restic = program.on(copy / HOME)
    # The lock of the killed is still there, and restic never removes one by itself.
    assert b"no errors were found" in restic("check", "--read-data", "--no-lock")
    run_again(work, on_disk(copy), past)
    assert b"no errors were found" in restic("check", "--read-data")


@pytest.mark.restic
def test_restic_finds_nothing_wrong_wherever_a_prune_was_cut_short(
    home: Path, past: Past, restic_program: ResticProgram
) -> None:
    """A sample: among the packs, among the indexes, among the packs that go."""
    for copy in stops_on_disk("prune", past, home, numbers=(18, 30, 44)):
        judge(restic_program, copy, "prune", past)


@pytest.mark.soak
@pytest.mark.restic
@pytest.mark.parametrize("loses", [True, False])
@pytest.mark.parametrize("work", WORKS)
def test_restic_finds_nothing_wrong_at_any_step(
    work: Work, home: Path, past: Past, restic_program: ResticProgram, *, loses: bool
) -> None:
    for copy in stops_on_disk(work, past, home, loses=loses):
        judge(restic_program, copy, work, past)
