"""Folders and items in pages, chosen, ordered and shown as a client wants."""

from __future__ import annotations

from base64 import b64encode

import pytest

from strongroom.content import tags
from strongroom.content.message import NamedTag
from strongroom.lab.estate.folder import TYPE_SEARCH
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.graph.face import GraphFace
from tests.fakes.hand_clock import HandClock
from tests.lab_graph.client import Asker
from tests.lab_graph.letters import fill, letter


def test_ten_to_a_page_unless_the_client_says_otherwise(keeper: Asker, ann: Mailbox) -> None:
    fill(ann.folder_by_role("inbox"), 23)
    sizes = [len(page.rows) for page in keeper.pages("folders/inbox/items")]
    assert sizes == [10, 10, 3]
    first = keeper.get("folders/inbox/items")
    assert first.body["@odata.nextLink"].endswith("/folders/inbox/items?%24skip=10")
    assert [len(page.rows) for page in keeper.pages("folders/inbox/items", top="12")] == [12, 11]
    by_header = keeper.get("folders/inbox/items", {"Prefer": "odata.maxpagesize=20"})
    assert len(by_header.rows) == 20
    assert by_header.headers["preference-applied"] == "odata.maxpagesize=20"
    assert len({row["id"] for row in keeper.all("folders/inbox/items")}) == 23


def test_a_count_is_of_all_and_skip_begins_further_down(keeper: Asker, ann: Mailbox) -> None:
    fill(ann.folder_by_role("inbox"), 5)
    page = keeper.get("folders/inbox/items", count="true", top="2", skip="4")
    assert (page.body["@odata.count"], len(page.rows)) == (5, 1)
    assert "@odata.nextLink" not in page.body


def test_the_tree_is_walked_by_children(keeper: Asker, ann: Mailbox) -> None:
    inbox = ann.folder_by_role("inbox")
    deep = ann.add_folder(ann.add_folder(inbox, "A"), "B", "IPF.Contact")
    top = {row["displayName"]: row for row in keeper.all("folders", top="100")}
    assert top["Inbox"]["childFolderCount"] == 1
    [a] = keeper.all(f"folders/{top['Inbox']['id']}/childFolders")
    [b] = keeper.all(f"folders/{a['id']}/childFolders")
    assert (b["displayName"], b["type"], b["wellKnownName"]) == ("B", "IPF.Contact", None)
    assert b["parentFolderId"] == a["id"]
    assert keeper.get(f"folders/{b['id']}").body["displayName"] == "B"
    shown = keeper.get("folders", expand="childFolders", filter="displayName eq 'inbox'").rows
    assert [one["displayName"] for one in shown[0]["childFolders"]] == ["A"]
    assert deep.parent is not None


def test_search_folders_and_hidden_ones_are_listed(
    keeper: Asker, ann: Mailbox, face: GraphFace
) -> None:
    top = ann.folder_by_role("msgfolderroot")
    ann.add_folder(top, "Unread", folder_type=TYPE_SEARCH)
    ann.add_folder(top, "Plumbing", is_hidden=True)
    names = {row["displayName"] for row in keeper.all("folders", top="50")}
    assert names >= {"Unread", "Plumbing"}
    face.mail.store.habits.hidden_folders = False
    assert "Plumbing" not in {row["displayName"] for row in keeper.all("folders", top="50")}


@pytest.mark.parametrize(
    ("condition", "subjects"),
    [
        ("type eq 'IPM.Contact'", {"Contact"}),
        ("createdDateTime ge 2026-01-05T10:00:00Z", {"2", "3", "Contact"}),
        ("createdDateTime ge 2026-01-05 and createdDateTime lt 2026-01-05T09:00:00Z", {"0"}),
        ("startswith(type,'IPM.N') and not (size gt 100000)", {"0", "1", "2", "3"}),
        (
            "singleValueExtendedProperties/any(ep: ep/id eq 'String 0x0037' and ep/value eq '2')",
            {"2"},
        ),
        ("type eq 'IPM.Contact' or createdDateTime le 2026-01-05T08:00:00Z", {"0", "Contact"}),
    ],
)
def test_a_filter_chooses(condition: str, subjects: set[str], keeper: Asker, ann: Mailbox) -> None:
    inbox = ann.folder_by_role("inbox")
    for number in range(4):
        inbox.add_item(letter(str(number), hours=number))
    inbox.add_item(letter("Contact", hours=9, PidTagMessageClass="IPM.Contact"))
    rows = keeper.all(
        "folders/inbox/items",
        filter=condition,
        expand="singleValueExtendedProperties($filter=id eq 'String 0x0037')",
        top="2",
    )
    assert {row["singleValueExtendedProperties"][0]["value"] for row in rows} == subjects


def test_an_item_is_found_by_its_search_key_to_the_letter(keeper: Asker, ann: Mailbox) -> None:
    items = fill(ann.folder_by_role("inbox"), 3)
    key = items[1].get(tags.PidTagSearchKey)
    assert isinstance(key, bytes)
    text = b64encode(key).decode()
    condition = (
        "singleValueExtendedProperties/any(ep: ep/id eq 'Binary 0x300B' and ep/value eq '{}')"
    )
    [row] = keeper.all("folders/inbox/items", filter=condition.format(text))
    assert row["createdDateTime"] == "2026-01-05T09:00:00Z"
    assert keeper.all("folders/inbox/items", filter=condition.format(text.swapcase())) == []


