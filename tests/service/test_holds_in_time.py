"""Holds beside prunes: a hold that is said to stand keeps what it is on, or says what it lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.service.retention import KeepRules
from strongroom.service.selections import BackupSelection
from strongroom.store.holds import StoredHold
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import STORAGE_URL, World
from tests.fakes.memory_backend import MemoryBackend
from tests.service.points import make_days
from tests.service.support import wait

ANN = "ann@example"


@pytest.fixture
def kept(ready: Application, world: World) -> Application:
    """Give a home with four restore points of a mailbox, of which one is to stay."""
    world.estate.add(ANN)
    ready.jobs.add_backup(
        "nightly",
        connection="office",
        storage="disk",
        selection=BackupSelection(resources=(ANN,)),
        keep=KeepRules(keep="last:1"),
    )
    make_days(ready, world, ANN, 4)
    return ready


@pytest.fixture
def clock(world: World) -> HandClock:
    assert isinstance(world.clock, HandClock)
    return world.clock


@pytest.fixture
def backend(world: World) -> MemoryBackend:
    made = world.backends[STORAGE_URL]
    assert isinstance(made, MemoryBackend)
    return made


def ids(application: Application) -> list[str]:
    return [one.id for one in application.kept.points("disk").points]


def prune(application: Application) -> dict[str, int]:
    run, _ = application.retention.ask_prune("disk")
    report = wait(application, run)
    assert report["status"] == "complete"
    ways: dict[str, int] = report["tasks"][0]["ways"]
    return ways


def storage(application: Application) -> Storage:
    return application.storages.open("disk")


def repository(application: Application, world: World) -> Repository:
    return storage(application).repository("mailbox", world.estate.id_of(ANN))


def at_write(backend: MemoryBackend, number: int, act: Callable[[], object]) -> None:
    """Do something right before a write or delete of the next run, counted from 0."""
    left = number

    def count(_: str) -> None:
        nonlocal left
        if left == 0:
            backend.on_write = lambda _: None
            act()
        left -= 1

    backend.on_write = count


def test_a_hold_of_another_home_keeps_whatever_is_left_at_any_step_of_a_prune(
    kept: Application, world: World, backend: MemoryBackend
) -> None:
    """What goes is what went before the hold, and the one that is on its way in that moment."""
    beside = storage(kept).holds("mailbox", world.estate.id_of(ANN))
    hold = StoredHold(id="h1234", reason="case", by="x", at=world.clock.now())
    before, files = ids(kept), dict(backend.files)
    writes: list[str] = []
    backend.on_write = writes.append
    prune(kept)
    steps = [at for at, name in enumerate(writes) if "/snapshots/" in name]
    assert len(steps) == 3
    for step in range(steps[-1] + 1):
        backend.files.clear()
        backend.files.update(files)
        at_write(backend, step, lambda: beside.add(hold))
        forgotten = prune(kept)["points_forgotten"]
        gone_or_going = sum(at <= step for at in steps)
        assert len(ids(kept)) == len(before) - gone_or_going, writes[step]
        assert forgotten == gone_or_going
        assert repository(kept, world).check(read_data=True) == []


def after_a_second(
    monkeypatch: pytest.MonkeyPatch, clock: HandClock, act: Callable[[], object]
) -> None:
    """Do something while somebody waits."""
    sleep, todo = clock.sleep, [act]

    def asleep(wait_s: float) -> None:
        sleep(wait_s)
        if todo:
            todo.pop()()

    monkeypatch.setattr(clock, "sleep", asleep)


@pytest.fixture
def alone(kept: Application, world: World) -> Iterator[ExitStack]:
    """Be a prune that has the repository for itself, until it is closed."""
    with ExitStack() as held:
        held.enter_context(repository(kept, world).lock(exclusive=True))
        yield held


def going(
    kept: Application, world: World, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Have a prune that deletes the oldest restore point, and then ends, while somebody waits."""
    held, pruned, oldest = ExitStack(), repository(kept, world), ids(kept)[-1]
    held.enter_context(pruned.lock(exclusive=True))

    def go_on() -> None:
        pruned.delete_snapshot(oldest)
        held.close()

    after_a_second(monkeypatch, clock, go_on)
    return oldest


def test_a_hold_on_a_point_that_goes_in_that_moment_is_said_to_be_too_late(
    kept: Application, world: World, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = going(kept, world, clock, monkeypatch)
    with pytest.raises(OperatorError, match="came too late") as caught:
        kept.holds.add("disk", ANN, reason="case", point=oldest)
    assert caught.value.why
    assert caught.value.hint
    assert all(one.released for one in kept.holds.all("disk")), "it would hold nothing"
    assert oldest not in ids(kept)


def test_a_hold_on_all_names_what_went_in_that_moment(
    kept: Application, world: World, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = going(kept, world, clock, monkeypatch)
    view = kept.holds.add("disk", ANN, reason="case")
    assert (view.too_late, view.is_in_doubt) == ((oldest,), False)
    assert [one.id for one in kept.holds.all("disk")] == [view.id]
    assert len(ids(kept)) == 3
    assert prune(kept)["points_forgotten"] == 0


def test_a_prune_that_does_not_end_leaves_a_hold_in_doubt(
    kept: Application, alone: ExitStack, clock: HandClock
) -> None:
    before = clock.monotonic_s()
    view = kept.holds.add("disk", ANN, reason="case", point=ids(kept)[-1])
    assert (view.too_late, view.is_in_doubt) == ((), True)
    assert 5 < clock.monotonic_s() - before < 60
    alone.close()


def test_where_nobody_prunes_a_hold_waits_for_nothing(
    kept: Application, world: World, clock: HandClock
) -> None:
    with repository(kept, world).lock():  # a backup is no prune
        before = clock.monotonic_s()
        view = kept.holds.add("disk", ANN, reason="case")
        assert (view.too_late, view.is_in_doubt) == ((), False)
        assert clock.monotonic_s() == before
