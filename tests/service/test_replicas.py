"""A second copy of a storage: a job like any other, and a storage like any other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from strongroom.content import fts
from strongroom.errors import AccessDenied, OperatorError, ServerUnreachable, StorageFull
from strongroom.service.application import Application
from strongroom.service.rights import Role
from strongroom.service.selections import ReplicateSelection
from strongroom.store.backend import Stored
from strongroom.vault.secret import Secret
from tests.fakes.mail_server import STORAGE_URL, World, storage_password
from tests.fakes.marked import canary
from tests.fakes.memory_backend import MemoryBackend
from tests.service.support import acting, add_job, back_up, caller, check_storage, statuses, wait

COPY_URL = "memory:elsewhere"


@pytest.fixture
def kept(ready: Application, world: World, monkeypatch: pytest.MonkeyPatch) -> Application:
    """Give a storage that holds ann and bob, and the name of a place for its copy."""
    monkeypatch.setattr(fts, "parse", lambda _: None)
    world.estate.add("ann@example", items=5)
    world.estate.add("bob@example", items=2)
    add_job(ready, "ann@example", "bob@example")
    assert back_up(ready)["status"] == "complete"
    assert ready.replicas.place("disk", COPY_URL) == "disk-copy"
    return ready


def copy(
    application: Application, storage: str = "disk", to: str = "disk-copy", *resources: str
) -> dict[str, Any]:
    run, was_there = application.replicas.ask(
        storage, ReplicateSelection(to=to, resources=resources)
    )
    assert not was_there
    return wait(application, run)


def files(world: World, url: str) -> dict[str, bytes]:
    backend = world.backends[url]
    assert isinstance(backend, MemoryBackend)
    return backend.files


def test_a_copy_has_what_the_storage_has_and_is_used_like_it(
    kept: Application, world: World
) -> None:
    report = copy(kept)
    assert (report["status"], report["kind"]) == ("complete", "replicate")
    assert statuses(report) == {"ann@example": "complete", "bob@example": "complete"}
    assert report["totals"]["saved"] > 0
    assert report["totals"]["bytes_stored"] > 0
    here, there = kept.kept.points("disk").points, kept.kept.points("disk-copy").points
    assert [one.id for one in here] == [one.id for one in there]
    assert check_storage(kept, "disk-copy", read_data=True) == []
    (itself, its_copy) = kept.replicas.places("disk-copy")
    assert (itself.name, itself.is_copy, itself.whole_as_of) == ("disk", False, None)
    assert (its_copy.name, its_copy.is_copy) == ("disk-copy", True)
    assert its_copy.whole_as_of is not None
    again = copy(kept)
    assert (again["status"], again["totals"]["saved"]) == ("complete", 0)


def test_a_place_that_does_not_answer_hides_no_other(kept: Application, world: World) -> None:
    copy(kept)

    class Away(MemoryBackend):
        def list(self, prefix: str) -> Iterator[Stored]:
            raise ServerUnreachable(f"Nobody answers: {prefix}")

    world.backends[STORAGE_URL] = Away()
    (first, its_copy) = kept.replicas.places("disk-copy")
    assert "Nobody answers" in first.problem
    assert (its_copy.problem, its_copy.is_copy) == ("", True)
    assert its_copy.whole_as_of is not None


def test_a_copy_is_adopted_with_the_password_of_the_storage(
    kept: Application, world: World
) -> None:
    with pytest.raises(OperatorError, match="cannot be opened"):
        kept.kept.points("disk-copy")
    copy(kept)
    kept.storages.remove("disk-copy")
    added = kept.storages.add("again", COPY_URL, storage_password())
    assert added.recovery_key is None
    assert len(kept.kept.points("again").points) == 2
    assert added.storage.id != kept.storages.record("disk").id
    with pytest.raises(OperatorError, match="known already, as 'again'"):
        kept.storages.add("twice", COPY_URL, storage_password())


def test_a_lost_storage_comes_back_and_its_jobs_go_on(kept: Application, world: World) -> None:
    copy(kept)
    files(world, STORAGE_URL).clear()
    with pytest.raises(OperatorError, match="cannot be opened"):
        kept.kept.points("disk")
    assert copy(kept, "disk-copy", "disk")["status"] == "complete"
    report = back_up(kept)
    assert report["status"] == "complete"
    assert report["totals"]["saved"] == 0, "no full backup"
    assert report["totals"]["unchanged"] == 7
    assert copy(kept)["status"] == "complete"
    assert len(kept.kept.points("disk-copy").points) == 4


def test_the_keys_of_a_marked_storage_are_no_ones_alone_by_way_of_its_copy(
    kept: Application,
) -> None:
    copy(kept)
    kept.approvals.mark_stored("disk", "ann@example")
    first = acting(kept, caller(7001), Role.ADMINISTRATOR)
    asked: list[Callable[[], object]] = [
        lambda: first.storage_keys.renew_recovery_key("disk-copy"),
        lambda: first.storage_keys.add_password("disk-copy", "mine", Secret(canary("mine"))),
    ]
    for ask in asked:
        with pytest.raises(AccessDenied, match="second"):
            ask()


def test_one_resource_alone_can_be_copied(kept: Application) -> None:
    report = copy(kept, "disk", "disk-copy", "ann@example")
    assert statuses(report) == {"ann@example": "complete"}
    assert [one.resource for one in kept.kept.points("disk-copy").points] == ["ann@example"]
    assert kept.replicas.places("disk")[1].whole_as_of is None
    report = copy(kept, "disk", "disk-copy", "carl@example")
    assert report["status"] == "failed"


def test_damage_is_loud_and_the_rest_is_copied(kept: Application, world: World) -> None:
    ann = world.estate.id_of("ann@example")
    pack = next(name for name in files(world, STORAGE_URL) if ann in name and "/data/" in name)
    files(world, STORAGE_URL)[pack] = b"rot" * 100
    report = copy(kept)
    assert report["status"] == "failed"
    assert report["error"]["exit_code"] == 4
    assert statuses(report) == {"ann@example": "failed", "bob@example": "complete"}
    assert "ann@example" in report["error"]["what"]
    assert [one.resource for one in kept.kept.points("disk-copy").points] == ["bob@example"]
    assert kept.replicas.places("disk")[1].whole_as_of is None
    retried, _ = kept.runs.retry(report["id"])
    assert statuses(wait(kept, retried)) == {"ann@example": "failed"}


def test_a_job_copies_by_its_schedule_and_keeps_its_copy_from_being_forgotten(
    kept: Application,
) -> None:
    kept.jobs.add_replicate("offsite", storage="disk", selection=ReplicateSelection(to="disk-copy"))
    run, _ = kept.jobs.ask_run("offsite")
    report = wait(kept, run)
    assert (report["status"], report["job"]) == ("complete", "offsite")
    with pytest.raises(OperatorError, match="in use") as caught:
        kept.storages.remove("disk-copy")
    assert "offsite" in caught.value.why
    new = kept.jobs.run_by_schedule(kept.jobs.show("offsite"))
    assert new.kind == "replicate"
    document: Any = kept.definitions.give_out()
    (told,) = [job for job in document["jobs"] if job["name"] == "offsite"]
    assert (told["kind"], told["to"]) == ("replicate", "disk-copy")
    kept.jobs.remove("offsite")
    assert kept.definitions.take_in(document).jobs == ("offsite",)


def test_a_storage_is_copied_neither_onto_itself_nor_onto_another(
    kept: Application, world: World
) -> None:
    with pytest.raises(OperatorError, match="onto itself"):
        copy(kept, "disk", "disk")
    kept.storages.add("other", "memory:other", storage_password())
    with pytest.raises(OperatorError, match="no copy of 'disk'"):
        copy(kept, "disk", "other")
    assert kept.replicas.place("disk", COPY_URL) == "disk-copy"
    with pytest.raises(OperatorError, match="already"):
        kept.replicas.place("disk", "memory:third")
    kept.storages.remove("other")
    with pytest.raises(OperatorError, match="Another storage"):
        kept.replicas.place("disk", "memory:other")


def test_a_copy_that_was_full_goes_on_where_it_stopped(kept: Application, world: World) -> None:
    """Whatever arrived is not sent again."""
    written: list[str] = []
    backend = world.backends[COPY_URL]
    assert isinstance(backend, MemoryBackend)

    def fill_up(name: str) -> None:
        if "/data/" in name and any("/data/" in one for one in written):
            raise StorageFull("The storage is full.")
        written.append(name)

    backend.on_write = fill_up
    assert copy(kept)["status"] == "failed"
    with pytest.raises(OperatorError, match=r"cannot be opened|no storage"):
        kept.kept.points("disk-copy")
    backend.on_write = written.append
    assert copy(kept)["status"] == "complete"
    packs = [name for name in written if "/data/" in name]
    assert len(packs) == len(set(packs))
    assert check_storage(kept, "disk-copy", read_data=True) == []


def test_a_run_that_a_person_pauses_goes_on_where_it_stopped(
    kept: Application, world: World
) -> None:
    written: list[str] = []
    backend = world.backends[COPY_URL]
    assert isinstance(backend, MemoryBackend)
    run, _ = kept.replicas.ask("disk", ReplicateSelection(to="disk-copy"))

    def pause(name: str) -> None:
        written.append(name)
        if "/data/" in name:
            kept.runs.pause(run.id)
            backend.on_write = linger

    def linger(name: str) -> None:
        written.append(name)
        threading.Event().wait(0.05)  # the worker looks twice a second

    backend.on_write = pause
    assert wait(kept, run)["status"] == "paused"
    for places in (STORAGE_URL, COPY_URL):
        assert not [name for name in files(world, places) if "/locks/" in name]
    assert "strongroom/storage.json" not in files(world, COPY_URL)
    backend.on_write = written.append
    assert wait(kept, kept.runs.resume(run.id))["status"] == "complete"
    packs = [name for name in written if "/data/" in name]
    assert len(packs) == len(set(packs))
    assert check_storage(kept, "disk-copy", read_data=True) == []
