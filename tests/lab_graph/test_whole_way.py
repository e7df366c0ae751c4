"""From a person's address to the bytes of an item, and back into a mailbox; both ways agree."""

from __future__ import annotations

import base64

from strongroom.content import fts, tags
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange import ids as ews_ids
from strongroom.lab.exchange.face import ExchangeFace
from tests.fakes.face_client import FaceClient, item_ref, text
from tests.fakes.marked import canary
from tests.lab_graph.client import Asker
from tests.lab_graph.conftest import IMPORTS
from tests.lab_graph.letters import fill


def _by_ews(estate: Estate) -> FaceClient:
    estate.add_account("keeper", password=canary("keeper"), may_impersonate=True)
    face = ExchangeFace(estate, validates_answers=True)
    return FaceClient(face, "keeper", canary("keeper"), acting_as="ann@lab.example")


def test_an_item_goes_the_whole_way(keeper: Asker, ann: Mailbox) -> None:
    fill(ann.folder_by_role("inbox"), 3)
    people = [one["userPrincipalName"] for one in keeper.all("/users")]
    settings = keeper.get(f"/users/{people[0]}/settings/exchange").body
    assert settings["primaryMailboxId"] == keeper.mailbox
    folders = {one["displayName"]: one for one in keeper.all("folders")}
    inbox = folders["Inbox"]
    assert (inbox["totalItemCount"], inbox["wellKnownName"]) == (3, "inbox")
    *_, last = pages = list(keeper.pages(f"folders/{inbox['id']}/items/delta"))
    assert "@odata.deltaLink" in last.body
    items = [row for page in pages for row in page.rows]
    exported = keeper.export(*(one["id"] for one in items))
    assert [one["changeKey"] for one in exported] == [one["changeKey"] for one in items]
    url = keeper.post("createImportSession", None).body["importUrl"]
    assert url.startswith(f"{IMPORTS}/api/gv1.0/Mailboxes('{keeper.mailbox}')/importItem?")
    body = {"FolderId": folders["Drafts"]["id"], "Mode": "create", "Data": exported[0]["data"]}
    brought = keeper.import_item(url, body)
    assert brought.status == 200
    [again] = keeper.export(brought.body["itemId"])
    first, second = (fts.parse(base64.b64decode(one["data"])) for one in (exported[0], again))
    for message in (first, second):
        message.properties.pop(tags.PidTagLastModificationTime)
    assert first == second
    [stored] = ann.folder_by_role("drafts").items
    assert stored.get(tags.PidTagSearchKey) == ann.folder_by_role("inbox").items[2].get(
        tags.PidTagSearchKey
    )


def test_ids_and_streams_are_those_of_ews(keeper: Asker, estate: Estate, ann: Mailbox) -> None:
    item = fill(ann.folder_by_role("inbox"), 1)[0]
    [row] = keeper.all("folders/inbox/items")
    assert row["id"] == ews_ids.item_id(item).replace("/", "-").replace("+", "_")
    ews = _by_ews(estate)
    answer = ews.message(
        f"<m:ExportItems><m:ItemIds>{item_ref(ews_ids.item_id(item))}</m:ItemIds></m:ExportItems>"
    )
    by_ews = text(answer, "m:Data")
    by_graph = keeper.export(row["id"])[0]["data"]
    first, second = (fts.parse(base64.b64decode(one)) for one in (by_ews, by_graph))
    assert first == second
