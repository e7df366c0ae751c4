"""A storage is checked, repaired and searched for what is left; one ruin hides no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from strongroom.errors import IntegrityError, OperatorError, ResourceLocked
from strongroom.operations.points import points
from strongroom.operations.salvage import Salvaged, salvage
from strongroom.operations.saved import SavedTree
from strongroom.service import upkeep
from strongroom.service.application import Application
from strongroom.store.pack import pack_name
from strongroom.store.repository import Repository
from tests.fakes.mail_server import STORAGE_URL, World
from tests.fakes.memory_backend import MemoryBackend
from tests.service.support import add_job, back_up


class Heard:
    """Takes what is told of the progress."""

    def __init__(self) -> None:
        self.items: list[tuple[int, int]] = []

    def __call__(self, progress: Mapping[str, Any], *, is_urgent: bool = False) -> None:
        del is_urgent
        for one in progress["resources"].values():
            self.items.append((one["items"], one["items_expected"]))


@pytest.fixture
def two(ready: Application, world: World) -> Application:
    """A storage that holds two mailboxes."""
    for name in ("ann@example", "bob@example"):
        world.estate.add(name, items=5)
        add_job(ready, name, name=name.partition("@")[0])
        back_up(ready, name.partition("@")[0])
    return ready


def files_of(world: World) -> dict[str, bytes]:
    backend = world.backends[STORAGE_URL]
    assert isinstance(backend, MemoryBackend)
    return backend.files


def flip(world: World, name: str, at: int) -> None:
    files = files_of(world)
    files[name] = files[name][:at] + bytes([files[name][at] ^ 1]) + files[name][at + 1 :]


def test_a_check_tells_how_far_it_is_and_how_much_it_read(two: Application) -> None:
    heard = Heard()
    found = two.upkeep.check("disk", read_data=True, tell=heard)
    assert found.problems == ()
    assert found.repositories == 2
    assert (found.packs_read, found.bytes_read) == (found.packs, found.bytes)
    assert found.packs == 4
    assert (2, 2) in heard.items
    without = two.upkeep.check("disk", tell=Heard())
    assert (without.packs, without.packs_read, without.parts) == (4, 0, 0)


def test_a_part_is_checked_and_named(two: Application) -> None:
    parts = [two.upkeep.check("disk", sample=f"{part}/3", tell=Heard()) for part in (1, 2, 3)]
    assert sum(one.packs_read for one in parts) == 4
    assert {(one.part, one.parts) for one in parts} == {(1, 3), (2, 3), (3, 3)}
    assert two.upkeep.check("disk", sample="5%", tell=Heard()).parts == 20
    with pytest.raises(OperatorError, match="Not a part"):
        two.upkeep.check("disk", sample="some", tell=Heard())


def test_damage_is_found_repaired_and_what_was_lost_is_backed_up_again(
    two: Application, world: World
) -> None:
    kind_and_id = _repository_of(two, "ann@example")
    flip(world, *_content_of_an_item(two, kind_and_id))
    assert two.upkeep.check("disk", tell=Heard()).problems == ()
    (problem, *_) = two.upkeep.check("disk", read_data=True, tell=Heard()).problems
    assert problem.repository == kind_and_id
    (ann, bob) = sorted(
        two.upkeep.salvage("disk", read_data=True, tell=Heard()),
        key=lambda one: one.points[0].is_whole,
    )
    assert f"{ann.kind}/{ann.id}" == kind_and_id
    assert bob.points[0].is_whole
    assert (ann.points[0].items, ann.points[0].lost) == (4, 1)
    assert len(ann.points[0].damage) == 1
    repaired = {
        one.repository: one for one in two.upkeep.repair("disk", read_data=True, tell=Heard())
    }
    assert repaired[kind_and_id].asked_again == 1
    assert "set aside" in repaired[kind_and_id].done[0]
    assert repaired[f"{bob.kind}/{bob.id}"].done == ()
    back_up(two, "ann")
    newest = next(iter(two.upkeep.salvage("disk", resource="ann@example", tell=Heard()))).points[0]
    assert newest.is_whole
    assert newest.items == 5


def test_a_repository_too_damaged_to_open_hides_no_other(two: Application, world: World) -> None:
    kind_and_id = _repository_of(two, "ann@example")
    files = files_of(world)
    for name in [one for one in files if f"{kind_and_id}/" in one]:
        if "/keys/" in name or name.endswith("master-key.json"):
            files[name] = files[name][:20]
    checked = two.upkeep.check("disk", tell=Heard())
    assert {one.repository for one in checked.problems} == {kind_and_id}
    by_id = two.upkeep.check("disk", resource=kind_and_id.replace("/", ":"), tell=Heard())
    assert by_id.repositories == 1
    told = {f"{one.kind}/{one.id}": one for one in two.upkeep.salvage("disk", tell=Heard())}
    assert "cannot be opened" in told.pop(kind_and_id).problem
    assert all(one.points[0].is_whole for one in told.values())
    repaired = {one.repository: one for one in two.upkeep.repair("disk", tell=Heard())}
    assert "cannot be opened" in repaired.pop(kind_and_id).problem
    assert not any(one.problem for one in repaired.values())


def test_the_storages_own_record_is_mended_first(two: Application, world: World) -> None:
    files = files_of(world)
    del files["strongroom/storage.json"]
    (record, *_) = two.upkeep.repair("disk", tell=Heard())
    assert record.repository == ""
    assert "strongroom/storage.json is missing" in record.done[0]
    assert two.upkeep.check("disk", tell=Heard()).problems == ()


def test_nothing_of_that_name(two: Application) -> None:
    with pytest.raises(OperatorError, match="nothing under this name"):
        two.upkeep.check("disk", resource="nobody@example", tell=Heard())


def _repository_of(application: Application, reference: str) -> str:
    (stats,) = [one for one in application.storages.stats("disk") if one.resource == reference]
    return f"{stats.kind}/{stats.id}"


def _content_of_an_item(application: Application, kind_and_id: str) -> tuple[str, int]:
    """Say in which pack the content of some item lies, and where in it."""
    kind, _, id_ = kind_and_id.partition("/")
    repository = application.storages.open("disk").repository(kind, id_)
    tree = SavedTree(repository.reader(), points(repository)[0].tree)
    item = next(item for folder in tree.folders() for item in tree.items(folder))
    assert item.parts[0].file is not None
    (blob,) = item.parts[0].file.content
    location = next(repository._index.locations("data", blob))
    return f"repositories/{kind_and_id}/{pack_name(location.pack)}", location.offset + 17


def test_what_is_too_damaged_to_open_is_in_nobody_elses_way(two: Application, world: World) -> None:
    kind_and_id = _repository_of(two, "ann@example")
    files = files_of(world)
    name = f"repositories/{kind_and_id}/config"
    files[name] = files[name][:20]
    assert two.kept.browse("disk", "bob@example").point.resource == "bob@example"
    with pytest.raises(IntegrityError, match="config"):
        two.kept.browse("disk", "ann@example")
    with pytest.raises(IntegrityError, match="config"):
        two.kept.browse("disk", kind_and_id)


def test_what_a_repair_lost_is_told_though_mending_fails_after_it(
    two: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind_and_id = _repository_of(two, "ann@example")
    flip(world, *_content_of_an_item(two, kind_and_id))

    def refuse(*_: object) -> None:
        raise ResourceLocked("A backup has begun.")

    monkeypatch.setattr(upkeep, "mend", refuse)
    repaired = {
        one.repository: one for one in two.upkeep.repair("disk", read_data=True, tell=Heard())
    }
    assert repaired[kind_and_id].problem == "A backup has begun."
    assert any("lost" in one for one in repaired[kind_and_id].lost)
    assert any("set aside" in one for one in repaired[kind_and_id].done)


def test_a_repository_that_may_not_be_read_hides_no_other(
    two: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind_and_id = _repository_of(two, "ann@example")

    def look(repository: Repository, **options: Any) -> Iterator[Salvaged]:
        looked.append(1)
        if len(looked) == 1:
            raise OperatorError("A pack could not be read.", why="Input/output error")
        return salvage(repository, **options)

    looked: list[int] = []
    monkeypatch.setattr(upkeep, "salvage", look)
    first, second = two.upkeep.salvage("disk", tell=Heard())
    assert "could not be read" in first.problem
    assert second.points[0].is_whole
    assert kind_and_id in {f"{one.kind}/{one.id}" for one in (first, second)}
