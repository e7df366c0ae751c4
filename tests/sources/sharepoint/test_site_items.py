"""What a row of a list means as an item: what it is, where it lies, when it changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.sources.sharepoint.reading.columns import list_columns
from strongroom.sources.sharepoint.reading.items import Beside, item_of
from strongroom.sources.sharepoint.reading.places import ListPlace, WebPlace
from strongroom.wire.sharepoint.rows import Row
from strongroom.words.item import Item

UNIQUE = "0f0e0d0c-0b0a-4908-8706-050403020100"
WEB = WebPlace(id="w", url="/sites/a")
LIBRARY = ListPlace(id="l", web=WEB, url="/sites/a/Shared Documents", is_library=True)
LIST = ListPlace(id="l", web=WEB, url="/sites/a/Lists/Tasks")
FIELDS: list[Row] = [
    {"InternalName": "Title", "EntityPropertyName": "Title", "TypeAsString": "Text"},
    {"InternalName": "CanvasContent1", "EntityPropertyName": "CanvasContent1"},
    {"InternalName": "WikiField", "EntityPropertyName": "WikiField"},
]
ROW: Row = {
    "Id": 7,
    "FileSystemObjectType": 0,
    "FileRef": "/sites/a/Shared Documents/Offers/2024/Roof.docx",
    "FileLeafRef": "Roof.docx",
    "UniqueId": UNIQUE.upper(),
    "Title": "Roof",
    "Created": "2024-03-05T10:15:00Z",
    "Modified": "2024-03-06T10:15:00Z",
    "ContentTypeId": "0x0101",
    "OData__UIVersion": 512,
    "OData__UIVersionString": "1.0",
    "owshiddenversion": 2,
    "File": {"Length": "19821", "ContentTag": "{0F0E},1,2", "CheckOutType": 2},
}


def made(row: Row, place: ListPlace = LIBRARY, beside: Beside | None = None) -> Item:
    columns = list_columns(FIELDS, is_library=place.is_library, has_attachments=False)
    return item_of(row, place, columns, {}, beside or Beside())


def test_a_file_is_told_whole_by_its_row() -> None:
    item = made(ROW)
    assert (item.id, item.kind, item.name, item.size) == ("l/7", "file", "Roof.docx", 19821)
    assert item.when.isoformat() == "2024-03-05T10:15:00+00:00"
    assert item.facts["search_key"] == UNIQUE.replace("-", "")
    assert item.state["path"] == ["Offers", "2024", "Roof.docx"]
    assert item.state["fields"] == {"Title": "Roof", "ContentTypeId": "0x0101"}
    assert item.state["content"] == "{0f0e},1,2"
    assert item.state["checked_out_by"] is None
    assert item.state["versions"] == []


@pytest.mark.parametrize(
    ("change", "place", "kind"),
    [
        ({}, LIST, "item"),
        ({"FileSystemObjectType": 1}, LIST, "folder"),
        ({"FileSystemObjectType": 1}, LIBRARY, "folder"),
        ({"FileLeafRef": "a.aspx", "CanvasContent1": "<div>"}, LIBRARY, "page"),
        ({"FileLeafRef": "a.aspx", "WikiField": "<div>"}, LIBRARY, "page"),
        ({"FileLeafRef": "a.aspx"}, LIBRARY, "page"),
        ({"FileLeafRef": "a.aspx"}, replace(LIBRARY, base_template=116), "file"),
        ({"FileLeafRef": "a.docx", "WikiField": "<div>"}, LIBRARY, "file"),
    ],
)
def test_what_an_item_is(change: Row, place: ListPlace, kind: str) -> None:
    assert made({**ROW, **change}, place).kind == kind


def test_an_item_of_a_list_is_called_by_its_title() -> None:
    row = {**ROW, "FileRef": "/sites/a/Lists/Tasks/7_.000", "FileLeafRef": "7_.000"}
    assert made(row, LIST).name == "Roof"
    assert made({**row, "Title": None}, LIST).name == "7_.000"
    assert made(row, LIST).state["path"] == ["7_.000"]


@pytest.mark.parametrize(
    ("row", "beside"),
    [
        ({"owshiddenversion": 3}, Beside()),
        ({"Modified": "2024-03-06T10:15:01Z"}, Beside()),
        ({"FileRef": "/sites/a/Shared Documents/Roof.docx"}, Beside()),
        ({"OData__ModerationStatus": 2}, Beside()),
        ({"CheckoutUserId": 5}, Beside()),
        ({"File": {"Length": "19821", "ContentTag": "{0F0E},2,3"}}, Beside()),
        ({"CanvasContent1": "<div>"}, Beside()),
        ({}, Beside(permissions={"inherits": False, "assignments": []})),
        ({}, Beside(versions=[{"id": 512}])),
        ({}, Beside(attachments=[{"name": "a.txt"}])),
    ],
)
def test_whatever_changes_in_an_item_changes_its_key(row: Row, beside: Beside) -> None:
    assert made({**ROW, **row}, beside=beside).change_key != made(ROW).change_key


def test_the_key_of_an_item_that_did_not_change_is_the_same() -> None:
    shuffled = dict(reversed(ROW.items()))
    assert made(shuffled).change_key == made(ROW).change_key


def test_what_is_told_anew_with_every_question_changes_nothing() -> None:
    told = {**ROW, "odata.etag": '"9"', "ServerRedirectedEmbedUri": "https://a.example/x?t=1"}
    assert made(told).change_key == made(ROW).change_key


_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**30)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys([*ROW, "AuthorId", "CanvasContent1"], _ANYTHING)
    )
)
def test_whatever_a_server_tells_of_an_item_becomes_one(row: Row) -> None:
    item = made({**ROW, **row})
    assert item.id.startswith("l/")
    assert item.when.tzinfo is not None
    assert item.size >= 0
    assert made({**ROW, **row}).change_key == item.change_key
