"""Archives take items by the beta, whichever part of them a folder lies in."""

from __future__ import annotations

from pathlib import Path

from strongroom.lab.lab import Lab
from strongroom.operations.restore import RestoreRequest
from strongroom.words.coverage import Status
from strongroom.words.restoring import ConflictPolicy
from tests.sources.exchange_online_writing.letters import letter, subjects
from tests.sources.exchange_online_writing.restores import RestoreWorld, add_owner

NAMES = [f"letter {number}" for number in range(5)]


def test_an_archive_in_two_parts_comes_back_into_both(tenant: Lab, tmp_path: Path) -> None:
    mailbox = add_owner(tenant, "parts@lab.example")
    archive = mailbox.archive
    assert archive is not None
    with tenant.estate.lock:
        near = archive.add_folder(archive.folder_by_role("msgfolderroot"), "Near")
        far = archive.add_folder(near, "Far")
        for folder in (near, far):
            for name in NAMES:
                folder.add_item(letter(name))
        tenant.cloud.graph.mail.store.move_to_auxiliary(far)
    world = RestoreWorld(tenant, "archive:parts@lab.example")
    assert world.back_up().totals.saved == 10
    with tenant.estate.lock:
        for item in list(archive.items):
            archive.hard_delete_item(item)
    opened = tenant.cloud.graph.mail.requests["createImportSession"]
    found = world.restore(tmp_path / "journal")
    assert (found.status(), found.totals.saved) == (Status.COMPLETE, 10), found
    assert (subjects(near), subjects(far)) == (NAMES, NAMES)
    assert tenant.cloud.graph.mail.requests["createImportSession"] == opened + 2
    again = RestoreRequest(folder=(), conflict=ConflictPolicy.SKIP)
    assert world.restore(tmp_path / "again", again).totals.unchanged == 10


def test_an_archive_goes_into_a_new_folder_of_a_mailbox_and_the_other_way(
    tenant: Lab, tmp_path: Path
) -> None:
    mailbox = add_owner(tenant, "both@lab.example")
    archive = mailbox.archive
    assert archive is not None
    with tenant.estate.lock:
        archive.folder_by_role("inbox").add_item(letter("old"))
        mailbox.folder_by_role("inbox").add_item(letter("new"))
    old = RestoreWorld(tenant, "archive:both@lab.example")
    new = RestoreWorld(tenant, "both@lab.example")
    old.back_up()
    new.back_up()
    there = RestoreRequest(folder=("From elsewhere",))
    assert old.restore(tmp_path / "1", there, to="both@lab.example").status() is Status.COMPLETE
    to = "archive:both@lab.example"
    assert new.restore(tmp_path / "2", there, to=to).status() is Status.COMPLETE
    paths = {
        item.subject: item.folder.path[1:]
        for one in (mailbox, archive)
        for item in one.items
        if item.folder.path[1:2] == ("From elsewhere",)
    }
    assert paths == {"old": ("From elsewhere", "Inbox"), "new": ("From elsewhere", "Inbox")}
