"""A home's sealed copies: made by hand and by the service, and brought back elsewhere."""

from __future__ import annotations

import json
import os
import pwd
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from strongroom.control.home import prepare
from strongroom.control.postgres import PostgresPlace
from strongroom.errors import AccessDenied, IntegrityError, OperatorError
from strongroom.service import home_backups
from strongroom.service.application import Application
from strongroom.service.callers import own_account
from strongroom.service.databases import HomeDatabase
from strongroom.service.home_backups import HomeBackups
from strongroom.service.home_restoring import BroughtBack, HomeRestoring, Wish
from strongroom.service.rights import Right, Role
from strongroom.service.session import Session
from strongroom.service.storage_access import Access
from strongroom.store.home_boxes import boxes
from strongroom.vault.secret import Secret
from strongroom.vault.service_key import FileKey
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import STORAGE_URL, World, details, storage_password
from tests.fakes.marked import MARK, caged, marks_in
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import create_is_cheap
from tests.service.points import make_days
from tests.service.support import acting, add_job, audited, back_up, caller, check_storage


@pytest.fixture(autouse=True)
def _is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    create_is_cheap(monkeypatch.setitem)


def restore(world: World, home: Path, **more: object) -> BroughtBack:
    wish = Wish(url=STORAGE_URL, password=storage_password())
    return HomeRestoring(
        prepare(home),
        holder=FileKey(home),
        ports=world.ports(),
        session=Session(own_account(), why="a test"),
    ).restore(replace(wish, **more))  # type: ignore[arg-type]


def fates(application: Application) -> list[str]:
    return [str(one.fate) for one in application.retention.foresee("disk").verdicts]


@pytest.fixture
def filled(ready: Application, world: World) -> Application:
    """Give a home with a job, a role, a guarded connection; backed up into ``disk``."""
    world.estate.add("ann@example", items=3)
    add_job(ready, "ann@example")
    back_up(ready)
    ready.connections.add("guarded", details(), password=caged("its own"))
    ready.delegation.give_role("uid:7001", Role.OPERATOR, label="op")
    ready.homes.back_up("disk")
    return ready


def test_a_new_machine_with_another_service_key_goes_on_with_everything(
    filled: Application, world: World, tmp_path: Path
) -> None:
    old_key = FileKey(filled.home.path).load()
    found = restore(world, tmp_path / "new")
    assert (found.connections, found.waiting) == (("office",), ("guarded",))
    assert (found.storages, found.jobs) == (("disk",), ("nightly",))
    assert FileKey(tmp_path / "new").load() != old_key
    with Application(tmp_path / "new", world.ports()) as again:
        assert again.connections.test("office").facts["product"] == "Fake"
        assert back_up(again)["status"] == "complete"
        assert len(again.kept.points("disk").points) == 2
        assert again.storage_keys.show_password("disk") == storage_password()
        assert [one.account for one in again.delegation.roles()] == ["uid:7001"]
        assert audited(again)[0][1] == "home.restore"
        assert again.audit.problems() == []
        again.vault.rotate_key()
        again.connections.test("office")


def test_it_is_told_who_the_accounts_with_rights_are_on_this_machine(
    filled: Application, world: World, tmp_path: Path
) -> None:
    assert isinstance(world.clock, HandClock)
    me, nobody = f"uid:{os.getuid()}", f"uid:{2**31 - 9}"
    filled.delegation.give_role(me, Role.AUDITOR, label="ann")
    filled.delegation.give_role(me, Role.OPERATOR, label="ann")
    filled.delegation.give_role("entra:tenant:somebody", Role.AUDITOR)
    filled.delegation.grant(nobody, Right.READ_CONTENT, sources=[("disk", "*")])
    world.clock.move(minutes=1)  # of two copies of one instant either may be the newest
    filled.homes.back_up("disk")
    found = restore(world, tmp_path / "new").numbered
    assert [(one.account, one.label) for one in found] == sorted(
        [(me, "ann"), ("uid:7001", "op"), (nobody, "")]
    )
    here = {one.account: one.here for one in found}
    assert here[me] == pwd.getpwuid(os.getuid()).pw_name
    assert here[nobody] == ""


def test_a_home_that_comes_back_forgets_nothing_for_a_week(
    ready: Application, world: World, tmp_path: Path
) -> None:
    assert isinstance(world.clock, HandClock)
    world.estate.add("ann@example", items=1)
    add_job(ready, "ann@example")
    make_days(ready, world, "ann@example", 3)
    oldest, *_ = reversed(ready.kept.points("disk").points)
    ready.retention.forget("disk", "ann@example", (oldest.id,))
    ready.retention.set("nightly", keep="last:1")
    ready.homes.back_up("disk")
    ready.retention.keep_after_all("disk", "ann@example")
    ready.retention.set("nightly", keep="")
    world.clock.move(days=30)
    restore(world, tmp_path / "new")
    with Application(tmp_path / "new", world.ports()) as again:
        assert fates(again) == ["stays", "waits", "waits"]
        world.clock.move(days=7)
        assert fates(again) == ["stays", "goes", "goes"]


