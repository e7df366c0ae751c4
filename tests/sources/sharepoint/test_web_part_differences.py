"""Web parts read back beside those that were saved: what makes another page, and what does not."""

from __future__ import annotations

import orjson

from strongroom.lab.sharepoint.content.classic_pages import content_editor, list_view, script_editor
from strongroom.sources.sharepoint.writing.comparing.web_parts import shut_differences
from strongroom.words.json import Json

ONE, OTHER = "11111111-aaaa-4aaa-8aaa-111111111111", "22222222-bbbb-4bbb-8bbb-222222222222"


def part(title: str, *, zone: str = "Left", index: int = 0, xml: str = "", **more: Json) -> Json:
    return {
        "id": "x", "zone": zone, "index": index, "title": title,
        "xml": xml or script_editor(title, "let a = 1;"), **more,
    }  # fmt: skip


def differences(saved: list[Json], there: list[Json], shut: str = "") -> list[str]:

    read = orjson.dumps({"web_parts": there}) if there else None
    return list(
        shut_differences({"web_parts": saved}, read, lambda text: text.replace(ONE, OTHER), shut)
    )


def test_equal_parts_in_their_order_are_the_same_page_whatever_their_numbers_are() -> None:
    saved = [part("A", index=0), part("B", index=4), part("C", zone="Right", index=9)]
    there = [part("C", zone="Right"), part("B", index=1), part("A", index=0)]
    assert differences(saved, there) == []


def test_what_is_missing_elsewhere_or_in_another_order_is_named() -> None:
    saved = [part("A"), part("B", index=1)]
    assert differences(saved, []) == ["web parts in 'Left': 'A', 'B', there none"]
    moved = [part("A"), part("B", zone="Right")]
    assert len(differences(saved, moved)) == 2
    turned = [part("B"), part("A", index=1)]
    assert differences(saved, turned) == ["web parts in 'Left': 'A', 'B', there 'B', 'A'"]


def test_why_none_could_be_put_there_stands_behind_it() -> None:
    assert differences([part("A")], [], "nobody may") == [
        "web parts in 'Left': 'A', there none (nobody may)"
    ]


def test_another_setting_is_named_and_what_a_server_adds_is_none() -> None:
    saved = [part("A", xml=content_editor("A", "<p>1</p>"))]
    assert differences(saved, [part("A", xml=content_editor("A", "<p>2</p>"))]) == [
        "web part 'A': Content"
    ]
    added = content_editor("A", "<p>1</p>").replace(
        "<FrameType>", "<Height /><Zone>x</Zone><FrameType>"
    )
    assert differences(saved, [part("A", xml=added)]) == []
    assert differences(saved, [part("A", xml=script_editor("A", "<p>1</p>"))]) != []
    assert differences([part("A", closed=True)], [part("A")]) == ["web part 'A': closed"]


def test_ids_of_lists_follow_and_those_of_a_parts_own_view_do_not_count() -> None:
    saved = list_view("Jobs", ONE, "/a/Lists/Jobs").replace('Type="HTML"', f'Name="{{{ONE}}}"')
    there = list_view("Jobs", OTHER, "/a/Lists/Jobs")
    view = "99999999-cccc-4ccc-8ccc-999999999999"
    there = there.replace('Type="HTML"', f'Name="{{{view.upper()}}}"')
    mine = [part("Jobs", xml=saved.replace(ONE.upper(), ONE))]
    assert differences(mine, [part("Jobs", xml=there)]) == []
    elsewhere = there.replace(OTHER, view).replace(OTHER.upper(), view)
    assert differences(mine, [part("Jobs", xml=elsewhere)]) == ["web part 'Jobs': ListId, ListName"]
