"""Where folders go, on a Graph that answers what a test tells it to."""

from __future__ import annotations

import pytest

from strongroom.errors import ItemError
from strongroom.sources.exchange_online.writing.places import Places
from strongroom.words.item import Folder
from strongroom.words.resource import ResourceKind
from tests.fakes.canned_server import Reply
from tests.wire_graph.mailbox_server import PATH, no, spoken, told

ROOT = told({"id": "root", "parentFolderId": "above", "displayName": "Top"})


def row(folder_id: str, name: str, **more: object) -> dict[str, object]:
    return {"id": folder_id, "displayName": name, "parentFolderId": "root", **more}


def listed(*rows: dict[str, object]) -> bytes:
    return told({"responses": [{"id": "0", "status": 200, "body": {"value": list(rows)}}]})


def place(folder: Folder, *replies: Reply, twice: bool = False) -> tuple[str, list[str], list[str]]:
    """Place a folder below the root; give its id, what was asked, and what is remarked."""
    with spoken(ROOT, *replies) as line:
        places = Places(line.line, ResourceKind.MAILBOX)
        root = places.root().id
        found = places.of(folder, root)
        assert not twice or places.of(folder, root) == found
        return found, line.asked[1:], places.remarks


NOTES = Folder(id="saved", path=("Straße",), kind="IPF.StickyNote")


def test_a_folder_is_found_by_its_name_whatever_its_case_and_listed_once() -> None:
    search = {"id": "Integer 0x3601", "value": "2"}
    rows = (
        row("search", "Straße", singleValueExtendedProperties=[search]),
        row("there", "STRASSE"),
    )
    found, asked, _ = place(NOTES, listed(*rows), twice=True)
    assert (found, len(asked)) == ("there", 1)


def test_a_folder_that_somebody_makes_meanwhile_is_found() -> None:
    there = no("409 Conflict", "ErrorFolderExists")
    found, asked, _ = place(NOTES, listed(), there, listed(row("there", "Straße")))
    assert found == "there"
    assert asked[1] == f"POST {PATH}/folders"


def test_a_hidden_folder_is_made_visible_where_graph_does_not_hide_it_and_that_is_said() -> None:
    hidden = Folder(id="saved", path=("Cache",), kind="", facts={"hidden": True})
    refused = no("400 Bad Request", "ErrorInvalidExtendedProperty")
    found, asked, remarks = place(hidden, listed(), refused, told(row("made", "Cache")))
    assert (found, len(asked)) == ("made", 3)
    assert remarks == ["Cache: it was hidden, and Microsoft Graph made it visible."]


def test_a_folder_that_is_not_made_is_no_end_of_the_restore() -> None:
    with pytest.raises(ItemError, match="cannot be made") as caught:
        place(NOTES, listed(), no("400 Bad Request", "ErrorInvalidRequest"))
    assert caught.value.code == "ErrorInvalidRequest"
    with pytest.raises(ItemError):
        place(NOTES, told({"responses": [{"id": "0", "status": 404, "body": {}}]}))