def test_a_damaged_copy_is_told_by_a_check_of_the_storage(
    filled: Application, world: World
) -> None:
    backend = world.backends[STORAGE_URL]
    assert isinstance(backend, MemoryBackend)
    (box,) = boxes(backend)
    assert check_storage(filled, "disk", read_data=False) == []
    backend.files[box.name] = backend.files[box.name][:-1]
    (problem,) = check_storage(filled, "disk", read_data=False)
    assert box.name in problem.what
    assert "home backup" in problem.what


def test_a_guarded_connection_waits_for_its_own_password_and_works_from_then_on(
    filled: Application, world: World, tmp_path: Path
) -> None:
    restore(world, tmp_path / "new")
    with Application(tmp_path / "new", world.ports()) as again:
        assert {one.name for one in again.connections.all()} == {"guarded", "office"}
        with pytest.raises(OperatorError, match="waits for its password"):
            again.connections.test("guarded")
        with pytest.raises(AccessDenied):
            again.connections.unlock("guarded", caged("another"))
        again.connections.unlock("guarded", caged("its own"))
        assert again.connections.test("guarded").facts["product"] == "Fake"
    with Application(tmp_path / "new", world.ports()) as later:
        later.connections.details(later.connections.record("guarded"))


def test_nothing_in_a_copy_opens_a_guarded_connection_without_its_password(
    filled: Application, world: World, tmp_path: Path
) -> None:
    restore(world, tmp_path / "new")
    with Application(tmp_path / "new", world.ports()) as again:
        record = again.connections.record("guarded")
        assert record.wrapped_key == b""


def test_neither_the_service_key_nor_any_secret_lies_readable_in_the_storage(
    filled: Application, world: World
) -> None:
    backend = world.backends[STORAGE_URL]
    assert isinstance(backend, MemoryBackend)
    key = FileKey(filled.home.path).load()
    assert key is not None
    (box,) = boxes(backend)
    everything = backend.files[box.name]
    assert key not in everything
    assert list(marks_in(everything)) == []
    assert b"SQLite" not in everything
    assert not list(filled.home.path.glob(".copy-*")), "nothing is left in the home"


def test_the_service_key_is_not_inside_a_copy_that_is_opened(
    filled: Application, tmp_path: Path
) -> None:
    from strongroom.service import home_copies  # noqa: PLC0415

    key = FileKey(filled.home.path).load()
    assert key is not None
    path = tmp_path / "rows.db"
    content = home_copies.packed(filled._shared)
    home_copies.unpacked(content, path)
    assert key not in content
    assert key not in path.read_bytes()
    assert list(marks_in(path.read_bytes())) == []


def test_a_home_that_is_in_use_is_left_alone(filled: Application, world: World) -> None:
    filled.home.worker_lock.touch()
    with pytest.raises(OperatorError, match="in use"):
        restore(world, filled.home.path)
    filled.connections.test("office")


def test_a_wrong_password_or_a_storage_without_a_copy_makes_nothing(
    ready: Application, world: World, tmp_path: Path
) -> None:
    with pytest.raises(AccessDenied):
        restore(world, tmp_path / "new", password=caged("wrong"))
    with pytest.raises(OperatorError, match="no copy of a home"):
        restore(world, tmp_path / "new")
    ready.homes.back_up("disk")
    with pytest.raises(OperatorError, match="no such copy"):
        restore(world, tmp_path / "new", home_id="0" * 16)
    assert not (tmp_path / "new" / "control.db").exists()


def test_a_damaged_copy_is_told_and_an_older_one_serves(
    ready: Application, world: World, tmp_path: Path
) -> None:
    assert isinstance(world.clock, HandClock)
    ready.homes.back_up("disk")
    world.clock.move(hours=1)
    first = world.clock.now()
    ready.homes.back_up("disk")
    backend = world.backends[STORAGE_URL]
    assert isinstance(backend, MemoryBackend)
    newest = boxes(backend)[0].name
    backend.files[newest] = backend.files[newest][:-1] + b"x"
    with pytest.raises(IntegrityError, match="damaged"):
        restore(world, tmp_path / "new")
    assert not (tmp_path / "new" / "control.db").exists()
    found = restore(world, tmp_path / "new", before=first - timedelta(minutes=1))
    assert found.storages == ("disk",)


def test_copies_of_several_homes_are_told_apart(
    ready: Application, world: World, tmp_path: Path
) -> None:
    with Application(tmp_path / "other", world.ports()) as other:
        other.storages.add("place", STORAGE_URL, storage_password())
        other_id = other.homes.back_up("place").id
    ready.homes.back_up("disk")
    with pytest.raises(OperatorError, match="several homes") as caught:
        restore(world, tmp_path / "new")
    assert other_id in caught.value.why
    assert restore(world, tmp_path / "new", home_id=other_id).storages == ("place",)


def test_a_storage_that_was_found_elsewhere_is_known_there(
    filled: Application, world: World, tmp_path: Path
) -> None:
    world.backends["memory:moved"] = world.backends.pop(STORAGE_URL)
    restore(world, tmp_path / "new", url="memory:moved")
    with Application(tmp_path / "new", world.ports()) as again:
        assert len(again.kept.points("disk").points) == 1


