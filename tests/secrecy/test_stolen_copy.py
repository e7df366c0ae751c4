"""A stolen copy of the home's files, without its key: it holds no secret, and opens nothing."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from strongroom.control import connections as rows
from strongroom.errors import IntegrityError, StrongroomError
from strongroom.service.application import Application
from strongroom.service.details import SECRETS
from strongroom.vault.password import WrongPassword
from strongroom.vault.secret import Secret
from strongroom.vault.service_key import FileKey
from strongroom.wire import syslog
from tests.fakes.mail_server import STORAGE_URL, World, details, storage_password
from tests.fakes.marked import MARK, marks_in, register
from tests.fakes.syslog_receiver import Receiver
from tests.secrecy import homes
from tests.secrecy.run_search import search_folder
from tests.service.support import add_job, back_up

KEY = "service.key"
NOT_OPENED = r"is gone|do not open"


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, world: World) -> Path:
    home = tmp_path_factory.mktemp("stolen") / "home"
    with Application(home, world.ports()) as application:
        fill(application, world)
    return home


@pytest.fixture
def home(tmp_path: Path, made: Path) -> Path:
    """Give a home with everything in it that is secret, used and changed, and closed again."""
    return Path(shutil.copytree(made, tmp_path / "home"))


def fill(application: Application, world: World) -> None:
    world.make_storage()
    world.estate.add("ann@example")
    application.storages.add("disk", STORAGE_URL, storage_password())
    added = application.storages.add("new", "memory:new", storage_password())
    assert added.recovery_key is not None
    register("recovery key of a new storage", added.recovery_key.reveal())
    world.make_storage(homes.BUCKET)
    application.storages.add("cloud", homes.BUCKET, storage_password(), homes.bucket_access())
    application.storages.edit("cloud", homes.bucket_access())
    application.connections.add("office", details())
    add_job(application)
    assert back_up(application)["status"] == "complete"
    names = homes.add_everything(application, password=Secret(homes.GUARD))
    for name in names:
        application.connections.unlock(name, Secret(homes.GUARD))
        application.connections.show(name)
        with pytest.raises(StrongroomError):
            application.connections.test(name)  # nobody is there
        with pytest.raises(StrongroomError):
            application.connections.unlock(name, Secret(homes.GUARD + "?"))
    begun_with = application.connections.details(application.connections.record(names[0]))
    application.connections.keep_tokens(
        application.connections.record(names[0]).id, begun_with, Secret(f"{MARK} renewed tokens")
    )
    application.drafts.save({"kind": "exchange-onprem", "server": "mail.secret.example"})
    application.vault.rotate_key()


def stolen(home: Path, to: Path) -> Path:
    """Copy all files of a home but its key."""
    return Path(shutil.copytree(home, to, ignore=shutil.ignore_patterns(f"{KEY}*")))


def test_no_file_of_it_holds_a_secret_a_token_or_where_they_lead(
    home: Path, tmp_path: Path
) -> None:
    copy = stolen(home, tmp_path / "copy")
    assert (copy / "control.db").stat().st_size > 100_000
    assert search_folder(copy) == []
    key = (home / KEY).read_bytes()
    for file in (one for one in copy.rglob("*") if one.is_file()):
        content = file.read_bytes()
        assert homes.DOMAIN.encode() not in content
        assert key not in content
        assert key.hex().encode() not in content
    # Where the key lies is the one place that has it.
    assert hashlib.sha256(key).digest() not in (copy / "control.db").read_bytes()


def test_the_secrets_are_there_for_who_has_the_key(home: Path, world: World) -> None:
    with Application(home, world.ports()) as application:
        for name, given in homes.everything().items():
            kept = application.connections.details(application.connections.record(name))
            for secret in (one for one in SECRETS if one != "token_cache"):
                assert getattr(kept, secret) == getattr(given, secret)
        world.accesses.clear()
        application.storages.stats("cloud")
    assert world.accesses == [(homes.BUCKET, homes.bucket_access())]


def test_a_backup_of_the_database_and_an_export_hold_no_secret(
    home: Path, world: World, tmp_path: Path
) -> None:
    with sqlite3.connect(home / "control.db") as live:
        live.execute("VACUUM INTO ?", (str(tmp_path / "vacuumed.db"),))
        with sqlite3.connect(tmp_path / "backed-up.db") as copy:
            live.backup(copy)
        copy.close()
        (tmp_path / "dump.sql").write_text("\n".join(live.iterdump()))
    live.close()
    with Application(home, world.ports()) as application:
        for name in homes.everything():
            application.connections.unlock(name, Secret(homes.GUARD))
        given_out = repr(application.definitions.give_out())
    assert homes.DOMAIN in given_out, "definitions say where connections lead, to who may see it"
    assert list(marks_in(given_out.encode())) == []
    assert search_folder(tmp_path) == []


@pytest.mark.parametrize("has_a_key", [False, True], ids=["no key", "a key of the thief's"])
def test_it_cannot_be_opened_without_the_service_key(
    home: Path, world: World, tmp_path: Path, *, has_a_key: bool
) -> None:
    copy = stolen(home, tmp_path / "copy")
    if has_a_key:
        FileKey(copy).create()
    opened_before = len(world.opened)
    world.accesses.clear()
    with Application(copy, world.ports()) as application:
        names = [one.name for one in application.connections.everything()]
        assert len(names) == len(homes.everything()) + 1
        for name in names:
            verbs = application.connections
            for verb in (verbs.test, verbs.resources, verbs.show):
                with pytest.raises(StrongroomError, match=NOT_OPENED):
                    verb(name)
        for use in (
            application.definitions.give_out,
            application.vault.rotate_key,
            lambda: application.storages.stats("disk"),
            lambda: application.storages.stats("cloud"),
            lambda: application.storages.prove("cloud"),
            lambda: application.kept.browse("disk", "ann@example"),
            lambda: application.connections.add("mine", details()),
        ):
            with pytest.raises(StrongroomError, match=NOT_OPENED):
                use()
        with contextlib.suppress(StrongroomError):
            assert application.drafts.load() is None
    assert len(world.opened) == opened_before
    assert homes.BUCKET not in dict(world.accesses), "whose key is not had"


def test_a_guard_password_alone_opens_nothing_without_being_the_right_one(
    home: Path, world: World, tmp_path: Path
) -> None:
    copy = stolen(home, tmp_path / "copy")
    with Application(copy, world.ports()) as application:
        name = next(iter(homes.everything()))
        with pytest.raises(StrongroomError):
            application.connections.unlock(name, Secret("guess"))


def test_boxes_swapped_between_any_two_connections_are_noticed(home: Path, world: World) -> None:
    with Application(home, world.ports()) as application:
        names = list(homes.everything())
        records = {name: application.connections.record(name) for name in names}
        for mine, theirs in zip(names, [*names[1:], names[0]], strict=True):
            with application._shared.database.write() as db:
                db.execute(
                    sa.text("UPDATE connections SET sealed = :a, wrapped_key = :b WHERE id = :id"),
                    {
                        "a": records[theirs].sealed,
                        "b": records[theirs].wrapped_key,
                        "id": records[mine].id,
                    },
                )
        for name in names:
            with pytest.raises(IntegrityError, match="do not open"):
                application.connections.details(application.connections.record(name))
            with pytest.raises(IntegrityError, match="do not open"):
                application.connections.test(name)
            with pytest.raises(StrongroomError):
                application.connections.unlock(name, Secret(homes.GUARD))


def test_a_guard_put_on_another_connection_opens_nothing(home: Path, world: World) -> None:
    with Application(home, world.ports()) as application:
        names = list(homes.everything())
        application.connections.add("known", details(), password=Secret("known to the attacker"))
        with application._shared.database.read() as db:
            readers = rows.readers(db, application.connections.record("known").id)
        for name in names:
            with application._shared.database.write() as db:
                for reader, wrapped in readers.items():
                    rows.set_reader(db, application.connections.record(name).id, reader, wrapped)
            with pytest.raises((IntegrityError, WrongPassword)):
                application.connections.unlock(name, Secret("known to the attacker"))


def test_where_the_audit_log_goes_is_no_secret_and_is_sealed_all_the_same(
    home: Path, world: World
) -> None:
    ports = replace(world.ports(), open_sink=syslog.open_sink)
    with Application(home, ports) as application, Receiver() as receiver:
        application.audit.send_to(f"tcp://localhost:{receiver.port}", host="vault.secret.example")
        content = "".join(receiver.wait_for(10))
    assert list(marks_in(content.encode())) == []
    assert b"vault.secret.example" not in (home / "control.db").read_bytes()
