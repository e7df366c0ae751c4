"""The lab's answers have the keys and types that real ones had, kind by kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from strongroom.lab.sharepoint.content.values import TermValue, UrlValue
from tests.lab_sharepoint_rest.conftest import Asker
from tests.lab_sharepoint_rest.recorded_shapes import (
    ARCHIVE,
    KINDS,
    TABLE,
    kind_of,
    recorded_objects,
    things_in,
    type_of,
)

_OPEN = frozenset({"SP.ListItem", "row"})
"""Kinds that have the columns of their list as well."""

_DOCUMENTED = frozenset({"DateTimeCalendarType", "FriendlyDisplayFormat"})
"""Of columns with times, none of which was recorded: SP.FieldDateTime of [MS-CSOMSPT]."""

_FIELDS = (
    '<Field Type="Choice" Name="C" DisplayName="C"><CHOICES><CHOICE>a</CHOICE></CHOICES></Field>',
    '<Field Type="MultiChoice" DisplayName="M"><CHOICES><CHOICE>a</CHOICE></CHOICES></Field>',
    '<Field Type="URL" Name="U" DisplayName="U" />',
    '<Field Type="User" Name="P" DisplayName="P" />',
    '<Field Type="Calculated" Name="F" DisplayName="F"><Formula>=1</Formula></Field>',
    '<Field Type="Currency" Name="E" DisplayName="E" />',
    '<Field Type="TaxonomyFieldType" Name="T" DisplayName="T" />',
    '<Field Type="Number" Name="N" DisplayName="N" />',
    '<Field Type="Note" Name="O" DisplayName="O" />',
)
_ALL = dict.fromkeys(
    ("Item", "File", "Folder", "List", "Web", "View", "Add", "Update", "DeleteObject"), True
)


def _filled(ask: Asker) -> None:
    ann, web = ask.ann, ask.web
    things = web.add_list("Things", by=ann)
    for xml in _FIELDS:
        things.parse_field(xml, by=ann)
    term = ask.collection.terms.add_set("Colours", "red").terms[0]
    made = things.add_item(
        {
            "Title": "x",
            "C": "a",
            "M": ("a",),
            "U": UrlValue(url="https://x.example", description="x"),
            "P": ann,
            "T": TermValue(label="red", guid=term.id),
        },
        by=ann,
    )
    made.break_inheritance(by=ann)
    gone = things.add_item({"Title": "y"}, by=ann)
    things.recycle_item(gone, by=ann)
    docs = ask.list("Documents")
    for content in (b"1", b"22"):
        docs.upload("a.docx", content, by=ann, overwrite=True)
    docs.add_folder("F", by=ann)


_QUESTIONS = (
    "web",
    "web/lists",
    "web/lists/getbytitle('Things')/fields",
    "web/lists/getbytitle('Things')/views",
    "web/lists/getbytitle('Things')/contenttypes",
    "web/lists/getbytitle('Things')/items",
    "web/lists/getbytitle('Documents')/items",
    "web/lists/getbytitle('Things')/items(1)/roleassignments?$expand=RoleDefinitionBindings",
    "web/lists/getbytitle('Documents')/rootfolder",
    "web/lists/getbytitle('Documents')/rootfolder/files",
    "web/lists/getbytitle('Documents')/rootfolder/storagemetrics",
    "web/GetFileByServerRelativePath(decodedurl='/sites/a/Shared Documents/a.docx')/versions",
    "web/RegionalSettings?$expand=TimeZone",
    "web/roledefinitions",
    "web/sitegroups",
    "web/siteusers",
    "web/navigation/QuickLaunch",
    "web/features",
    "web/recyclebin",
    "web/lists/getbytitle('Nothing')",
    "search/query?querytext='contentclass:STS_Site'",
)
_CAML = (
    "<View Scope='RecursiveAll'><ViewFields><FieldRef Name='Title'/></ViewFields>"
    "<RowLimit Paged='TRUE'>1</RowLimit></View>"
)


def _answers(ask: Asker) -> list[Any]:
    given = [ask.get(one).json for one in _QUESTIONS]
    form = {"formValues": [{"FieldName": "Title", "FieldValue": "z"}]}
    given.append(
        ask.post("web/lists/getbytitle('Things')/items(1)/validateupdatelistitem", form).json
    )
    query = {"parameters": {"ViewXml": _CAML, "RenderOptions": 2}}
    for title in ("Things", "Documents"):
        where = f"web/lists/getbytitle('{title}')/renderlistdataasstream"
        given.append(ask.post(where, query).json)
    given.append(ask.post("web/lists/getbytitle('Things')/items(1)/resetroleinheritance").json)
    ask.list("Things").add_view(_view(ask), by=ask.ann)
    changes = ask.post("site/getchanges", {"query": _ALL}, form="verbose")
    given.append(changes.json)
    return given


def _view(ask: Asker) -> Any:
    from strongroom.lab.sharepoint.content.views import View  # noqa: PLC0415 - only here

    return View(id=ask.collection.new_guid(), title="V")


def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(TABLE.read_text("utf-8"))["kinds"]
    return table


def test_the_lab_s_things_have_the_recorded_keys_and_types(ask: Asker) -> None:
    _filled(ask)
    table, seen, wrong = _table(), set(), []
    for answer in _answers(ask):
        for thing in things_in(answer):
            kind = kind_of(thing)
            if kind is None:
                continue
            seen.add(kind)
            wrong += _differences(kind, thing, table[kind])
    assert "\n".join(sorted(set(wrong))) == ""
    assert seen == set(KINDS) == set(table)


def _differences(kind: str, thing: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    known = {**row["always"], **row["sometimes"]}
    wrong = [f"{kind} has no {name}" for name in row["always"] if name not in thing]
    for name, value in thing.items():
        types = known.get(name)
        if types is None:
            if kind not in _OPEN and name not in _DOCUMENTED:
                wrong.append(f"{kind} has {name}, which was never recorded")
        elif types != "null" and type_of(value) not in types.split("|"):
            wrong.append(f"{kind}.{name} is {type_of(value)}, recorded was {types}")
    return wrong


@pytest.mark.skipif(
    not ARCHIVE.exists(), reason="NOT SHOWN: the recordings are not beside this project"
)
def test_the_table_is_what_the_recordings_say() -> None:
    keys: dict[str, dict[str, list[str]]] = {}
    count: dict[str, int] = {}
    for _, thing in recorded_objects():
        kind = kind_of(thing)
        if kind is None:
            continue
        count[kind] = count.get(kind, 0) + 1
        for name, value in thing.items():
            keys.setdefault(kind, {}).setdefault(name, []).append(type_of(value))
    table = _table()
    assert {kind: row["seen"] for kind, row in table.items()} == count
    for kind, names in keys.items():
        always = {name: _types(types) for name, types in names.items() if len(types) == count[kind]}
        some = {name: _types(types) for name, types in names.items() if len(types) != count[kind]}
        assert (table[kind]["always"], table[kind]["sometimes"]) == (always, some), kind


def _types(types: list[str]) -> str:
    return "|".join(sorted(set(types)))
