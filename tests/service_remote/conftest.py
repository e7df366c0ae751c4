"""A service in this process with a fake server behind it, and callers of it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from strongroom.clock import SystemClock
from strongroom.service.application import Application
from strongroom.service.remote import address, client
from strongroom.service.remote.channel import Limits
from strongroom.service.remote.conversation import House
from strongroom.service.remote.patience import Patience
from strongroom.service.remote.proxy import RemoteApplication
from strongroom.service.remote.server import Door, Server
from strongroom.service.remote.sessions import SharedSessions
from tests.fakes.mail_server import STORAGE_URL, World, details, storage_password
from tests.service_remote.support import Service


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def application(new_home: Path, world: World) -> Iterator[Application]:
    with Application(new_home, world.ports()) as opened:
        world.make_storage()
        opened.connections.add("office", details())
        opened.storages.add("disk", STORAGE_URL, storage_password())
        yield opened


@pytest.fixture
def bugs() -> list[BaseException]:
    """List what the service reports as bugs of its own."""
    return []


@pytest.fixture
def house(application: Application, bugs: list[BaseException]) -> House:
    return House(
        verbs=application.for_session,
        sessions=SharedSessions(),
        is_worker=True,
        patience=Patience(application.clock),
        report=bugs.append,
    )


@pytest.fixture
def serve(application: Application, house: House) -> Iterator[Callable[..., Service]]:
    """Start a service; what is given changes its door."""
    with ExitStack() as running:

        def start(**wishes: object) -> Service:
            door = Door(
                path=application.home.path / address.NAME,
                limits=Limits(message_bytes_max=64 * 1024, message_s=0.3),
            )
            door = replace(door, **wishes)  # type: ignore[arg-type]
            server = Server(house, door, SystemClock())
            running.callback(server.close)
            return Service(door=door, home=application.home.path, server=server)

        yield start


@pytest.fixture
def service(serve: Callable[..., Service]) -> Service:
    return serve()


@pytest.fixture
def remote(service: Service) -> Iterator[RemoteApplication]:
    """Give the verbs as a caller in another process has them."""
    with service.caller() as verbs:
        yield verbs


@pytest.fixture
def raw(service: Service) -> Iterator[socket.socket]:
    """Give a connection on which anything may be sent."""
    connection = client.connect(service.door.path, service.home)
    assert connection is not None
    with connection:
        yield connection
