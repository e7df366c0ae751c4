"""The newest days first, then the rest: together they are the restore, and each is counted once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from strongroom.operations.choosing import Portion
from strongroom.operations.restore import RestoreRequest
from strongroom.words.restoring import ConflictPolicy
from tests.fakes import even_pacing
from tests.fakes.mailbox import FakeMailbox, FakeTarget
from tests.operations.support import World, WorldEnded, end_at

NOW = datetime(2026, 3, 5, 10, tzinfo=UTC)
SINCE = date(2026, 3, 1)
NEWEST = Portion(since=SINCE, is_newest=True)
REST = Portion(since=SINCE, is_newest=False)
AGES_D = (0, 1, 4, 4.3, 4.5, 9, 90, 900)
RECENT = 4
"""The fourth last day began 4.4 days ago: the edge lies between these items."""


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(even_pacing, "ITEMS_MAX", 2)


@pytest.fixture
def world() -> World:
    world = World()
    inbox = world.mailbox.add_folder("Inbox", role="inbox")
    deep = world.mailbox.add_folder("Deep", inbox)
    for folder in (inbox, deep):
        for age_d in AGES_D:
            when = NOW - timedelta(days=age_d)
            world.mailbox.add_item(folder, f"{age_d} days", when=when)
    world.back_up()
    return world


def request(
    portion: Portion | None, conflict: ConflictPolicy = ConflictPolicy.COPY
) -> RestoreRequest:
    return RestoreRequest(folder=(), conflict=conflict, portion=portion)


def names(box: FakeMailbox) -> list[str]:
    return sorted(name for held in box.contents().values() for name, *_ in held)


def test_the_newest_days_come_first_and_then_all_else(world: World, tmp_path: Path) -> None:
    target = world.target = FakeTarget(FakeMailbox())
    first = world.restore(tmp_path / "journal", request(NEWEST))
    assert names(target.mailbox) == sorted(f"{age} days" for age in AGES_D[:RECENT] for _ in "12")
    assert (first.is_complete, first.totals.on_server, first.totals.saved) == (True, 8, 8)
    then = world.restore(tmp_path / "journal", request(REST))
    assert (then.is_complete, then.totals.on_server, then.totals.saved) == (True, 8, 8)
    assert target.mailbox.contents() == world.mailbox.contents()
    assert set(target.written.values()) == {1}
    whole = world.restore(tmp_path / "another", request(None)).totals
    assert whole.on_server == first.totals.on_server + then.totals.on_server
    assert whole.bytes_read == first.totals.bytes_read + then.totals.bytes_read


def test_settings_come_with_the_rest_alone(world: World, tmp_path: Path) -> None:
    world.target = FakeTarget(FakeMailbox())
    first = world.restore(tmp_path / "journal", request(NEWEST))
    then = world.restore(tmp_path / "journal", request(REST))
    assert "Rules are switched off." not in first.notes
    assert "Rules are switched off." in then.notes


@pytest.mark.parametrize("conflict", list(ConflictPolicy))
def test_what_the_first_wrote_is_no_conflict_for_the_other(
    world: World, tmp_path: Path, conflict: ConflictPolicy
) -> None:
    # Copies of one message, filed years apart: by its traits one is as good as the other.
    again = world.mailbox.add_folder("Again")
    for age_d in AGES_D:
        when = NOW - timedelta(days=age_d)
        world.mailbox.add_item(again, "the same", b"the same", when=when, search_key="ab" * 16)
    world.back_up()
    target = world.target = FakeTarget(FakeMailbox())
    for portion in (NEWEST, REST):
        assert world.restore(tmp_path / "journal", request(portion, conflict)).is_complete
    assert target.mailbox.contents() == world.mailbox.contents()


@pytest.mark.parametrize("is_newest", [True, False])
def test_cut_off_anywhere_nothing_comes_twice_and_every_item_is_counted_once(
    world: World, tmp_path: Path, *, is_newest: bool
) -> None:
    number, was_killed = 0, True
    while was_killed:
        number += 1
        journal = tmp_path / f"journal {number}"
        target = world.target = FakeTarget(FakeMailbox())
        was_killed = False
        if not is_newest:
            world.restore(journal, request(NEWEST))
        target.mailbox.on_call = end_at(number)
        try:
            world.restore(journal, request(NEWEST if is_newest else REST))
        except WorldEnded:
            was_killed = True
        target.mailbox.on_call = lambda _: None
        # The other portion may have its turn before the first one goes on.
        then = world.restore(journal, request(REST)).totals
        first = world.restore(journal, request(NEWEST)).totals
        assert (first.saved, then.saved) == (8, 8)
        assert target.mailbox.contents() == world.mailbox.contents()
        assert set(target.written.values()) == {1}
    assert number > 5
