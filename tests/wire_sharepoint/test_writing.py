"""What is sent for each write, to the letter, and what the answers say."""

from __future__ import annotations

import orjson
import pytest

from strongroom.errors import ItemError, OutcomeUnknown
from strongroom.wire.sharepoint.odata import VERBOSE
from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.writing import (
    content_types,
    fields,
    files,
    folders,
    items,
    lists,
    pages,
    permissions,
    views,
    web_parts,
    webs,
)
from strongroom.wire.sharepoint.writing.request import Paths, quoted
from strongroom.words.json import Json

LIST = "11111111-0000-0000-0000-000000000000"
NEWER, OLDER = Paths(web="/sites/a"), Paths(web="/sites/a", is_decoded=False)
_WEB = "/sites/a/_api/web"
_NEW = "AddUsingPath(decodedurl='o''%20100%25%23.txt',overwrite=false)"
_OLD = "add(url='o''%20100%25%23.txt',overwrite=false)"
UPLOAD = "22222222-0000-4000-8000-000000000000"


def document(question: Question) -> Json:
    assert isinstance(question.body, bytes)
    assert question.headers["Content-Type"] == VERBOSE
    found: Json = orjson.loads(question.body)
    return found


def test_a_list_is_made_under_the_last_name_of_its_address() -> None:
    question = lists.create_list("/sites/a", leaf="Tasks", base_template=171)
    assert question.target == "/sites/a/_api/web/lists"
    assert question.is_write
    assert document(question) == {
        "__metadata": {"type": "SP.List"},
        "Title": "Tasks",
        "BaseTemplate": 171,
        "Description": "",
    }


def test_a_change_of_settings_may_be_sent_twice() -> None:
    question = lists.update_list("/", LIST, {"EnableModeration": False})
    assert question.target == f"/_api/web/lists(guid'{LIST}')"
    assert (question.headers["X-HTTP-Method"], question.headers["If-Match"]) == ("MERGE", "*")
    assert not question.is_write


def test_a_column_keeps_its_internal_name() -> None:
    question = fields.create_field("/sites/a", "<Field/>", list_id=LIST)
    assert question.target.endswith(f"lists(guid'{LIST}')/fields/createfieldasxml")
    assert document(question) == {
        "parameters": {
            "__metadata": {"type": "SP.XmlSchemaFieldCreationInformation"},
            "SchemaXml": "<Field/>",
            "Options": 10,
        }
    }


def test_an_item_is_made_with_all_its_values() -> None:
    question = items.add_item(
        "/sites/a",
        LIST,
        {"Title": "x", "Modified": "11/22/2026 9:00:00 AM"},
        folder_path="/sites/a/Lists/Tasks/2026",
    )
    assert question.is_write
    assert question.target.endswith("/AddValidateUpdateItemUsingPath()")
    assert document(question) == {
        "listItemCreateInfo": {
            "__metadata": {"type": "SP.ListItemCreationInformationUsingPath"},
            "FolderPath": {
                "__metadata": {"type": "SP.ResourcePath"},
                "DecodedUrl": "/sites/a/Lists/Tasks/2026",
            },
            "UnderlyingObjectType": 0,
        },
        "formValues": [
            {
                "__metadata": {"type": "SP.ListItemFormUpdateValue"},
                "FieldName": "Title",
                "FieldValue": "x",
            },
            {
                "__metadata": {"type": "SP.ListItemFormUpdateValue"},
                "FieldName": "Modified",
                "FieldValue": "11/22/2026 9:00:00 AM",
            },
        ],
        "bNewDocumentUpdate": False,
        "checkInComment": None,
    }


def test_only_online_is_told_that_dates_are_in_utc() -> None:
    def told(question: Question) -> dict[str, Json]:
        found = document(question)
        assert isinstance(found, dict)
        return found

    farm = told(items.update_item("/", LIST, 7, {"Title": "x"}))
    assert "datesInUTC" not in farm
    assert farm["bNewDocumentUpdate"] is True
    online = told(items.update_item("/", LIST, 7, {"Title": "x"}, has_utc=True))
    assert online["datesInUTC"] is True


def test_what_makes_a_version_is_sent_once() -> None:
    assert items.update_item("/", LIST, 7, {}, makes_version=True).is_write
    assert not items.update_item("/", LIST, 7, {}).is_write


@pytest.mark.parametrize(
    ("paths", "target"),
    [
        (
            NEWER,
            f"{_WEB}/GetFolderByServerRelativePath(decodedurl='/sites/a/D%20x')/Files/{_NEW}",
        ),
        (
            OLDER,
            f"{_WEB}/GetFolderByServerRelativeUrl('/sites/a/D%20x')/Files/{_OLD}",
        ),
    ],
)
def test_a_file_is_named_in_the_way_of_the_server(paths: Paths, target: str) -> None:
    question = files.upload_file(paths, "/sites/a/D x", "o' 100%#.txt", b"x")
    assert question.target.replace("%27", "'") == target
    assert question.is_write
    assert question.body == b"x"


def test_pieces_say_where_they_belong() -> None:
    path = "/sites/a/_api/web/GetFileByServerRelativePath(decodedurl='/sites/a/D/x')"
    file = "/sites/a/D/x"
    targets = [
        files.start_upload(NEWER, file, UPLOAD, b"").target,
        files.continue_upload(NEWER, file, UPLOAD, 10, b"").target,
        files.finish_upload(NEWER, file, UPLOAD, 20, b"").target,
        files.cancel_upload(NEWER, file, UPLOAD).target,
    ]
    assert targets == [
        f"{path}/StartUpload(uploadId=guid'{UPLOAD}')",
        f"{path}/ContinueUpload(uploadId=guid'{UPLOAD}',fileOffset=10)",
        f"{path}/FinishUpload(uploadId=guid'{UPLOAD}',fileOffset=20)",
        f"{path}/CancelUpload(uploadId=guid'{UPLOAD}')",
    ]


