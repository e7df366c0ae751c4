"""The XML of columns and views, made fit for another place.

``SchemaXml`` of a column says where it came from and in which row of the database its values lie.
That is stripped: a server that is told it makes broken columns of it. Ids of lists, webs and term
stores become those of the target; the column's own id and names stay.

Source:
    https://learn.microsoft.com/sharepoint/dev/schema/field-element-field
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from strongroom.errors import ItemError

_BYTES_MAX = 4 * 1024 * 1024
_OWN = (
    *("ColName", "RowOrdinal", "ColName2", "RowOrdinal2", "SourceID", "Version", "WebId"),
    *("FromBaseType", "JoinColName", "JoinRowOrdinal", "JoinType", "PITarget", "PrimaryPITarget"),
)
_NOT_FOR_NEW = ("Required", "EnforceUniqueValues")
"""Put back when everything is in: saved items may lack what became required later."""
_GUID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")

_START = re.compile(r"\s*<View\b[^>]*>")
_OF_ONE_VIEW = re.compile(
    r"""\s(?:Name|Url|ImageUrl|SetupPath|ContentTypeID)=(?:"[^"]*"|'[^']*')"""
)

_NO_GUID = "00000000-0000-0000-0000-000000000000"
_STORE, _SET, _ANCHOR = "SspId", "TermSetId", "AnchorId"

ListOf = Callable[[str], str | None]
"""By the id of a saved list, that of the list that it became in the target."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The set of terms that a column takes its values from.

    Attributes:
        store_id: GUID of the term store.
        set_id: GUID of the set, in small letters.
        anchor_id: GUID of the term that it takes only those below of; empty: all of the set.
    """

    store_id: str
    set_id: str
    anchor_id: str = ""


TermsOf = Callable[[Bound], Bound | None]
"""By the set of a saved column, the one that it has in the target."""


def parsed(xml: str, *, what: str) -> etree._Element:
    """Read a document that came from a server: no entities, no network, bounded.

    Raises:
        ItemError: it is none.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    data = xml.encode("utf-8", "replace")
    if len(data) > _BYTES_MAX or b"<!DOCTYPE" in data[:4096].upper():
        raise ItemError(f"The XML of {what} is not to be read.", code="bad-xml", is_permanent=True)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ItemError(
            f"The XML of {what} cannot be read.", code="bad-xml", is_permanent=True
        ) from error


def attributes_of(schema_xml: str) -> Mapping[str, str]:
    """Give the attributes of a column's outermost element; none where it cannot be read."""
    if not schema_xml:
        return {}
    try:
        found = parsed(schema_xml, what="a column")
    except ItemError:
        return {}
    return {str(name): str(value) for name, value in found.attrib.items()}


def column_for(
    schema_xml: str,
    *,
    list_of: ListOf,
    web_id: str = "",
    terms: TermsOf | None = None,
    is_strict: bool = False,
) -> str:
    """Give the XML to make a column by, in another place.

    Args:
        schema_xml: As it was saved.
        list_of: What became of the list that a lookup looks into.
        web_id: The web that the target list is in: a lookup says it.
        terms: What became of the set of terms; None, and where it gives None: as it was saved.
        is_strict: Keep what would refuse items: required, unique.

    Raises:
        ItemError: it cannot be read; or the list that it looks into is not in the target.
    """
    element = parsed(schema_xml, what="a column")
    for name in _OWN:
        _drop(element, name)
    if not is_strict:
        for name in _NOT_FOR_NEW:
            _drop(element, name)
        for child in element.findall("Validation"):
            element.remove(child)
    _point_elsewhere(element, list_of, web_id)
    if terms is not None:
        _bind(element, terms)
    return _written(element)


def term_set_in(schema_xml: str) -> Bound | None:
    """Say which set of terms a column takes its values from; None: it names none."""
    if "TermSetId" not in schema_xml:
        return None
    try:
        return _bound(parsed(schema_xml, what="a column"))
    except ItemError:
        return None


def strictness_of(schema_xml: str) -> dict[str, bool | str]:
    """Say what of a column would refuse items, by the names of its properties."""
    if not schema_xml:
        return {}
    element = parsed(schema_xml, what="a column")
    found: dict[str, bool | str] = {
        name: True for name in _NOT_FOR_NEW if element.get(name, "").casefold() == "true"
    }
    rule = element.find("Validation")
    if rule is not None and rule.text:
        found["ValidationFormula"] = rule.text
        found["ValidationMessage"] = rule.get("Message", "")
    return found


def view_for(view_xml: str) -> str:
    """Give the XML of a view without what names the saved one: its id, address and page."""
    parsed(view_xml, what="a view")
    start = _START.match(view_xml)
    if start is None:
        raise ItemError("A view that is none.", code="bad-xml", is_permanent=True)
    # The text is cut and not written anew: people see it, and some compare it.
    return _OF_ONE_VIEW.sub("", start[0]) + view_xml[start.end() :]


def canonical(xml: str) -> str:
    """Give the XML in the one way of writing it: attributes sorted, no space between elements.

    What cannot be read stays as it is.
    """
    try:
        element = parsed(xml, what="a definition")
    except ItemError:
        return xml
    for one in element.iter():
        if len(one) and not (one.text or "").strip():
            one.text = None
        if not (one.tail or "").strip():
            one.tail = None
    return etree.tostring(element, method="c14n").decode()


def _drop(element: etree._Element, name: str) -> None:
    if name in element.attrib:
        del element.attrib[name]


def _point_elsewhere(element: etree._Element, list_of: ListOf, web_id: str) -> None:
    guid = _GUID.fullmatch(element.get("List", ""))
    if guid is None:
        return
    there = list_of(guid[1].lower())
    if there is None:
        raise ItemError(
            "A lookup column looks into a list that is not in the target.",
            code="lookup-without-list",
            why=f"The list had the id {guid[1].lower()}.",
            hint="Restore that list too, or first.",
        )
    element.set("List", f"{{{there}}}")
    if web_id:
        element.set("WebId", web_id)


def _bind(element: etree._Element, terms: TermsOf) -> None:
    saved = _bound(element)
    there = terms(saved) if saved else None
    if there is None:
        return
    said = {_STORE: there.store_id, _SET: there.set_id, _ANCHOR: there.anchor_id or _NO_GUID}
    for name, value in _term_properties(element):
        # What means the same stays as it is written.
        if name in said and _guid_in(value) != said[name]:
            value.text = said[name]


def _bound(element: etree._Element) -> Bound | None:
    said = {name: _guid_in(value) for name, value in _term_properties(element)}
    set_id = said.get(_SET, "")
    if set_id in {"", _NO_GUID}:
        return None
    anchor = said.get(_ANCHOR, "")
    return Bound(said.get(_STORE, ""), set_id, "" if anchor == _NO_GUID else anchor)


def _guid_in(value: etree._Element) -> str:
    return (value.text or "").strip().strip("{}").lower() or _NO_GUID


def _term_properties(element: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    for entry in element.iter("Property"):
        name, value = entry.find("Name"), entry.find("Value")
        if name is not None and value is not None:
            yield str(name.text), value


def _written(element: etree._Element) -> str:
    return etree.tostring(element, encoding="unicode")
