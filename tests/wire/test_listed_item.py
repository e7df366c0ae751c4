"""A listed item says what the careful reader says, only flat."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from strongroom.wire.ews.listed_item import read_listed
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.things import read_item
from strongroom.wire.ews.xml import TYPES

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)
names = st.sampled_from(["Subject", "From", "Categories", "Flag", "Size", "Name", "String"])
leaves = st.builds(lambda name, text: f"<t:{name}>{escape(text)}</t:{name}>", names, texts)
branches = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda name, inside: f"<t:{name}>{''.join(inside)}</t:{name}>",
        names,
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=6,
)
properties = st.builds(
    lambda tag, kind, value: (
        f'<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="{tag}" PropertyType="{kind}"/>'
        f"<t:Value>{escape(value)}</t:Value></t:ExtendedProperty>"
    ),
    st.sampled_from(["0x37", "0xe07", "nonsense"]),
    st.sampled_from(["String", "Integer", "Strange"]),
    st.sampled_from(["", "7", "seven", "<&>"]),
)
items = st.lists(st.one_of(branches, properties), max_size=8)


def element(inside: list[str]) -> etree._Element:
    return etree.fromstring(
        f'<t:Message xmlns:t="{TYPES}"><t:ItemId Id="AAMk=" ChangeKey="CQ=="/>'
        f"{''.join(inside)}</t:Message>"
    )


def innermost(node: Node) -> Iterator[tuple[str, str]]:
    for child in node.children:
        if child.children:
            yield from innermost(child)
        else:
            yield child.name, child.text


@given(items)
def test_a_listed_item_says_what_the_careful_reader_says(inside: list[str]) -> None:
    whole, flat = read_item(element(inside)), read_listed(element(inside))
    assert (flat.id, flat.change_key, flat.element) == ("AAMk=", "CQ==", "Message")
    assert flat.extended == whole.extended
    # The same name may come twice with text and with elements; then each keeps its own.
    for name, field in whole.fields.items():
        if isinstance(field, Node) and field.children:
            assert list(flat.leaves[name]) == list(innermost(field))
        elif not isinstance(field, Node) and field.strip():
            assert flat.text(name) == field
    assert flat.texts.keys() | flat.leaves.keys() <= whole.fields.keys()


@pytest.mark.parametrize("pretty", ["", "\n    "])
def test_spaces_between_elements_are_no_text(pretty: str) -> None:
    sender = f"<t:Mailbox>{pretty}<t:Name>Ann</t:Name>{pretty}</t:Mailbox>"
    item = read_listed(element([f"<t:From>{pretty}{sender}{pretty}</t:From>"]))
    assert item.inside("From") == {"Name": "Ann"}
    assert item.text("From") == ""


def test_of_two_innermost_elements_with_one_name_the_first_counts() -> None:
    boxes = "".join(f"<t:Mailbox><t:Name>{name}</t:Name></t:Mailbox>" for name in ("Ann", "Bob"))
    assert read_listed(element([f"<t:From>{boxes}</t:From>"])).inside("From") == {"Name": "Ann"}
