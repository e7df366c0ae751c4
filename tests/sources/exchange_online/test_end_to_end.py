"""Backup and restore of a tenant, through the same verbs that the command line calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strongroom.lab.lab import Lab, count_items
from strongroom.service.application import Application
from strongroom.service.details import ConnectionDetails
from strongroom.service.restores import RestoreOrder
from strongroom.vault.secret import Secret
from tests.service.support import add_job, back_up, statuses, wait
from tests.sources.exchange_online.conftest import EMPTY, LARGE, Register, known


def _items(lab: Lab, address: str) -> int:
    mailbox = lab.estate.mailbox(address)
    assert mailbox is not None
    with lab.estate.lock:
        return count_items(mailbox)


@pytest.mark.parametrize("auth", ["certificate", "client-secret"])
def test_a_mailbox_of_the_tenant_is_backed_up_and_restored_by_an_application(
    lab: Lab, application: Application, details: ConnectionDetails, auth: str
) -> None:
    secret = Secret(known(lab, "backup").secret)
    if auth == "client-secret":
        details = replace(details, auth=auth, certificate=None, client_secret=secret)
    application.connections.add("office", details)
    add_job(application, LARGE)

    report = back_up(application)
    assert report["status"] == "complete", report
    assert report["totals"]["saved"] == 12
    assert back_up(application)["totals"]["unchanged"] == 12

    before = _items(lab, EMPTY)
    order = RestoreOrder(storage="disk", resource=LARGE, connection="office", to=EMPTY)
    run, _ = application.restores.ask(order)
    restored = wait(application, run)
    assert restored["status"] == "complete", restored
    assert _items(lab, EMPTY) == before + 12
    assert lab.outgoing == []


def test_a_mailbox_out_of_scope_fails_with_the_reason_and_hides_no_other(
    lab: Lab, application: Application, register: Register
) -> None:
    scoped = register(ews=False, graph=("User.Read.All",))
    reach = lab.cloud.tenant.reach
    with lab.cloud.directory.lock:
        reach.add_mailbox_scope(scoped.client_id, "Application EWS.AccessAsApp", [LARGE])
    application.connections.add("office", scoped)
    add_job(application, LARGE, EMPTY)
    report = back_up(application)
    assert statuses(report) == {LARGE: "complete", EMPTY: "failed"}
    assert report["status"] == "partial"
    (why,) = [task["error"]["why"] for task in report["tasks"] if task["error"]]
    assert "outside the scope" in why
    assert "2027-04-01" in why

    add_job(application, name="all")
    everything = back_up(application, "all")
    assert everything["status"] == "complete", "what nobody chose is not missing"
    assert {one for one, status in statuses(everything).items() if status == "complete"} == {
        LARGE,
        f"recoverable:{LARGE}",
    }
    with lab.cloud.directory.lock:
        reach.mailbox_scopes.clear()