def test_an_order_is_kept_from_page_to_page(keeper: Asker, ann: Mailbox) -> None:
    inbox = ann.folder_by_role("inbox")
    for hours in (3, 1, 2, 5, 4):
        inbox.add_item(letter(str(hours), hours=hours))
    rows = keeper.all("folders/inbox/items", orderby="createdDateTime desc", top="2")
    times = [row["createdDateTime"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert len(times) == 5


def test_only_what_is_chosen_is_told_and_the_id(keeper: Asker, ann: Mailbox) -> None:
    fill(ann.folder_by_role("inbox"), 1)
    [row] = keeper.get("folders/inbox/items", select="size").rows
    assert set(row) == {"@odata.etag", "id", "size"}
    [row] = keeper.get("folders", select="displayName", top="1").rows
    assert set(row) == {"id", "displayName"}


def test_any_property_is_shown_in_short_names(keeper: Asker, ann: Mailbox) -> None:
    keywords = NamedTag(tags.PS_PUBLIC_STRINGS, "Keywords", tags.MULTIPLE | tags.STRING)
    item = ann.folder_by_role("inbox").add_item(letter("Hello", PidTagImportance=2))
    item.folder.change_item(item, changes={keywords: ["red", "blue"]})
    wanted = ("Binary 0x300B", "String 0x0037", "SystemTime 0x3008", "String 0x1035",
              "Integer 0x0E07", "Binary 0x65E0", "Integer 0x0017", "String 0x5D01")  # fmt: skip
    clauses = " or ".join(f"id eq '{one}'" for one in wanted)
    many = f"StringArray {{{tags.PS_PUBLIC_STRINGS}}} Name Keywords"
    expand = (
        f"singleValueExtendedProperties($filter={clauses}),"
        f"multiValueExtendedProperties($filter=id eq '{many}')"
    )
    [row] = keeper.get("folders/inbox/items", expand=expand).rows
    single = {one["id"]: one["value"] for one in row["singleValueExtendedProperties"]}
    assert single["String 0x37"] == "Hello"
    assert single["SystemTime 0x3008"] == "2026-11-20T09:00:00Z" == row["lastModifiedDateTime"]
    assert single["Integer 0xe07"] == "1"
    assert single["Integer 0x17"] == "2"
    assert {"Binary 0x300b", "Binary 0x65e0", "String 0x1035"} < set(single)
    assert "String 0x5d01" not in single, "what the item has not is not told"
    assert row["multiValueExtendedProperties"] == [{"id": many, "value": ["red", "blue"]}]
    assert row["categories"] == ["red", "blue"]
    one = keeper.get(f"folders/inbox/items/{row['id']}", expand=expand).body
    assert one["singleValueExtendedProperties"] == row["singleValueExtendedProperties"]


def test_folders_say_when_anything_in_them_last_changed(
    keeper: Asker, ann: Mailbox, clock: HandClock
) -> None:
    expand = "singleValueExtendedProperties($filter=id eq 'SystemTime 0x670A')"

    def told() -> str:
        [row] = keeper.get("folders", expand=expand, filter="displayName eq 'Inbox'").rows
        [one] = row["singleValueExtendedProperties"]
        assert one["id"] == "SystemTime 0x670a"
        return str(one["value"])

    before = told()
    clock.move(minutes=5)
    assert told() == before, "reading changes nothing"
    fill(ann.folder_by_role("inbox"), 1)
    assert told() > before


def test_hidden_items_are_not_shown_unless_the_server_does(
    keeper: Asker, ann: Mailbox, face: GraphFace
) -> None:
    inbox = ann.folder_by_role("inbox")
    hidden = inbox.add_item(letter("View"), is_associated=True)
    fill(inbox, 1)
    [row] = keeper.all("folders/inbox/items")
    assert keeper.get("folders/inbox").body["totalItemCount"] == 1
    face.mail.store.habits.hidden_items = True
    rows = keeper.all("folders/inbox/items")
    assert len(rows) == 2
    other = next(one["id"] for one in rows if one["id"] != row["id"])
    assert "data" in keeper.export(other)[0]
    face.mail.store.habits.hidden_items = False
    assert keeper.export(other)[0]["error"]["code"] == "ErrorItemNotFound"
    assert hidden.is_associated


@pytest.mark.parametrize(
    "query",
    [
        {"filter": "size gt"},
        {"filter": "nothing eq 'x'"},
        {"filter": "type eq 'x' and"},
        {"filter": "((((((((((((((((((((((type eq 'x'))))))))))))))))))))))"},
        {"filter": "'" * 5000},
        {"top": "0"},
        {"top": "1001"},
        {"skip": "-1"},
        {"select": "subject"},
        {"orderby": "size sideways"},
        {"search": "x"},
        {"expand": "attachments"},
        {"expand": "singleValueExtendedProperties"},
        {"expand": "singleValueExtendedProperties($filter=id eq 'Strange 0x37')"},
        {"expand": "singleValueExtendedProperties($filter=id eq 'String 0x8001')"},
        {"expand": "singleValueExtendedProperties($filter=id eq 'StringArray 0x37')"},
        {"expand": "singleValueExtendedProperties($filter=value eq 'x')"},
    ],
)
def test_what_is_not_understood_is_refused(
    query: dict[str, str], keeper: Asker, ann: Mailbox
) -> None:
    fill(ann.folder_by_role("inbox"), 1)
    assert keeper.get("folders/inbox/items", None, **query).status == 400


def test_names_stand_for_folders_and_unknown_ones_are_refused(keeper: Asker) -> None:
    assert keeper.get("folders/Inbox").body["displayName"] == "Inbox"
    assert keeper.get("folders/recoverableitemsdeletions").body["displayName"] == "Deletions"
    assert keeper.get("folders/nothing").code == "400 ErrorInvalidIdMalformed"
    assert keeper.get("folders('inbox')/items").rows == []
