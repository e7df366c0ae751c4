"""What was saved comes back by Graph and compares equal."""

from __future__ import annotations

from pathlib import Path

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.lab import Lab
from strongroom.words.coverage import Status
from tests.sources.exchange_online_writing.restores import RestoreWorld, add_owner, empty


def letter(subject: str, body: str = "A letter.") -> Message:
    return Message(
        {
            tags.PidTagMessageClass: "IPM.Note",
            tags.PidTagSubject: subject,
            tags.PidTagBody: body,
        }
    )


def test_plain_messages_come_back_into_a_mailbox_that_was_emptied(
    tenant: Lab, tmp_path: Path
) -> None:
    mailbox = add_owner(tenant, "plain@lab.example")
    with tenant.estate.lock:
        inbox = mailbox.folder_by_role("inbox")
        made = mailbox.add_folder(inbox, "Letters")
        for number in range(30):
            (inbox if number % 2 else made).add_item(letter(f"letter {number}"))
    world = RestoreWorld(tenant, "plain@lab.example")
    assert world.back_up().totals.saved == 30
    before = world.saved()
    with tenant.estate.lock:
        empty(mailbox)
        mailbox.delete_folder(made)

    found = world.restore(tmp_path / "journal")
    assert (found.status(), found.totals.saved) == (Status.COMPLETE, 30), found
    assert world.throttled == 0
    again = world.back_up()
    assert again.totals.saved == 30
    after = world.saved()
    assert before.keys() == after.keys()
    assert len(tenant.estate.outgoing) == 0
