"""Archives, which the beta serves, and parts of them that lie elsewhere."""

from __future__ import annotations

import base64

import pytest

from strongroom.content import fts
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.graph.face import GraphFace
from tests.lab_graph.client import Asker
from tests.lab_graph.conftest import ALL, Make
from tests.lab_graph.letters import fill, letter


@pytest.fixture
def archive(ann: Mailbox) -> Mailbox:
    assert ann.archive is not None
    return ann.archive


@pytest.fixture
def digger(asker: Make, archive: Mailbox) -> Asker:
    """One that may do everything with Ann's archive, and uses the beta."""
    return asker(*ALL, mailbox=archive, version="beta", name="Digger")


def test_the_beta_says_where_the_archive_is(keeper: Asker, digger: Asker) -> None:
    settings = digger.get("/users/ann@lab.example/settings/exchange").body
    assert settings["inPlaceArchiveMailboxId"] == digger.mailbox
    assert settings["primaryMailboxId"] == keeper.mailbox
    people = digger.get("/users").body
    assert people["@odata.context"] == f"{digger.face.url}/beta/$metadata#users"
    old = keeper.get("/users/ann@lab.example/settings/exchange").body
    assert "inPlaceArchiveMailboxId" not in old


def test_an_archive_is_a_mailbox_without_names(
    digger: Asker, archive: Mailbox, face: GraphFace
) -> None:
    fill(archive.folder_by_role("inbox"), 2)
    folders = {row["displayName"]: row for row in digger.all("folders")}
    assert folders["Inbox"]["wellKnownName"] is None
    rows = digger.all(f"folders/{folders['Inbox']['id']}/items/delta")
    assert all("data" in one for one in digger.export(*(row["id"] for row in rows)))
    assert digger.get("folders/inbox").code == "400 ErrorInvalidIdMalformed"
    digger.version = "v1.0"
    assert digger.get("folders").status == 404
    face.mail.store.habits.archives_in_v1 = True
    assert digger.get("folders").status == 200


def test_a_folder_that_lies_elsewhere_is_sent_on(
    digger: Asker, archive: Mailbox, face: GraphFace
) -> None:
    moved = archive.add_folder(archive.folder_by_role("inbox"), "2019")
    below = archive.add_folder(moved, "March")
    fill(below, 2)
    part = face.mail.store.move_to_auxiliary(moved)
    inbox = next(row for row in digger.all("folders") if row["displayName"] == "Inbox")
    [row] = digger.all(f"folders/{inbox['id']}/childFolders")
    there = digger.mailbox.replace(str(archive.guid), str(part.guid))
    assert row["parentMailboxUrl"].endswith(f"/beta/admin/exchange/mailboxes/{there}")
    assert inbox["parentMailboxUrl"].endswith(digger.mailbox)
    told = digger.get(f"folders/{row['id']}/childFolders?$top=5")
    assert (told.status, told.body) == (308, None)
    location = told.headers["location"]
    assert location == (
        f"{face.url}/beta/admin/exchange/mailboxes/{there}/folders/{row['id']}/childFolders?$top=5"
    )
    [deep] = digger.ask("GET", location).rows
    assert deep["displayName"] == "March"
    assert digger.get(f"folders/{deep['id']}/items/delta").status == 308
    digger.mailbox = there
    assert len(digger.all(f"folders/{deep['id']}/items/delta")) == 2
    assert digger.get(f"folders/{inbox['id']}").status == 308, "and the other way round"


def test_an_item_that_lies_elsewhere_says_where(
    digger: Asker, archive: Mailbox, face: GraphFace
) -> None:
    moved = archive.add_folder(archive.folder_by_role("inbox"), "2019")
    fill(moved, 1)
    fill(archive.folder_by_role("inbox"), 1)
    part = face.mail.store.move_to_auxiliary(moved)
    there = digger.mailbox.replace(str(archive.guid), str(part.guid))
    elsewhere = Asker(
        face=face, csdl=digger.csdl, token=digger.token, mailbox=there, version="beta"
    )
    inbox = next(row for row in digger.all("folders") if row["displayName"] == "Inbox")["id"]
    [folder] = digger.all(f"folders/{inbox}/childFolders")
    ids = [
        *(row["id"] for row in digger.all(f"folders/{inbox}/items")),
        *(row["id"] for row in elsewhere.all(f"folders/{folder['id']}/items")),
    ]
    here, gone = digger.export(*ids)
    assert "data" in here
    assert gone["error"] == {
        "code": "ErrorArchiveFolderMovedPermanently",
        "message": f"{face.url}/beta/admin/exchange/mailboxes/{there}/exportItems",
    }
    assert "data" in elsewhere.export(gone["itemId"])[0]


def test_importing_there_needs_a_session_of_that_part(
    digger: Asker, archive: Mailbox, face: GraphFace
) -> None:
    moved = archive.add_folder(archive.folder_by_role("inbox"), "2019")
    part = face.mail.store.move_to_auxiliary(moved)
    there = digger.mailbox.replace(str(archive.guid), str(part.guid))
    inbox = next(row for row in digger.all("folders") if row["displayName"] == "Inbox")["id"]
    [folder] = digger.all(f"folders/{inbox}/childFolders")
    data = base64.b64encode(fts.build(letter())).decode()
    body = {"FolderId": folder["id"], "Mode": "create", "Data": data}
    url = digger.post("createImportSession", None).body["importUrl"]
    told = digger.import_item(url, body)
    assert told.status == 409
    assert told.body == {
        "Message": f"Invalid import session. The target session is expected in mailbox {there}."
    }
    digger.mailbox = there
    url = digger.post("createImportSession", None).body["importUrl"]
    assert digger.import_item(url, body).status == 200
    assert len(moved.items) == 1
