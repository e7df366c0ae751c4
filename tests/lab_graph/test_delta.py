"""A client that follows ``delta`` knows exactly what is there, whatever the server does to it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from strongroom.content import tags
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.graph.face import GraphFace
from tests.lab_graph.client import Asker
from tests.lab_graph.letters import fill, letter

IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


def _round(keeper: Asker, link: str, **headers: Any) -> tuple[list[dict[str, Any]], str]:
    *_, last = pages = list(keeper.pages(link, **headers))
    return [row for page in pages for row in page.rows], last.body["@odata.deltaLink"]


def test_a_round_tells_all_and_the_next_one_what_happened(keeper: Asker, ann: Mailbox) -> None:
    inbox = ann.folder_by_role("inbox")
    stay, changed, moved, gone, seen = fill(inbox, 5)
    rows, link = _round(keeper, "folders/inbox/items/delta")
    assert len(rows) == 5
    assert all(row["@odata.type"] == "#microsoft.graph.mailboxItem" for row in rows)
    assert _round(keeper, link)[0] == []
    ids = {row["createdDateTime"]: row["id"] for row in rows}
    inbox.change_item(changed, changes={tags.PidTagSubject: "Other"})
    ann.move_item(moved, ann.folder_by_role("drafts"))
    inbox.remove_item(gone)
    inbox.mark_read(seen, is_read=False)
    inbox.add_item(letter("New", hours=50))
    told, link = _round(keeper, link)
    removed = {row["id"] for row in told if "@removed" in row}
    assert removed == {ids["2026-01-05T10:00:00Z"], ids["2026-01-05T11:00:00Z"]}
    there = {row["createdDateTime"] for row in told if "@removed" not in row}
    assert there == {"2026-01-05T09:00:00Z", "2026-01-05T12:00:00Z", "2026-01-07T10:00:00Z"}
    keys = {row["id"]: row["changeKey"] for row in rows}
    assert all(keys.get(row["id"]) != row["changeKey"] for row in told if "@removed" not in row)
    assert _round(keeper, link)[0] == []
    assert stay.folder is inbox


def test_what_came_and_went_between_rounds_is_never_told(keeper: Asker, ann: Mailbox) -> None:
    inbox = ann.folder_by_role("inbox")
    _, link = _round(keeper, "folders/inbox/items/delta")
    inbox.remove_item(inbox.add_item(letter()))
    assert _round(keeper, link)[0] == []


def test_pages_are_as_large_as_the_header_of_each_request_says(keeper: Asker, ann: Mailbox) -> None:
    fill(ann.folder_by_role("inbox"), 12)
    prefer = {"Prefer": "odata.maxpagesize=5"}
    pages = [len(one.rows) for one in keeper.pages("folders/inbox/items/delta", prefer)]
    assert pages == [5, 5, 2]
    assert [len(one.rows) for one in keeper.pages("folders/inbox/items/delta")] == [10, 2]
    first = keeper.get("folders/inbox/items/delta", prefer)
    rest = keeper.ask("GET", first.body["@odata.nextLink"])
    assert len(rest.rows) == 7, "without the header the server's own size counts"


def test_options_are_those_of_the_first_request(keeper: Asker, ann: Mailbox) -> None:
    fill(ann.folder_by_role("inbox"), 4)
    rows, link = _round(
        keeper, f"{_first(keeper)}?$select=size&$filter=receivedDateTime ge 2026-01-05T10:00:00Z"
    )
    assert len(rows) == 2
    assert set(rows[0]) == {"@odata.type", "@odata.etag", "id", "size"}
    ann.folder_by_role("inbox").add_item(letter("Late", hours=40))
    ann.folder_by_role("inbox").add_item(letter("Early", hours=-40))
    [row] = _round(keeper, link)[0]
    assert "createdDateTime" not in row


def _first(keeper: Asker) -> str:
    return f"{keeper.face.url}/v1.0/{keeper.place('folders/inbox/items/delta')}"


@pytest.mark.parametrize(
    "options", ["$filter=size gt 3", "$orderby=size", "$search=x", "$count=true", "$skip=3"]
)
def test_other_options_are_refused(options: str, keeper: Asker) -> None:
    assert keeper.ask("GET", f"{_first(keeper)}?{options}").status == 400


def test_extended_properties_may_be_expanded_or_not(
    keeper: Asker, face: GraphFace, ann: Mailbox
) -> None:
    fill(ann.folder_by_role("inbox"), 1)
    expand = "singleValueExtendedProperties($filter=id eq 'Binary 0x300B')"
    [row] = keeper.all("folders/inbox/items/delta", expand=expand)
    assert row["singleValueExtendedProperties"][0]["id"] == "Binary 0x300b"
    face.mail.store.habits.expands_in_delta = False
    assert keeper.get("folders/inbox/items/delta", expand=expand).status == 400


def test_tokens_expire_and_a_new_round_begins(keeper: Asker, ann: Mailbox, face: GraphFace) -> None:
    fill(ann.folder_by_role("inbox"), 15)
    page = keeper.get("folders/inbox/items/delta")
    _, link = _round(keeper, "folders/inbox/items/delta")
    face.mail.store.forget_tokens()
    for old in (link, page.body["@odata.nextLink"]):
        assert keeper.ask("GET", old).code == "410 SyncStateNotFound"
    rows, link = _round(keeper, "folders/inbox/items/delta")
    assert len(rows) == 15
    assert _round(keeper, link)[0] == []


@pytest.mark.parametrize("token", ["", "x", "AAAA", "é", "a" * 30_000])
def test_what_is_no_token_has_expired(token: str, keeper: Asker) -> None:
    assert keeper.ask("GET", f"{_first(keeper)}?$deltatoken={token}").status == 410


def test_a_token_is_of_one_folder(keeper: Asker) -> None:
    _, link = _round(keeper, "folders/inbox/items/delta")
    other = link.replace("/inbox/", "/drafts/")
    assert keeper.ask("GET", other).status == 410


def test_a_full_mailbox_keeps_no_place_and_still_lists(
    keeper: Asker, ann: Mailbox, face: GraphFace
) -> None:
    fill(ann.folder_by_role("inbox"), 2)
    ann.quota_bytes = 1
    for path in ("folders/inbox/items/delta", "folders/delta"):
        assert keeper.get(path).code == "403 ErrorQuotaExceeded"
    assert len(keeper.all("folders/inbox/items")) == 2
    face.mail.store.habits.full_mailboxes_have_no_delta = False
    assert keeper.get("folders/delta").status == 200


def test_ids_that_moving_does_not_change(keeper: Asker, ann: Mailbox, face: GraphFace) -> None:
    [item] = fill(ann.folder_by_role("inbox"), 1)
    page = keeper.get("folders/inbox/items/delta", IMMUTABLE)
    assert page.headers["preference-applied"] == 'IdType="ImmutableId"'
    [row], link = page.rows, page.body["@odata.deltaLink"]
    ann.move_item(item, ann.folder_by_role("drafts"))
    [gone] = keeper.ask("GET", link, None, IMMUTABLE).rows
    [here] = keeper.get("folders/drafts/items", IMMUTABLE).rows
    assert gone["id"] == row["id"] == here["id"]
    assert keeper.export(row["id"])[0]["changeKey"] == here["changeKey"]
    assert keeper.get("folders/drafts/items").rows[0]["id"] != row["id"]
    face.mail.store.habits.honours_immutable_ids = False
    page = keeper.get("folders/drafts/items", IMMUTABLE)
    assert "preference-applied" not in page.headers
    assert page.rows == keeper.get("folders/drafts/items").rows


def test_folders_that_came_changed_moved_and_went(keeper: Asker, ann: Mailbox) -> None:
    inbox = ann.folder_by_role("inbox")
    old, doomed = (ann.add_folder(inbox, name) for name in ("Old", "Doomed"))
    ann.add_folder(doomed, "Below")
    rows, link = _round(keeper, "folders/delta")
    assert {row["displayName"] for row in rows} >= {"Inbox", "Old", "Doomed", "Below", "Tasks"}
    assert len({row["id"] for row in rows}) == len(rows)
    assert _round(keeper, link)[0] == []
    known = {row["displayName"]: row["id"] for row in rows}
    ann.change_folder(old, name="Older")
    ann.delete_folder(doomed)
    ann.add_folder(inbox, "New")
    told, _ = _round(keeper, link)
    names = {row.get("displayName"): row["id"] for row in told if "@removed" not in row}
    assert set(names) == {"Older", "New"}
    assert names["Older"] == known["Old"]
    removed = {row["id"] for row in told if "@removed" in row}
    assert removed == {known["Doomed"], known["Below"]}
    below, link = _round(keeper, "folders/inbox/childFolders/delta")
    assert {row["displayName"] for row in below} == {"Older", "New"}
    ann.move_folder(old, ann.folder_by_role("drafts"))
    assert [row["id"] for row in _round(keeper, link)[0]] == [known["Old"]]


def test_items_of_a_folder_do_not_change_the_folder(keeper: Asker, ann: Mailbox) -> None:
    _, link = _round(keeper, "folders/delta")
    fill(ann.folder_by_role("inbox"), 2)
    assert _round(keeper, link)[0] == []


@pytest.mark.parametrize("seed", range(6))
def test_who_follows_knows_what_is_there(
    seed: int, keeper: Asker, ann: Mailbox, face: GraphFace, estate: Estate
) -> None:
    """Random things happen, also while the client is paging; pages are empty or tell twice."""
    rng = random.Random(seed)
    habits = face.mail.store.habits
    habits.empty_pages, habits.repeated, habits.delta_page = 0.3, 0.5, 3
    inbox, drafts = (ann.folder_by_role(name) for name in ("inbox", "drafts"))
    known: dict[str, str] = {}
    link: str | None = None
    seen_empty = seen_again = False
    for _ in range(12):
        page = keeper.ask("GET", link) if link else keeper.get("folders/inbox/items/delta")
        while True:
            assert page.status == 200
            has_next = "@odata.nextLink" in page.body
            seen_empty |= has_next and not page.rows
            for row in page.rows:
                seen_again |= known.get(row["id"]) == row.get("changeKey")
                if "@removed" in row:
                    known.pop(row["id"], None)
                else:
                    known[row["id"]] = row["changeKey"]
            if not has_next:
                break
            _happen(rng, ann)
            page = keeper.ask("GET", page.body["@odata.nextLink"])
        link = page.body["@odata.deltaLink"]
        for _ in range(rng.randrange(6)):
            _happen(rng, ann)
    habits.empty_pages = habits.repeated = 0.0
    assert link is not None
    for row in _round(keeper, link)[0]:
        if "@removed" in row:
            known.pop(row["id"], None)
        else:
            known[row["id"]] = row["changeKey"]
    there = {row["id"]: row["changeKey"] for row in keeper.all("folders/inbox/items", top="999")}
    assert known == there
    assert seen_empty or seen_again
    assert inbox.mailbox is drafts.mailbox


def _happen(rng: random.Random, ann: Mailbox) -> None:
    inbox, drafts = (ann.folder_by_role(name) for name in ("inbox", "drafts"))
    items = inbox.items
    what = rng.randrange(6)
    if what < 3 or not items:
        inbox.add_item(letter(str(rng.random())))
    elif what == 3:
        inbox.change_item(rng.choice(items), changes={tags.PidTagSubject: str(rng.random())})
    elif what == 4:
        ann.move_item(rng.choice(items), drafts)
    else:
        inbox.remove_item(rng.choice(items))


def test_empty_pages_end_after_two(keeper: Asker, ann: Mailbox, face: GraphFace) -> None:
    fill(ann.folder_by_role("inbox"), 4)
    habits = face.mail.store.habits
    habits.empty_pages, habits.delta_page = 1.0, 3
    sizes = [len(page.rows) for page in keeper.pages("folders/inbox/items/delta")]
    assert sizes == [0, 0, 3, 0, 0, 1]
    first = keeper.get("folders/delta")
    assert (first.rows, "@odata.nextLink" in first.body) == ([], True)


def test_the_last_of_a_page_may_be_told_again(keeper: Asker, ann: Mailbox, face: GraphFace) -> None:
    fill(ann.folder_by_role("inbox"), 7)
    habits = face.mail.store.habits
    habits.repeated, habits.delta_page = 1.0, 3
    first, second, third = (page.rows for page in keeper.pages("folders/inbox/items/delta"))
    assert second[0] == first[-1]
    assert third[0] == second[-1]
    assert len({row["id"] for row in (*first, *second, *third)}) == 7


def test_what_lies_below_a_folder_comes_and_goes_with_it(keeper: Asker, ann: Mailbox) -> None:
    moved = ann.add_folder(ann.folder_by_role("inbox"), "Moved")
    ann.add_folder(moved, "Below")
    _, here = _round(keeper, "folders/inbox/childFolders/delta")
    _, there = _round(keeper, "folders/drafts/childFolders/delta")
    ann.move_folder(moved, ann.folder_by_role("drafts"))
    came, there = _round(keeper, there)
    assert {row["displayName"] for row in came} == {"Moved", "Below"}
    went, here = _round(keeper, here)
    assert {row["id"] for row in went if "@removed" in row} == {row["id"] for row in came}
    assert _round(keeper, here)[0] == _round(keeper, there)[0] == []
