"""One application backs up, another one restores: neither ever signs in for the other's work."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from strongroom.lab.lab import Lab
from strongroom.service.application import Application
from strongroom.service.details import ConnectionDetails
from strongroom.service.restores import RestoreOrder
from strongroom.vault.secret import Secret
from tests.service.support import add_job, back_up, wait
from tests.sources.exchange_online.conftest import EMPTY, LARGE, known

WRITING = {"UploadItems", "CreateItem", "CreateFolder", "UpdateItem", "UpdateFolder", "DeleteItem"}


def _since(lab: Lab, deeds: int, requests: Counter[tuple[str, str]]) -> tuple[set[str], set[str]]:
    """Say which applications asked for tokens since then, and which spoke with EWS."""
    signed_in = {deed.app_id for deed in lab.cloud.directory.deeds[deeds:]}
    return signed_in, {user for user, _ in lab.cloud.server.exchange.requests_by - requests}


def test_the_tokens_of_the_two_are_used_for_their_own_work_alone(
    lab: Lab, application: Application, details: ConnectionDetails
) -> None:
    backup, restore = known(lab, "backup"), known(lab, "restore")
    application.connections.add(
        "office",
        replace(
            details,
            restore_client_id=restore.client_id,
            restore_certificate=Secret(restore.certificate),
        ),
    )
    add_job(application, LARGE)
    directory, exchange = lab.cloud.directory, lab.cloud.server.exchange

    deeds, requests = len(directory.deeds), Counter(exchange.requests_by)
    assert back_up(application)["status"] == "complete"
    assert _since(lab, deeds, requests) == ({backup.client_id}, {backup.client_id})
    done = exchange.requests_by - requests
    assert not {operation for _, operation in done} & WRITING

    deeds, requests = len(directory.deeds), Counter(exchange.requests_by)
    order = RestoreOrder(storage="disk", resource=LARGE, connection="office", to=EMPTY)
    run, _ = application.restores.ask(order)
    assert wait(application, run)["status"] == "complete"
    assert _since(lab, deeds, requests) == ({restore.client_id}, {restore.client_id})
    done = exchange.requests_by - requests
    assert {operation for _, operation in done} & WRITING


def test_without_an_application_of_its_own_a_restore_signs_in_as_the_one_there_is(
    lab: Lab, application: Application, details: ConnectionDetails
) -> None:
    application.connections.add("office", details)
    add_job(application, LARGE)
    back_up(application)
    deeds, requests = len(lab.cloud.directory.deeds), Counter(lab.cloud.server.exchange.requests_by)
    order = RestoreOrder(storage="disk", resource=LARGE, connection="office", to=EMPTY)
    run, _ = application.restores.ask(order)
    assert wait(application, run)["status"] == "complete"
    only = {known(lab, "backup").client_id}
    assert _since(lab, deeds, requests) == (only, only)
