"""Which resources a tenant has by Graph, what is excluded and why, and how they are found."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from strongroom.clock import SystemClock
from strongroom.errors import AccessDenied, OperatorError, StrongroomError
from strongroom.lab.lab import Lab
from strongroom.service.details import ConnectionDetails
from strongroom.sources.exchange_online import graph_directory
from strongroom.sources.exchange_online.graph_directory import GraphDirectory
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.wire.graph.users import DirectoryUser
from strongroom.words.capability import CapabilityOutcome
from strongroom.words.resource import Resource, ResourceKind
from tests.sources.exchange_online.conftest import (
    LARGE,
    READING,
    OpenOnline,
    Register,
    by_name,
)


@pytest.fixture
def by_reference(open_online: OpenOnline, by_graph: ConnectionDetails) -> dict[str, Resource]:
    return {one.reference: one for one in open_online(by_graph).resources()}


@pytest.fixture
def archived(lab: Lab) -> str:
    return next(one.address for one in lab.estate.mailboxes if one.archive is not None)


@pytest.fixture
def _no_ews(lab: Lab) -> Iterator[None]:
    with lab.cloud.directory.lock:
        lab.cloud.tenant.reach.ews_enabled = False
    yield
    with lab.cloud.directory.lock:
        lab.cloud.tenant.reach.ews_enabled = True


def test_everybody_is_listed_with_what_they_have_and_what_cannot_be_with_the_reason(
    lab: Lab, by_reference: dict[str, Resource], archived: str
) -> None:
    large = by_reference[LARGE]
    mailbox = lab.estate.mailbox(LARGE)
    assert mailbox is not None
    assert (large.kind, large.id, large.role) == (ResourceKind.MAILBOX, str(mailbox.guid), "user")
    assert by_reference["info@lab.example"].role == "shared"
    assert any(one.role == "room" for one in by_reference.values())
    assert by_reference[f"recoverable:{LARGE}"].id == large.id
    owner = lab.estate.mailbox(archived)
    assert owner is not None
    assert owner.archive is not None
    assert by_reference[f"archive:{archived}"].id == str(owner.archive.guid)
    assert by_reference[lab.cloud.admin.upn].excluded == "No mailbox."
    assert "no public folders" in str(by_reference["public-folders"].excluded)
    assert "Microsoft 365 groups" in str(by_reference["group-mailboxes"].excluded)
    assert not any(one.is_missing for one in by_reference.values())


def test_it_is_the_same_list_as_by_ews_but_for_what_graph_has_not(
    open_online: OpenOnline, details: ConnectionDetails, by_reference: dict[str, Resource]
) -> None:
    # One mailbox of the lab is shut to EWS alone.
    listed = [one for one in open_online(details).resources() if not one.is_missing]
    by_ews = {one.reference: (one.kind, one.id, one.role) for one in listed}
    same = {name: one for name, one in by_reference.items() if name in by_ews}
    assert {name: (one.kind, one.id, one.role) for name, one in same.items()} == by_ews


def test_mailboxes_out_of_scope_are_excluded_and_nothing_is_missing(
    lab: Lab, open_online: OpenOnline, register: Register
) -> None:
    scoped = register(ews=False, graph=("User.Read.All",))
    reach = lab.cloud.tenant.reach
    with lab.cloud.directory.lock:
        for name in READING:
            reach.add_mailbox_scope(scoped.client_id, f"Application {name}", [LARGE])
    try:
        found = {one.reference: one for one in open_online(_graph(scoped)).resources()}
        assert found[LARGE].excluded is None
        others = [one for one in found.values() if one.address not in {LARGE, "public-folders"}]
        assert others
        assert all(one.excluded and not one.is_missing for one in others)
        assert "Outside the scope" in str(found["info@lab.example"].excluded)
    finally:
        with lab.cloud.directory.lock:
            reach.mailbox_scopes.clear()


def test_who_may_not_list_is_told_the_step(open_online: OpenOnline, register: Register) -> None:
    blind = open_online(_graph(register(ews=False, graph=READING)))
    with pytest.raises(AccessDenied) as denied:
        list(blind.resources())
    assert "User.Read.All" in denied.value.hint


def test_what_a_person_types_is_found(
    open_online: OpenOnline, by_graph: ConnectionDetails, archived: str, lab: Lab
) -> None:
    server = open_online(by_graph)
    assert server.resolve(f"archive:{archived}").kind is ResourceKind.ARCHIVE
    assert server.resolve(f"recoverable:{LARGE}").kind is ResourceKind.RECOVERABLE
    large = server.resolve(LARGE)
    assert server.resolve(large.id) == server.resolve(large.id)
    assert server.resolve(large.id).address == LARGE
    for nonsense, words in (
        ("nobody@lab.example", "no mailbox nobody@lab.example"),
        (f"archive:{LARGE}", "has no archive"),
        ("public-folders", "cannot be read by Microsoft Graph"),
        ("e0643f21-0000-0000-0000-000000000000", "nothing named"),
        (lab.cloud.admin.upn, "no mailbox"),
    ):
        with pytest.raises(OperatorError, match=words):
            server.resolve(nonsense)


def test_what_cannot_be_read_is_not_opened(
    open_online: OpenOnline, by_graph: ConnectionDetails, by_reference: dict[str, Resource]
) -> None:
    server = open_online(by_graph)
    with pytest.raises(OperatorError, match="public-folders"):
        server.source(by_reference["public-folders"])


@pytest.mark.parametrize("status", [403, 404])
def test_recoverable_items_that_are_refused_are_named_and_those_that_are_not_there_are_not(
    open_online: OpenOnline,
    by_graph: ConnectionDetails,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
) -> None:
    def tried(
        line: MailboxLine, places: Sequence[tuple[str, str]]
    ) -> list[dict[str, Any] | StrongroomError]:
        no = (
            GraphDenied("Refused.", status=403, code="ErrorAccessDenied")
            if status == 403
            else GraphRefused("Not there.", status=404, code="ErrorItemNotFound")
        )
        return [no if folder else {"id": mailbox} for mailbox, folder in places]

    monkeypatch.setattr(graph_directory, "try_folders", tried)
    found = [
        one for one in open_online(by_graph).resources() if one.kind is ResourceKind.RECOVERABLE
    ]
    assert bool(found) == (status == 403)
    assert all(one.excluded and one.is_missing for one in found)


@pytest.mark.usefixtures("_no_ews")
def test_a_tenant_without_ews_misses_nothing(open_online: OpenOnline, register: Register) -> None:
    server = open_online(_graph(register(ews=False)))
    facts = server.facts()
    assert (facts["way"], facts["warning"]) == ("export", "")
    assert facts["tenant_name"] is not None
    tried = by_name(server.capabilities(LARGE))
    assert "ews" not in tried
    assert {one.outcome for one in tried.values()} <= {
        CapabilityOutcome.PROVED,
        CapabilityOutcome.NOT_APPLICABLE,
    }


def test_an_application_that_may_only_back_up_misses_nothing_but_is_told_so(
    open_online: OpenOnline, register: Register
) -> None:
    reading = open_online(_graph(register(ews=False, graph=("User.Read.All", *READING))))
    tried = by_name(reading.capabilities(LARGE))
    assert CapabilityOutcome.MISSING not in {one.outcome for one in tried.values()}
    assert "back up only" in tried["graph-import"].detail
    assert "MailboxItem.ImportExport.All" in tried["graph-import"].remedy
    blind = open_online(_graph(register(ews=False, graph=("User.Read.All", *READING[:2]))))
    tried = by_name(blind.capabilities(LARGE))
    assert tried["graph-export"].outcome is CapabilityOutcome.MISSING


@pytest.mark.usefixtures("_no_ews")
def test_how_fast_it_is_read_is_measured_without_ews(
    open_online: OpenOnline, register: Register
) -> None:
    server = open_online(_graph(register(ews=False)))
    report = server.speed(LARGE, [], SystemClock())
    assert [(one.at, one.of) for one in report.answers] == [
        ("graph", "account"),
        ("graph", "mailbox"),
    ]
    assert report.requests < 30
    assert "limits-fixed" in {one.code for one in report.findings}
    assert report.download is None or report.download.items == 12
    unnamed = server.speed(None, [], SystemClock())
    assert "nothing-read" in {one.code for one in unnamed.findings}


def _graph(details: ConnectionDetails) -> ConnectionDetails:
    return replace(details, uses_ews=False)


def test_a_large_directory_is_asked_about_side_by_side_and_told_in_order(
    open_online: OpenOnline, by_graph: ConnectionDetails, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(graph_directory, "_FEW", 1000)
        patched.setattr(graph_directory, "_MANY", 1000)
        whole = [one.reference for one in open_online(by_graph).resources()]
    meeting = threading.Barrier(2, timeout=30)
    meetings = itertools.count()
    listed = GraphDirectory._listed

    def met(directory: GraphDirectory, users: Sequence[DirectoryUser]) -> list[Resource]:
        if next(meetings) < 2:
            meeting.wait()  # breaks, and fails the test, unless two are asked about at once
        return listed(directory, users)

    monkeypatch.setattr(GraphDirectory, "_listed", met)
    assert [one.reference for one in open_online(by_graph).resources()] == whole
    assert next(meetings) > 2
