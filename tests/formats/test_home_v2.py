"""A home of the released version opens for ever: what was sealed in it, and what stood on it.

``home-v2`` holds what version 0.1.0 made: its control database as SQL, and its service key. A later
format gets a folder of its own; this one is never made again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.service.application import Application
from strongroom.vault.secret import Secret
from tests.fakes import mail_server
from tests.fakes.mail_server import SERVER, World, details

OLD = Path(__file__).with_name("home-v2")
PASSWORD = "made-up"
"""The account's, in the home as it was released."""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(mail_server, "PASSWORD", PASSWORD)
    return World()


@pytest.fixture
def opened(tmp_path: Path, world: World) -> Iterator[Application]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    key = home / "service.key"
    key.touch(mode=0o600)
    key.write_bytes(bytes.fromhex((OLD / "service.key.hex").read_text().strip()))
    with sqlite3.connect(home / "control.db") as raw:
        raw.executescript((OLD / "control.sql").read_text())
    raw.close()
    with Application(home, world.ports()) as application:
        yield application


def test_its_connection_is_as_it_was_and_signs_in(opened: Application) -> None:
    view = opened.connections.show("office")
    assert (view.server, view.user, view.is_guarded) == (SERVER, "backup@example", False)
    assert opened.connections.details(opened.connections.record("office")) == details(
        password=PASSWORD
    )
    assert opened.connections.test("office").facts["product"] == "Fake"


def test_its_job_and_its_storage_are_there(opened: Application) -> None:
    assert opened.jobs.show("nightly").selection["resources"] == ["ann@example"]
    assert [one.name for one in opened.storages.all()] == ["disk"]


def test_what_is_new_works_on_what_is_old(opened: Application, world: World) -> None:
    opened.connections.set_password("office", Secret("guard it"))
    opened.connections.unlock("office", Secret("guard it"))
    opened.drafts.save({"kind": "exchange-online"})
    opened.vault.rotate_key()
    assert opened.connections.details(opened.connections.record("office")).password == Secret(
        PASSWORD
    )
    assert opened.drafts.load() == {"kind": "exchange-online"}
    assert opened.audit.problems() == []
