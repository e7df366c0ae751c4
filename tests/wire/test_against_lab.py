"""Every operation of the client against the lab's Exchange, over real TLS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from strongroom.errors import AccessDenied, CursorExpired, ItemError
from strongroom.lab.estate.estate import Estate
from strongroom.lab.faults import Fault, FaultKind, FaultPlan
from strongroom.lab.server import LabServer
from strongroom.pace.pace import Pace
from strongroom.wire.ews import search
from strongroom.wire.ews.changes import FieldChange
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.convert_id import convert_ids
from strongroom.wire.ews.create_attachment import NewAttachment, create_attachments
from strongroom.wire.ews.create_folder import NewFolder, create_folders
from strongroom.wire.ews.create_item import NewItem, create_items
from strongroom.wire.ews.delegates import get_delegates
from strongroom.wire.ews.delete_folder import delete_folders
from strongroom.wire.ews.delete_item import delete_items
from strongroom.wire.ews.export_items import export_items
from strongroom.wire.ews.faults import EwsItemError, RequestDenied, RequestRefused
from strongroom.wire.ews.fetched import Fetched
from strongroom.wire.ews.find_folder import find_folders
from strongroom.wire.ews.find_item import find_items
from strongroom.wire.ews.get_attachment import fetch_files, get_attachments
from strongroom.wire.ews.get_folder import get_folders
from strongroom.wire.ews.get_item import get_items
from strongroom.wire.ews.get_mime import get_mime
from strongroom.wire.ews.get_searchable_mailboxes import get_searchable_mailboxes
from strongroom.wire.ews.get_server_time_zones import get_server_time_zones
from strongroom.wire.ews.ids import Distinguished, ItemRef
from strongroom.wire.ews.inbox_rules import add_inbox_rules, get_inbox_rules
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.oof_settings import get_oof_settings, set_oof_settings
from strongroom.wire.ews.properties import ExtendedPath
from strongroom.wire.ews.resolve_names import resolve_names
from strongroom.wire.ews.shapes import Shape
from strongroom.wire.ews.sync_folder_hierarchy import sync_folder_hierarchy
from strongroom.wire.ews.sync_folder_items import ItemChanged, ItemRemoved, sync_folder_items
from strongroom.wire.ews.things import EwsFolder, EwsItem
from strongroom.wire.ews.update_folder import FolderUpdate, update_folders
from strongroom.wire.ews.update_item import ItemUpdate, update_items
from strongroom.wire.ews.upload_items import UploadItem, request_bytes, upload_items
from strongroom.wire.ews.user_configuration import get_user_configuration
from strongroom.wire.sign_in import BasicSignIn
from strongroom.wire.tls import Trust
from strongroom.wire.transport import Transport
from tests.fakes.marked import canary
from tests.fakes.patient_clock import PatientClock

ANN, BOB, PASSWORD = "ann@lab.example", "bob@lab.example", canary("bob's own")
INBOX = Distinguished("inbox")
FLAGS = ExtendedPath.of_tag(0x0E070003)
SEARCH_KEY = ExtendedPath.of_tag(0x300B0102)
MIME = (
    b"From: Bob <bob@lab.example>\r\nTo: Ann <ann@lab.example>\r\nSubject: The roof\r\n"
    b"Message-ID: <1@lab.example>\r\nDate: Fri, 20 Nov 2026 08:00:00 +0000\r\n\r\nIt leaks.\r\n"
)
LISTED = Shape(
    fields=("item:ItemClass", "item:Subject", "item:Size", "item:DateTimeReceived"),
    extended=(FLAGS, SEARCH_KEY),
)


@dataclass
class Bench:
    lab: LabServer
    transport: Transport
    service: EwsConnection
    faults: FaultPlan
    clock: PatientClock

    @property
    def ann(self) -> EwsConnection:
        return self.service.for_mailbox(ANN)

    def add(self, count: int = 1) -> list[EwsItem]:
        """Put messages into Ann's inbox and tell their ids."""
        new = NewItem(mime=MIME, extended={FLAGS: 1})
        made = create_items(self.ann, INBOX, [new] * count)
        return [item for item in made if isinstance(item, EwsItem)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    clock = PatientClock()
    estate = Estate(clock=clock, seed=3)
    estate.add_mailbox(ANN, "Ann Example", password=PASSWORD)
    estate.add_mailbox(BOB, "Bob Example", password=PASSWORD)
    estate.add_account("svc", password=PASSWORD, may_impersonate=True, may_search_mailboxes=True)
    faults = FaultPlan()
    with LabServer(estate, faults=faults, validates_answers=True) as lab:
        sign_in = BasicSignIn("svc", PASSWORD)
        transport = Transport(lab.ews_url, sign_in, clock=clock, trust=trust_of(lab))
        service = EwsConnection(transport, clock=clock, pace=Pace(clock), random=Random(2))
        yield Bench(lab, transport, service, faults, clock)
        transport.close()


def trust_of(lab: LabServer) -> Trust:
    return Trust(ca_pem=lab.ca_pem.decode())


def fetched(results: dict[str, Fetched | EwsItemError]) -> dict[str, bytes]:
    return {
        item_id: result.content if isinstance(result.content, bytes) else b"".join(result.content)
        for item_id, result in results.items()
        if isinstance(result, Fetched)
    }


def test_the_server_says_who_it_is(bench: Bench) -> None:
    assert "UTC" in get_server_time_zones(bench.service)
    assert bench.service.facts.version is not None
    assert bench.service.facts.back_end


def test_folders_are_made_read_listed_renamed_and_deleted(bench: Bench) -> None:
    (made,) = create_folders(bench.ann, INBOX, [NewFolder(name="Roof & <attic>")])
    assert isinstance(made, EwsFolder)
    (again,) = create_folders(bench.ann, INBOX, [NewFolder(name="Roof & <attic>")])
    assert isinstance(again, EwsItemError)
    assert again.code == "ErrorFolderExists"
    shape = Shape(fields=("folder:DisplayName", "folder:ParentFolderId", "folder:TotalCount"))
    read, missing = get_folders(bench.ann, [made.id, made.id[:-8] + "AAAAAAA="], shape)
    assert isinstance(read, EwsFolder)
    assert (read.name, read.number("TotalCount")) == ("Roof & <attic>", 0)
    assert isinstance(missing, EwsItemError)
    assert [folder.id for folder in find_folders(bench.ann, INBOX, shape)] == [made.id]
    change = FieldChange("folder:DisplayName", "Cellar")
    (renamed,) = update_folders(bench.ann, [FolderUpdate(folder=made.id, changes=(change,))])
    assert isinstance(renamed, EwsFolder)
    assert [folder.name for folder in find_folders(bench.ann, INBOX, shape)] == ["Cellar"]
    assert delete_folders(bench.ann, [made.id], delete_type="HardDelete") == [None]
    assert list(find_folders(bench.ann, INBOX, shape)) == []


def test_folders_are_listed_page_by_page(bench: Bench) -> None:
    create_folders(bench.ann, INBOX, [NewFolder(name=f"n{number}") for number in range(5)])
    shape = Shape(fields=("folder:DisplayName",))
    names = [folder.name for folder in find_folders(bench.ann, INBOX, shape, page_folders=2)]
    assert sorted(names) == ["n0", "n1", "n2", "n3", "n4"]


def test_the_hierarchy_is_synchronised(bench: Bench) -> None:
    shape = Shape(fields=("folder:DisplayName", "folder:ParentFolderId"))
    root = Distinguished("msgfolderroot")
    first = sync_folder_hierarchy(bench.ann, root, shape)
    assert {"Inbox", "Calendar"} <= {folder.name for folder in first.changed}
    create_folders(bench.ann, INBOX, [NewFolder(name="New")])
    second = sync_folder_hierarchy(bench.ann, root, shape, first.sync_state)
    assert [folder.name for folder in second.changed if folder.name == "New"] == ["New"]
    with pytest.raises(CursorExpired):
        sync_folder_hierarchy(bench.ann, root, shape, "bm9uc2Vuc2U=")


def test_items_are_made_synchronised_changed_and_deleted(bench: Bench) -> None:
    first, second = bench.add(2)
    page = sync_folder_items(bench.ann, INBOX, LISTED)
    told = {
        change.item.id: change.item for change in page.changes if isinstance(change, ItemChanged)
    }
    assert set(told) == {first.id, second.id}
    assert told[first.id].text("Subject") == "The roof"
    assert isinstance(told[first.id].extended[SEARCH_KEY], bytes)
    assert told[first.id].time("DateTimeReceived") is not None
    (updated,) = update_items(
        bench.ann,
        [ItemUpdate(item=first.ref, changes=(FieldChange("item:Subject", "The cellar"),))],
    )
    assert isinstance(updated, EwsItem)
    assert delete_items(bench.ann, [second.id], delete_type="HardDelete") == [None]
    later = sync_folder_items(bench.ann, INBOX, LISTED, page.sync_state)
    kinds = {type(change) for change in later.changes}
    assert kinds == {ItemChanged, ItemRemoved}
    assert later.is_last
    with pytest.raises(CursorExpired):
        sync_folder_items(bench.ann, INBOX, LISTED, "bm9uc2Vuc2U=")


def test_items_are_found_by_a_condition_and_read(bench: Bench) -> None:
    first, second = bench.add(2)
    (read,) = get_items(bench.ann, [first.ref], Shape(base="AllProperties", extended=(SEARCH_KEY,)))
    assert isinstance(read, EwsItem)
    key = read.extended[SEARCH_KEY]
    assert isinstance(key, bytes)
    condition = search.is_equal_to(SEARCH_KEY, key)
    assert [item.id for item in find_items(bench.ann, INBOX, condition=condition)] == [first.id]
    everything = {item.id for item in find_items(bench.ann, INBOX, page_items=1)}
    assert everything == {first.id, second.id}


def test_items_are_exported_and_uploaded_again(bench: Bench) -> None:
    items = bench.add(3)
    results: dict[str, Fetched | EwsItemError] = {}
    gone = bench.add()[0]
    delete_items(bench.ann, [gone.id], delete_type="HardDelete")
    export_items(
        bench.ann,
        [*[item.id for item in items], gone.id],
        lambda result, item_id: results.__setitem__(item_id, result),
    )
    error = results[gone.id]
    assert isinstance(error, EwsItemError)
    assert error.is_gone
    streams = fetched(results)
    assert set(streams) == {item.id for item in items}
    (folder,) = create_folders(bench.ann, INBOX, [NewFolder(name="Back")])
    assert isinstance(folder, EwsFolder)
    uploads = [UploadItem(data=data) for data in streams.values()]
    new = upload_items(bench.ann, folder.id, uploads)
    assert all(isinstance(ref, ItemRef) for ref in new)
    assert len(list(find_items(bench.ann, folder.id))) == 3
    sent_before = bench.transport.meter.now().bytes_sent
    upload_items(bench.ann, folder.id, uploads)
    sent = bench.transport.meter.now().bytes_sent - sent_before
    most = request_bytes(bench.ann, folder.id, uploads)
    assert most - 10 <= sent <= most


def test_a_truncated_export_is_asked_for_again(bench: Bench) -> None:
    items = bench.add(2)
    results: dict[str, Fetched | EwsItemError] = {}
    bench.faults.add(Fault(kind=FaultKind.TRUNCATED_EXPORT, operation="ExportItems"))
    export_items(
        bench.ann,
        [item.id for item in items],
        lambda result, item_id: results.__setitem__(item_id, result),
    )
    assert len(fetched(results)) == 2
    assert len(bench.clock.slept) == 1


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.BUSY,
        FaultKind.BUSY_IN_BODY,
        FaultKind.CUT,
        FaultKind.DROP,
        FaultKind.REFUSE,
        FaultKind.UNAVAILABLE,
        FaultKind.UNAUTHORIZED,
        FaultKind.BATCH_STOPPED,
        FaultKind.SOAP_FAULT_200,
        FaultKind.INTERNAL_PAGE,
        FaultKind.REDIRECT,
    ],
)
@pytest.mark.parametrize("operation", ["ExportItems", "GetItem", "SyncFolderItems"])
def test_every_hiccup_of_the_lab_is_healed(bench: Bench, kind: FaultKind, operation: str) -> None:
    if kind is FaultKind.BATCH_STOPPED and operation == "SyncFolderItems":
        operation = "GetItem"
    items = [item.id for item in bench.add(3)]
    bench.faults.add(Fault(kind=kind, operation=operation, seconds=30))
    results: dict[str, Fetched | EwsItemError] = {}
    export_items(bench.ann, items, lambda result, each: results.__setitem__(each, result))
    assert len(fetched(results)) == 3
    assert all(isinstance(item, EwsItem) for item in get_items(bench.ann, items, LISTED))
    assert len(sync_folder_items(bench.ann, INBOX, LISTED).changes) == 3
    assert bench.faults.unfired == []


