"""A restore that is refused says who restored, and how somebody else may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from strongroom.errors import AccessDenied
from strongroom.service.application import Application
from strongroom.service.details import ConnectionDetails
from strongroom.service.restores import RestoreOrder
from strongroom.vault.secret import Secret
from tests.fakes.mail_server import FakeServer, World, cloud_details, details
from tests.service.support import add_job, back_up, wait

TWO = {"restore_client_id": "client-2", "restore_certificate": Secret("certificate 2")}


@pytest.fixture(autouse=True)
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no server take anything back."""

    def refuse(_self: FakeServer, _resource: object) -> None:
        raise AccessDenied("This may not be written.", hint="Grant it.")

    monkeypatch.setattr(FakeServer, "target", refuse)


def refusal_of(application: Application, world: World, through: ConnectionDetails) -> str:
    for estate in world.servers.values():
        estate.resources, estate.mailboxes = world.estate.resources, world.estate.mailboxes
    world.estate.add("ann@example")
    application.connections.add("through", through)
    add_job(application, "ann@example")
    back_up(application)
    order = RestoreOrder(storage="disk", resource="ann@example", connection="through")
    report: Any = wait(application, application.restores.ask(order)[0])
    (task,) = report["tasks"]
    return str(task["error"])


@pytest.mark.parametrize("auth", ["certificate", "client-secret"])
def test_an_application_that_backs_up_alone_is_named_with_the_command(
    ready: Application, world: World, auth: str
) -> None:
    secret = Secret("x")
    proof: Any = {"certificate": None, auth.replace("-", "_"): secret}
    told = refusal_of(ready, world, replace(cloud_details(), auth=auth, **proof))
    assert "as the application that backs up" in told
    assert "connection edit 'through' --restore-client-id" in told
    assert "Grant it." in told


@pytest.mark.parametrize("through", [details(), replace(cloud_details(), **TWO)])  # type: ignore[arg-type]
def test_where_somebody_else_restores_nothing_is_said_of_it(
    ready: Application, world: World, through: ConnectionDetails
) -> None:
    told = refusal_of(ready, world, through)
    assert "Grant it." in told
    assert "application" not in told
