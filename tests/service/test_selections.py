"""What jobs cover: names, patterns, groups; what appears is taken in, what disappears is told."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom.errors import OperatorError, TransientError
from strongroom.service.application import Application
from strongroom.service.selections import BackupSelection, SelectionEdit, VerifySelection
from strongroom.words.group import Group
from strongroom.words.resource import ResourceKind
from tests.fakes import mail_server
from tests.fakes.mail_server import FakeServer, World, cloud_details
from tests.service.support import back_up, statuses

TEAM = "team@example"
GONE = "is kept; the newest restore point is from"


def add_selected(application: Application, name: str = "nightly", **selection: Any) -> None:
    application.jobs.add_backup(
        name, connection="office", storage="disk", selection=BackupSelection(**selection)
    )


def reasons(report: dict[str, Any]) -> dict[str, str]:
    return {task["resource"]: task["reason"] for task in report["tasks"]}


@pytest.fixture
def people(ready: Application, world: World) -> Application:
    """Give ann with an archive, and bob and eve without one."""
    for name in ("ann", "bob", "eve"):
        world.estate.add(f"{name}@example")
    world.estate.add("ann@example", kind=ResourceKind.ARCHIVE)
    return ready


def remove(world: World, address: str) -> None:
    del world.estate.resources[world.estate.id_of(address)]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"is_all": True, "match": ("a*",)},
        {"is_all": True, "groups": (TEAM,)},
        {"exclude": ("a*",)},
        {"match": (" ",)},
        {"groups": ("team",)},
    ],
)
def test_a_selection_that_nobody_can_mean_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(OperatorError):
        BackupSelection(**wrong)


def test_what_an_older_version_kept_is_read() -> None:
    old: dict[str, Any] = {"resources": ["a@x"], "all": False, "exclude": []}
    assert BackupSelection.from_json(old) == BackupSelection(resources=("a@x",))


def test_a_pattern_takes_in_the_mailbox_and_all_that_belongs_to_it(
    people: Application, world: World
) -> None:
    add_selected(people, match=("ANN@*", "b*"), exclude=("archive:*",))
    report = back_up(people)
    assert report["status"] == "complete"
    assert statuses(report) == {
        "ann@example": "complete",
        "bob@example": "complete",
        "archive:ann@example": "excluded",
    }


def test_a_pattern_that_matches_nothing_is_told(people: Application) -> None:
    add_selected(people, match=("ann@*", "nobody-*"))
    report = back_up(people)
    assert report["status"] == "complete"
    assert statuses(report)["nobody-*"] == "excluded"
    assert "nothing that matches" in reasons(report)["nobody-*"]
    add_selected(people, "typo", match=("nobody-*",))
    assert back_up(people, "typo")["status"] == "failed", "a job that covers nothing is not green"


def test_what_a_pattern_matched_and_is_gone_is_told_and_kept_in_every_run(
    people: Application, world: World
) -> None:
    add_selected(people, match=("*@example",))
    back_up(people)
    remove(world, "bob@example")
    world.estate.add("new@example")
    for _ in range(2):
        report = back_up(people)
        assert report["status"] == "complete"
        assert statuses(report)["new@example"] == "complete", "what appeared is taken in"
        assert statuses(report)["bob@example"] == "excluded"
        assert GONE in reasons(report)["bob@example"]
    assert len(people.kept.points("disk", "bob@example").points) == 1


def test_members_of_a_group_are_looked_up_in_every_run(people: Application, world: World) -> None:
    world.estate.groups[TEAM] = Group(
        members=("ann@example", "bob@example"),
        others=(("eve@elsewhere", "A contact."),),
        left_out=("temps@example",),
    )
    add_selected(people, groups=(TEAM,), exclude=("temps@*",))
    report = back_up(people)
    assert report["status"] == "complete"
    assert statuses(report) == {
        "ann@example": "complete",
        "archive:ann@example": "complete",
        "bob@example": "complete",
        "eve@elsewhere": "excluded",
        "group:temps@example": "excluded",
    }
    assert "--exclude temps@*" in reasons(report)["group:temps@example"]

    world.estate.groups[TEAM] = Group(members=("ann@example", "eve@example"))
    for _ in range(2):
        report = back_up(people)
        assert report["status"] == "complete"
        assert statuses(report)["eve@example"] == "complete"
        assert statuses(report)["bob@example"] == "excluded"
        assert GONE in reasons(report)["bob@example"]


def test_a_group_whose_members_are_not_all_told_is_never_complete(
    people: Application, world: World
) -> None:
    world.estate.groups[TEAM] = Group(
        members=("ann@example",), untold=(("inner@example", "It names no member."),)
    )
    add_selected(people, groups=(TEAM,))
    report = back_up(people)
    assert report["status"] == "partial"
    assert statuses(report)["group:inner@example"] == "failed"
    assert statuses(report)["ann@example"] == "complete"


def test_while_a_group_cannot_be_looked_up_its_known_members_are_backed_up(
    people: Application, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.estate.groups[TEAM] = Group(members=("ann@example", "bob@example"))
    add_selected(people, groups=(TEAM,))
    back_up(people)

    def busy(_server: FakeServer, _address: str, _is_left_out: object) -> Group:
        raise TransientError("The directory is busy.")

    monkeypatch.setattr(FakeServer, "group", busy)
    for _ in range(2):
        report = back_up(people)
        assert report["status"] == "partial"
        assert statuses(report) == {
            f"group:{TEAM}": "failed",
            "ann@example": "complete",
            "archive:ann@example": "complete",
            "bob@example": "complete",
        }


def test_a_group_that_is_not_there_is_named_and_hides_no_other(people: Application) -> None:
    add_selected(people, groups=("gone@example",), resources=("eve@example",))
    report = back_up(people)
    assert report["status"] == "partial"
    assert statuses(report) == {"eve@example": "complete", "group:gone@example": "failed"}


def test_a_server_without_groups_says_so(
    people: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Groupless(FakeServer):
        group = None  # type: ignore[assignment]

    monkeypatch.setattr(mail_server, "FakeServer", Groupless)
    add_selected(people, groups=(TEAM,), resources=("eve@example",))
    report = back_up(people)
    assert report["status"] == "partial"
    failed = next(one for one in report["tasks"] if one["status"] == "failed")
    assert "group" in failed["error"]["what"]
    assert "--match" in failed["error"]["hint"]


def test_a_group_of_a_tenant_is_refused_when_the_job_is_added_or_edited(
    ready: Application,
) -> None:
    ready.connections.add("cloud", cloud_details())
    groups = BackupSelection(groups=(TEAM,))
    with pytest.raises(OperatorError, match="Who is in a group"):
        ready.jobs.add_backup("g", connection="cloud", storage="disk", selection=groups)
    named = BackupSelection(resources=("ann@example",))
    ready.jobs.add_backup("g", connection="cloud", storage="disk", selection=named)
    with pytest.raises(OperatorError, match="Who is in a group"):
        ready.jobs.edit("g", SelectionEdit(groups=(TEAM,)))
    assert ready.jobs.show("g").selection["groups"] == []


def test_whoever_is_found_in_several_ways_is_backed_up_once(
    people: Application, world: World
) -> None:
    world.estate.groups[TEAM] = Group(members=("ann@example", "bob@example"))
    add_selected(people, resources=("ANN@example",), match=("ann@*",), groups=(TEAM,))
    report = back_up(people)
    assert [task["resource"] for task in report["tasks"]] == [
        "ann@example",
        "archive:ann@example",
        "bob@example",
    ]


def test_what_was_named_and_is_gone_fails_and_says_that_it_is_kept(
    people: Application, world: World
) -> None:
    add_selected(people, resources=("ann@example", "bob@example"))
    back_up(people)
    remove(world, "bob@example")
    report = back_up(people)
    assert report["status"] == "partial"
    (failed,) = (one for one in report["tasks"] if one["status"] == "failed")
    assert failed["resource"] == "bob@example"
    assert "is kept" in failed["error"]["hint"]
    assert "job edit" in failed["error"]["hint"]


def edited(selection: BackupSelection, **changes: Any) -> BackupSelection:
    return SelectionEdit(**changes).of_backup(selection)


def test_an_edit_adds_drops_and_replaces() -> None:
    before = BackupSelection(resources=("a@x", "b@x"), exclude=("t*",))
    assert edited(before, resources=("c@x", "A@x"), match=("d*",)) == BackupSelection(
        resources=("A@x", "b@x", "c@x"), match=("d*",), exclude=("t*",)
    )
    assert edited(before, drop=("B@x", "T*")) == BackupSelection(resources=("a@x",))
    assert edited(before, is_all=True) == BackupSelection(is_all=True, exclude=("t*",))
    assert edited(before, replaces=True, groups=(TEAM,)) == BackupSelection(groups=(TEAM,))


@pytest.mark.parametrize(
    ("before", "changes", "complaint"),
    [
        (BackupSelection(resources=("a@x",)), {"drop": ("z@x",)}, "does not have"),
        (BackupSelection(resources=("a@x",)), {"drop": ("a@x",)}, "named resources or all"),
        (BackupSelection(is_all=True), {"resources": ("a@x",)}, "covers all"),
        (BackupSelection(is_all=True), {"sample": 3}, "no sample"),
        (BackupSelection(is_all=True), {"replaces": True, "drop": ("x",)}, "Either"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(
    before: BackupSelection, changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(OperatorError, match=complaint):
        edited(before, **changes)


def test_all_becomes_named_in_one_step() -> None:
    every = BackupSelection(is_all=True, exclude=("t*",))
    assert edited(every, is_all=False, resources=("a@x",)) == BackupSelection(
        resources=("a@x",), exclude=("t*",)
    )


def test_a_verify_jobs_selection_is_edited() -> None:
    before = VerifySelection(resources=("a@x",), sample=5)
    edit = SelectionEdit(resources=("b@x",), sample=0)
    assert edit.of_verify(before) == VerifySelection(resources=("a@x", "b@x"))
    assert SelectionEdit(is_all=True).of_verify(before) == VerifySelection(sample=5)
    with pytest.raises(OperatorError, match="nothing that is named"):
        SelectionEdit(drop=("a@x",)).of_verify(before)
    with pytest.raises(OperatorError, match="no patterns"):
        SelectionEdit(match=("a*",)).of_verify(before)


def test_a_recycle_bin_is_of_sites_alone(people: Application) -> None:
    with pytest.raises(OperatorError, match="Only of sites"):
        add_selected(people, resources=("bob@example",), recycle_bin=True)
    add_selected(people, resources=("bob@example",))
    with pytest.raises(OperatorError, match="Only of sites"):
        people.jobs.edit("nightly", SelectionEdit(recycle_bin=True))


def test_whether_a_recycle_bin_is_kept_is_kept_with_the_job() -> None:
    plain = BackupSelection(resources=("a",))
    kept = SelectionEdit(recycle_bin=True).of_backup(plain)
    assert BackupSelection.from_json(kept.to_json()) == kept
    assert kept.to_json()["recycle_bin"] is True
    assert "recycle_bin" not in plain.to_json(), "as jobs were kept before"
    assert SelectionEdit(exclude=("x*",)).of_backup(kept).recycle_bin
    assert SelectionEdit(recycle_bin=False).of_backup(kept) == plain
    with pytest.raises(OperatorError, match="no recycle bin"):
        SelectionEdit(recycle_bin=True).of_verify(VerifySelection())
