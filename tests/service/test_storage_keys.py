"""What opens a storage: passwords by name, a recovery key that is rehearsed and replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.service.application import Application
from strongroom.service.rights import Role
from strongroom.store.storage import Storage
from strongroom.vault.secret import Secret
from strongroom.words.json import Json
from tests.fakes.mail_server import STORAGE_URL, World, details, storage_password
from tests.fakes.marked import caged, canary
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import create_is_cheap
from tests.service.support import acting, add_job, audited, back_up, caller

NEW = "memory:new"
ANN = canary("ann's password of a storage")


@pytest.fixture(autouse=True)
def _is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    create_is_cheap(monkeypatch.setitem)


@pytest.fixture
def recovery_key(application: Application, world: World) -> Secret:
    """Make the storage ``new`` with one backed up mailbox in the home; give its recovery key."""
    application.connections.add("office", details())
    added = application.storages.add("disk", NEW, storage_password())
    world.estate.add("ann@example", items=2)
    add_job(application, "ann@example")
    back_up(application)
    assert added.recovery_key is not None
    return added.recovery_key


def lets_in(world: World, password: str, url: str = NEW) -> bool:
    try:
        Storage.open_with_password(world.backends[url], password)
    except AccessDenied:
        return False
    return True


class Told:
    """Keeps what a verb tells of how far it is."""

    def __init__(self) -> None:
        self.documents: list[Mapping[str, Json]] = []

    def __call__(self, progress: Mapping[str, Json], *, is_urgent: bool = False) -> None:
        del is_urgent
        self.documents.append(progress)


def test_passwords_are_added_listed_changed_shown_and_removed(
    ready: Application, world: World
) -> None:
    keys = ready.storage_keys
    keys.add_password("disk", "ann", Secret(ANN))
    assert [(one.name, one.is_kept) for one in keys.passwords("disk")] == [
        ("main", True),
        ("ann", True),
    ]
    assert keys.show_password("disk", "ann") == Secret(ANN)
    assert keys.show_password("disk") == storage_password()
    keys.set_password("disk", caged("ann's other"), "ann")
    assert keys.show_password("disk", "ann") == caged("ann's other")
    keys.remove_password("disk", "main")
    assert [one.name for one in keys.passwords("disk")] == ["ann"]
    assert lets_in(world, caged("ann's other").reveal(), STORAGE_URL)
    assert not lets_in(world, ANN, STORAGE_URL)
    assert not lets_in(world, storage_password().reveal(), STORAGE_URL)
    with pytest.raises(OperatorError, match="not known here"):
        keys.show_password("disk", "main")
    ready.kept.points("disk")


def test_a_kept_password_goes_with_its_storage_and_outlives_a_new_service_key(
    ready: Application,
) -> None:
    ready.vault.rotate_key()
    assert ready.storage_keys.show_password("disk") == storage_password()
    ready.storages.remove("disk")
    with ready._shared.database.read() as db:
        text = repr(db.exec_driver_sql("SELECT name FROM sealed_keys").fetchall())
    assert "storage-password" not in text


def test_every_change_is_audited_and_names_no_password(ready: Application) -> None:
    keys = ready.storage_keys
    keys.add_password("disk", "ann", Secret(ANN))
    keys.set_password("disk", Secret(ANN), "ann")
    keys.show_password("disk", "ann")
    keys.remove_password("disk", "ann")
    keys.renew_recovery_key("disk")
    written = [one.verb for one in ready.audit.records() if one.verb.startswith("storage_keys.")]
    assert written == [
        f"storage_keys.{one}"
        for one in (
            "add_password", "set_password", "show_password", "remove_password",
            "renew_recovery_key",
        )
    ]  # fmt: skip
    assert ANN not in repr(list(ready.audit.records()))


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.RESTORE_OPERATOR])
def test_only_an_administrator_changes_or_sees_them(ready: Application, role: Role) -> None:
    keys = acting(ready, caller(7000), role).storage_keys
    refused: list[Callable[[], object]] = [
        lambda: keys.show_password("disk"),
        lambda: keys.set_password("disk", Secret(ANN)),
        lambda: keys.add_password("disk", "x", Secret(ANN)),
        lambda: keys.remove_password("disk", "main"),
        lambda: keys.renew_recovery_key("disk"),
        lambda: keys.adopt("x", STORAGE_URL, Secret(ANN)),
    ]
    for one in refused:
        with pytest.raises(AccessDenied):
            one()
    assert ("uid:7000", "storage_keys.show_password", "refused") in audited(ready)


@pytest.mark.parametrize("resource", ["*", "ann@example"])
def test_where_anything_is_marked_a_password_is_shown_to_two_persons_only(
    application: Application, recovery_key: Secret, resource: str
) -> None:
    del recovery_key
    application.approvals.mark_stored("disk", resource)
    first = acting(application, caller(7001), Role.ADMINISTRATOR)
    with pytest.raises(AccessDenied):
        first.storage_keys.show_password("disk")
    second = acting(application, caller(7002), Role.ADMINISTRATOR)
    second.approvals.approve(second.approvals.requests()[0].id)
    assert first.storage_keys.show_password("disk") == storage_password()


def test_a_rehearsal_opens_everything_changes_nothing_and_is_remembered(
    application: Application, world: World, recovery_key: Secret
) -> None:
    backend = world.backends[NEW]
    assert isinstance(backend, MemoryBackend)
    before = dict(backend.files)
    assert application.storages.show("disk").rehearsed is None
    for name, url in (("disk", ""), ("", NEW)):
        done = application.storage_keys.rehearse(recovery_key, name=name, url=url)
        assert (done.storage, done.repositories, done.points_read, done.problems) == (
            "disk",
            1,
            1,
            (),
        )
    assert backend.files == before
    assert application.storages.show("disk").rehearsed == world.clock.now()


def test_a_rehearsal_tells_what_does_not_open_and_is_not_remembered(
    application: Application, world: World, recovery_key: Secret
) -> None:
    backend = world.backends[NEW]
    for name, _ in list(backend.list("")):
        if "/snapshots/" in name:
            backend.delete(name)
            backend.save(name, b"damaged")
    done = application.storage_keys.rehearse(recovery_key, name="disk")
    assert len(done.problems) == 1
    assert application.storages.show("disk").rehearsed is None


def test_a_wrong_recovery_key_rehearses_nothing(
    application: Application, recovery_key: Secret
) -> None:
    del recovery_key
    other = application.storages.add("other", "memory:other", storage_password()).recovery_key
    assert other is not None
    with pytest.raises(AccessDenied):
        application.storage_keys.rehearse(other, name="disk")


def test_a_new_recovery_key_voids_the_old_one_and_wants_a_rehearsal(
    application: Application, world: World, recovery_key: Secret
) -> None:
    application.storage_keys.rehearse(recovery_key, name="disk")
    again = application.storage_keys.renew_recovery_key("disk")
    assert application.storages.show("disk").rehearsed is None
    with pytest.raises(AccessDenied):
        application.storage_keys.rehearse(recovery_key, name="disk")
    world.estate.add("bob@example", items=2)
    add_job(application, "bob@example", name="bobs")
    back_up(application, "bobs")
    done = application.storage_keys.rehearse(again, name="disk")
    assert (done.repositories, done.points_read) == (2, 2), "also what was made later"


def test_a_new_home_adopts_a_storage_by_its_recovery_key(
    application: Application, recovery_key: Secret
) -> None:
    application.jobs.remove("nightly")
    application.storages.remove("disk")
    view = application.storage_keys.adopt("again", NEW, recovery_key)
    assert view.name == "again"
    assert len(application.kept.points("again").points) == 1
    with pytest.raises(OperatorError, match="not known here"):
        application.storage_keys.show_password("again")
    with pytest.raises(OperatorError, match="known already"):
        application.storage_keys.adopt("more", NEW, recovery_key)


def test_a_recovered_storage_has_a_password_again_whatever_was_removed(
    application: Application, world: World, recovery_key: Secret
) -> None:
    application.storage_keys.add_password("disk", "ann", Secret(ANN))
    application.storage_keys.remove_password("disk", "main")
    application.storages.recover(NEW, recovery_key, caged("remembered"))
    assert lets_in(world, caged("remembered").reveal())
    assert lets_in(world, ANN)


def test_a_leaked_key_opens_nothing_any_more_and_restore_points_are_found_by_both_ids(
    application: Application, world: World, recovery_key: Secret
) -> None:
    old = [one.id for one in application.kept.points("disk").points]
    told = Told()
    (done,) = application.storage_keys.rekey("disk", ("ann@example",), tell=told)
    assert told.documents, "how far it is"
    assert (done.problem, done.points, done.left) == ("", 1, 0)
    assert done.folder.endswith("~k2")
    (point,) = application.kept.points("disk").points
    assert point.id not in old
    assert point.original == old[0]
    assert application.kept.browse("disk", "ann@example", "Inbox", at=f"point:{old[0][:8]}").items
    back_up(application)
    assert len(application.kept.points("disk").points) == 2
    (stats,) = application.storages.stats("disk")
    assert stats.bytes_stored > 0
    assert application.storage_keys.rehearse(recovery_key, name="disk").problems == ()
    with application._shared.database.read() as db:
        rows = db.exec_driver_sql("SELECT point, newest_point FROM protected").fetchall()
    assert old[0] not in {one for row in rows for one in row}
    assert world.backends[NEW]


def test_rekeying_goes_on_behind_a_repository_that_somebody_works_on(
    application: Application, world: World, recovery_key: Secret
) -> None:
    del recovery_key
    world.estate.add("bob@example", items=2)
    add_job(application, "bob@example", name="bobs")
    back_up(application, "bobs")
    storage = application.storages.open("disk")
    busy = storage.repositories()[0]
    with storage.repository(*busy).lock():
        done = application.storage_keys.rekey("disk", tell=Told())
    assert sorted(bool(one.problem) for one in done) == [False, True]
    (left,) = [one for one in done if one.problem]
    assert (left.kind, left.id, left.folder) == (*busy, "")
    assert all(not one.problem for one in application.storage_keys.rekey("disk", tell=Told()))
