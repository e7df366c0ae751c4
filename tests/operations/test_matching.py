"""Knowing items again in the target."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from strongroom.operations.matching import Existing, Traits, match
from strongroom.words.item import Item
from strongroom.words.json import Json

SENT = Traits("old", "ab12", "<1@lab.example>", "IPM.Note", "Offer", 1_700_000_000, 8_000)


def test_the_search_key_decides() -> None:
    other = replace(SENT, item_id="other", search_key="cd34")
    same = replace(SENT, item_id="same", message_id="", name="Renamed", size=1)
    assert match([SENT], [other, same]) == {"old": "same"}


def test_where_the_server_makes_new_search_keys_the_message_id_does() -> None:
    other = replace(SENT, item_id="other", search_key="cd34", message_id="<2@lab.example>")
    same = replace(SENT, item_id="same", search_key="ef56", size=8_100)
    assert match([SENT], [other, same]) == {"old": "same"}


def test_things_without_a_message_id_are_known_by_class_subject_and_time() -> None:
    contact = replace(SENT, search_key="", message_id="", kind="IPM.Contact")
    same = replace(contact, item_id="same", size=9)
    assert match([contact], [replace(same, item_id="x", name="Another"), same]) == {"old": "same"}


def test_of_two_equal_ones_of_which_one_arrived_one_is_still_to_be_sent() -> None:
    twin = replace(SENT, item_id="twin")
    assert len(match([SENT, twin], [replace(SENT, item_id="new")])) == 1
    both = [replace(SENT, item_id="new 1"), replace(SENT, item_id="new 2")]
    assert sorted(match([SENT, twin], both).values()) == ["new 1", "new 2"]


def test_nothing_in_common_is_no_match() -> None:
    stranger = Traits("new", "ff", "<9@lab.example>", "IPM.Note", "Else", 1, 1)
    assert match([SENT], [stranger]) == {}
    bare = Traits("bare", "", "", "IPM.Note", "", 5, 0)
    assert match([bare], [replace(bare, item_id="new", when=6)]) == {}


def file(item_id: str, *path: str, kind: str = "file") -> Item:
    return Item(
        id=item_id,
        change_key="1",
        kind=kind,
        name=path[-1],
        when=datetime(2026, 7, 4, tzinfo=UTC),
        facts={"search_key": item_id},
        state={"path": list(path)},
    )


def test_a_file_is_known_by_its_path_where_its_id_is_another() -> None:
    saved, there = file("old", "2026", "Offer.docx"), file("new", "2026", "offer.DOCX")
    elsewhere = file("else", "2025", "Offer.docx")
    found = Existing([elsewhere, there], {saved.id}.__contains__).find(saved)
    assert found is not None
    assert found.id == "new"
    traits = [Traits.of(one) for one in (elsewhere, there)]
    assert match([Traits.of(saved)], traits) == {"old": "new"}


def test_a_folder_is_never_replaced_for_its_path() -> None:
    saved, there = file("old", "2026", kind="folder"), file("new", "2026", kind="folder")
    assert Existing([there], {saved.id}.__contains__).find(saved) is None


def entry(item_id: str, **more: Json) -> Item:
    fields: dict[str, Json] = {"Title": "Ring", "Author": {"login": item_id}, "Hours": 2}
    return Item(
        id=item_id,
        change_key="1",
        kind="item",
        name="Ring",
        when=datetime(2026, 7, 4, tzinfo=UTC),
        facts={"search_key": item_id},
        state={
            "path": ["Early", f"{item_id}_.000"],
            "fields": {"Created": "2026-07-04T00:00:00Z", **fields, **more},
        },
    )


def test_an_entry_of_a_list_is_known_by_all_that_it_holds() -> None:
    who: Json = {"login": "LAB\\Anna", "title": "Anna", "email": ""}
    page: Json = {"url": "https://lab.example/a", "description": "One"}
    town: Json = {"id": 3, "value": "Oslo"}
    saved = entry("old", Who=who, What="the\r\nbell ", Done=False, Town=town, Page=page)
    is_saved = {saved.id, "twin"}.__contains__

    def find(*there: Item) -> str:
        found = Existing(there, is_saved).find(saved)
        return found.id if found else ""

    held: dict[str, Json] = {
        "Who": {"login": "lab\\anna"},
        "What": "the\nbell",
        "Hours": 2.0,
        "Town": {"id": 9, "value": "Oslo"},
        "Page": page,
    }
    same = entry("new", **held)
    assert find(same) == "new"
    # What the restore point has is itself, however alike.
    assert find(replace(same, id="twin"), same) == "new"
    values: list[dict[str, Json]] = [
        {"Town": {"id": 3, "value": "Bergen"}},
        {"More": "else"},
        {"Hours": 3},
        {"Town": {"id": 9, "value": "OSLO"}},
        {"Page": {"url": "https://lab.example/a", "description": "Two"}},
        {"Created": None},
    ]
    for other in (
        *(entry("new", **(held | one)) for one in values),
        replace(same, when=datetime(2026, 7, 5, tzinfo=UTC)),
        replace(same, state={**same.state, "path": ["Late", "9_.000"]}),
        replace(same, state={**same.state, "attachments": [{"name": "a.txt", "size": 1}]}),
    ):
        assert find(other) == ""


def test_two_equal_entries_are_there_if_two_are_and_stay_the_same_when_asked_again() -> None:
    existing = Existing([entry("new 1"), entry("new 2")], {"a", "b", "c"}.__contains__)
    for _ in range(2):
        found = [existing.find(entry(one)) for one in "abc"]
        assert [one and one.id for one in found] == ["new 1", "new 2", None]
