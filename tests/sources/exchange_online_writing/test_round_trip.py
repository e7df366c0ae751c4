"""What was saved comes back by Graph and compares equal; nothing is sent on the way."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from strongroom.content import tags
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.graph.mailbox.habits import Habits
from strongroom.lab.lab import Lab
from strongroom.operations.saved import LARGE_BYTES
from strongroom.words.coverage import Status
from tests.sources.exchange_online_writing.letters import letter, subjects
from tests.sources.exchange_online_writing.restores import (
    RestoreWorld,
    Told,
    add_owner,
    empty,
)


def test_plain_messages_come_back_into_a_mailbox_that_was_emptied(
    tenant: Lab, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
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

    requests = tenant.cloud.graph.mail.requests
    opened, brought = requests["createImportSession"], requests["importItem"]
    found = world.restore(tmp_path / "journal")
    assert (found.status(), found.totals.saved) == (Status.COMPLETE, 30), found
    assert world.throttled == 0
    assert requests["createImportSession"] == opened + 1, "one session serves them all"
    assert requests["importItem"] == brought + 30
    assert world.back_up().totals.saved == 30
    assert before.keys() == world.saved().keys()
    assert "importItem" in caplog.text
    for token in tenant.cloud.graph.mail.importer.sessions:
        assert token not in caplog.text, "the address of a session is a secret"


def shape(mailbox: Mailbox) -> set[tuple[tuple[str, ...], str, bool]]:
    """Give path, class and hiding of each folder."""
    below = mailbox.folder_by_role("msgfolderroot").descendants()
    return {(one.path, one.kind, one.is_hidden) for one in below}


@pytest.fixture(params=[True, False])
def ews(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_every_kind_of_item_comes_back_equal(tenant: Lab, tmp_path: Path, *, ews: bool) -> None:
    """Saved by Graph or by EWS, which also keeps what Graph does not take: hidden items."""
    everybody = [one for one in tenant.estate.mailboxes if one.role in {"user", "shared", "room"}]
    fullest = max(everybody, key=lambda one: len(one.items))
    assert len({item.item_class for item in fullest.items}) > 5
    to = f"copy-{ews}@lab.example".lower()
    copy = add_owner(tenant, to)
    world = RestoreWorld(tenant, fullest.address)
    assert world.back_up(uses_ews=ews).totals.failed == 0
    told = Told()
    found = world.restore(tmp_path / "journal", to=to, progress=told)
    hidden = sum(one.is_associated for one in fullest.items) if ews else 0
    assert found.totals.failed == 0, [one.failed for one in found.folders if one.failed]
    codes = [short.code for one in found.folders for short in one.skipped]
    assert codes == ["hidden-item"] * hidden
    assert found.totals.saved == found.totals.on_server - hidden > 0
    assert sum(not one.is_associated for one in copy.items) == found.totals.saved
    notes = "\n".join(told.notes)
    assert (f"hidden items ({hidden:,}): " in notes) == bool(hidden), notes
    assert "Set-Mailbox -RetentionHoldEnabled $true" in notes
    assert "Get-MailboxStatistics" in notes
    # XML carries no control characters in names.
    assert ews or shape(fullest) <= shape(copy)


def test_the_read_flag_is_that_of_the_last_backup(
    tenant: Lab, habits: Habits, tmp_path: Path
) -> None:
    habits.time_digits = 7
    mailbox = add_owner(tenant, "read@lab.example")
    with tenant.estate.lock:
        inbox = mailbox.folder_by_role("inbox")
        items = [inbox.add_item(letter(f"letter {number}")) for number in range(4)]
    world = RestoreWorld(tenant, "read@lab.example")
    world.back_up()
    with tenant.estate.lock:
        inbox.mark_read(items[0], is_read=not items[0].is_read)
        before = {item.subject: item.is_read for item in inbox.items}
    world.back_up()
    assert world.exported == 0, "the stream is the old one"
    with tenant.estate.lock:
        empty(mailbox)
    found = world.restore(tmp_path / "journal")
    assert (found.status(), found.totals.saved) == (Status.COMPLETE, 4), found
    assert {item.subject: item.is_read for item in inbox.items} == before


def test_what_waited_to_be_sent_comes_back_as_a_draft(tenant: Lab, tmp_path: Path) -> None:
    mailbox = add_owner(tenant, "waiting@lab.example")
    with tenant.estate.lock:
        outbox = mailbox.folder_by_role("outbox")
        outbox.add_item(letter("waits", flags=tags.FLAG_UNSENT | 0x04))
    world = RestoreWorld(tenant, "waiting@lab.example")
    world.back_up()
    with tenant.estate.lock:
        empty(mailbox)
    told = Told()
    found = world.restore(tmp_path / "journal", progress=told)
    assert found.status() is Status.COMPLETE, found
    assert subjects(outbox) == ["waits"]
    flags = outbox.items[0].flags
    assert flags & tags.FLAG_UNSENT
    assert not flags & 0x04
    assert any("drafts" in note for note in told.notes)


def test_a_large_item_comes_back_among_small_ones(tenant: Lab, tmp_path: Path) -> None:
    mailbox = add_owner(tenant, "heavy@lab.example")
    with tenant.estate.lock:
        inbox = mailbox.folder_by_role("inbox")
        inbox.add_item(letter("small"))
        inbox.add_item(letter("heavy", "x" * LARGE_BYTES))
    world = RestoreWorld(tenant, "heavy@lab.example")
    world.back_up()
    with tenant.estate.lock:
        empty(mailbox)
    found = world.restore(tmp_path / "journal")
    assert (found.status(), found.totals.saved) == (Status.COMPLETE, 2), found
    assert subjects(inbox) == ["heavy", "small"]
