"""What a target makes whole only when it settles is compared after that, and never forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from strongroom.words.json import Json
from strongroom.words.restoring import Compared, Notes, Outgoing, Written
from tests.fakes.site import FakeSite
from tests.fakes.site_target import FakeSiteTarget
from tests.operations.site_support import SiteWorld
from tests.operations.support import WorldEnded
from tests.operations.test_site import new_world


class Waiting(FakeSiteTarget):
    """Tells nothing of some items before it has settled.

    Attributes:
        waits: What their names begin with.
        asked: Of which it was asked how they compare, in order.
        differs: What is another in them, once they can be compared.
        ends: The process is killed between settling and comparing.
        loses_one: No answer comes to the first write of such items.
    """

    def __init__(self, site: FakeSite) -> None:
        super().__init__(site)
        self.waits = "Task"
        self.asked: list[str] = []
        self.differs: tuple[str, ...] = ()
        self.ends = False
        self.loses_one = False
        self._is_settled = False

    def write(
        self, folder_id: str, batch: Sequence[Outgoing], told: Callable[[Written], None]
    ) -> None:
        if self.loses_one and any(one.item.name.startswith(self.waits) for one in batch):
            self.loses_one, self.loses_answers = False, 1
        super().write(folder_id, batch, told)

    def begin(self, notes: Notes) -> None:
        super().begin(notes)
        self._is_settled = False

    def compare(
        self, pairs: Sequence[tuple[Outgoing, str]], told: Callable[[Compared], None]
    ) -> None:
        waiting = [one for one in pairs if one[0].item.name.startswith(self.waits)]
        self.asked += [one.item.name for one, _ in waiting]
        super().compare([one for one in pairs if one not in waiting], told)
        if self._is_settled:
            if self.ends:
                self.ends = False
                raise WorldEnded
            for one, _ in waiting:
                told(Compared(item_id=one.item.id, differences=self.differs))

    def settle(self, settings: Mapping[str, Json]) -> Sequence[str]:
        self._is_settled = True
        return super().settle(settings)


@pytest.fixture
def target() -> Waiting:
    return Waiting(FakeSite("another"))


@pytest.fixture
def world(target: Waiting) -> SiteWorld:
    world = new_world()
    world.back_up()
    world.target = target
    return world


TASKS = sorted(f"Task {number}" for number in range(4))


def test_it_is_asked_for_once_more_when_all_is_settled(
    world: SiteWorld, target: Waiting, tmp_path: Path
) -> None:
    coverage = world.restore(tmp_path / "journal")
    assert coverage.is_complete
    assert all(one.saved == one.on_server for one in coverage.folders)
    assert sorted(target.asked) == sorted([*TASKS, *TASKS]), "once when written, once in the end"


def test_what_differs_then_is_in_the_ledger(
    world: SiteWorld, target: Waiting, tmp_path: Path
) -> None:
    target.differs = ("Next: 5, there nothing",)
    coverage = world.restore(tmp_path / "journal")
    failed = [short for one in coverage.folders for short in one.failed]
    assert sorted(short.name for short in failed) == TASKS
    assert {short.why for short in failed} == {"Next: 5, there nothing"}
    assert not coverage.is_complete


def test_whoever_was_killed_before_it_compares_it_the_next_time(
    world: SiteWorld, target: Waiting, tmp_path: Path
) -> None:
    target.ends = True
    with pytest.raises(WorldEnded):
        world.restore(tmp_path / "journal")
    before = dict(target.written)
    coverage = world.restore(tmp_path / "journal")
    assert coverage.is_complete
    assert all(one.saved == one.on_server for one in coverage.folders)
    assert target.written == before, "nothing is written twice"


def test_an_answer_that_never_came_is_no_half_item_in_the_end(
    world: SiteWorld, target: Waiting, tmp_path: Path
) -> None:
    target.loses_one, target.differs = True, ("Next: 5, there nothing",)
    coverage = world.restore(tmp_path / "journal")
    failed = [short for one in coverage.folders for short in one.failed]
    assert sorted(short.name for short in failed) == TASKS
