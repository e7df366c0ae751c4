"""Object lock of S3, as moto keeps it: nobody deletes what is locked; what is hidden returns."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from strongroom.clock import SystemClock
from strongroom.errors import OperatorError
from strongroom.store.backend import Below, BlobBackend, NotStored
from strongroom.store.keeping import Keeping, locked_until
from strongroom.store.layers.locking import Locking
from strongroom.store.object_lock import S3Retention, s3_retention
from strongroom.store.renewal import is_due, renew
from strongroom.store.storage import Storage
from tests.fakes.hand_clock import HandClock
from tests.fakes.object_stores import REGION, S3Service
from tests.fakes.storages import CHEAP, PASSWORD, content, put

# moto looks at the machine's own clock, and so does whoever is to be refused by it.
NOW = SystemClock().now().replace(microsecond=0) + timedelta(days=1)
DAYS = 30
HOME = "repositories/mailbox/a1b2"


class Place:
    """A storage in a bucket that locks."""

    def __init__(self, service: S3Service, mode: str) -> None:
        self.service = service
        self.bucket = service.new_bucket(locks=True)
        self.clock = HandClock(NOW)
        self.keeping = Keeping(lock_mode=mode, lock_days=DAYS, at=NOW, is_new=True)
        self.plain: BlobBackend = service.backend(self.bucket, "a/b")
        self.retention = retention(service, self.bucket, mode)
        self.backend = Locking(self.plain, self.retention, self.keeping, self.clock)
        self.storage, _ = Storage.create(self.backend, PASSWORD, clock=self.clock, cost=CHEAP)
        self.repository = self.storage.repository("mailbox", "a1b2", create=True)
        self.first = put(self.repository, {("mail", "one"): b"one" * 50}, time=NOW)

    def names(self) -> list[str]:
        return sorted(name for name, _ in self.plain.list(""))

    def delete_for_good(self) -> list[str]:
        """Delete every version of everything, as somebody with all rights but one would."""
        client, refused = self.service.client(), []
        told = client.list_object_versions(Bucket=self.bucket)
        for one in told.get("Versions", ()):
            try:
                client.delete_object(Bucket=self.bucket, Key=one["Key"], VersionId=one["VersionId"])
            except client.exceptions.ClientError:
                refused.append(one["Key"].removeprefix("a/b/"))
        return refused


def retention(service: S3Service, bucket: str, mode: str) -> S3Retention:
    return s3_retention(
        bucket,
        "a/b",
        mode=mode,
        region=REGION,
        endpoint=service.endpoint,
        credentials=service.credentials,
    )


@pytest.fixture(params=["governance", pytest.param("compliance", marks=pytest.mark.soak)])
def place(s3_service: S3Service, request: pytest.FixtureRequest) -> Place:
    return Place(s3_service, request.param)


def test_everything_but_locks_is_locked_and_outlives_whoever_deletes_it(place: Place) -> None:
    place.retention.require()
    names = place.names()
    assert not [name for name in names if "/locks/" in name]
    for name in names:
        until = place.retention.locked_until(name)
        assert until is not None, name
        assert until >= NOW + timedelta(days=DAYS), name
    for name in names:
        place.plain.delete(name)
    assert place.names() == []
    assert set(names) <= set(place.delete_for_good())
    back = place.retention.bring_back()
    assert (back.undeleted, back.restored, back.stuck) == (len(names), 0, ())
    assert place.names() == names
    storage = Storage.open_with_password(place.plain, PASSWORD, clock=place.clock)
    repository = storage.repository("mailbox", "a1b2")
    assert repository.check(read_data=True) == []
    assert content(repository, place.first) == {("mail", "one"): b"one" * 50}


def test_what_somebody_wrote_over_it_is_taken_away(place: Place) -> None:
    pack = next(name for name in place.names() if "/data/" in name)
    key = f"a/b/{pack}"
    place.service.client().put_object(Bucket=place.bucket, Key=key, Body=b"pay me")
    assert place.plain.load(pack) == b"pay me"
    assert place.retention.bring_back().restored == 1
    assert place.repository.check(read_data=True) == []
    assert place.retention.bring_back().restored == 0


def test_only_what_was_deleted_lately_comes_back_if_that_is_wished(place: Place) -> None:
    name = place.names()[0]
    place.plain.delete(name)
    later = SystemClock().now() + timedelta(minutes=5)
    assert place.retention.bring_back(since=later).undeleted == 0
    assert place.retention.bring_back(since=later - timedelta(hours=1)).undeleted == 1


def test_what_is_in_use_is_locked_anew_and_what_a_prune_took_is_not(place: Place) -> None:
    def bound() -> datetime | None:
        return locked_until(Below(place.plain, HOME), place.keeping)

    assert bound() == NOW + timedelta(days=DAYS)
    place.clock.move(days=DAYS / 2 - 1)
    folder = Below(place.backend, HOME)
    assert not is_due(folder, place.keeping, place.clock.now())
    second = put(
        place.repository,
        {("mail", "two"): b"two" * 50},
        root=place.repository.load_snapshot(place.first).tree,
        time=place.clock.now(),
    )
    place.repository.upkeep.prune([place.first])
    gone = "snapshots/" + place.first
    assert gone not in place.names()
    place.clock.move(days=2)
    assert is_due(folder, place.keeping, place.clock.now())
    renewed = renew(place.backend, HOME, place.retention, place.keeping, now=place.clock.now())
    in_use = [name for name in place.names() if name.startswith(HOME) and "/locked/" not in name]
    assert renewed.files == len(in_use)
    assert renewed.requests == 2 * (len(in_use) + 1), "a look and a word, and for the note of it"
    assert renewed.longer == 0
    until = place.clock.now() + timedelta(days=DAYS)
    assert renewed.until == bound() == until
    for name in in_use:
        there = place.retention.locked_until(name)
        assert there is not None
        assert there >= until
    assert not is_due(folder, place.keeping, place.clock.now())
    assert content(place.repository, second)


def test_a_bucket_that_cannot_lock_is_told(s3_service: S3Service) -> None:
    bucket = s3_service.new_bucket()
    plain = retention(s3_service, bucket, "governance")
    with pytest.raises(OperatorError, match="cannot lock objects"):
        plain.require()
    with pytest.raises(NotStored):
        retention(s3_service, s3_service.new_bucket(locks=True), "governance").locked_until("x")


def test_fewer_days_shorten_no_lock_and_that_is_told(place: Place) -> None:
    """A lenient server (moto is one) lets whoever asks shorten a lock; so nobody asks."""
    names = [name for name in place.names() if name.startswith(HOME) and "/locked/" not in name]
    before = {name: place.retention.locked_until(name) for name in names}
    place.clock.move(days=1)
    fewer = Keeping(lock_mode=place.keeping.lock_mode, lock_days=3, at=place.clock.now())
    renewed = renew(place.backend, HOME, place.retention, fewer, now=place.clock.now())
    assert {name: place.retention.locked_until(name) for name in names} == before
    assert renewed.until == place.clock.now() + timedelta(days=3), "what is promised of all"
    assert renewed.longer == len(names)
    assert renewed.longest == max(filter(None, before.values()))
    assert f"{len(names)} of them stay locked for longer" in renewed.of_longer()


def test_a_mode_that_nobody_can_lift_takes_the_later_end_along(s3_service: S3Service) -> None:
    place = Place(s3_service, "governance")
    name = next(name for name in place.names() if "/data/" in name)
    before = place.retention.locked_until(name)
    strict = retention(s3_service, place.bucket, "compliance")
    assert strict.lock(name, NOW + timedelta(days=3)) == before
    head = s3_service.client().head_object(Bucket=place.bucket, Key=f"a/b/{name}")
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert strict.locked_until(name) == before
