"""What a restore relaxed is put back, however it ends; and notes survive whoever made them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from strongroom.errors import (
    IntegrityError,
    Interrupted,
    OperatorError,
    SignInEnded,
    StorageFull,
    StrongroomError,
    TransientError,
)
from strongroom.operations.id_map import IdMap
from strongroom.operations.journal import FileJournal
from strongroom.operations.restore import RestoreRequest, give_up, still_relaxed
from strongroom.operations.restore_log import RestoreLog
from strongroom.words.json import Json
from strongroom.words.restoring import ConflictPolicy, Written
from tests.fakes.site import FakeSite
from tests.fakes.site_target import FakeSiteTarget
from tests.operations.site_support import SiteWorld
from tests.operations.support import WorldEnded, end_at
from tests.operations.test_site import library, new_world


@pytest.fixture
def world() -> SiteWorld:
    world = new_world()
    world.back_up()
    world.target = FakeSiteTarget(FakeSite("another"))
    return world


def is_relaxed(site: FakeSite) -> bool:
    return not all(all(one.settings.values()) for one in site.lists.values())


def raise_at_write(world: SiteWorld, error: Exception) -> Callable[[str], None]:
    """Make the third write fail as a whole; by then lists are relaxed."""
    writes = 0

    def hook(name: str) -> None:
        nonlocal writes
        writes += name == "write"
        if name == "write" and writes == 3:
            assert is_relaxed(world.target.site)
            raise error

    return hook


def test_a_restore_that_is_stopped_puts_back_what_it_relaxed(
    world: SiteWorld, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    with pytest.raises(Interrupted):
        world.restore(journal, stop=lambda: bool(world.target.calls["write"] > 2))
    assert world.target.site.lists
    assert not is_relaxed(world.target.site)
    assert world.restore(journal).is_complete
    assert not is_relaxed(world.target.site)


@pytest.mark.parametrize(
    "error", [StorageFull("The site's quota is used up."), IntegrityError("A blob is missing.")]
)
def test_a_restore_that_fails_puts_back_what_it_relaxed(
    world: SiteWorld, tmp_path: Path, error: StrongroomError
) -> None:
    world.target.site.on_call = raise_at_write(world, error)
    with pytest.raises(type(error)):
        world.restore(tmp_path / "journal")
    assert not is_relaxed(world.target.site)


def test_a_server_that_does_not_answer_is_not_asked_to_put_back(
    world: SiteWorld, tmp_path: Path
) -> None:
    error = SignInEnded("The certificate has expired.")
    world.target.site.on_call = raise_at_write(world, error)
    with pytest.raises(SignInEnded):
        world.restore(tmp_path / "journal")
    assert world.target.calls["settle"] == 0


def test_what_cannot_be_put_back_now_can_be_later(world: SiteWorld, tmp_path: Path) -> None:
    world.target.site.on_call = raise_at_write(world, StorageFull("The site's quota is used up."))
    calls = world.target.site.on_call

    def hook(name: str) -> None:
        calls(name)
        if name == "settle":
            raise TransientError("It does not answer.")

    world.target.site.on_call = hook
    with pytest.raises(StorageFull):
        world.restore(tmp_path / "journal")
    assert is_relaxed(world.target.site)
    world.target.site.on_call = lambda _: None
    with FileJournal(tmp_path / "journal") as journal:
        give_up(FakeSiteTarget(world.target.site), journal)
    assert not is_relaxed(world.target.site)


def test_a_killed_restore_that_is_given_up_is_put_back_by_whoever_comes(tmp_path: Path) -> None:
    world = new_world()
    world.back_up()
    number = relaxed = 0
    was_killed = True
    while was_killed:
        number += 2
        site = FakeSite("another")
        world.target = FakeSiteTarget(site)
        site.on_call = end_at(number)
        journal = tmp_path / f"journal {number}"
        try:
            world.restore(journal)
        except WorldEnded:
            relaxed += is_relaxed(site)
        else:
            was_killed = False
        site.on_call = lambda _: None
        for _ in range(2):
            with FileJournal(journal) as opened:
                # It may say that something is relaxed that was about to be, never the reverse.
                assert still_relaxed(opened) or not is_relaxed(site)
                give_up(FakeSiteTarget(site), opened)
                assert still_relaxed(opened) == ()
            assert not is_relaxed(site)
    assert relaxed > 5


def test_what_the_target_refuses_to_have_put_back_is_an_error_and_stays_noted(
    world: SiteWorld, tmp_path: Path
) -> None:
    world.target.site.on_call = end_at(20)
    with pytest.raises(WorldEnded):
        world.restore(tmp_path / "journal")
    world.target.site.on_call = lambda _: None
    target = FakeSiteTarget(world.target.site)
    target.refuses_to_settle = "The list is locked."
    with FileJournal(tmp_path / "journal") as journal:
        places = still_relaxed(journal)
        assert "Shared Documents" in places
        with pytest.raises(OperatorError, match="could not all be put back") as caught:
            give_up(target, journal)
        assert caught.value.why == "The list is locked."
        assert still_relaxed(journal) == places


def test_giving_up_may_be_killed_itself(world: SiteWorld, tmp_path: Path) -> None:
    site = world.target.site
    site.on_call = end_at(20)
    with pytest.raises(WorldEnded):
        world.restore(tmp_path / "journal")
    assert is_relaxed(site)
    number = 0
    while is_relaxed(site):
        number += 1
        site.on_call = end_at(number)
        with FileJournal(tmp_path / "journal") as journal:
            try:
                give_up(FakeSiteTarget(site), journal)
            except WorldEnded:
                continue
    assert number > 1


def test_what_the_policy_leaves_alone_has_its_new_id_too(world: SiteWorld, tmp_path: Path) -> None:
    world.restore(tmp_path / "first")
    again = RestoreRequest(folder=(), conflict=ConflictPolicy.SKIP)
    world.target = FakeSiteTarget(world.target.site)
    assert world.restore(tmp_path / "second", again).totals.unchanged > 0
    ours, theirs = library(world.site), library(world.target.site)
    (saved,) = [n for n, one in ours.entries.items() if one.path == ("Plan.docx",)]
    (there,) = [n for n, one in theirs.entries.items() if one.path == ("Plan.docx",)]
    assert world.target.notes.new_id(f"{ours.id}/{saved}") == f"{theirs.id}/{there}"
    assert world.target.notes.new_id(f"{ours.id}/999") is None


def test_notes_and_new_ids_are_known_to_whoever_comes_after(tmp_path: Path) -> None:
    with FileJournal(tmp_path / "journal") as journal:
        log = RestoreLog(journal)
        assert log.get("users") is None
        log.begin({"point": "x"})
        log.put("users", {"7": 12})
        users: dict[str, Json] = {"7": 13}
        log.put("users", users)
        users["8"] = 14
        log.put("gone", [1])
        log.put("gone", None)
        log.told("f", [Written(item_id="f/1", new_id="g/8")], {})
        assert log.new_id("f/1") == "g/8"
        log.told("f", [Written(item_id="f/2", new_id=None, code="404")], {})
        log.found("f", {"f/3": "g/9"})
        log.left("f", {"f/4": "g/1"})
    with FileJournal(tmp_path / "journal") as journal:
        log = RestoreLog(journal)
        assert (log.get("users"), log.get("gone")) == ({"7": 13}, None)
        assert [log.new_id(f"f/{number}") for number in range(1, 6)] == [
            "g/8",
            None,
            "g/9",
            "g/1",
            None,
        ]
        log.told("f", [Written(item_id="f/1", new_id="g/10")], {})
        assert log.new_id("f/1") == "g/10"


class Remembered:
    """A journal that was written long ago: as many lines as one likes, none of them in memory."""

    def __init__(self, count: int) -> None:
        self._count = count

    def lines(self) -> Iterator[dict[str, Any]]:
        yield {"line": "begin", "point": "x"}
        for number in range(0, self._count, 100):
            told = [
                [saved_id(one), new_id(one), "", "", False, ""]
                for one in range(number, number + 100)
            ]
            compared = [[saved_id(one)] for one in range(number, number + 100)]
            yield {"line": "told", "folder": "f", "items": told}
            yield {"line": "compared", "folder": "f", "items": compared}

    def append(self, *lines: Mapping[str, Json]) -> None:
        raise AssertionError("nothing is added")


def saved_id(number: int) -> str:
    return f"0b8c7d2e-53f1-4a0e-9a3e-2f6f0a7c1d11/{number}"


def new_id(number: int) -> str:
    return f"7d1f4c52-9be0-4b5e-8e55-61d3f5a9b0aa/{number + 7}"


def test_new_ids_of_fifty_thousand_items_take_little_memory() -> None:
    count = 50_000
    log = RestoreLog(Remembered(count))
    tracemalloc.start()
    assert log.new_id(saved_id(0)) == new_id(0)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 6_000_000, held
    assert all(log.new_id(saved_id(one)) == new_id(one) for one in range(0, count, 997))
    assert log.new_id(saved_id(count)) is None


def test_an_id_map_gives_back_what_was_put_last() -> None:
    known = IdMap()
    expected = {}
    for number in range(5_000):
        key, value = f"{number % 3_000}", f"new \udc80 {number}"
        known.put(key, value)
        expected[key] = value
    assert len(known) == len(expected)
    assert all(known.get(key) == value for key, value in expected.items())
    assert known.get("another") is None
