"""Restores that run again and again, into each other's sources and their own, multiply nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from strongroom.content import tags
from strongroom.content.message import FileTime, Message, Properties
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.lab import STORY_ENDS, Lab, Wishes
from strongroom.lab.seed.organisation import TEAM
from tests.fakes.marked import canary
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom

pytestmark = pytest.mark.in_process

ANN, BEN = "cycle-ann@lab.example", "cycle-ben@lab.example"
CYCLES = {"export": 3, "mime": 5}
WAYS = {"export": Wishes(seed=3), "mime": Wishes(seed=3, without=("export",))}


def fill(lab: Lab, address: str) -> Mailbox:
    """Open a mailbox with one item of each of the kinds that are known again differently."""
    mailbox = lab.estate.add_mailbox(
        address, address.title(), password=canary(f"password of {address}"), archive=False
    )
    now = FileTime.from_datetime(STORY_ENDS)
    items: list[tuple[str, str, Properties]] = [
        ("inbox", "IPM.Note", {tags.PidTagInternetMessageId: f"<1@{address}>"}),
        ("inbox", "IPM.Note", {tags.PidTagInternetMessageId: f"<2@{address}>"}),
        (
            "inbox",
            "IPM.Note",
            {
                tags.PidTagInternetMessageId: "<same@both.example>",
                tags.PidTagSubject: "In both",
            },
        ),
        ("contacts", "IPM.Contact", {tags.PidTagDisplayName: f"Friend of {address}"}),
        ("notes", "IPM.StickyNote", {}),
        ("tasks", "IPM.Task", {}),
    ]
    for role, kind, more in items:
        mailbox.folder_by_role(role).add_item(
            Message(
                {
                    tags.PidTagMessageClass: kind,
                    tags.PidTagSubject: f"{kind} of {address}",
                    tags.PidTagMessageDeliveryTime: now,
                    tags.PidTagMessageFlags: tags.FLAG_READ,
                    tags.PidTagBody: f"What {address} has to say.",
                    **more,
                }
            )
        )
    return mailbox


def contents(mailbox: Mailbox) -> Counter[tuple[str, str, str]]:
    top = mailbox.folder_by_role("msgfolderroot")
    return Counter(
        ("/".join(folder.path[len(top.path) :]), item.item_class, item.subject)
        for folder in top.descendants()
        for item in folder.items
    )


def add_restore(strongroom: Strongroom, name: str, source: str, *more: str) -> str:
    strongroom(
        "job", "add", "restore", name, "--connection", "lab", "--storage", "disk",
        "--resource", source, "--folder", "/", *more,
    )  # fmt: skip
    return name


@pytest.mark.soak
@pytest.mark.parametrize("way", ["export", "mime"])
def test_restores_into_each_other_and_into_their_own_source_multiply_nothing(
    way: str, strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(WAYS[way])
    ann, ben = fill(lab, ANN), fill(lab, BEN)
    both = contents(ann) | contents(ben)
    assert sum(both.values()) == 11, "one message is in both"
    assert strongroom.back_up("both", ANN, BEN)["status"] == "complete"
    jobs = [
        add_restore(strongroom, "there", ANN, "--to", BEN, "--conflict", "skip"),
        add_restore(strongroom, "back", BEN, "--to", ANN, "--conflict", "skip"),
        add_restore(strongroom, "anew", ANN, "--conflict", "replace"),
        add_restore(strongroom, "itself", ANN, "--conflict", "skip"),
    ]
    for _ in range(CYCLES[way]):
        for job in jobs:
            ended = strongroom("job", "run", job, "--wait")
            assert ended["totals"]["failed"] == 0, ended
        assert strongroom("job", "run", "both", "--wait")["totals"]["failed"] == 0
        assert contents(ann) == contents(ben) == both


def test_a_group_a_pattern_and_a_file_of_names_are_covered_and_looked_up_anew(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(Wishes(seed=4))
    ann = fill(lab, ANN)
    names = strongroom.folder / "names.txt"
    names.write_text(f"# who else\n{ann.address}\n\n", "utf-8")
    strongroom(
        "job", "add", "backup", "some", "--connection", "lab", "--storage", "disk",
        "--group", TEAM, "--match", "info@*", "--resource-file", names,
        "--exclude", "archive:*", "--exclude", "recoverable:*",
    )  # fmt: skip
    group = lab.estate.group(TEAM)
    assert group is not None
    first = strongroom("job", "run", "some", "--wait")
    covered = {one["resource"]: one["status"] for one in first["tasks"]}
    assert covered[ann.address] == covered["info@lab.example"] == "complete"
    users = [user.address for user in lab.cast.users]
    assert [covered[one] for one in users] == ["complete"] * 3
    assert first["status"] == "complete", first

    with lab.estate.lock:
        group.members[:] = [users[1]]
    second = strongroom("job", "run", "some", "--wait")
    told = {one["resource"]: one for one in second["tasks"]}
    assert told[users[1]]["status"] == "complete"
    for gone in (users[0], users[2]):
        assert told[gone]["status"] == "excluded"
        assert "is kept; the newest restore point" in told[gone]["reason"]
    edited = strongroom("job", "edit", "some", "--drop", TEAM, "--resource", users[0])
    assert edited["groups"] == []
    third = strongroom("job", "run", "some", "--wait")
    assert {one["resource"] for one in third["tasks"]} >= {users[0], ann.address}


def test_what_is_stored_is_verified_and_exported_by_jobs(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(WAYS["export"])
    fill(lab, ANN)
    strongroom.back_up("ann", ANN)
    out = strongroom.folder / "exports"
    out.mkdir(mode=0o700)
    strongroom("job", "add", "verify", "read back", "--storage", "disk", "--sample", "4")
    strongroom(
        "job", "add", "export", "letters", "--storage", "disk", "--resource", ANN,
        "--format", "eml", "--output", out,
    )  # fmt: skip
    verified = strongroom("job", "run", "read back", "--wait")
    assert verified["status"] == "complete"
    assert verified["tasks"][0]["notes"][0].startswith("Read 4 items")
    for number in (1, 2):
        exported = strongroom("job", "run", "letters", "--wait")
        assert exported["totals"]["failed"] == 0, exported
        assert len(list(out.iterdir())) == number
    assert len(list(out.rglob("*.eml"))) == 2 * 6
    shown = strongroom("job", "list")
    assert {one["name"]: one["kind"] for one in shown} == {
        "ann": "backup", "letters": "export", "read back": "verify",
    }  # fmt: skip