def test_the_service_copies_after_a_change_and_daily_and_not_otherwise(
    filled: Application, world: World
) -> None:
    clock = world.clock
    assert isinstance(clock, HandClock)
    chore = HomeBackups(filled._shared)

    def copies_after(seconds: float) -> int:
        clock.move(seconds=seconds)
        chore.step()
        chore.wait()
        return len(boxes(world.backends[STORAGE_URL]))

    assert copies_after(3600) == 1, "nothing was changed"
    back_up(filled)
    assert copies_after(3600) == 1, "a run is no change of the home"
    filled.delegation.give_role("uid:7002", Role.AUDITOR)
    assert copies_after(3600) == 2
    assert copies_after(3600) == 2
    assert copies_after(24 * 3600) == 3
    assert filled.homes.stop_backing_up()
    assert copies_after(48 * 3600) == 3
    assert filled.homes.show().storage == ""


def test_what_a_killed_process_left_of_a_copy_is_removed(ready: Application) -> None:
    left = ready.home.path / ".copy-x" / "copy.db"
    left.parent.mkdir()
    left.write_bytes(b"half a copy")
    HomeBackups(ready._shared)
    assert not left.parent.exists()


def test_that_it_fails_is_told_and_tried_again(filled: Application, world: World) -> None:
    clock = world.clock
    assert isinstance(clock, HandClock)
    kept = world.backends.pop(STORAGE_URL)
    chore = HomeBackups(filled._shared)
    clock.move(hours=50)
    chore.step()
    chore.wait()
    with filled._shared.database.read() as db:
        known = home_backups.setting(db)
    assert known is not None
    assert known.failing_since is not None
    (check,) = [one for one in filled.health.now().checks if one.name == "home"]
    assert check.level == "warning"
    world.backends[STORAGE_URL] = kept
    clock.move(hours=1)
    chore.step()
    chore.wait()
    shown = filled.homes.show()
    assert (shown.failing_since, len(shown.copies)) == (None, 2)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR])
def test_only_an_administrator_has_copies_made(ready: Application, role: Role) -> None:
    verbs = acting(ready, caller(7000), role)
    for one in (lambda: verbs.homes.back_up("disk"), verbs.homes.stop_backing_up):
        with pytest.raises(AccessDenied):
            one()


def test_a_recovery_key_opens_it_as_well(
    application: Application, world: World, tmp_path: Path
) -> None:
    added = application.storages.add("new", "memory:new", Secret("a password"))
    application.homes.back_up("new", is_repeated=False)
    found = restore(
        world, tmp_path / "new", url="memory:new", password=None, recovery_key=added.recovery_key
    )
    assert found.storages == ("new",)


BUCKET = "s3://bucket/backups?region=eu-central-1"


def bucket_access(secret: str) -> Access:
    fields = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": secret}
    return Access(credentials=Secret(json.dumps(fields)))


def test_a_storage_in_a_bucket_is_reached_with_what_was_given_to_bring_the_home_back(
    application: Application, world: World, tmp_path: Path
) -> None:
    old, new = bucket_access(f"{MARK}-bucket-key"), bucket_access("new")
    added = application.storages.add("bucket", BUCKET, storage_password(), old)
    application.homes.back_up("bucket")
    found = restore(
        world, tmp_path / "new", url=BUCKET, password=None, recovery_key=added.recovery_key,
        access=new,
    )  # fmt: skip
    assert found.storages == ("bucket",)
    with Application(tmp_path / "new", world.ports()) as again:
        again.kept.points("bucket")
        assert world.accesses[-1] == (BUCKET, new)
    with Application(tmp_path / "bare", world.ports()) as bare:
        assert added.recovery_key is not None
        view = bare.storage_keys.adopt("again", BUCKET, added.recovery_key, new)
        assert view.credentials == "access-key"
        assert bare.storage_keys.rehearse(added.recovery_key, url=BUCKET, access=new).id == view.id


def test_a_home_on_a_postgresql_is_backed_up_and_comes_back_as_a_file(
    filled: Application, world: World, tmp_path: Path, postgres_place: PostgresPlace
) -> None:
    session = Session(own_account(), why="")
    path = filled.home.path
    filled.__exit__(None, None, None)
    home = prepare(path)
    HomeDatabase(home, holder=FileKey(path), clock=world.clock, session=session).move(
        postgres_place
    )
    with Application(path, world.ports()) as moved:
        assert moved.has_shared_database
        moved.delegation.give_role("uid:7009", Role.AUDITOR)
        world.clock.move(hours=1)  # type: ignore[attr-defined]
        moved.homes.back_up("disk")
    found = restore(world, tmp_path / "new")
    assert (found.connections, found.waiting) == (("office",), ("guarded",))
    with Application(tmp_path / "new", world.ports()) as again:
        assert "uid:7009" in {one.account for one in again.delegation.roles()}
        assert back_up(again)["status"] == "complete"
