"""The sealing thread: bounded, loud, and never in the way of a process that ends."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from random import Random

import pytest

from strongroom.errors import StorageFull, TransientError
from strongroom.operations.sealer import BATCH_BYTES, QUEUE_BYTES, Feeder, Sealer
from strongroom.pace.spent import Activity, Spent
from strongroom.store.repository import Repository
from strongroom.words.item import SAME, Content, Part
from tests.fakes.hand_clock import HandClock
from tests.operations.support import World
from tests.pace.callers import until


@pytest.fixture
def world() -> World:
    return World()


def content(*bodies: bytes | Iterable[bytes]) -> Content:
    parts = tuple(
        Part(name=f"part-{number}", suffix=f".{number}", content=body)
        for number, body in enumerate(bodies)
    )
    return Content(item_id="x", way="export", parts=parts)


def read(repository: Repository, sealer: Sealer[str]) -> dict[str, list[bytes]]:
    """Give what was sealed, as it reads back."""
    reader = repository.reader()
    return {
        one.key: [b"".join(reader.load_file(file.content)) for _, _, file in one.parts if file]
        for one in sealer.sealed()
    }


def test_whole_and_poured_contents_come_out_as_they_went_in(world: World) -> None:
    repository = world.repository()
    large = bytes(range(256)) * 30_000
    with repository.lock(), Sealer[str](repository.writer()) as sealer:
        feeder = Feeder(sealer)
        feeder.add("small", content(b"a", b"", b"b"))
        feeder.add("large", content(large))
        feeder.add("poured", content(b"head", iter([large[:9], b"", large[9:]]), b"tail"))
        feeder.flush()
        held = sealer.call(lambda: read(repository, sealer))
    assert held == {
        "small": [b"a", b"", b"b"],
        "large": [large],
        "poured": [b"head", large, b"tail"],
    }


def test_parts_that_are_the_same_are_passed_on_and_cost_nothing(world: World) -> None:
    repository = world.repository()
    with repository.lock(), Sealer[str](repository.writer()) as sealer:
        feeder = Feeder(sealer)
        feeder.add("all", content(SAME, SAME))
        feeder.add("small", content(SAME, b"new", SAME))
        feeder.add("poured", content(SAME, iter([b"ne", b"w"]), SAME, b"more"))
        feeder.flush()
        sealed = {one.key: one for one in sealer.call(lambda: list(sealer.sealed()))}
    names = {
        key: [(name, file and file.size) for name, _, file in one.parts]
        for key, one in sealed.items()
    }
    assert names == {
        "all": [("part-0", None), ("part-1", None)],
        "small": [("part-0", None), ("part-1", 3), ("part-2", None)],
        "poured": [("part-0", None), ("part-1", 3), ("part-2", None), ("part-3", 4)],
    }
    assert {key: one.size for key, one in sealed.items()} == {"all": 0, "small": 3, "poured": 7}


def test_whoever_reads_a_part_that_is_the_same_is_told_so() -> None:
    with pytest.raises(TypeError):
        b"".join(SAME)


def test_pieces_that_break_off_leave_nothing_and_the_item_may_be_poured_again(
    world: World,
) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise TransientError("The connection broke.")

    repository = world.repository()
    with repository.lock(), Sealer[str](repository.writer()) as sealer:
        with pytest.raises(TransientError):
            sealer.pour("one", content(broken()))
        sealer.pour("one", content(iter([b"half", b" and half"])))
        held = sealer.call(lambda: read(repository, sealer))
    assert held == {"one": [b"half and half"]}


def test_a_full_storage_is_told_to_everybody_who_feeds(world: World) -> None:
    def full(_: str) -> None:
        raise StorageFull("The disk is full.")

    repository = world.repository()
    with repository.lock():
        world.backend.on_write = full
        with Sealer[str](repository.writer()) as sealer:
            with pytest.raises(StorageFull):
                feed_more_than_fits(sealer)
            with pytest.raises(StorageFull):
                sealer.pour("more", content(iter([b"x"])))
            with pytest.raises(StorageFull):
                sealer.call(lambda: None)
            with pytest.raises(StorageFull):
                list(sealer.sealed())
        world.backend.on_write = lambda _: None


def test_a_call_that_fails_fails_alone(world: World) -> None:
    repository = world.repository()
    with repository.lock(), Sealer[str](repository.writer()) as sealer:
        with pytest.raises(ZeroDivisionError):
            sealer.call(lambda: 1 // 0)
        assert sealer.call(lambda: 7) == 7


def test_it_takes_nothing_after_its_end(world: World) -> None:
    with Sealer[str](world.repository().writer()) as sealer:
        pass
    with pytest.raises(RuntimeError):
        sealer.call(lambda: None)


def test_who_waits_for_a_slow_storage_is_counted_as_waiting_to_seal(world: World) -> None:
    spent, may_write = Spent(), threading.Event()

    def slow(_: str) -> None:
        wanted = Activity.WAITING_TO_SEAL
        before = spent.totals()[wanted]
        # Until it was seen that somebody waits: the clock is the real one.
        while not may_write.is_set() and spent.totals()[wanted] - before < 0.01:
            may_write.wait(0.001)
        may_write.set()

    repository = world.repository()
    with repository.lock():
        world.backend.on_write = slow
        with Sealer[str](repository.writer(), spent) as sealer:
            feed_more_than_fits(sealer)
        world.backend.on_write = lambda _: None
    totals = spent.totals()
    assert totals[Activity.WAITING_TO_SEAL] >= 0.01
    assert 0 < totals[Activity.SEALING_CPU] <= totals[Activity.SEALING]
    assert totals[Activity.SEALING_PIECES] == 0


def test_a_sealer_that_waits_for_pieces_does_not_wait_for_the_storage(world: World) -> None:
    clock = HandClock()
    spent = Spent(clock, thread_cpu_s=lambda: 0.0)

    def pieces() -> Iterator[bytes]:
        yield b"first"
        until(lambda: waits_for_a_piece(spent, clock))
        clock.sleep(7)
        yield b"second"

    repository = world.repository()
    with repository.lock(), Sealer[str](repository.writer(), spent) as sealer:
        sealer.pour("one", content(pieces()))
    totals = spent.totals()
    assert totals[Activity.SEALING_PIECES] >= 7
    assert totals[Activity.SEALING] == totals[Activity.SEALING_PIECES]
    assert totals[Activity.WAITING_TO_SEAL] == 0


def waits_for_a_piece(spent: Spent, clock: HandClock) -> bool:
    before = spent.totals()[Activity.SEALING_PIECES]
    clock.sleep(0.001)
    return spent.totals()[Activity.SEALING_PIECES] > before


def feed_more_than_fits(sealer: Sealer[str]) -> None:
    """Feed three times what the queue takes."""
    feeder = Feeder(sealer)
    for number in range(3 * QUEUE_BYTES // BATCH_BYTES):
        feeder.add(f"{number}", content(random_bytes(number, BATCH_BYTES)))


def random_bytes(seed: int, count: int) -> bytes:
    """Make bytes that do not compress, the same each time."""
    return Random(seed).randbytes(count)
