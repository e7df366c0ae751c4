from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from strongroom.wire.ews.nodes import Node, read_node
from strongroom.wire.ews.properties import (
    PROPERTY_SETS,
    ExtendedPath,
    PropertyValue,
    property_to_xml,
    read_property,
    read_time,
    write_time,
)
from strongroom.wire.ews.xml import TYPES, attribute, text

GUID = UUID("00062008-0000-0000-c000-000000000046")
VALUES: list[tuple[int, PropertyValue]] = [
    (0x0002, -3),
    (0x0003, 2**31 - 1),
    (0x0005, 0.1),
    (0x0006, 12_0000),
    (0x000B, True),
    (0x000B, False),
    (0x0014, -(2**63)),
    (0x001F, "a <b> & 'c' \"d\"\r\ne"),
    (0x001F, ""),
    (0x0040, datetime(2026, 11, 20, 8, 0, 1, 250_000, tzinfo=UTC)),
    (0x0048, GUID),
    (0x0102, b"\x00\xff" * 40),
    (0x0102, b""),
    (0x101F, ["Red", "B & W"]),
    (0x1102, [b"a", b""]),
    (0x1003, [1, 2]),
]


def parsed(xml: str) -> etree._Element:
    return etree.fromstring(f'<r xmlns:t="{TYPES}">{xml}</r>')[0]


@pytest.mark.parametrize(("mapi_type", "value"), VALUES)
def test_a_value_comes_back_as_it_went_out(mapi_type: int, value: PropertyValue) -> None:
    for path in (
        ExtendedPath.of_tag(0x0E07 << 16 | mapi_type),
        ExtendedPath.of_name(GUID, 0x8503, mapi_type),
        ExtendedPath.of_name(GUID, 'x-"name"', mapi_type),
    ):
        assert read_property(parsed(property_to_xml(path, value))) == (path, value)
        assert path.mapi_type == mapi_type


def test_a_tag_survives_its_path() -> None:
    assert ExtendedPath.of_tag(0x0037001F).tag == 0x0037001F
    assert ExtendedPath.of_tag(0x0037001E).tag == 0x0037001F


def test_a_mapped_id_is_refused_because_it_means_another_property_elsewhere() -> None:
    with pytest.raises(ValueError, match="mapped"):
        ExtendedPath.of_tag(0x8001001F)


def test_a_named_property_has_no_tag() -> None:
    with pytest.raises(ValueError, match="no tag"):
        _ = ExtendedPath.of_name(GUID, 1, 3).tag


@pytest.mark.parametrize("tag", ["0xe07", "0x0E07", "3591"])
def test_tags_are_read_in_every_notation(tag: str) -> None:
    element = parsed(
        f'<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="{tag}" PropertyType="Integer"/>'
        "<t:Value>1</t:Value></t:ExtendedProperty>"
    )
    assert read_property(element) == (ExtendedPath.of_tag(0x0E070003), 1)


def test_a_set_by_its_own_name_is_the_set_by_its_guid() -> None:
    element = parsed(
        '<t:ExtendedProperty><t:ExtendedFieldURI DistinguishedPropertySetId="Common"'
        ' PropertyId="34051" PropertyType="Boolean"/><t:Value>true</t:Value></t:ExtendedProperty>'
    )
    path = ExtendedPath.of_name(PROPERTY_SETS["Common"], 34051, 0x000B)
    assert read_property(element) == (path, True)


@pytest.mark.parametrize(
    "inside",
    [
        "<t:Value>1</t:Value>",
        '<t:ExtendedFieldURI PropertyTag="0x0E07" PropertyType="Integer"/>',
        '<t:ExtendedFieldURI PropertyTag="0x0E07" PropertyType="Integer"/><t:Value>one</t:Value>',
        '<t:ExtendedFieldURI PropertyTag="0x0E07" PropertyType="Novel"/><t:Value>1</t:Value>',
        '<t:ExtendedFieldURI PropertyTag="tag" PropertyType="Integer"/><t:Value>1</t:Value>',
        '<t:ExtendedFieldURI PropertyTag="0x0102" PropertyType="Binary"/><t:Value>A$B=</t:Value>',
        '<t:ExtendedFieldURI DistinguishedPropertySetId="Odd" PropertyType="Short"/><t:Value/>',
    ],
)
def test_a_property_that_makes_no_sense_is_missing_rather_than_wrong(inside: str) -> None:
    assert read_property(parsed(f"<t:ExtendedProperty>{inside}</t:ExtendedProperty>")) is None


@pytest.mark.parametrize(
    ("raw", "microsecond"),
    [
        ("2026-11-20T08:00:00Z", 0),
        ("2026-11-20T08:00:00", 0),
        ("2026-11-20T09:00:00+01:00", 0),
        ("2026-11-20T08:00:00.1234567Z", 123456),
        ("2026-11-20T08:00:00.123456789", 123456),
        ("2026-11-20T08:00:00.5Z", 500000),
        (" 2026-11-20T08:00:00Z\n", 0),
    ],
)
def test_times_are_read_in_every_notation_seen(raw: str, microsecond: int) -> None:
    assert read_time(raw) == datetime(2026, 11, 20, 8, 0, 0, microsecond, tzinfo=UTC)


def test_a_time_without_a_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="zone"):
        write_time(datetime(2026, 1, 1))  # noqa: DTZ001 - the point


@given(st.text())
def test_any_text_makes_well_formed_xml_and_comes_back(value: str) -> None:
    element = etree.fromstring(f'<r a="{attribute(value)}">{text(value)}</r>')
    plain = all(c in "\t\n\r" or (" " <= c <= "\ud7ff") or c >= "\ue000" for c in value)
    if plain and not {"\ufffe", "\uffff"} & set(value):
        assert (element.text or "") == value
        assert element.get("a") == value


def test_characters_that_xml_cannot_carry_become_the_replacement_character() -> None:
    assert text("a\x00b\x0b\ud800c") == "a\ufffdb\ufffd\ufffdc"


def test_a_node_survives_json_and_xml() -> None:
    node = Node(
        "Rule",
        attributes={"Id": 'a"b'},
        children=(
            Node("Empty"),
            Node("Text", "x < y & z"),
            Node("Deep", children=(Node("D", "1"),)),
        ),
    )
    assert Node.from_json(node.to_json()) == node
    assert read_node(parsed(node.to_xml())) == node


def test_a_node_with_markup_for_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="name"):
        Node.from_json({"name": "a><b"})
