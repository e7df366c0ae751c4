"""A person's sign-in, second factor and all: their own mailbox, and no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strongroom.errors import OperatorError
from strongroom.lab.entra.well_known import GRAPH
from strongroom.lab.lab import Lab, count_items
from strongroom.service.application import Application
from strongroom.service.details import ConnectionDetails
from strongroom.service.restores import RestoreOrder
from strongroom.words.resource import ResourceKind
from tests.service.support import add_job, back_up, wait
from tests.sources.exchange_online.conftest import EMPTY, LARGE, OWN, OpenOnline, by_name, outcomes

AsPerson = Callable[[str], ConnectionDetails]


def test_a_persons_own_mailbox_is_backed_up_and_restored(
    lab: Lab, application: Application, as_person: AsPerson
) -> None:
    mailbox = lab.estate.mailbox(OWN)
    assert mailbox is not None
    application.connections.add("office", as_person(OWN))
    add_job(application, OWN)
    before = count_items(mailbox)
    report = back_up(application)
    assert (report["status"], report["totals"]["saved"]) == ("complete", before), report
    run, _ = application.restores.ask(
        RestoreOrder(storage="disk", resource=OWN, connection="office")
    )
    assert wait(application, run)["status"] == "complete"
    assert count_items(mailbox) == 2 * before
    assert lab.outgoing == []


def test_all_that_a_person_reaches_is_their_own(
    open_online: OpenOnline, as_person: AsPerson
) -> None:
    found = list(open_online(as_person(EMPTY)).resources())
    assert {one.address for one in found if one.kind is not ResourceKind.PUBLIC_FOLDERS} == {EMPTY}
    assert {one.kind for one in found} >= {ResourceKind.MAILBOX, ResourceKind.RECOVERABLE}


@pytest.mark.parametrize("reference", [LARGE, f"archive:{LARGE}", f"recoverable:{LARGE}"])
def test_another_ones_mailbox_is_refused_before_anybody_is_asked(
    lab: Lab, open_online: OpenOnline, as_person: AsPerson, reference: str
) -> None:
    server = open_online(as_person(EMPTY))
    before = lab.cloud.server.exchange.requests.total()
    with pytest.raises(OperatorError, match="own mailbox only") as told:
        server.resolve(reference)
    assert EMPTY in str(told.value)
    assert "--certificate" in told.value.hint
    assert lab.cloud.server.exchange.requests.total() == before
    assert server.resolve(EMPTY.upper()).address.lower() == EMPTY


def test_a_test_says_plainly_whose_mailbox_it_reaches(
    open_online: OpenOnline, as_person: AsPerson
) -> None:
    server = open_online(as_person(EMPTY))
    assert server.facts()["access"] == "own mailbox"
    found = by_name(server.capabilities(None))
    assert "that person's own mailbox and no other" in found["reach"].detail
    assert EMPTY in found["sign-in"].detail
    assert found["mailbox"].outcome == "proved"
    assert found["scope"].outcome == "not-applicable"
    assert "directory" not in found

    another = by_name(server.capabilities(LARGE))
    assert another["mailbox"].outcome == "missing"
    assert "own mailbox only" in another["mailbox"].detail
    assert another["export"].outcome == "unknown"


def test_what_a_person_did_not_consent_to_in_graph_is_missing_with_the_step(
    lab: Lab, open_online: OpenOnline, as_person: AsPerson
) -> None:
    details = as_person(EMPTY)
    without = by_name(open_online(details).capabilities(None))
    assert without["graph-export"].outcome == "missing"
    assert "Grant admin consent" in without["graph-export"].remedy

    tenant = lab.cloud.tenant
    principal, user = tenant.principal(details.client_id), tenant.user(EMPTY)
    assert principal is not None
    with lab.cloud.directory.lock:
        tenant.consent(principal, GRAPH, ["User.Read", "MailboxItem.Export"], user=user)
    with_some = by_name(open_online(details).capabilities(None))
    assert with_some["graph-export"].outcome == "proved"
    assert with_some["graph-import"].outcome == "missing"
    assert "Delegated permissions: MailboxItem.ImportExport" in with_some["graph-import"].remedy
    assert outcomes(open_online(details).capabilities(None))["graph-items"] == "missing"
