"""A restore that is killed anywhere, and done again: nothing twice, and settings as they were."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from strongroom.errors import OutcomeUnknown
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.seed import Amounts, fill
from strongroom.operations.journal import FileJournal
from strongroom.operations.restore import RestoreRequest, give_up
from strongroom.words.coverage import Coverage
from strongroom.words.restoring import ConflictPolicy
from tests.operations.support import WorldEnded
from tests.sources.sharepoint_writing.test_restoring_a_site import missing
from tests.sources.sharepoint_writing.world import FULL, SiteWorld, make

PATHS = (("Lists", "Customers"), ("Lists", "Tasks"), ("Contracts",))
WANTED = RestoreRequest(folder=(), paths=PATHS)


@pytest.fixture(scope="module")
def filled(server: LabServer) -> Iterator[SiteWorld]:
    made = make(server)
    full = made.collection(FULL)
    with full.lock:
        fill(full, Amounts(items=40, files=0, pages=0, people=4))
    made.back_up()
    yield made
    made.close()


@pytest.fixture
def world(filled: SiteWorld) -> SiteWorld:
    filled.make_empty()
    return filled


class Cut:
    """Ends the process at the n-th write, before it is sent or when it was carried out."""

    def __init__(self, world: SiteWorld, at: int, *, is_behind: bool, error: type) -> None:
        self._transport = world.sharepoint()._rest.transport
        self._post = self._transport.post
        self.count = 0
        self._left = at
        self._is_behind = is_behind
        self._error = error
        self.has_fired = False

    def __enter__(self) -> Self:
        self._transport.post = self._cut  # type: ignore[method-assign, assignment]
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.post = self._post  # type: ignore[method-assign]

    def _cut(self, *args: object, **more: object) -> object:
        if more.get("is_write"):
            self._left -= 1
            self.count += 1
        if self._left or not more.get("is_write"):
            return self._post(*args, **more)  # type: ignore[arg-type]
        self.has_fired = True
        if self._is_behind:
            with self._post(*args, **more) as reply:  # type: ignore[arg-type]
                reply.read(1 << 24)
        raise self._error("cut")


def list_of(world: SiteWorld, title: str) -> SpList:
    root = world.collection(world.empty).root
    return next(one for one in root.lists.values() if one.title == title)


def names(of: SpList) -> list[str]:
    return sorted(
        one.path.rpartition("/")[2] if one.file else str(one.values.get("Title"))
        for one in of.items.values()
    )


def is_whole(world: SiteWorld) -> None:
    """Look that everything is there once, and every setting as it was saved."""
    full = world.collection(FULL).root
    for saved in full.lists.values():
        if saved.title not in {"Customers", "Tasks", "Contracts"}:
            continue
        there = list_of(world, saved.title)
        assert names(there) == names(saved)
        assert there.settings == saved.settings
        required = {one.name for one in saved.fields.values() if one.is_required}
        assert {one.name for one in there.fields.values() if one.is_required} == required


def lost(coverage: Coverage) -> list[str]:
    """Name what is missing, but for the permissions of groups that only the other site has."""
    return [one for one in missing(coverage) if "is not known in the target" not in one]


@pytest.mark.parametrize(
    ("at", "is_behind"),
    [
        (4, True),
        (30, False),
        pytest.param(45, True, marks=pytest.mark.soak),
        *(pytest.param(at, at % 2 == 0, marks=pytest.mark.soak) for at in range(1, 50, 5)),
    ],
)
def test_whoever_goes_on_does_nothing_twice(
    world: SiteWorld, tmp_path: Path, *, at: int, is_behind: bool
) -> None:
    cut = Cut(world, at, is_behind=is_behind, error=WorldEnded)
    with cut, contextlib.suppress(WorldEnded):
        world.restore(tmp_path / "journal", WANTED)
    assert cut.has_fired, f"there are {cut.count} writes only"
    assert lost(world.restore(tmp_path / "journal", WANTED)) == []
    is_whole(world)


@pytest.mark.parametrize(
    ("at", "is_behind"),
    [
        (12, True),
        pytest.param(40, False, marks=pytest.mark.soak),
        *(pytest.param(at, at % 2 == 0, marks=pytest.mark.soak) for at in range(2, 50, 5)),
    ],
)
def test_a_write_without_an_answer_is_looked_for_and_not_repeated(
    world: SiteWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, at: int, is_behind: bool
) -> None:
    monkeypatch.setattr("strongroom.operations.filling.WAIT_S", 0.0)
    monkeypatch.setattr("strongroom.operations.placing.WAIT_S", 0.0)
    with Cut(world, at, is_behind=is_behind, error=OutcomeUnknown) as cut:
        coverage = world.restore(tmp_path / "journal", WANTED)
    assert cut.has_fired, f"there are {cut.count} writes only"
    assert lost(coverage) == []
    is_whole(world)


def test_what_was_relaxed_is_put_back_when_a_restore_is_given_up(
    world: SiteWorld, tmp_path: Path
) -> None:
    world.restore(tmp_path / "first", WANTED)
    before = list_of(world, "Contracts").settings
    assert before.has_moderation
    again = RestoreRequest(folder=(), paths=PATHS, conflict=ConflictPolicy.REPLACE)
    with Cut(world, 30, is_behind=True, error=WorldEnded), pytest.raises(WorldEnded):
        world.restore(tmp_path / "second", again)
    target = world.sharepoint().target(world.resource(world.empty))
    with FileJournal(tmp_path / "second") as journal:
        give_up(target, journal)
    assert list_of(world, "Contracts").settings == before
