"""Refusals, ended sessions, full mailboxes, kills: nothing comes twice, nothing is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.clock import SystemClock
from strongroom.errors import OperatorError
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.faults import Fault, FaultKind, FaultPlan
from strongroom.lab.graph.mailbox.limits import Busy
from strongroom.lab.lab import Lab
from strongroom.operations.restore import RestoreRequest
from strongroom.sources.exchange_online.writing.target import MailboxTarget
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.graph.mailbox.import_item import Importer, ImportItem
from strongroom.wire.graph.refusals import GraphRefused
from strongroom.words.coverage import Coverage, Status
from strongroom.words.item import Content, Folder, Item
from strongroom.words.restoring import ConflictPolicy, Outgoing, Selection, Written
from tests.fakes.hand_clock import HandClock
from tests.sources.exchange_online_writing.letters import letter, subjects
from tests.sources.exchange_online_writing.restores import RestoreWorld, Told, add_owner, empty

COUNT = 25
SUBJECTS = sorted(f"letter {number}" for number in range(COUNT))


class Box:
    """A mailbox of some letters that was backed up and emptied."""

    def __init__(self, tenant: Lab, address: str, *, is_emptied: bool = True) -> None:
        self.mailbox: Mailbox = add_owner(tenant, address)
        with tenant.estate.lock:
            self.inbox = self.mailbox.folder_by_role("inbox")
            for number in range(COUNT):
                self.inbox.add_item(letter(f"letter {number}"))
        self.world = RestoreWorld(tenant, address, clock=HandClock(SystemClock().now()))
        assert self.world.back_up().totals.saved == COUNT
        if is_emptied:
            with tenant.estate.lock:
                empty(self.mailbox)

    def is_whole(self, found: Coverage) -> bool:
        return (found.status(), found.totals.saved, subjects(self.inbox)) == (
            Status.COMPLETE,
            COUNT,
            SUBJECTS,
        )


@pytest.fixture
def plan(tenant: Lab) -> FaultPlan:
    mail = tenant.cloud.graph.mail
    mail.faults = FaultPlan()
    return mail.faults


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.BUSY,
        FaultKind.UNAUTHORIZED,
        FaultKind.DROP,
        FaultKind.CUT,
        FaultKind.INTERNAL_PAGE,
    ],
)
def test_whatever_goes_wrong_with_an_import_everything_comes_back_once(
    tenant: Lab, plan: FaultPlan, tmp_path: Path, kind: FaultKind
) -> None:
    box = Box(tenant, f"{kind.name.lower()}@lab.example")
    plan.add(Fault(kind=kind, operation="importItem", nth=7, times=2, seconds=2.0))
    found = box.world.restore(tmp_path / "journal")
    assert box.is_whole(found), found
    assert plan.unfired == []


def test_a_session_that_ends_is_renewed(tenant: Lab, tmp_path: Path) -> None:
    box = Box(tenant, "session@lab.example")
    importer = tenant.cloud.graph.mail.importer

    class Forgetful(Told):
        def advance(self, items: int, byte_count: int) -> None:
            importer.sessions.clear()

    opened = tenant.cloud.graph.mail.requests["createImportSession"]
    found = box.world.restore(tmp_path / "journal", progress=Forgetful())
    assert box.is_whole(found), found
    assert tenant.cloud.graph.mail.requests["createImportSession"] > opened


def test_a_session_is_not_begun_with_shortly_before_its_end(
    tenant: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant.cloud.graph.mail.store.habits.session_minutes = 4
    box = Box(tenant, "short@lab.example")
    bring = Importer.bring

    def slow(self: Importer, item: ImportItem) -> ItemRef | EwsItemError:
        box.world.clock.sleep(10)
        return bring(self, item)

    monkeypatch.setattr(Importer, "bring", slow)
    requests = tenant.cloud.graph.mail.requests
    opened = requests["createImportSession"]
    found = box.world.restore(tmp_path / "journal")
    assert box.is_whole(found), found
    # It takes 250 s, and of each session's 240 s the last 120 s are not begun with.
    assert requests["createImportSession"] - opened >= 2


def test_a_mailbox_that_had_too_many_bytes_is_left_alone_for_as_long_as_it_says(
    tenant: Lab, tmp_path: Path
) -> None:
    box = Box(tenant, "bytes@lab.example")
    limits = tenant.cloud.graph.mail.limits
    world, began_s = box.world, box.world.clock.monotonic_s()

    class Later(Told):
        def expect(self, items: int, byte_count: int) -> None:
            limits.planned.append(Busy(limit="IncomingBytes", wait_s=200))

    found = world.restore(tmp_path / "journal", progress=Later())
    assert box.is_whole(found), found
    assert world.throttled == 1
    assert world.clock.monotonic_s() - began_s >= 200


def test_a_full_mailbox_stops_the_restore_which_goes_on_when_there_is_room(
    tenant: Lab, tmp_path: Path
) -> None:
    box = Box(tenant, "full@lab.example")
    with tenant.estate.lock:
        box.mailbox.quota_bytes = box.mailbox.bytes_used + 3_000
    with pytest.raises(GraphRefused, match="full") as caught:
        box.world.restore(tmp_path / "journal")
    assert "Set-Mailbox" in caught.value.hint
    assert 0 < len(box.inbox.items) < COUNT
    with tenant.estate.lock:
        box.mailbox.quota_bytes = None
    found = box.world.restore(tmp_path / "journal")
    assert box.is_whole(found), found


class Killed(BaseException):
    """The process is gone."""


def test_killed_after_an_item_was_taken_and_before_it_was_told_nothing_comes_twice(
    tenant: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box(tenant, "killed@lab.example")
    bring, count = Importer.bring, 0

    def deadly(self: Importer, item: ImportItem) -> ItemRef | EwsItemError:
        nonlocal count
        count += 1
        result = bring(self, item)
        if count in {8, 12}:
            raise Killed
        return result

    monkeypatch.setattr(Importer, "bring", deadly)
    for _ in range(2):
        with pytest.raises(Killed):
            box.world.restore(tmp_path / "journal")
    assert 0 < len(box.inbox.items) < COUNT
    found = box.world.restore(tmp_path / "journal")
    assert box.is_whole(found), found


@pytest.mark.parametrize("policy", list(ConflictPolicy))
def test_what_the_target_has_already_is_copied_skipped_or_replaced(
    tenant: Lab, tmp_path: Path, policy: ConflictPolicy
) -> None:
    box = Box(tenant, f"{policy}@lab.example", is_emptied=False)
    with tenant.estate.lock:
        changed = box.inbox.items[0]
        subject = changed.subject
        body = letter(subject, "Somebody wrote something else into it.").properties
        box.inbox.change_item(changed, changes=body)
        box.mailbox.hard_delete_item(box.inbox.items[1])
    request = RestoreRequest(folder=(), conflict=policy)
    found = box.world.restore(tmp_path / "journal", request)
    assert found.status() is Status.COMPLETE, found
    twice = COUNT - 1 if policy is ConflictPolicy.COPY else 0
    assert len(box.inbox.items) == COUNT + twice
    written = {ConflictPolicy.COPY: COUNT, ConflictPolicy.SKIP: 1, ConflictPolicy.REPLACE: 2}
    assert found.totals.saved == written[policy]
    assert found.totals.unchanged == COUNT - written[policy]


def test_an_item_to_be_replaced_that_went_meanwhile_comes_as_a_new_one(
    tenant: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box(tenant, "meanwhile@lab.example", is_emptied=False)
    with tenant.estate.lock:
        for item in box.inbox.items:
            box.inbox.change_item(item, changes=letter(item.subject, "Other.").properties)
    bring, doomed = Importer.bring, [box.inbox.items[-1]]

    def late(self: Importer, item: ImportItem) -> ItemRef | EwsItemError:
        with tenant.estate.lock:
            if doomed:
                box.mailbox.hard_delete_item(doomed.pop())
        return bring(self, item)

    monkeypatch.setattr(Importer, "bring", late)
    request = RestoreRequest(folder=(), conflict=ConflictPolicy.REPLACE)
    found = box.world.restore(tmp_path / "journal", request)
    assert (found.status(), found.totals.saved) == (Status.COMPLETE, COUNT), found
    assert len(set(subjects(box.inbox))) == COUNT


@pytest.mark.parametrize("kind", [FaultKind.DROP, FaultKind.REFUSE])
def test_an_answer_that_is_lost_replaces_nothing_twice(
    tenant: Lab, plan: FaultPlan, tmp_path: Path, kind: FaultKind
) -> None:
    box = Box(tenant, f"replaced.{kind.name.lower()}@lab.example", is_emptied=False)
    with tenant.estate.lock:
        for item in box.inbox.items:
            box.inbox.change_item(item, changes=letter(item.subject, "Other.").properties)
    plan.add(Fault(kind=kind, operation="importItem", nth=4, times=2))
    request = RestoreRequest(folder=(), conflict=ConflictPolicy.REPLACE)
    found = box.world.restore(tmp_path / "journal", request)
    assert box.is_whole(found), found
    assert plan.unfired == []


def test_what_was_saved_without_a_stream_is_named_and_not_brought(
    tenant: Lab, tmp_path: Path
) -> None:
    box = Box(tenant, "mime@lab.example")
    world = box.world
    server = world.open_to_write()
    try:
        target = server.target(server.resolve(world.address))
        assert isinstance(target, MailboxTarget)
        item = Item(
            id="x", change_key="", kind="IPM.Note", name="x", when=world.clock.now(), size=9
        )
        folder = Folder(id="f", path=("Inbox",), kind="IPF.Note", role="inbox")
        selection = Selection(
            folders=(folder,), counts={"f": 1}, ways={"mime": 1}, rows=lambda _: [item]
        )
        [loss] = target.plan(selection).losses
        assert (loss.what, loss.count) == ("items without an export stream (1)", 1)
        content = Content(item_id="x", way="mime", parts=())
        told: list[Written] = []
        target.write("f", [Outgoing(item=item, content=content)], told.append)
        assert [(one.code, one.is_permanent, one.new_id) for one in told] == [
            ("no-stream", True, None)
        ]
    finally:
        server.close()


def test_recoverable_items_and_public_folders_take_nothing(tenant: Lab) -> None:
    world = RestoreWorld(tenant, "nothing@lab.example")
    add_owner(tenant, "nothing@lab.example")
    server = world.open_to_write()
    try:
        with pytest.raises(OperatorError, match="Recoverable items take nothing"):
            server.target(server.resolve("recoverable:nothing@lab.example"))
    finally:
        server.close()
