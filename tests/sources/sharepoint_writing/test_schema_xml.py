"""The XML of columns and views, made fit for another place."""

from __future__ import annotations

import pytest

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.writing.columns import column_of
from strongroom.sources.sharepoint.writing.schema_xml import (
    Bound,
    attributes_of,
    canonical,
    column_for,
    strictness_of,
    term_set_in,
    view_for,
)

OLD, NEW, WEB = (f"{digit * 8}-0000-0000-0000-000000000000" for digit in "123")
PLAIN = (
    f'<Field ID="{{{OLD}}}" Type="Text" Name="Colour" StaticName="Colour" DisplayName="Colour"'
    f' ColName="nvarchar5" RowOrdinal="0" SourceID="{{{OLD}}}" Version="3" Required="TRUE"'
    ' EnforceUniqueValues="TRUE"><Validation Message="No">=LEN(Colour)&gt;2</Validation></Field>'
)
LOOKUP = (
    f'<Field ID="{{{OLD}}}" Type="Lookup" Name="City" List="{{{OLD}}}" ShowField="Title"'
    f' WebId="{OLD}" ColName="int1"/>'
)


def list_of(saved_id: str) -> str | None:
    return {OLD: NEW}.get(saved_id)


def test_what_tells_of_the_place_it_came_from_is_stripped() -> None:
    found = attributes_of(column_for(PLAIN, list_of=list_of))
    assert found == {
        "ID": f"{{{OLD}}}",
        "Type": "Text",
        "Name": "Colour",
        "StaticName": "Colour",
        "DisplayName": "Colour",
    }


def test_what_would_refuse_items_is_kept_for_the_end() -> None:
    assert "Validation" not in column_for(PLAIN, list_of=list_of)
    assert "Validation" in column_for(PLAIN, list_of=list_of, is_strict=True)
    assert strictness_of(PLAIN) == {
        "Required": True,
        "EnforceUniqueValues": True,
        "ValidationFormula": "=LEN(Colour)>2",
        "ValidationMessage": "No",
    }
    assert strictness_of(LOOKUP) == {}


def test_a_lookup_looks_into_the_list_that_the_saved_one_became() -> None:
    found = attributes_of(column_for(LOOKUP, list_of=list_of, web_id=WEB))
    assert (found["List"], found["WebId"]) == (f"{{{NEW}}}", WEB)


def test_a_lookup_into_a_list_that_is_not_there_is_refused_in_plain_words() -> None:
    with pytest.raises(ItemError, match="not in the target"):
        column_for(LOOKUP, list_of=lambda _: None)


def test_a_lookup_into_its_own_list_stays_one() -> None:
    own = LOOKUP.replace(f'List="{{{OLD}}}"', 'List="Self"')
    assert attributes_of(column_for(own, list_of=lambda _: None))["List"] == "Self"


def test_terms_are_taken_from_the_targets_set() -> None:
    pairs = (("SspId", "1"), ("TermSetId", f"{{{OLD.upper()}}}"), ("AnchorId", "7"), ("Open", "x"))
    rows = (f"<Property><Name>{n}</Name><Value>{v}</Value></Property>" for n, v in pairs)
    term = (
        '<Field Type="TaxonomyFieldType" Name="Town"><Customization><ArrayOfProperty>'
        f"{''.join(rows)}</ArrayOfProperty></Customization></Field>"
    )
    saved = Bound("1", OLD, "7")
    assert term_set_in(term) == saved
    there = Bound("2", OLD.replace("1", "3"))
    moved = column_for(term, list_of=list_of, terms={saved: there}.get)
    assert term_set_in(moved) == there
    assert "<Value>x</Value>" in moved
    for terms in (None, lambda _: None):
        assert term_set_in(column_for(term, list_of=list_of, terms=terms)) == saved


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE f [<!ENTITY a "b">]><Field Name="&a;"/>',
        '<!doctype f SYSTEM "file:///etc/passwd"><Field/>',
        "<Field",
        "",
        "\x00",
    ],
)
def test_xml_that_is_none_or_brings_entities_is_not_read(hostile: str) -> None:
    with pytest.raises(ItemError):
        column_for(hostile, list_of=list_of)
    assert attributes_of(hostile) == {}


def test_a_view_loses_its_own_address() -> None:
    view = f'<View Name="{{{OLD}}}" Url="/sites/a/x.aspx" Type="HTML"><Query/></View>'
    assert view_for(view) == '<View Type="HTML"><Query/></View>'


def test_xml_is_the_same_however_it_is_written() -> None:
    assert canonical('<A b="1" a="2"><C/></A>') == canonical('<A a="2"\n b="1">\n  <C></C>\n</A>')
    assert canonical("<A>x</A>") != canonical("<A>y</A>")


def test_a_column_is_read_out_of_its_definition() -> None:
    found = column_of({"SchemaXml": LOOKUP, "InternalName": "City", "TypeAsString": "Lookup"})
    assert (found.name, found.id, found.looks_into) == ("City", OLD, OLD)
    assert not found.is_dependent
    shown = LOOKUP.replace("Lookup", "Lookup", 1).replace("ShowField", 'FieldRef="x" ShowField')
    assert column_of({"SchemaXml": shown, "TypeAsString": "Lookup"}).is_dependent