def test_quotes_and_slashes_in_a_name_stay_in_it() -> None:
    assert quoted("a'b&c?d=%") == "'a%27%27b%26c%3Fd%3D%25'"
    comment = files.publish(NEWER, "/sites/a/x", "it's/ok").target
    assert comment.endswith("/Publish(comment='it%27%27s/ok')")


def test_inheritance_is_broken_without_touching_what_lies_below() -> None:
    question = permissions.break_inheritance("/_api/web/lists(guid'x')")
    assert question.target.endswith(
        "/breakroleinheritance(copyRoleAssignments=false,clearSubscopes=false)"
    )
    assert not question.is_write


@pytest.mark.parametrize(
    "question",
    [
        content_types.create_content_type("/", id_="0x0101", name="n", group="g", description="d"),
        content_types.add_available_content_type("/", LIST, "0x0101"),
        content_types.add_field_link("/", "0x0101", "n"),
        views.create_view("/", LIST, title="t", query="", row_limit=30),
        permissions.create_group("/", title="t", description=""),
        permissions.create_role("/", name="n", description="", high="0", low="1", order=1),
        webs.create_web("/", leaf="x", title="t", description="", template="STS#3", language=1033),
        webs.add_node("/", webs.TOP, title="t", url="/", is_external=False),
        pages.create_page("/", layout="Article", promoted=0),
        folders.create_folder(NEWER, "/sites/a/D", "x"),
        folders.attach("/", LIST, 7, "a.txt", b"x"),
        files.check_in(NEWER, "/sites/a/D/x", "c", files.MAJOR),
    ],
)
def test_what_makes_something_is_sent_once(question: Question) -> None:
    assert question.is_write
    assert question.method == "POST"
    assert "X-HTTP-Method" not in question.headers


def answer(*entries: Json) -> items.FormAnswer:
    return items.form_answer({"value": [*entries]})


def test_the_answer_to_a_form_is_read_entry_by_entry() -> None:
    # As recorded from Online.
    made = answer(
        {"ErrorCode": 0, "ErrorMessage": None, "FieldName": "Title", "FieldValue": "Comment me",
         "HasException": False, "ItemId": 0},
        {"ErrorCode": 0, "ErrorMessage": None, "FieldName": "Id", "FieldValue": "1",
         "HasException": False, "ItemId": 0},
    )  # fmt: skip
    assert (made.item_id, made.refused) == (1, ())
    refused = answer(
        {"ErrorCode": -2146232832, "ErrorMessage": "Datum", "FieldName": "Created",
         "FieldValue": "2012-02-23T14:25:00Z", "HasException": True, "ItemId": 7},
        {"ErrorCode": 0, "ErrorMessage": None, "FieldName": "Title", "FieldValue": "a",
         "HasException": False, "ItemId": 7},
    )  # fmt: skip
    assert refused.item_id == 7
    assert [(one.name, one.code) for one in refused.refused] == [("Created", -2146232832)]


@pytest.mark.parametrize("hostile", [{}, {"value": None}, {"value": "x"}, {"value": [1, None]}])
def test_an_answer_that_says_nothing_says_nothing(hostile: dict[str, Json]) -> None:
    assert items.form_answer(hostile) == items.FormAnswer(item_id=0, refused=())


def test_content_types_are_put_in_order_by_the_lists_own_folder() -> None:
    question = lists.order_content_types("/sites/a", LIST, ["0x0101", "0x0120"])
    assert question.target == f"/sites/a/_api/web/lists(guid'{LIST}')/RootFolder"
    assert question.headers["X-HTTP-Method"] == "MERGE"
    assert document(question) == {
        "__metadata": {"type": "SP.Folder"},
        "UniqueContentTypeOrder": {
            "__metadata": {"type": "Collection(SP.ContentTypeId)"},
            "results": [
                {"__metadata": {"type": "SP.ContentTypeId"}, "StringValue": one}
                for one in ("0x0101", "0x0120")
            ],
        },
    }


def test_a_web_part_is_put_onto_a_page_by_the_old_service() -> None:
    question = web_parts.add_web_part(
        "/sites/a", page_url="https://x.example/sites/a/p.aspx", xml="<w a='&'/>", zone="Left",
        index=2,
    )  # fmt: skip
    assert question.target == "/sites/a/_vti_bin/WebPartPages.asmx"
    assert question.headers["SOAPAction"] == f'"{web_parts.NAMESPACE}/AddWebPartToZone"'
    assert isinstance(question.body, bytes)
    assert b"<webPartXml>&lt;w a='&amp;'/&gt;</webPartXml>" in question.body
    assert b"<zoneId>Left</zoneId><zoneIndex>2</zoneIndex>" in question.body


def soap(inner: str) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f"{inner}</s:Body></s:Envelope>"
    ).encode()


def test_the_id_of_a_web_part_is_read_out_of_the_answer() -> None:
    result = (
        f'<AddWebPartToZoneResponse xmlns="{web_parts.NAMESPACE}"><AddWebPartToZoneResult>'
        f"{LIST.upper()}</AddWebPartToZoneResult></AddWebPartToZoneResponse>"
    )
    assert web_parts.added_id(soap(result)) == LIST
    with pytest.raises(ItemError, match="did not put"):
        web_parts.added_id(soap("<s:Fault><faultstring>no</faultstring></s:Fault>"))
    for hostile in (b"", b"<a", soap(""), soap(result.replace(LIST.upper(), "x"))):
        with pytest.raises(OutcomeUnknown):
            web_parts.added_id(hostile)
