"""Columns, content types, views, lists and formulas."""

from __future__ import annotations

import pytest

from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.content_types import (
    DOCUMENT,
    ContentType,
    FieldLink,
    child_id,
)
from strongroom.lab.sharepoint.content.fields import Field, encoded_name
from strongroom.lab.sharepoint.content.formulas import NotAFormula, evaluate
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.principals import User
from strongroom.lab.sharepoint.content.refusals import (
    AlreadyExists,
    NotAllowed,
    NotFound,
    ValueRefused,
)
from strongroom.lab.sharepoint.content.seed_columns import column_xml
from strongroom.lab.sharepoint.content.values import Value
from strongroom.lab.sharepoint.content.views import View

GUID = "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d"


def test_a_column_is_its_xml() -> None:
    xml = (
        f'<Field ID="{{{GUID.upper()}}}" Type="Choice" Name="Wood" DisplayName="Wood &amp; more" '
        'Required="TRUE" Format="RadioButtons" X="y"><CHOICES><CHOICE>oak</CHOICE>'
        "<CHOICE>a &lt; b</CHOICE></CHOICES><Default>oak</Default></Field>"
    )
    column = Field.parse(xml, new_id="unused", owner_id=GUID)
    assert (column.id, column.name, column.title) == (GUID, "Wood", "Wood & more")
    assert (column.choices, column.default) == (("oak", "a < b"), "oak")
    assert column.is_required
    again = Field.parse(column.schema_xml, new_id="unused", owner_id=GUID)
    assert again.schema_xml == column.schema_xml
    assert again.attributes["X"] == "y"


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<Field",
        "<View />",
        '<Field Type="Nonsense" Name="a" />',
        '<Field Type="Text" />',
        '<!DOCTYPE Field [<!ENTITY a "b">]><Field Type="Text" Name="&a;" />',
    ],
)
def test_other_xml_is_no_column(planks: SpList, ann: User, xml: str) -> None:
    before = set(planks.fields)
    with pytest.raises(ValueRefused):
        planks.parse_field(xml, by=ann.id)
    assert set(planks.fields) == before


def test_the_title_becomes_the_internal_name() -> None:
    assert encoded_name("Größe in m²") == "Gr_x00f6__x00df_e_x0020_in_x0020"
    assert encoded_name("1st") == "_x0031_st"


def test_a_deleted_column_takes_its_values_along(planks: SpList, ann: User) -> None:
    column = planks.parse_field(column_xml("Text", "Wood"), by=ann.id, to_default_view=True)
    item = planks.add_item({"Wood": "oak"}, by=ann.id)
    with pytest.raises(AlreadyExists):
        planks.parse_field(column_xml("Text", "Wood"), by=ann.id)
    planks.delete_field(column, by=ann.id)
    assert "Wood" not in item.values
    assert "Wood" not in planks.default_view.fields
    with pytest.raises(NotAllowed):
        planks.delete_field(planks.column("Created"), by=ann.id)
    with pytest.raises(NotFound):
        planks.column("Wood")


def test_a_column_is_found_by_any_of_its_names(planks: SpList) -> None:
    for name in ("Author", "created by", "{1df5e554-ec7e-46a6-901d-d85a3881cb18}"):
        assert planks.column(name).name == "Author"


def test_a_managed_metadata_column_has_a_hidden_note(planks: SpList, ann: User) -> None:
    column = planks.parse_field(column_xml("TaxonomyFieldType", "Wood"), by=ann.id)
    hidden = planks.column(column.attributes["TextField"])
    assert (hidden.type, hidden.is_hidden) == ("Note", True)


def test_a_list_takes_a_content_type_with_its_columns(
    site: SiteCollection, documents: SpList, ann: User
) -> None:
    number = site.root.add_field(column_xml("Text", "Number"), by=ann.id)
    kind = ContentType(
        id=child_id(DOCUMENT, GUID),
        name="Contract",
        parent_id=DOCUMENT,
        links=[FieldLink(id=number.id, name=number.name, is_required=True)],
    )
    site.root.add_content_type(kind, by=ann.id)
    copy = documents.add_content_type(kind, by=ann.id)
    assert copy.id.startswith(kind.id)
    assert documents.fields["Number"].id == number.id
    item = documents.upload("a.txt", b"", by=ann.id, content_type_id=kind.id)
    assert item.content_type_id == copy.id
    with pytest.raises(NotAllowed):
        documents.delete_content_type(copy, by=ann.id)
    with pytest.raises(NotAllowed):
        site.root.delete_content_type(kind, by=ann.id)
    documents.delete_item(item, by=ann.id)
    documents.delete_content_type(copy, by=ann.id)
    site.root.delete_content_type(kind, by=ann.id)


