"""An item that is imported is what EWS would have made of it; the session's address is the key."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

import pytest

from strongroom.content import fts, tags
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange import ids as ews_ids
from strongroom.lab.exchange.face import ExchangeFace
from strongroom.lab.graph.face import GraphFace
from tests.fakes.face_client import FaceClient
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import canary
from tests.lab_graph.client import Asker
from tests.lab_graph.letters import fill, letter

STREAM = fts.build(letter("Brought", PidTagMessageFlags=tags.FLAG_READ))
DATA = base64.b64encode(STREAM).decode()


def _inbox(keeper: Asker) -> str:
    return str(keeper.get("folders/inbox").body["id"])


def _session(keeper: Asker) -> str:
    return str(keeper.post("createImportSession", None).body["importUrl"])


def _all_of(item: StoredItem) -> object:
    message = item.message()
    message.properties.pop(tags.PidTagLastModificationTime, None)
    message.properties.pop(tags.PidTagSearchKey, None)
    return message, item.mime, item.is_associated, item.is_read


def test_what_is_stored_is_what_ews_would_store(
    keeper: Asker, estate: Estate, ann: Mailbox
) -> None:
    estate.add_account("keeper", password=canary("keeper"), may_impersonate=True)
    ews = FaceClient(ExchangeFace(estate), "keeper", canary("keeper"), acting_as="ann@lab.example")
    inbox = ann.folder_by_role("inbox")
    told = ews.codes(
        '<m:UploadItems><m:Items><t:Item CreateAction="CreateNew">'
        f'<t:ParentFolderId Id="{ews_ids.folder_id(inbox)}"/><t:Data>{DATA}</t:Data>'
        "</t:Item></m:Items></m:UploadItems>"
    )
    assert told == ["NoError"]
    brought = keeper.bring(_inbox(keeper), STREAM)
    by_ews, by_graph = inbox.items
    assert _all_of(by_ews) == _all_of(by_graph)
    assert brought.body["itemId"] == ews_ids.item_id(by_graph).replace("/", "-").replace("+", "_")
    assert estate.outgoing == []


def test_an_item_is_replaced_if_nobody_changed_it(keeper: Asker, ann: Mailbox) -> None:
    [item] = fill(ann.folder_by_role("inbox"), 1)
    [row] = keeper.all("folders/inbox/items")
    body = {
        "FolderId": _inbox(keeper),
        "Mode": "update",
        "Data": DATA,
        "ItemId": row["id"],
        "ChangeKey": row["changeKey"],
    }
    url = _session(keeper)
    told = keeper.import_item(url, body)
    assert told.body["itemId"] == row["id"]
    assert item.subject == "Brought"
    assert keeper.import_item(url, body).code == "409 ErrorIrresolvableConflict"
    elsewhere = {**body, "FolderId": keeper.get("folders/drafts").body["id"]}
    assert keeper.import_item(url, elsewhere).code == "404 ErrorItemNotFound"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Mode": "update"}, "400 ErrorInvalidRequest"),
        ({"ItemId": "x"}, "400 ErrorInvalidRequest"),
        ({"Mode": "replace"}, "400 ErrorInvalidRequest"),
        ({"folderId": "x"}, "400 ErrorInvalidRequest"),
        ({"FolderId": "x"}, "400 ErrorInvalidIdMalformed"),
        ({"FolderId": "inbox"}, "400 ErrorInvalidIdMalformed"),
        ({"Data": "AAAA"}, "400 ErrorCorruptData"),
        ({"Data": "=x="}, "400 ErrorCorruptData"),
        ({"Data": base64.b64encode(STREAM[:-20]).decode()}, "400 ErrorCorruptData"),
    ],
)
def test_what_is_not_right_is_refused_and_stores_nothing(
    change: dict[str, str], code: str, keeper: Asker, ann: Mailbox
) -> None:
    body = {"FolderId": _inbox(keeper), "Mode": "create", "Data": DATA, **change}
    assert keeper.import_item(_session(keeper), body).code == code
    assert ann.items == []


def test_a_session_is_for_one_mailbox_and_a_while(
    keeper: Asker, ann: Mailbox, ben: Mailbox, clock: HandClock
) -> None:
    session = keeper.post("createImportSession", None)
    assert session.status == 200
    assert session.body["expirationDateTime"].startswith("2026-11-20T10:00:00")
    url = session.body["importUrl"]
    body = {"FolderId": _inbox(keeper), "Mode": "create", "Data": DATA}
    of_ben = url.replace(str(ann.guid), str(ben.guid))
    assert keeper.import_item(of_ben, body).code == "401 InvalidAuthenticationToken"
    assert keeper.import_item(url[:-1], body).code == "401 InvalidAuthenticationToken"
    assert keeper.import_item(url.partition("?")[0], body).status == 401
    assert keeper.import_item(url, body).status == 200
    clock.move(minutes=59)
    assert keeper.import_item(url, body).status == 200
    clock.move(minutes=2)
    assert keeper.import_item(url, body).code == "401 InvalidAuthenticationToken"
    assert len(ann.items) == 2


def test_a_bearer_token_has_no_business_there(keeper: Asker, face: GraphFace) -> None:
    body = {"FolderId": _inbox(keeper), "Mode": "create", "Data": DATA}
    url = _session(keeper)
    told = keeper.import_item(url, body, authorization="Bearer x")
    assert told.code == "401 InvalidAuthenticationToken"
    face.mail.store.habits.refuses_authorization = False
    assert keeper.import_item(url, body, authorization="Bearer x").status == 200
    assert all("authtoken" not in visit.path for visit in face.visits)


def test_an_item_must_fit(keeper: Asker, ann: Mailbox, face: GraphFace) -> None:
    ann.item_bytes_max = 10
    assert keeper.bring(_inbox(keeper), STREAM).code == "413 ErrorMessageSizeExceeded"
    ann.item_bytes_max, ann.quota_bytes = None, 10
    assert keeper.bring(_inbox(keeper), STREAM).code == "403 ErrorQuotaExceeded"
    face.mail.store.habits.import_bytes_max = 10
    assert keeper.bring(_inbox(keeper), STREAM).code == "413 ErrorMessageSizeExceeded"


def test_what_is_put_into_the_outbox_as_submitted_counts_as_sent(
    keeper: Asker, estate: Estate
) -> None:
    outbox = keeper.get("folders/outbox").body["id"]
    keeper.bring(outbox, fts.build(letter("Out", PidTagMessageFlags=tags.FLAG_SUBMITTED)))
    assert [one.why for one in estate.outgoing] == ["submitted in the Outbox"]


def test_the_beta_has_its_own_address(keeper: Asker) -> None:
    keeper.version = "beta"
    url = _session(keeper)
    assert urlsplit(url).path.startswith("/api/gbeta/Mailboxes")
    told = keeper.import_item(url, {"FolderId": _inbox(keeper), "Mode": "create", "Data": DATA})
    assert "/api/gbeta/$metadata#" in told.body["@odata.context"]
