"""Where a site's items lie: names from untrusted text, shards from ids alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.content.names import safe_name
from strongroom.operations.layout import RESERVED, DatedLayout
from strongroom.operations.layouts import layout_for, layout_of
from strongroom.operations.site_layout import SiteLayout, with_key
from strongroom.words.item import Folder, Item
from strongroom.words.json import Json
from strongroom.words.resource import ResourceKind

LAYOUT = SiteLayout("site.json")
LIST = "0b8c7d2e-53f1-4a0e-9a3e-2f6f0a7c1d11"
MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NASTY = [
    "..", ".", "a/b", "a\\b", "NUL", "com1.docx", ".items", "folder.json", "CURSOR.JSON", "_list",
    "_WEB", "e\u0301", "x" * 300, "字" * 200 + ".docx", "a.", " a", "a\x1b[31m", "\ud800", "x.y.z",
    "report.a-very-long-ending-indeed", "no ending.", ".docx", "Plan [k7x3q9ab].docx",
]  # fmt: skip
NAMES = st.sampled_from(NASTY) | st.text(min_size=1, max_size=30)


def document(*path: str, number: int = 7, **state: Json) -> Item:
    return Item(
        id=f"{LIST}/{number}",
        change_key="1",
        kind="file",
        name=path[-1] if path else "",
        when=MADE,
        state={"path": list(path), **state},
    )


@given(names=st.lists(NAMES, min_size=1, max_size=4))
def test_every_real_path_can_be_written_everywhere_and_is_not_one_of_ours(names: list[str]) -> None:
    path = LAYOUT.real_path(document(*names))
    assert len(path) == len(names)
    for name, real in zip(path, names, strict=True):
        assert safe_name(name, bytes_max=255) == name
        assert name.casefold() not in RESERVED
        assert name == real or "[" in name
    assert path[0].casefold() not in {"_list", "_web"}


@given(one=NAMES, other=NAMES)
def test_two_names_in_one_folder_are_never_made_the_same(one: str, other: str) -> None:
    first = LAYOUT.real_path(document(one, number=1))
    second = LAYOUT.real_path(document(other, number=2))
    assert (first == second) == (one == other and first[0] == one)
    assert (
        LAYOUT.real_path(document(one, "a"))[0] == LAYOUT.real_path(document(other, "a"))[0]
    ) == (one == other)


@pytest.mark.parametrize("path", [[], [""], ["a", ""], ["a", 7], "Plan.docx", None, ["a"] * 65])
def test_a_path_that_is_none_leaves_the_file_beside_its_row(path: Json) -> None:
    assert LAYOUT.real_path(document("x", path=path)) == ()


@pytest.mark.parametrize(
    ("name", "marked"),
    [
        ("a:b.docx", "a_b [key].docx"),
        ("NUL.txt", "_NUL [key].txt"),
        ("folder.json", "folder [key].json"),
        ("no ending", "no ending [key]"),
        (".docx", "_docx [key]"),
        ("Re: a. b", "Re_ a. b [key]"),
    ],
)
def test_a_mark_stands_before_the_ending(name: str, marked: str) -> None:
    assert with_key(name, "key") == marked


@pytest.mark.parametrize(
    ("item_id", "shard"),
    [
        (f"{LIST}/1", ("00000000-00019999", "00000000-00000199")),
        (f"{LIST}/200", ("00000000-00019999", "00000200-00000399")),
        (f"{LIST}/20000", ("00020000-00039999", "00020000-00020199")),
        (f"{LIST}/2147483647", ("2147480000-2147499999", "2147483600-2147483799")),
        (f"{LIST}/column/{LIST}", ("column", "all")),
        (f"{LIST}/a:b/x/y", ("a_b", "all")),
        (f"{LIST}/../x", ("_", "all")),
    ],
)
def test_an_id_tells_its_shard(item_id: str, shard: tuple[str, str]) -> None:
    assert LAYOUT.shard_of(item_id) == shard


@given(item_id=st.text(max_size=40))
def test_any_id_has_a_shard_of_two_safe_names(item_id: str) -> None:
    shard = LAYOUT.shard_of(item_id)
    assert len(shard) == 2
    assert all(safe_name(name) == name for name in shard)


def test_a_file_has_the_time_of_its_last_change_if_that_is_one() -> None:
    changed = document("a", fields={"Modified": "2026-05-06T07:08:09Z"})
    assert LAYOUT.file_time(changed) == datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
    for odd in ("2026-05-06T07:08:09", "yesterday", 7, None):
        assert LAYOUT.file_time(document("a", fields={"Modified": odd})) == MADE
    assert LAYOUT.file_time(document("a")) == MADE


def test_nothing_but_what_describes_it_lies_below_a_list() -> None:
    docs = Folder(id="1", path=("Docs",), kind="library")
    about = Folder(id="1/structure", path=("Docs", "_list"), kind="structure")
    odd = Folder(id="2", path=("Docs", "Reports"), kind="list")
    places = LAYOUT.places([docs, about, odd])
    assert places["1/structure"] == ("Docs", "_list")
    assert places["2"][0] == "Docs"
    assert places["2"][1].startswith("Reports [")


def test_each_kind_has_its_layout_and_the_snapshot_says_which() -> None:
    for kind in ResourceKind:
        made = layout_for(kind)
        assert type(made) is type(layout_of(made.about))
        assert isinstance(made, SiteLayout) == (kind in {ResourceKind.SITE, ResourceKind.DRIVE})
    dated = DatedLayout("mailbox.json")
    assert (dated.shard_of("x"), dated.real_path(document("a"))) == (None, ())
