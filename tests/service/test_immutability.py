"""Storages that nobody empties: append-only anywhere, locked objects in S3, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from strongroom.clock import SystemClock
from strongroom.compose.object_locks import open_retention
from strongroom.compose.object_urls import is_object_url
from strongroom.compose.storages import normal_url, open_backend
from strongroom.content import fts
from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.service.renewing import told_of_locks
from strongroom.service.selections import ReplicateSelection, SelectionEdit
from strongroom.service.storage_access import Access
from strongroom.store.backend import BlobBackend, DeleteRefused
from strongroom.store.keeping import BroughtBack, Keeping, save_keeping, stays
from strongroom.vault.secret import Secret
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import STORAGE_URL, World
from tests.fakes.marked import canary
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.object_stores import REGION, S3Service
from tests.service.support import add_job, back_up, check_storage, wait

DAYS = 40


def test_an_append_only_storage_goes_on_and_forgets_nothing(
    ready: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fts, "parse", lambda _: None)
    world.estate.add("ann@example", items=5)
    add_job(ready, "ann@example")
    assert not ready.immutability.shown("disk").append_only
    assert ready.immutability.protect("disk", append_only=True).keeping.append_only
    for _ in range(2):
        assert back_up(ready)["status"] == "complete"
    assert check_storage(ready, "disk", read_data=True) == []
    storage = ready.storages.open("disk")
    (kind_and_id,) = storage.repositories()
    repository = storage.repository(*kind_and_id)
    with pytest.raises(DeleteRefused, match="append-only"):
        repository.upkeep.prune(repository.snapshot_ids()[:1])
    assert len(ready.kept.points("disk").points) == 2
    assert ready.immutability.until("disk") == {}
    ready.immutability.protect("disk", append_only=False)
    storage = ready.storages.open("disk")
    assert storage.repository(*kind_and_id).upkeep.prune(repository.snapshot_ids()[:1])


def test_the_last_word_counts_though_another_homes_clock_was_ahead(ready: Application) -> None:
    place = ready.storages.open("disk").place
    ahead = ready.immutability.protect("disk", append_only=False).keeping.at
    assert ahead is not None
    save_keeping(place, Keeping(append_only=False, at=ahead + timedelta(days=2)))
    ready.immutability.protect("disk", append_only=True)
    assert ready.immutability.shown("disk").append_only


def test_a_prune_of_what_is_locked_says_that_it_frees_nothing_yet() -> None:
    place, now = MemoryBackend(), HandClock().now()
    assert told_of_locks(place, now) == ()
    save_keeping(place, Keeping(lock_mode="compliance", lock_days=30, at=now))
    (told,) = told_of_locks(place, now)
    assert "stays below, locked" in told
    assert "2026-04-04" in told


class FakeLocks:
    """Locks nothing, and knows what it was asked for."""

    def __init__(self) -> None:
        self.ends: dict[str, datetime] = {}

    @property
    def requests(self) -> int:
        return len(self.ends)

    def require(self) -> None: ...

    def lock(self, name: str, until: datetime) -> datetime:
        self.ends[name] = max(until, self.ends.get(name, until))
        return self.ends[name]

    def locked_until(self, name: str) -> datetime | None:
        return self.ends.get(name)

    def bring_back(self, *, since: datetime | None = None) -> BroughtBack:
        del since
        return BroughtBack()


def test_a_backup_and_a_prune_lock_anew_what_is_in_use(
    world: World, new_home: Path, ready: Application
) -> None:
    locks = FakeLocks()
    assert isinstance(world.clock, HandClock)
    world.estate.add("ann@example", items=5)
    world.estate.add("bob@example", items=5)
    with Application(
        new_home, replace(world.ports(), open_retention=lambda *_: locks)
    ) as application:
        application.immutability.protect("disk", lock_mode="governance", lock_days=30)
        begun = world.clock.now()
        add_job(application, "ann@example", "bob@example")
        assert back_up(application)["status"] == "complete"
        names = {name for name, _ in world.backends[STORAGE_URL].list("") if stays(name)}
        assert {name for name in names if name.startswith("repositories/")} <= locks.ends.keys()
        assert set(application.immutability.until("disk").values()) == {begun + timedelta(days=30)}
        world.clock.move(days=16)
        application.jobs.edit("nightly", SelectionEdit(drop=("bob@example",)))
        (ann,) = back_up(application)["tasks"]
        assert any(note.startswith("Locked anew") for note in ann["notes"])
        ends = application.immutability.until("disk")
        assert len(set(ends.values())) == 2, "nobody backs bob up any more"
        run, _ = application.retention.ask_prune("disk")
        assert wait(application, run)["status"] == "complete"
        anew = begun + timedelta(days=46)
        assert min(application.immutability.until("disk").values()) >= anew
        kept = [name for name, _ in world.backends[STORAGE_URL].list("repositories/")]
        assert all(locks.ends[name] >= anew for name in kept if stays(name))
    assert ready


def test_a_recovery_deletes_nothing_where_nothing_is_deleted(ready: Application) -> None:
    place = ready.storages.open("disk").place
    recovery_key = ready.storage_keys.renew_recovery_key("disk")
    before = {name: place.load(name) for name, _ in place.list("")}
    ready.immutability.protect("disk", append_only=True)
    with pytest.raises(DeleteRefused, match="append-only") as refused:
        ready.storages.recover(STORAGE_URL, recovery_key, Secret(canary("another password")))
    assert "storage adopt" in refused.value.hint
    assert "--no-append-only" in refused.value.hint
    after = {name: place.load(name) for name, _ in place.list("")}
    assert {name: after.get(name) for name in before} == before, "nothing is gone or other"
    assert all(name.startswith("strongroom/keeping/") for name in after.keys() - before.keys())


def test_what_a_recovery_writes_is_locked_as_all_else(
    world: World, new_home: Path, ready: Application
) -> None:
    locks = FakeLocks()
    assert ready
    with Application(
        new_home, replace(world.ports(), open_retention=lambda *_: locks)
    ) as application:
        recovery_key = application.storage_keys.renew_recovery_key("disk")
        application.immutability.protect("disk", lock_mode="governance", lock_days=30)
        locks.ends.clear()
        new = Secret(canary("another password"))
        assert application.storages.recover(STORAGE_URL, recovery_key, new).problems == ()
        assert {"strongroom/storage.json", "strongroom/storage-copy.json"} <= locks.ends.keys()
        assert not any("/locks/" in name for name in locks.ends)


def test_what_cannot_be_locked_is_said(ready: Application) -> None:
    with pytest.raises(OperatorError, match="cannot be locked"):
        ready.immutability.protect("disk", lock_mode="governance", lock_days=3)
    with pytest.raises(OperatorError, match="not locked"):
        ready.immutability.renew("disk")
    with pytest.raises(OperatorError, match="cannot be locked"):
        ready.immutability.bring_back("disk")
    assert not ready.immutability.shown("disk").lock_mode


@pytest.fixture
def locking(world: World, new_home: Path, ready: Application) -> Iterator[Application]:
    """Give the home as the program opens it, whose storages may lie in S3."""
    ports = world.ports()

    def opened(url: str, access: Access | None) -> BlobBackend:
        return open_backend(url, access) if is_object_url(url) else ports.open_backend(url, access)

    more = replace(
        ports,
        open_backend=opened,
        open_retention=open_retention,
        normal_url=lambda url: normal_url(url) if is_object_url(url) else ports.normal_url(url),
    )
    assert ready
    with Application(new_home, more) as application:
        yield application


@pytest.mark.parametrize("mode", ["compliance", pytest.param("governance", marks=pytest.mark.soak)])
def test_a_copy_in_a_locked_bucket_outlives_an_attack(
    locking: Application,
    world: World,
    s3_service: S3Service,
    mode: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fts, "parse", lambda _: None)
    # moto looks at the machine's own clock.
    assert isinstance(world.clock, HandClock)
    world.clock.move(seconds=(SystemClock().now() - world.clock.now()).total_seconds())
    world.estate.add("ann@example", items=5)
    add_job(locking, "ann@example")
    back_up(locking)
    bucket = s3_service.new_bucket(locks=True)
    url = f"s3://{bucket}/far?region={REGION}&endpoint={s3_service.endpoint}"
    key = s3_service.credentials
    access = Access(
        credentials=Secret(
            f'{{"access_key_id": "{key.access_key_id}", '
            f'"secret_access_key": "{key.secret_access_key}"}}'
        )
    )
    locking.replicas.place("disk", url, name="far", access=access)
    assert _copy(locking)["status"] == "complete"
    assert locking.immutability.until("far") == {}
    done = locking.immutability.protect("far", lock_mode=mode, lock_days=DAYS)
    now = world.clock.now()
    assert done.renewed.files > 8
    (until,) = locking.immutability.until("far").values()
    assert now + timedelta(days=DAYS - 1) < until <= now + timedelta(days=DAYS)

    back_up(locking)
    world.clock.move(days=DAYS / 2 + 1)
    report = _copy(locking)
    assert report["status"] == "complete"
    notes = report["tasks"][0]["notes"]
    assert any(note.startswith("Locked anew until") for note in notes), notes
    (later,) = locking.immutability.until("far").values()
    assert later > until + timedelta(days=DAYS / 2)
    assert len(locking.kept.points("far").points) == 2

    for name, _ in list(s3_service.backend(bucket, "far").list("")):
        s3_service.backend(bucket, "far").delete(name)
    with pytest.raises(OperatorError, match="cannot be opened"):
        locking.kept.points("far")
    back = locking.immutability.bring_back("far")
    assert back.undeleted > 8
    assert back.stuck == ()
    assert len(locking.kept.points("far").points) == 2
    assert check_storage(locking, "far", read_data=True) == []


def _copy(application: Application) -> dict:  # type: ignore[type-arg]
    run, _ = application.replicas.ask("disk", ReplicateSelection(to="far"))
    return wait(application, run)