def test_mime_and_attachments_are_read(bench: Bench) -> None:
    item = bench.add()[0]
    results: dict[str, Fetched | EwsItemError] = {}
    get_mime(bench.ann, [item.id], lambda result, each: results.__setitem__(each, result))
    assert b"It leaks." in fetched(results)[item.id]
    (made,) = create_attachments(
        bench.ann, item.ref, [NewAttachment(name="plan.txt", content=b"Hello world!")]
    )
    assert not isinstance(made, EwsItemError)
    (attachment,) = get_attachments(bench.ann, [made.id])
    assert not isinstance(attachment, EwsItemError)
    assert attachment.facts.text_of("Name") == "plan.txt"
    files: dict[str, Fetched | EwsItemError] = {}
    fetch_files(bench.ann, [made.id], lambda result, each: files.__setitem__(each, result))
    assert fetched(files) == {made.id: b"Hello world!"}


def test_the_directory_answers(bench: Bench) -> None:
    listed = get_searchable_mailboxes(bench.service)
    assert {ANN, BOB} <= {mailbox.address for mailbox in listed.mailboxes}
    assert [found.address for found in resolve_names(bench.service, ANN)] == [ANN]
    assert resolve_names(bench.service, "nobody-at-all") == ()
    item = bench.add()[0]
    (converted,) = convert_ids(bench.ann, [item.id], mailbox=ANN)
    assert isinstance(converted, str)
    assert int(converted, 16)


