"""Values of items mean the same in any site: people, lookups, terms, dates, addresses."""

from __future__ import annotations

import pytest

from strongroom.sources.sharepoint.reading.columns import LOOKUPS_MAX, Ambition, list_columns
from strongroom.sources.sharepoint.reading.field_values import people_in, values_of
from strongroom.sources.sharepoint.reading.people import Person
from strongroom.sources.sharepoint.reading.version_values import version_rows
from strongroom.wire.sharepoint.rows import Row

ANN = Person(login="i:0#.f|membership|ann@lab.example", title="Ann", email="ann@lab.example")
GROUP = Person(login="Owners", title="Owners", email="")
PEOPLE = {11: ANN, 5: GROUP}
NOTE = "1f0e0d0c-0b0a-4908-8706-050403020100"
TERM = "2f0e0d0c-0b0a-4908-8706-050403020100"


def field(name: str, kind: str, schema: str = "", **more: object) -> Row:
    return {
        "InternalName": name,
        "EntityPropertyName": f"OData_{name}" if name.startswith("_") else name,
        "TypeAsString": kind,
        "SchemaXml": f"<Field Name='{name}' Type='{kind}' {schema}/>",
        **more,
    }


def taxonomy(name: str, kind: str) -> Row:
    row = field(name, kind)
    row["SchemaXml"] = (
        f"<Field Name='{name}' Type='{kind}'><Customization><ArrayOfProperty><Property>"
        "<Name>TextField</Name><Value xmlns:q6='http://www.w3.org/2001/XMLSchema'"
        f" p4:type='q6:string' xmlns:p4='x'>{{{NOTE.upper()}}}</Value></Property>"
        "</ArrayOfProperty></Customization></Field>"
    )
    return row


def values(fields: list[Row], row: Row) -> dict[str, object]:
    columns = list_columns(fields, is_library=False, has_attachments=False).columns
    return dict(values_of(row, columns, PEOPLE))


@pytest.mark.parametrize(
    ("column", "row", "value"),
    [
        (field("Author", "User"), {"AuthorId": 11}, ANN.to_json()),
        (field("Who", "UserMulti"), {"WhoId": [11, 5]}, [ANN.to_json(), GROUP.to_json()]),
        (
            field("Who", "User"),
            {"WhoId": 99},
            {"login": "", "title": "", "email": ""},
        ),
        (
            field("Look", "Lookup", "List='{1}' ShowField='Code'"),
            {"Look": {"Id": 3, "Code": "A3"}},
            {"id": 3, "value": "A3"},
        ),
        (
            field("Look", "LookupMulti", "List='{1}' ShowField='LinkTitle'"),
            {"Look": [{"Id": 3, "Title": "x"}, {"Id": 4, "Title": None}]},
            [{"id": 3, "value": "x"}, {"id": 4, "value": ""}],
        ),
        (field("Look", "Lookup", "List='{1}'"), {"LookId": 7}, {"id": 7, "value": ""}),
        (field("When", "DateTime"), {"When": "2022-06-15T10:36:59Z"}, "2022-06-15T10:36:59Z"),
        (
            field("Link", "URL"),
            {"Link": {"Url": "https://a.example", "Description": "A"}},
            {"url": "https://a.example", "description": "A"},
        ),
        (field("Some", "MultiChoice"), {"Some": ["a", "b;#c"]}, ["a", "b;#c"]),
        (field("Yes", "Boolean"), {"Yes": False}, False),
        (field("Number", "Number"), {"Number": 0.0}, 0.0),
        (field("_Comments", "Note"), {"OData__Comments": "x"}, "x"),
    ],
)
def test_each_type_of_column_is_kept_by_what_it_means(column: Row, row: Row, value: object) -> None:
    assert values([column], row) == {column["InternalName"]: value}


@pytest.mark.parametrize("empty", [None, "", []])
def test_what_is_empty_is_left_out(empty: object) -> None:
    assert values([field("Text", "Text")], {"Text": empty}) == {}


def test_a_term_has_its_label_from_the_hidden_column() -> None:
    hidden = field("Topic_0", "Note", Id=NOTE)
    told = {
        "Topic": {"Label": "17", "TermGuid": TERM.upper(), "WssId": 17},
        "Topic_0": f"Roof|{TERM}",
    }
    found = values([taxonomy("Topic", "TaxonomyFieldType"), hidden], told)
    assert found["Topic"] == {"label": "Roof", "guid": TERM}


