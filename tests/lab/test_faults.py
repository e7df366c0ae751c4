from __future__ import annotations

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.face import ExchangeFace
from strongroom.lab.faults import Fault, FaultKind, FaultPlan
from strongroom.lab.https import Request, Response
from strongroom.lab.quirks import Quirks
from tests.fakes.face_client import (
    PATH,
    FaceClient,
    basic,
    envelope,
    folder_ref,
    get_item,
    item_ref,
    sync_items,
    text,
)
from tests.fakes.hand_clock import HandClock
from tests.fakes.lab_people import ANN

SYNC = sync_items(folder_ref("inbox"))


def _raw(face: ExchangeFace, body: str = SYNC) -> Response:
    headers = {"authorization": basic(ANN, "ann's")}
    return face.answer(
        Request(method="POST", path=PATH, headers=headers, body=envelope(body).encode())
    )


def _items(mailbox: Mailbox, count: int) -> list[str]:
    inbox = mailbox.folder_by_role("inbox")
    made = [inbox.add_item(Message({tags.PidTagSubject: f"{n}"})) for n in range(count)]
    return [ids.item_id(one) for one in made]


def _deletion(item_id: str) -> str:
    reference = item_ref(item_id)
    return (
        f'<m:DeleteItem DeleteType="SoftDelete"><m:ItemIds>{reference}</m:ItemIds></m:DeleteItem>'
    )


def test_a_fault_fires_at_its_request_and_is_then_over(face: ExchangeFace, ann: FaceClient) -> None:
    face.faults.add(Fault(kind=FaultKind.BUSY, operation="SyncFolderItems", nth=2, seconds=3.5))
    assert ann.codes(SYNC) == ["NoError"]
    ann.codes(get_item("AAAA"))
    assert face.faults.unfired != []
    answer = ann.post(SYNC)
    assert ann.status == 500
    assert text(answer, ".//t:Value") == "3500"
    assert ann.codes(SYNC) == ["NoError"]
    assert face.faults.unfired == []


def test_a_fault_may_be_for_one_mailbox_alone(
    face: ExchangeFace, ann: FaceClient, ben: FaceClient
) -> None:
    face.faults.add(Fault(kind=FaultKind.BUSY, mailbox=ANN))
    assert ben.codes(SYNC) == ["NoError"]
    assert ann.fault(SYNC) == "ErrorServerBusy"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FaultKind.BUSY_IN_BODY, 200),
        (FaultKind.UNAVAILABLE, 503),
        (FaultKind.UNAUTHORIZED, 401),
        (FaultKind.SOAP_FAULT_200, 200),
        (FaultKind.INTERNAL_PAGE, 500),
        (FaultKind.REDIRECT, 302),
    ],
)
def test_faults_that_stand_in_for_the_answer(
    face: ExchangeFace, kind: FaultKind, status: int
) -> None:
    face.faults.add(Fault(kind=kind, seconds=7))
    response = _raw(face)
    assert response.status == status
    if kind is FaultKind.UNAVAILABLE:
        assert ("Retry-After", "7") in response.headers


@pytest.mark.parametrize("kind", [FaultKind.CUT, FaultKind.DROP])
def test_a_broken_answer_does_not_undo_the_request(
    face: ExchangeFace, mailbox: Mailbox, kind: FaultKind
) -> None:
    face.faults.add(Fault(kind=kind))
    (only,) = _items(mailbox, 1)
    body = _deletion(only)
    response = _raw(face, body)
    assert response.cuts or response.drops
    assert mailbox.folder_by_role("inbox").items == []


def test_a_refused_connection_does_nothing(face: ExchangeFace, mailbox: Mailbox) -> None:
    face.faults.add(Fault(kind=FaultKind.REFUSE))
    (only,) = _items(mailbox, 1)
    body = _deletion(only)
    assert _raw(face, body).drops
    assert len(mailbox.folder_by_role("inbox").items) == 1


def test_slowness_passes_on_the_estates_clock(face: ExchangeFace, clock: HandClock) -> None:
    face.faults.add(Fault(kind=FaultKind.SLOW, seconds=90))
    before = clock.monotonic_s()
    assert _raw(face).status == 200
    assert clock.monotonic_s() - before == 90


def test_a_stopped_batch_names_what_was_not_tried(
    face: ExchangeFace, ann: FaceClient, mailbox: Mailbox
) -> None:
    face.faults.add(Fault(kind=FaultKind.BATCH_STOPPED))
    assert ann.codes(get_item(*_items(mailbox, 3))) == [
        "ErrorMailboxStoreUnavailable",
        "ErrorBatchProcessingStopped",
        "ErrorBatchProcessingStopped",
    ]


def test_one_corrupt_item_leaves_the_others(
    face: ExchangeFace, ann: FaceClient, mailbox: Mailbox
) -> None:
    face.faults.add(Fault(kind=FaultKind.ITEM_CORRUPT, times=2))
    names = _items(mailbox, 2)
    assert ann.codes(get_item(*names)) == ["ErrorItemCorrupt", "NoError"]
    body = f"<m:ExportItems><m:ItemIds>{''.join(map(item_ref, names))}</m:ItemIds></m:ExportItems>"
    assert ann.codes(body) == ["ErrorItemCorrupt", "NoError"]


def test_truncated_export_data_is_marked_and_is_no_base64(
    face: ExchangeFace, ann: FaceClient, mailbox: Mailbox
) -> None:
    face.validates_answers = False
    face.faults.add(Fault(kind=FaultKind.TRUNCATED_EXPORT))
    names = _items(mailbox, 2)
    body = f"<m:ExportItems><m:ItemIds>{''.join(map(item_ref, names))}</m:ItemIds></m:ExportItems>"
    first, second = ann.messages(body)
    assert text(first, "m:Data").endswith("=== Truncated Data ===")
    assert "=== " not in text(second, "m:Data")


def test_a_plan_tells_what_never_happened() -> None:
    fault = Fault(kind=FaultKind.BUSY, operation="GetItem", nth=1, times=2)
    plan = FaultPlan([fault])
    assert plan.next_for("GetItem", ANN) == fault
    assert plan.unfired == [fault]
    assert plan.next_for("GetItem", ANN) == fault
    assert plan.unfired == []


def test_one_request_too_many_at_a_time_is_refused(face: ExchangeFace, ann: FaceClient) -> None:
    face.quirks = Quirks(concurrency_max=0)
    answer = ann.post(SYNC)
    assert ann.status == 500
    assert text(answer, ".//{*}detail/{*}ResponseCode") == "ErrorExceededConnectionCount"
    face.quirks = Quirks(concurrency_max=1)
    assert ann.codes(SYNC) == ["NoError"]


def test_a_server_may_not_say_which_charset(face: ExchangeFace) -> None:
    face.quirks = Quirks(without_charset=True)
    assert ("Content-Type", "text/xml") in _raw(face).headers
