"""Looking into storages: without a server, by name or id, and honest about what is ambiguous."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from strongroom.errors import IntegrityError, OperatorError
from strongroom.service.application import Application
from strongroom.service.exporting import ExportWish, IntoFolder
from strongroom.words.json import Json
from tests.fakes.mail_server import STORAGE_URL, World
from tests.service.support import add_job, back_up


def nowhere(progress: Mapping[str, Json], *, is_urgent: bool = False) -> None:
    """Take progress that nobody watches."""


@pytest.fixture
def kept(ready: Application, world: World) -> Application:
    """Give a storage that holds two mailboxes."""
    world.estate.add("ann@example", items=4)
    world.estate.add("bob@example", items=2)
    add_job(ready)
    assert back_up(ready)["status"] == "complete"
    return ready


def test_points_are_of_one_resource_or_of_all(kept: Application, world: World) -> None:
    everything = kept.kept.points("disk").points
    assert {point.resource for point in everything} == {"ann@example", "bob@example"}
    (one,) = kept.kept.points("disk", "ANN@example").points
    assert (one.items, one.status) == (4, "complete")
    assert kept.kept.points("disk", world.estate.id_of("ann@example")).points == (one,)
    with pytest.raises(OperatorError, match="nothing under this name"):
        kept.kept.points("disk", "nobody@example")


def test_points_come_newest_first(kept: Application) -> None:
    back_up(kept)
    times = [point.time for point in kept.kept.points("disk").points]
    assert times == sorted(times, reverse=True)


def test_an_address_that_belonged_to_two_is_answered_with_the_ids(
    kept: Application, world: World
) -> None:
    first = world.estate.id_of("ann@example")
    world.estate.resources.pop(first)
    world.estate.add("ann@example", items=1)
    second = world.estate.id_of("ann@example")
    assert first != second
    back_up(kept)
    with pytest.raises(OperatorError, match="more than one") as caught:
        kept.kept.points("disk", "ann@example")
    assert first in caught.value.why
    assert second in caught.value.why
    assert [point.items for point in kept.kept.points("disk", first).points] == [4]


def test_a_repository_that_is_damaged_hides_no_other(kept: Application, world: World) -> None:
    backend = world.backends[STORAGE_URL]
    ann = world.estate.id_of("ann@example")
    (snapshot,) = [e.name for e in backend.list(f"repositories/mailbox/{ann}/snapshots/")]
    backend.delete(snapshot)
    backend.save(snapshot, b"no snapshot at all")
    assert len(kept.kept.points("disk", "bob@example").points) == 1
    found = kept.kept.points("disk")
    assert [point.resource for point in found.points] == ["bob@example"]
    assert [one.id for one in found.unreadable] == [ann]
    with pytest.raises(IntegrityError):
        kept.kept.points("disk", "ann@example")


def test_folders_and_items_are_listed_by_path(kept: Application) -> None:
    root = kept.kept.browse("disk", "ann@example")
    assert [folder.folder.path for folder in root.folders] == [("Inbox",)]
    inbox = kept.kept.browse("disk", "ann@example", "/Inbox/")
    assert sorted(item.item.name for item in inbox.items) == [
        f"message {number}" for number in range(4)
    ]
    with pytest.raises(OperatorError):
        kept.kept.browse("disk", "ann@example", "Nowhere")


def test_an_export_writes_what_was_saved(kept: Application, world: World, tmp_path: Path) -> None:
    with IntoFolder(tmp_path / "out") as write:
        coverage = kept.kept.export("disk", "ann@example", ExportWish(), write=write, tell=nowhere)
    assert coverage.is_complete
    written = sorted(path.read_bytes() for path in (tmp_path / "out").rglob("*.fts"))
    mailbox = world.estate.mailboxes[world.estate.id_of("ann@example")]
    assert written == sorted(
        item.body for folder in mailbox.folders.values() for item in folder.items.values()
    )


def test_a_verification_reads_every_repository_or_the_one_named(kept: Application) -> None:
    everything = list(kept.kept.verify("disk", None, sample=None, tell=nowhere))
    assert {one.resource for one in everything} == {"ann@example", "bob@example"}
    (one,) = kept.kept.verify("disk", "bob@example", sample=1, tell=nowhere)
    assert one.report.items >= 1
