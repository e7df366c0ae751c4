"""FindItem: pages, order and conditions."""

from __future__ import annotations

import pytest

from strongroom.content import tags
from strongroom.content.message import FileTime, Message
from strongroom.lab.estate.mailbox import Mailbox
from tests.fakes.face_client import NS, FaceClient, folder_ref

_START = 134_000_000_000_000_000
_HOUR = 36_000_000_000
_HOUR_7 = FileTime(_START + 7 * _HOUR).to_datetime().strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def ten(mailbox: Mailbox) -> None:
    inbox = mailbox.folder_by_role("inbox")
    for number in range(10):
        inbox.add_item(
            Message(
                {
                    tags.PidTagSubject: f"Letter {number}",
                    tags.PidTagMessageFlags: number % 2,
                    tags.PidTagMessageDeliveryTime: FileTime(_START + number * _HOUR),
                    tags.PidNameKeywords: ["red"] if number < 3 else ["blue"],
                }
            )
        )


def _find(view: str = "", restriction: str = "", order: str = "") -> str:
    shape = (
        "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>"
        '<t:FieldURI FieldURI="item:Subject"/></t:AdditionalProperties></m:ItemShape>'
    )
    condition = f"<m:Restriction>{restriction}</m:Restriction>" if restriction else ""
    sorting = f"<m:SortOrder>{order}</m:SortOrder>" if order else ""
    parent = f"<m:ParentFolderIds>{folder_ref('inbox')}</m:ParentFolderIds>"
    return f'<m:FindItem Traversal="Shallow">{shape}{view}{condition}{sorting}{parent}</m:FindItem>'


def _numbers(client: FaceClient, body: str) -> list[int]:
    return [int((one.text or "")[-1]) for one in client.message(body).iterfind(".//t:Subject", NS)]


def _compare(name: str, uri: str, value: str) -> str:
    return (
        f'<t:{name}><t:FieldURI FieldURI="{uri}"/><t:FieldURIOrConstant>'
        f'<t:Constant Value="{value}"/></t:FieldURIOrConstant></t:{name}>'
    )


def _page(offset: int, size: int = 4, base: str = "Beginning") -> str:
    return (
        f'<m:IndexedPageItemView MaxEntriesReturned="{size}" Offset="{offset}" BasePoint="{base}"/>'
    )


@pytest.mark.usefixtures("ten")
def test_newest_first_unless_told_otherwise(ann: FaceClient) -> None:
    assert _numbers(ann, _find()) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    order = '<t:FieldOrder Order="Ascending"><t:FieldURI FieldURI="item:Subject"/></t:FieldOrder>'
    assert _numbers(ann, _find(order=order)) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize(
    ("view", "numbers", "next_offset", "is_last"),
    [
        (_page(0), [9, 8, 7, 6], "4", "false"),
        (_page(8), [1, 0], "10", "true"),
        (_page(0, base="End"), [3, 2, 1, 0], "4", "false"),
        (_page(20), [], "10", "true"),
    ],
)
def test_pages_say_where_they_end(
    ann: FaceClient, view: str, numbers: list[int], next_offset: str, is_last: str
) -> None:
    assert _numbers(ann, _find(view)) == numbers
    root = ann.message(_find(view)).find("m:RootFolder", NS)
    assert root is not None
    assert root.get("TotalItemsInView") == "10"
    assert root.get("IndexedPagingOffset") == next_offset
    assert root.get("IncludesLastItemInRange") == is_last


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        (_compare("IsEqualTo", "message:IsRead", "true"), [9, 7, 5, 3, 1]),
        (_compare("IsGreaterThan", "item:DateTimeReceived", _HOUR_7), [9, 8]),
        (
            "<t:And>"
            + _compare("IsEqualTo", "message:IsRead", "false")
            + "<t:Not>"
            + _compare("IsEqualTo", "item:Subject", "Letter 4")
            + "</t:Not></t:And>",
            [8, 6, 2, 0],
        ),
        (
            (
                '<t:Contains ContainmentMode="Substring" ContainmentComparison="IgnoreCase">'
                '<t:FieldURI FieldURI="item:Categories"/><t:Constant Value="RED"/></t:Contains>'
            ),
            [2, 1, 0],
        ),
        ('<t:Exists><t:FieldURI FieldURI="item:InReplyTo"/></t:Exists>', []),
        (
            (
                '<t:Excludes><t:ExtendedFieldURI PropertyTag="0x0E07" PropertyType="Integer"/>'
                '<t:Bitmask Value="0x1"/></t:Excludes>'
            ),
            [8, 6, 4, 2, 0],
        ),
    ],
)
def test_conditions_choose(ann: FaceClient, condition: str, numbers: list[int]) -> None:
    assert _numbers(ann, _find(restriction=condition)) == numbers


@pytest.mark.parametrize(
    ("traversal", "offset", "names"),
    [("Shallow", 0, ["a", "b"]), ("Shallow", 2, ["c"]), ("Deep", 2, ["b", "c"])],
)
def test_folders_are_found_page_by_page(
    ann: FaceClient, mailbox: Mailbox, traversal: str, offset: int, names: list[str]
) -> None:
    inbox = mailbox.folder_by_role("inbox")
    first, *_ = [mailbox.add_folder(inbox, name) for name in ("a", "b", "c")]
    mailbox.add_folder(first, "inside")
    message = ann.message(
        f'<m:FindFolder Traversal="{traversal}"><m:FolderShape><t:BaseShape>Default</t:BaseShape>'
        f'</m:FolderShape><m:IndexedPageFolderView MaxEntriesReturned="2" Offset="{offset}"'
        f' BasePoint="Beginning"/><m:ParentFolderIds>{folder_ref("inbox")}</m:ParentFolderIds>'
        "</m:FindFolder>"
    )
    assert [one.text for one in message.iterfind(".//t:DisplayName", NS)] == names
    root = message.find("m:RootFolder", NS)
    assert root is not None
    assert root.get("TotalItemsInView") == ("4" if traversal == "Deep" else "3")
    assert root.get("IncludesLastItemInRange") == ("true" if offset else "false")


@pytest.mark.usefixtures("ten")
def test_what_cannot_be_searched_is_refused(ann: FaceClient) -> None:
    body = _find(restriction=_compare("IsEqualTo", "item:Culture", "x"))
    assert ann.codes(body) == ["ErrorUnsupportedPathForQuery"]


@pytest.mark.usefixtures("ten")
def test_deleted_items_are_found_from_where_they_were(ann: FaceClient, mailbox: Mailbox) -> None:
    mailbox.soft_delete_item(mailbox.folder_by_role("inbox").items[3])
    body = _find().replace('"Shallow"', '"SoftDeleted"')
    assert _numbers(ann, body) == [3]