def test_several_terms_are_told_apart() -> None:
    other = TERM.replace("2f", "3f")
    hidden = field("Topic_0", "Note", Id=NOTE)
    told = {
        "Topic": [{"Label": "17", "TermGuid": TERM}, {"Label": "Wall", "TermGuid": other}],
        "Topic_0": f"12;#Roof|{TERM}",
    }
    found = values([taxonomy("Topic", "TaxonomyFieldTypeMulti"), hidden], told)
    assert found["Topic"] == [{"label": "Roof", "guid": TERM}, {"label": "Wall", "guid": other}]


def test_what_is_the_servers_own_is_no_value() -> None:
    fields = [
        field("ID", "Counter"),
        field("MetaInfo", "Lookup", "List='Docs'"),
        field("Restricted", "Lookup", "List='Docs'"),
        field("AppAuthor", "Lookup", "List='AppPrincipals'"),
        field("DocIcon", "Computed"),
        field("CanvasContent1", "Note"),
        field("Look_x003a_Code", "Lookup", "List='{1}' FieldRef='1'"),
        field("Title", "Text"),
    ]
    found = list_columns(fields, is_library=True, has_attachments=False)
    assert [one.name for one in found.columns] == ["Title"]
    assert found.pages == {"CanvasContent1": "CanvasContent1"}


def test_no_question_follows_more_lookups_than_a_server_takes() -> None:
    fields = [field(f"L{n}", "Lookup", "List='{1}'") for n in range(2 * LOOKUPS_MAX + 1)]
    first, *others = list_columns(fields, is_library=True, has_attachments=False).questions
    assert [len(one.expand) for one in (first, *others)] == [LOOKUPS_MAX + 1, LOOKUPS_MAX, 1]
    assert all("ID" in one.select for one in others)
    refused = list_columns(
        fields, is_library=True, has_attachments=False, ambition=Ambition.NOT_FOLLOWING
    )
    assert [one.expand for one in refused.questions] == [("File",)]


def test_people_are_found_in_all_columns() -> None:
    fields = [field("Author", "User"), field("Who", "UserMulti"), field("Look", "Lookup")]
    columns = list_columns(fields, is_library=False, has_attachments=False).columns
    assert list(people_in({"AuthorId": 1, "WhoId": [2, 3], "LookId": 4}, columns)) == [1, 2, 3]


def test_versions_are_told_in_a_way_of_their_own_and_mean_the_same() -> None:
    fields = [
        field("Title", "Text"),
        field("_Comments", "Note"),
        field("Editor", "User"),
        field("Look", "LookupMulti", "List='{1}'"),
    ]
    columns = list_columns(fields, is_library=False, has_attachments=False)
    rows: list[Row] = [
        {"VersionId": 1024, "VersionLabel": "2.0", "IsCurrentVersion": True, "Title": "new"},
        {
            "VersionId": 512,
            "VersionLabel": "1.0",
            "IsCurrentVersion": False,
            "Title": "old",
            "OData__x005f_Comments": "c",
            "Created": "2022-01-01T00:00:00Z",
            "Modified": "2022-01-02T00:00:00Z",
            "Editor": {"LookupId": 11, "LookupValue": "Ann", "Email": "ann@lab.example"},
            "Look": [{"LookupId": 3, "LookupValue": "x"}],
        },
    ]
    old, new = version_rows(rows, columns, PEOPLE)
    assert (old["id"], new["id"], new["current"]) == (512, 1024, True)
    assert old["created"] == "2022-01-02T00:00:00Z"
    assert old["by"] == ANN.to_json()
    assert old["fields"] == {
        "Title": "old",
        "_Comments": "c",
        "Editor": ANN.to_json(),
        "Look": [{"id": 3, "value": "x"}],
    }


def test_hidden_columns_that_somebody_made_are_asked_for_by_name() -> None:
    fields = [
        field("Shown", "Text"),
        field("Kept", "Text", Hidden=True),
        field("Who", "User", Hidden=True),
        field("Base", "Text", Hidden=True, FromBaseType=True),
    ]
    (question,) = list_columns(fields, is_library=False, has_attachments=False).questions
    assert {"Kept", "WhoId"} <= set(question.select)
    assert not {"Shown", "Who", "Base"} & set(question.select)
