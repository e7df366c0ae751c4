"""Folders are made, changed and deleted; items are deleted, for good or not."""

from __future__ import annotations

import pytest

from strongroom.content import tags
from strongroom.lab.estate.mailbox import Mailbox
from tests.lab_graph.client import Asker
from tests.lab_graph.letters import fill


def test_a_folder_is_made_below_the_top_or_another(keeper: Asker, ann: Mailbox) -> None:
    body = {
        "displayName": "Plans",
        "type": "IPF.Task",
        "singleValueExtendedProperties": [
            {"id": "String 0x3001", "value": "Plans"},
            {"id": "Boolean 0x10F4", "value": "true"},
            {"id": "String 0x3004", "value": "What we want"},
        ],
    }
    made = keeper.post("folders", body)
    assert made.status == 201
    assert (made.body["displayName"], made.body["type"]) == ("Plans", "IPF.Task")
    folder = ann.folder_by_role("msgfolderroot").child("Plans")
    assert folder is not None
    assert folder.is_hidden
    assert folder.extra == {0x3004001F: "What we want"}
    below = keeper.post(f"folders/{made.body['id']}/childFolders", {**body, "type": "IPF.Note"})
    assert below.body["parentFolderId"] == made.body["id"]
    again = keeper.post("folders", {**body, "displayName": "plans"})
    assert again.code == "409 ErrorFolderExists"


@pytest.mark.parametrize(
    "body",
    [
        {"displayName": "X"},
        {"type": "IPF.Note"},
        {"displayName": "", "type": "IPF.Note"},
        {"displayName": 3, "type": "IPF.Note"},
        {"displayName": "X", "type": "IPF.Note", "totalItemCount": 3},
        {
            "displayName": "X",
            "type": "IPF.Note",
            "singleValueExtendedProperties": [{"id": "Integer 0x3602", "value": "1"}],
        },
        {
            "displayName": "X",
            "type": "IPF.Note",
            "singleValueExtendedProperties": [{"id": "Integer 0x0017", "value": "one"}],
        },
        {"displayName": "X", "type": "IPF.Note", "multiValueExtendedProperties": [3]},
    ],
)
def test_a_folder_that_cannot_be_is_not_made(
    body: dict[str, object], keeper: Asker, ann: Mailbox
) -> None:
    assert keeper.post("folders", body).status == 400
    assert ann.folder_by_role("msgfolderroot").child("X") is None


def test_a_folder_is_renamed_and_deleted_with_what_is_in_it(keeper: Asker, ann: Mailbox) -> None:
    made = keeper.post("folders", {"displayName": "A", "type": "IPF.Note"}).body["id"]
    path = keeper.place(f"folders/{made}")
    told = keeper.ask("PATCH", path, {"displayName": "B"})
    assert (told.status, told.body["displayName"], told.body["id"]) == (200, "B", made)
    assert keeper.ask("PATCH", path, {"displayName": "Inbox"}).code == "409 ErrorFolderExists"
    folder = ann.folder_by_role("msgfolderroot").child("B")
    assert folder is not None
    fill(folder, 2)
    assert keeper.ask("DELETE", path).status == 204
    assert keeper.get(f"folders/{made}").code == "404 ErrorItemNotFound"
    assert len(ann.folder_by_role("recoverableitemsdeletions").items) == 2
    inbox = keeper.place("folders/inbox")
    assert keeper.ask("DELETE", inbox).code == "400 ErrorDeleteDistinguishedFolder"
    assert keeper.ask("PATCH", inbox, {"displayName": "X"}).code == "403 ErrorAccessDenied"


def test_an_item_is_deleted_so_or_so(keeper: Asker, ann: Mailbox) -> None:
    fill(ann.folder_by_role("inbox"), 3)
    first, second, third = (row["id"] for row in keeper.all("folders/inbox/items"))
    at = keeper.place("folders/inbox/items")
    assert keeper.ask("DELETE", f"{at}/{first}").status == 400
    assert keeper.ask("DELETE", f"{at}/{first}?disposalType=recycle").status == 400
    assert keeper.ask("DELETE", f"{at}/{first}?disposalType=softDelete").status == 204
    assert keeper.ask("DELETE", f"{at}/{second}?disposalType=hardDelete").status == 204
    [buried] = keeper.all("folders/recoverableitemsdeletions/items")
    assert buried["id"] != first
    ann.is_on_hold = True
    assert keeper.ask("DELETE", f"{at}/{third}?disposalType=hardDelete").status == 403
    assert keeper.ask("DELETE", f"{at}/{first}?disposalType=hardDelete").status == 404
    assert [one.get(tags.PidTagSubject) for one in ann.folder_by_role("inbox").items] == [
        "Letter 0"
    ]
