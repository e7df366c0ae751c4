"""An application with a fake server and a storage in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.service.application import Application
from tests.fakes.mail_server import STORAGE_URL, World, details, storage_password


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def application(new_home: Path, world: World) -> Iterator[Application]:
    """Give an empty home."""
    with Application(new_home, world.ports()) as opened:
        yield opened


@pytest.fixture
def ready(application: Application, world: World) -> Application:
    """Give a home that knows the connection ``office`` and the storage ``disk``."""
    world.make_storage()
    application.connections.add("office", details())
    application.storages.add("disk", STORAGE_URL, storage_password())
    return application