def test_there_is_one_default_view(planks: SpList, ann: User) -> None:
    first = planks.default_view
    second = View(id=GUID, title="By wood", is_default=True)
    planks.add_view(second, by=ann.id)
    assert (planks.default_view, first.is_default) == (second, False)
    assert second.path == "/sites/yard/Lists/Planks/By wood.aspx"
    planks.add_view(View(id=GUID[::-1], title="By wood"), by=ann.id)
    assert planks.views[GUID[::-1]].path.endswith("By wood1.aspx")
    planks.update_view(first, by=ann.id, is_default=True)
    assert 'DefaultView="TRUE"' in first.xml
    assert "DefaultView" not in second.xml


def test_a_list_has_its_address_from_its_first_title(site: SiteCollection, ann: User) -> None:
    made = site.root.add_list("Saws & blades: all", by=ann.id)
    assert made.root_path == "/sites/yard/Lists/Saws  blades all"
    made.change_settings(by=ann.id, title="Saws")
    assert made.root_path == "/sites/yard/Lists/Saws  blades all"
    with pytest.raises(AlreadyExists):
        site.root.add_list("saws", by=ann.id)
    with pytest.raises(AlreadyExists):
        made.change_settings(by=ann.id, title="Documents")
    with pytest.raises(AttributeError):
        made.change_settings(by=ann.id, nonsense=1)


def test_a_recycled_list_comes_back_unless_its_name_is_taken(
    site: SiteCollection, planks: SpList, ann: User
) -> None:
    planks.add_item({"Title": "oak"}, by=ann.id)
    entry = site.root.recycle_list(planks, by=ann.id)
    assert site.find_list(planks.id) is None
    other = site.root.add_list("Planks", by=ann.id)
    with pytest.raises(AlreadyExists):
        site.recycle_bin.restore(entry.id)
    site.root.delete_list(other, by=ann.id)
    site.recycle_bin.restore(entry.id)
    assert site.root.list_by_id(f"{{{planks.id.upper()}}}") is planks
    people = site.root.list_by_title("User Information List")
    assert people is not None
    with pytest.raises(NotAllowed):
        site.root.delete_list(people, by=ann.id)


def test_places_are_found_by_address(site: SiteCollection, documents: SpList, ann: User) -> None:
    folder = documents.add_folder("F", by=ann.id)
    item = documents.upload("a.txt", b"", by=ann.id, folder=folder)
    root = site.root
    assert root.item_at("/sites/yard/shared documents/f/A.TXT") is item
    assert root.item_at("/sites/yard/Shared Documents/none/a.txt") is None
    assert root.list_of("/sites/yard/Shared Documents2/a") is None
    assert site.web_of("/sites/yard/hr/Lists/Tasks").path == "/sites/yard/hr"
    assert site.web_of("/sites/yard/hrx").path == "/sites/yard"


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=[A]*[B]+1", 7.0),
        ("=2+3*4", 14.0),
        ("=(2+3)*4", 20.0),
        ('=[T]&" ""x"" "&[A]', 'oak "x" 2'),
        ('=IF([A]>1,"many",UPPER([T]))', "many"),
        ("=AND([A]<>2,TRUE)", False),
        ('=[T]="OAK"', True),
        ("=[A]/0", None),
        ("=-[A]", -2.0),
        ('=CONCATENATE([T],"-",LEN([T]))', "oak-3"),
        ("=ISBLANK([N])", True),
        ("ROUND([B]/[A],1)", 1.5),
    ],
)
def test_formulas_are_worked_out(formula: str, value: Value) -> None:
    columns: dict[str, Value] = {"A": 2, "B": 3, "T": "oak", "N": None}
    assert evaluate(formula, columns.__getitem__) == value


@pytest.mark.parametrize("formula", ["", "=", "=[A", "=1 2", "=FOO(1)", "=(1", "=IF(1)", "=1;2"])
def test_others_are_no_formulas(formula: str) -> None:
    with pytest.raises(NotAFormula):
        evaluate(formula, {"A": 1}.get)


def test_a_list_can_get_another_address(site: SiteCollection, planks: SpList, ann: User) -> None:
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    planks.move_root("Timber", by=ann.id)
    assert item.path == "/sites/yard/Lists/Timber/1_.000"
    assert planks.default_view.path == "/sites/yard/Lists/Timber/AllItems.aspx"
    assert site.root.list_by_path("/sites/yard/lists/timber") is planks
    with pytest.raises(AlreadyExists):
        planks.move_root("Tasks", by=ann.id)


def test_a_lists_column_says_where_the_database_keeps_it(planks: SpList, ann: User) -> None:
    given = column_xml("URL", "Link", ColName="made up", Version="77")
    column = planks.parse_field(given, by=ann.id)
    assert column.attributes["ColName"].startswith("nvarchar")
    assert {"ColName2", "RowOrdinal2"} <= set(column.attributes)
    assert column.attributes["Version"] == "1"
    planks.update_field(column, by=ann.id, xml=given.replace("Link", "Other"))
    assert (column.name, column.title) == ("Link", "Other")
    assert column.attributes["Version"] == "2"
