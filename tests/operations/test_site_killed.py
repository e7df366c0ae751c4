"""Kill a site's backup or restore anywhere: the next one completes, nothing is lost or twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.operations import collecting
from strongroom.operations.interfaces import Quiet
from strongroom.operations.points import is_finished
from strongroom.operations.verify import verify
from tests.fakes import even_pacing
from tests.fakes.site import FakeList, FakeSite
from tests.fakes.site_target import FakeSiteTarget
from tests.operations.site_support import SiteWorld, drop_locks_of_the_dead
from tests.operations.support import WorldEnded, end_at
from tests.operations.test_site import library, new_world


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "CHECKPOINT_ITEMS", 4)
    monkeypatch.setattr(even_pacing, "ITEMS_MAX", 2)


def full() -> SiteWorld:
    """A site that was never backed up."""
    world = new_world()
    world.site.page_items = 3
    return world


def incremental() -> SiteWorld:
    """A site that was backed up, and in which names have gone from one document to another."""
    world = full()
    world.back_up()
    site, docs = world.site, library(world.site)
    by_path = {one.path: number for number, one in docs.entries.items()}
    site.swap(docs, by_path["Plan.docx",], by_path["Reports", "2024", "budget.xlsx"])
    site.rename(docs, by_path["Reports",], "reports")
    site.delete(docs, by_path["a:b?.txt",])
    site.upload(docs, "a:b?.txt", body=b"another odd name")
    site.upload(docs, "reports", "2024", "budget.xlsx", body=b"three")
    site.move_list(docs, "Documents")
    site.define("view", "Mine", {"order": "Who"}, docs)
    return world


def relisted() -> SiteWorld:
    """As before, and the server has forgotten all change tokens."""
    world = incremental()
    world.site.expire_cursors()
    return world


def on_write(world: SiteWorld, hook: Callable[[str], None]) -> None:
    world.backend.on_write = hook


def on_call(world: SiteWorld, hook: Callable[[str], None]) -> None:
    world.site.on_call = hook


@pytest.mark.parametrize("where", [on_write, on_call])
@pytest.mark.parametrize(
    ("make", "step"),
    [
        (full, 3),
        pytest.param(full, 1, marks=pytest.mark.soak),
        (incremental, 1),
        (relisted, 2),
        pytest.param(relisted, 1, marks=pytest.mark.soak),
    ],
)
def test_the_next_backup_completes_wherever_the_last_one_was_killed(
    make: Callable[[], SiteWorld],
    where: Callable[[SiteWorld, Callable[[str], None]], None],
    step: int,
) -> None:
    """Every call, or every few: the long ones are killed at each call in make soak."""
    number = 1
    while killed_and_went_on(make(), where, number):
        number += step
    assert number > 8


def killed_and_went_on(
    world: SiteWorld, where: Callable[[SiteWorld, Callable[[str], None]], None], number: int
) -> bool:
    """Kill a run at the n-th call, run again and look; False if it ended before that call."""
    where(world, end_at(number))
    try:
        world.back_up()
    except WorldEnded:
        was_killed = True
    else:
        was_killed = False
    where(world, lambda _: None)
    drop_locks_of_the_dead(world)
    assert world.back_up().is_complete
    docs = library(world.site)
    assert world.saved_files()[docs.path] == docs.files()
    plain = {path[1:]: body for path, body in world.real_files().items() if "[" not in path[-1]}
    odd = {path for path in docs.files() if path[-1] in {"a:b?.txt", "folder.json"}}
    assert plain == {path: body for path, body in docs.files().items() if path not in odd}
    assert verify(world.repository(), progress=Quiet()).problems == ()
    assert world.repository().check(read_data=True) == []
    assert world.is_counted_as_restic_counts()
    assert all(map(is_finished, world.repository().snapshots()))
    return was_killed


@pytest.mark.parametrize(
    ("loses", "step"),
    [
        (1, 2),
        pytest.param(0, 1, marks=pytest.mark.soak),
        pytest.param(1, 1, marks=pytest.mark.soak),
    ],
)
def test_a_restore_goes_on_wherever_it_was_killed(tmp_path: Path, loses: int, step: int) -> None:
    world = new_world()
    world.back_up()
    held = world.site.contents()
    number = 1 - step
    was_killed = True
    while was_killed:
        number += step
        target = world.target = FakeSiteTarget(FakeSite("another"))
        target.loses_answers = loses
        journal = tmp_path / f"journal {number}"
        was_killed = killed(world, journal, number)
        # The next process knows nothing but the journal.
        target = world.target = FakeSiteTarget(target.site)
        target.site.on_call = lambda _: None
        assert world.restore(journal).is_complete
        assert count(target.site) == count(world.site)
        back = target.site.contents()
        assert back["Shared Documents",] == held["Shared Documents",]
        assert back[()] == held[()]
        people, tasks = [one for one in lists(target.site) if one.kind == "list"]
        assert {one.fields["Who"] for one in tasks.entries.values()} == {f"{people.id}/1"}
        assert all(all(one.settings.values()) for one in target.site.lists.values())
    assert number > 20


def killed(world: SiteWorld, journal: Path, number: int) -> bool:
    """Kill a restore at the n-th call of its target; False if it ended before that."""
    world.target.site.on_call = end_at(number)
    try:
        assert world.restore(journal).is_complete
    except WorldEnded:
        return True
    return False


def lists(site: FakeSite) -> list[FakeList]:
    return sorted(site.lists.values(), key=lambda one: one.path)


def count(site: FakeSite) -> int:
    return sum(len(one.entries) for one in site.lists.values())
