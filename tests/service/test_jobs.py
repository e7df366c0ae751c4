"""Jobs: what they cover, and how their runs are asked for."""

from __future__ import annotations

import pytest

from strongroom.engine.claims import Claims
from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.service.selections import BackupSelection
from strongroom.words.resource import Resource, ResourceKind
from tests.service.support import add_job

ANN = Resource(kind=ResourceKind.MAILBOX, id="m1", address="Ann@Example.org")
ARCHIVE = Resource(kind=ResourceKind.ARCHIVE, id="m2", address="Ann@Example.org")


def test_a_job_covers_either_named_resources_or_all() -> None:
    for wrong in ({}, {"resources": ("a",), "is_all": True}):
        with pytest.raises(OperatorError, match="either named resources or all"):
            BackupSelection(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "leaves_out"),
    [
        ("ann@*", {"m1", "m2"}),
        ("*@EXAMPLE.org", {"m1", "m2"}),
        ("archive:*", {"m2"}),
        ("bob@*", set()),
        ("a?n@example.org", {"m1", "m2"}),
    ],
)
def test_patterns_leave_out_addresses(pattern: str, leaves_out: set[str]) -> None:
    selection = BackupSelection(is_all=True, exclude=("nobody@*", pattern))
    found = {r.id for r in (ANN, ARCHIVE) if selection.pattern_that_excludes(r) == pattern}
    assert found == leaves_out


def test_a_selection_survives_being_kept() -> None:
    for selection in (
        BackupSelection(is_all=True, exclude=("a*",)),
        BackupSelection(resources=("x", "y")),
    ):
        assert BackupSelection.from_json(selection.to_json()) == selection


def test_a_job_needs_a_connection_and_a_storage_that_are_known(ready: Application) -> None:
    selection = BackupSelection(is_all=True)
    with pytest.raises(OperatorError, match="no connection named 'x'"):
        ready.jobs.add_backup("j", connection="x", storage="disk", selection=selection)
    with pytest.raises(OperatorError, match="no storage named 'x'"):
        ready.jobs.add_backup("j", connection="office", storage="x", selection=selection)
    assert ready.jobs.all() == []


def test_a_name_that_is_taken_is_refused(ready: Application) -> None:
    add_job(ready, "ann@example")
    with pytest.raises(OperatorError, match="already"):
        add_job(ready, "bob@example")
    assert ready.jobs.show("nightly").selection["resources"] == ["ann@example"]


def test_a_run_asked_for_twice_is_the_same_run(ready: Application) -> None:
    add_job(ready, "ann@example")
    first, was_there = ready.jobs.ask_run("nightly")
    assert not was_there
    again, was_there = ready.jobs.ask_run("nightly")
    assert was_there
    assert again.id == first.id


def test_a_run_claims_its_connection_its_storage_and_its_mailboxes(ready: Application) -> None:
    add_job(ready, "Ann@example", "archive:bob@example")
    add_job(ready, name="all")
    run, _ = ready.jobs.ask_run("nightly")
    claims = Claims.from_json(run.claims)
    assert claims.connection == ready.connections.record("office").id
    assert claims.storage == ready.storages.record("disk").id
    office = ready.connections.record("office")
    assert claims.server == ready.connections.server_key(office)
    assert "mail" not in claims.server, "runs are kept in clear"
    assert claims.resources == frozenset({"ann@example", "archive:bob@example"})
    everything, _ = ready.jobs.ask_run("all")
    assert Claims.from_json(everything.claims).resources is None


def test_an_unknown_job_is_said_to_be(ready: Application) -> None:
    for verb in (ready.jobs.show, ready.jobs.remove, ready.jobs.ask_run):
        with pytest.raises(OperatorError, match="no job named 'x'"):
            verb("x")
