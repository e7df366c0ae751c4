"""Storages: made once, adopted with their password, checked, and never deleted."""

from __future__ import annotations

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.service.application import Application
from strongroom.store.storage import Storage
from tests.fakes.mail_server import STORAGE_URL, World, storage_password
from tests.fakes.marked import caged
from tests.service.support import add_job, back_up, check_storage


def test_a_new_storage_gives_a_recovery_key_that_opens_it(
    application: Application, world: World
) -> None:
    added = application.storages.add("disk", "memory:new", caged("correct horse"))
    assert added.recovery_key is not None
    opened = Storage.open_with_recovery_key(
        world.open_backend("memory:new"), added.recovery_key.reveal()
    )
    assert opened.id == added.storage.id
    assert [one.name for one in application.storages.all()] == ["disk"]


def test_a_storage_that_is_there_is_adopted_with_its_password(
    application: Application, world: World
) -> None:
    world.make_storage()
    with pytest.raises(AccessDenied):
        application.storages.add("disk", STORAGE_URL, caged("wrong"))
    assert application.storages.all() == []
    added = application.storages.add("disk", STORAGE_URL, storage_password())
    assert added.recovery_key is None


def test_the_same_storage_has_one_name(ready: Application) -> None:
    with pytest.raises(OperatorError, match="known already, as 'disk'"):
        ready.storages.add("other", STORAGE_URL, storage_password())
    with pytest.raises(OperatorError, match="already"):
        ready.storages.add("disk", "memory:new", storage_password())


def test_a_storage_is_opened_without_its_password(ready: Application) -> None:
    assert ready.storages.open("disk").id == ready.storages.record("disk").id


def test_large_indexes_are_kept_at_hand_in_the_home(ready: Application) -> None:
    caches = ready.storages.open("disk").index_caches
    assert caches is not None
    assert ready.home.path in caches.parents


def test_stats_tell_what_each_resource_has(ready: Application, world: World) -> None:
    world.estate.add("ann@example", items=5)
    add_job(ready, "ann@example")
    back_up(ready)
    back_up(ready)
    (stats,) = ready.storages.stats("disk")
    assert (stats.resource, stats.points, stats.items) == ("ann@example", 2, 5)
    assert stats.bytes > 0
    assert stats.bytes_stored > 0


def test_a_check_finds_what_was_damaged_and_names_the_repository(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example", items=5)
    add_job(ready, "ann@example")
    back_up(ready)
    assert check_storage(ready, "disk", read_data=True) == []
    backend = world.backends[STORAGE_URL]
    pack = next(entry.name for entry in backend.list("") if "/data/" in entry.name)
    backend.delete(pack)
    problems = check_storage(ready, "disk", read_data=False)
    assert problems
    assert {problem.repository for problem in problems} == {
        f"mailbox/{world.estate.id_of('ann@example')}"
    }


def test_removing_a_storage_forgets_it_and_touches_nothing_in_it(
    ready: Application, world: World
) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example")
    back_up(ready)
    before = sorted(world.backends[STORAGE_URL].list(""))
    with pytest.raises(OperatorError, match="in use"):
        ready.storages.remove("disk")
    ready.jobs.remove("nightly")
    ready.storages.remove("disk")
    assert sorted(world.backends[STORAGE_URL].list("")) == before
    ready.storages.add("again", STORAGE_URL, storage_password())
    assert len(ready.kept.points("again").points) == 1


def test_a_repository_too_damaged_to_open_hides_no_other(ready: Application, world: World) -> None:
    for address in ("ann@example", "bob@example"):
        world.estate.add(address)
    add_job(ready, "ann@example", "bob@example")
    back_up(ready)
    backend = world.backends[STORAGE_URL]
    ann, bob = (world.estate.id_of(address) for address in ("ann@example", "bob@example"))
    for entry in list(backend.list("")):
        name = entry.name
        if ann in name and ("/keys/" in name or "master-key" in name):
            backend.delete(name)
        if bob in name and "/data/" in name:
            backend.delete(name)
    problems = check_storage(ready, "disk", read_data=False)
    assert {problem.repository for problem in problems} == {f"mailbox/{ann}", f"mailbox/{bob}"}


def test_a_place_that_holds_nothing_or_something_else_is_named(
    ready: Application, world: World
) -> None:
    kept = world.backends.pop(STORAGE_URL)
    with pytest.raises(OperatorError, match=STORAGE_URL) as caught:
        ready.kept.points("disk")
    assert "mounted" in caught.value.hint
    world.make_storage()
    with pytest.raises(OperatorError, match="is not the storage 'disk'"):
        ready.kept.points("disk")
    world.backends[STORAGE_URL] = kept
    assert ready.kept.points("disk").points == ()


def test_the_recovery_key_gives_a_storage_a_new_password(
    application: Application, world: World
) -> None:
    added = application.storages.add("disk", "memory:new", caged("forgotten"))
    assert added.recovery_key is not None
    recovered = application.storages.recover("memory:new", added.recovery_key, caged("remembered"))
    assert (recovered.id, recovered.repositories) == (added.storage.id, 0)
    application.kept.points("disk")
    application.storages.remove("disk")
    with pytest.raises(AccessDenied):
        application.storages.add("disk", "memory:new", caged("forgotten"))
    application.storages.add("disk", "memory:new", caged("remembered"))


def test_an_unknown_storage_is_said_to_be(application: Application) -> None:
    with pytest.raises(OperatorError, match="no storage named 'disk'"):
        application.kept.points("disk")
