"""A repository that does not open is named by whatever looks at all, and is in nobody's way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strongroom.content import fts
from strongroom.errors import IntegrityError
from strongroom.service.application import Application
from strongroom.service.restores import RestoreOrder
from strongroom.service.selections import VerifySelection
from tests.fakes.mail_server import STORAGE_URL, World
from tests.fakes.memory_backend import MemoryBackend
from tests.service.support import add_job, back_up, statuses, wait

ANN, BOB = "ann@example", "bob@example"


def nowhere(*_: object, **__: object) -> None:
    """Hear how far it is, and do nothing."""


def lose(*beginnings: str) -> Callable[[dict[str, bytes], str], None]:
    def lost(files: dict[str, bytes], folder: str) -> None:
        for name in list(files):
            if name.startswith(tuple(folder + one for one in beginnings)):
                del files[name]

    return lost


def cut_config(files: dict[str, bytes], folder: str) -> None:
    files[folder + "config"] = files[folder + "config"][:40]


DAMAGE = {"config cut": cut_config, "config lost": lose("config"),
          "keys lost": lose("keys/", "strongroom/", "master-key")}  # fmt: skip


@pytest.fixture(params=DAMAGE)
def damaged(
    request: pytest.FixtureRequest,
    ready: Application,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> Application:
    """Give a home with a backup of two mailboxes, of which Ann's does not open."""
    monkeypatch.setattr(fts, "parse", lambda _: None)
    for address in (ANN, BOB):
        world.estate.add(address, items=2)
    add_job(ready)
    assert back_up(ready)["status"] == "complete"
    backend = world.backends[STORAGE_URL]
    assert isinstance(backend, MemoryBackend)
    folder = f"repositories/mailbox/{world.estate.id_of(ANN)}/"
    DAMAGE[request.param](backend.files, folder)
    with pytest.raises(IntegrityError):
        ready.storages.open("disk").repository("mailbox", world.estate.id_of(ANN))
    return ready


def test_it_is_told_by_a_verification_and_hides_no_other(damaged: Application) -> None:
    damaged.jobs.add_verify("all", storage="disk", selection=VerifySelection())
    report = back_up(damaged, "all")
    assert (report["status"], report["error"]["exit_code"]) == ("failed", 4)
    assert sorted(statuses(report).values()) == ["complete", "failed"]
    assert statuses(report)[BOB] == "complete"


def test_it_is_told_by_whoever_verifies_at_once(damaged: Application, world: World) -> None:
    found = {one.id: one for one in damaged.kept.verify("disk", None, sample=None, tell=nowhere)}
    assert found[world.estate.id_of(BOB)].report.items == 2
    assert not found[world.estate.id_of(BOB)].report.problems
    assert [one.what for one in found[world.estate.id_of(ANN)].report.problems] != []
    ann = world.estate.id_of(ANN)
    with pytest.raises(IntegrityError):
        list(damaged.kept.verify("disk", ann, sample=None, tell=nowhere))


def test_a_list_of_all_points_names_it_and_hides_no_other(
    damaged: Application, world: World
) -> None:
    found = damaged.kept.points("disk")
    assert [point.resource for point in found.points] == [BOB]
    (one,) = found.unreadable
    ann = world.estate.id_of(ANN)
    assert (one.kind, one.id) == ("mailbox", ann)
    with pytest.raises(IntegrityError) as caught:
        damaged.kept.points("disk", ann)
    assert (one.what, one.hint) == (str(caught.value), caught.value.hint)


def test_a_prune_goes_on_with_the_others(damaged: Application, world: World) -> None:
    foreseen = {one.resource_id: one for one in damaged.retention.foresee("disk").frees}
    assert foreseen[world.estate.id_of(ANN)].problem
    assert foreseen[world.estate.id_of(ANN)].is_damage
    assert foreseen[world.estate.id_of(BOB)].bytes_freed is not None
    assert not foreseen[world.estate.id_of(BOB)].is_damage
    report = wait(damaged, damaged.retention.ask_prune("disk")[0])
    assert statuses(report)[BOB] == "complete"
    assert sorted(statuses(report).values()) == ["complete", "failed"]


def test_a_backup_of_all_goes_on_with_the_others(damaged: Application, world: World) -> None:
    world.estate.mailboxes[world.estate.id_of(BOB)].add_item("folder-2", "new", b"new")
    report = back_up(damaged)
    assert statuses(report) == {ANN: "failed", BOB: "complete"}


def test_a_backup_of_all_goes_on_where_it_is_not_listed_any_more(
    damaged: Application, world: World
) -> None:
    del world.estate.resources[world.estate.id_of(ANN)]
    report = back_up(damaged)
    assert statuses(report)[BOB] == "complete"


def test_a_restore_of_all_gives_the_others_back(damaged: Application, world: World) -> None:
    box = world.estate.mailboxes[world.estate.id_of(BOB)]
    for item_id in list(box.folders["folder-2"].items):
        box.delete_item(item_id)
    order = RestoreOrder(storage="disk", resource="", connection="office", is_all=True,
                         folder="/", conflict="skip")  # fmt: skip
    report = wait(damaged, damaged.restores.ask(order)[0])
    assert report["status"] != "complete"
    assert statuses(report)[BOB] == "complete"
    assert len(box.folders["folder-2"].items) == 2