def test_a_mailboxs_settings_are_read_and_written(bench: Bench) -> None:
    rule = Node(
        "Rule",
        children=(
            Node("DisplayName", "Roofs"),
            Node("Priority", "1"),
            Node("IsEnabled", "true"),
            Node("Actions", children=(Node("StopProcessingRules", "true"),)),
        ),
    )
    add_inbox_rules(bench.ann, [rule], is_enabled=False)
    (back,) = get_inbox_rules(bench.ann).rules
    assert (back.text_of("DisplayName"), back.text_of("IsEnabled")) == ("Roofs", "false")
    settings = get_oof_settings(bench.ann, ANN)
    set_oof_settings(bench.ann, ANN, settings)
    assert get_oof_settings(bench.ann, ANN) == settings
    assert get_delegates(bench.ann, ANN).users == ()
    with pytest.raises(ItemError) as caught:
        get_user_configuration(bench.ann, Distinguished("inbox"), "NoSuchThing")
    assert caught.value.code == "ErrorItemNotFound"


def test_who_may_not_is_told_so(bench: Bench) -> None:
    wrong = Transport(
        bench.lab.ews_url,
        BasicSignIn("svc", "wrong"),
        clock=bench.clock,
        trust=trust_of(bench.lab),
    )
    other = EwsConnection(wrong, clock=bench.clock, pace=Pace(bench.clock), random=Random(1))
    with pytest.raises(AccessDenied):
        get_server_time_zones(other)
    wrong.close()
    plain = Transport(
        bench.lab.ews_url,
        BasicSignIn(BOB, PASSWORD),
        clock=bench.clock,
        trust=trust_of(bench.lab),
    )
    bob = EwsConnection(plain, clock=bench.clock, pace=Pace(bench.clock), random=Random(1))
    with pytest.raises(RequestDenied) as caught:
        get_folders(bob.for_mailbox(ANN), [INBOX])
    assert caught.value.code == "ErrorImpersonateUserDenied"
    plain.close()
    with pytest.raises(RequestRefused) as unknown:
        get_folders(bench.service.for_mailbox("nobody@lab.example"), [INBOX])
    assert unknown.value.code == "ErrorNonExistentMailbox"


def test_nothing_was_sent_to_anybody(bench: Bench) -> None:
    items = bench.add(2)
    update_items(
        bench.ann, [ItemUpdate(item=items[0].ref, changes=(FieldChange("message:IsRead", True),))]
    )
    delete_items(bench.ann, [items[1].id])
    assert len(bench.lab.estate.outgoing) == 0
