"""Notes of where items lie spare a search; nothing depends on them."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from strongroom.operations.whereabouts import Whereabouts
from tests.fakes.mailbox import EPOCH
from tests.operations.support import World

DAYS = 60


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "caches" / "one.days"


def noted(file: Path, *notes: tuple[str, date]) -> None:
    where = Whereabouts(file)
    for item_id, day in notes:
        where.note(item_id, day)
    where.flush()


def test_a_note_is_found_by_the_next_run(file: Path) -> None:
    noted(file, ("a", date(2024, 3, 5)), ("b", date(2024, 12, 31)))
    noted(file, ("a", date(2025, 1, 1)))
    where = Whereabouts(file)
    assert list(where.shards("a")) == [("2025-01", "01"), ("2024-03", "05")]
    assert list(where.shards("b")) == [("2024-12", "31")]
    assert list(where.shards("c")) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows inherits rights from the folder above")
def test_notes_are_ours_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    noted(home / "cache" / "indexes" / "one.days", ("a", date(2024, 3, 5)))
    assert all(not path.stat().st_mode & 0o077 for path in (home, *home.rglob("*")))


def test_no_place_for_notes_is_fine(tmp_path: Path) -> None:
    noted(tmp_path / "file" / "one.days", ("a", date(2024, 3, 5)))
    (tmp_path / "blocked").write_bytes(b"")
    noted(tmp_path / "blocked" / "one.days", ("a", date(2024, 3, 5)))
    assert list(Whereabouts(tmp_path / "blocked" / "one.days").shards("a")) == []
    nowhere = Whereabouts()
    nowhere.note("a", date(2024, 3, 5))
    nowhere.flush()
    assert list(nowhere.shards("a")) == []


def test_a_record_that_was_cut_short_spoils_no_other(file: Path) -> None:
    noted(file, ("a", date(2024, 3, 5)), ("b", date(2024, 3, 6)))
    file.write_bytes(file.read_bytes()[:-3])
    noted(file, ("c", date(2024, 3, 7)))
    where = Whereabouts(file)
    told = [list(where.shards(one)) for one in "abc"]
    assert told == [[("2024-03", "05")], [], [("2024-03", "07")]]


def test_only_whole_records_are_notes(file: Path) -> None:
    noted(file, ("a", date(2024, 3, 5)))
    file.write_bytes(bytes(3) + file.read_bytes() + bytes(5))
    assert list(Whereabouts(file).shards("a")) == []


def test_days_that_cannot_be_are_left_out(file: Path) -> None:
    noted(file, ("a", date(2024, 3, 5)))
    record = file.read_bytes()
    for day in (b"\0\0\0", b"\xff\xff\xff"):
        file.write_bytes(record[:5] + day + record)
        assert list(Whereabouts(file).shards("a")) == [("2024-03", "05")]


def spoil_nothing(_: Path) -> None:
    pass


def lose(file: Path) -> None:
    file.unlink()


def lie(file: Path) -> None:
    """Say another day of every item, where another item lies."""
    raw = file.read_bytes()
    keys = [raw[at : at + 5] for at in range(0, len(raw), 8)]
    days = [raw[at + 5 : at + 8] for at in range(0, len(raw), 8)]
    file.write_bytes(b"".join(map(bytes.__add__, keys, [*days[DAYS:], *days[:DAYS]])))


def scribble(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * 7 + b"more")


@pytest.mark.parametrize(
    ("spoil", "days"),
    [(spoil_nothing, 1), (lose, DAYS), (lie, DAYS), (scribble, DAYS)],
)
def test_what_was_removed_goes_whatever_the_notes_say(
    spoil: Callable[[Path], None], days: int, tmp_path: Path
) -> None:
    world = World()
    world.storage.index_caches = tmp_path
    folder = world.mailbox.add_folder("Inbox")
    for number in range(2 * DAYS):
        when = EPOCH + timedelta(hours=12 * number)
        world.mailbox.add_item(folder, f"Letter {number}", b"body", when=when)
    world.back_up()
    (file,) = tmp_path.iterdir()
    spoil(file)
    oldest = next(iter(world.mailbox.folders[folder].items))
    world.mailbox.delete_item(oldest)
    read: list[str] = []
    load_range = world.backend.load_range

    def counted(name: str, offset: int, length: int) -> bytes:
        read.append(name)
        return load_range(name, offset, length)

    world.backend.load_range = counted  # type: ignore[method-assign]
    assert world.back_up().is_complete
    assert days <= len(read) < days + 20, "so many days' trees were read, and a few things more"
    assert world.saved() == world.mailbox.contents()


def test_a_second_letter_of_a_removed_one_s_day_stays(tmp_path: Path) -> None:
    """A note of a day that has the item no more is followed in vain."""
    world = World()
    world.storage.index_caches = tmp_path
    folder = world.mailbox.add_folder("Inbox")
    gone, stays = (
        world.mailbox.add_item(folder, name, b"body", when=EPOCH) for name in ("one", "two")
    )
    world.back_up()
    world.mailbox.delete_item(gone)
    world.back_up()
    assert list(world.mailbox.folders[folder].items) == [stays]
    assert world.saved() == world.mailbox.contents()
