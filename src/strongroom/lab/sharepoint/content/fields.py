"""Columns: of a web (site columns) and of a list.

A column is its XML, as in SharePoint itself: what the program knows of it are attributes of it, and
whatever else somebody wrote there is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from strongroom.lab.sharepoint.content.refusals import ValueRefused

_XML_BYTES_MAX = 1 << 20

TYPE_KINDS = {
    "Integer": 1,
    "Text": 2,
    "Note": 3,
    "DateTime": 4,
    "Counter": 5,
    "Choice": 6,
    "Lookup": 7,
    "Boolean": 8,
    "Number": 9,
    "Currency": 10,
    "URL": 11,
    "Computed": 12,
    "Guid": 14,
    "MultiChoice": 15,
    "GridChoice": 16,
    "Calculated": 17,
    "File": 18,
    "Attachments": 19,
    "User": 20,
    "ContentTypeId": 25,
    "WorkflowStatus": 28,
    "ModStat": 23,
    "Geolocation": 31,
    "LookupMulti": 7,
    "UserMulti": 20,
    "TaxonomyFieldType": 0,
    "TaxonomyFieldTypeMulti": 0,
    "Image": 34,
}
"""``FieldTypeKind`` of ``TypeAsString``."""

_OWNED = frozenset({"ID", "Name", "StaticName", "DisplayName", "Type", "SourceID"})
_EVERYWHERE = "http://schemas.microsoft.com/sharepoint/v3"
_STORED_AS = {
    "Text": "nvarchar",
    "Choice": "nvarchar",
    "URL": "nvarchar",
    "Note": "ntext",
    "MultiChoice": "ntext",
    "DateTime": "datetime",
    "Number": "float",
    "Currency": "float",
    "Boolean": "bit",
    "Guid": "uniqueidentifier",
    "Calculated": "sql_variant",
    "Computed": "",
}
_BOOLEAN = {True: "TRUE", False: "FALSE"}


@dataclass(slots=True, kw_only=True, eq=False)
class Field:
    """One column.

    Attributes:
        id: In small letters, without braces.
        name: Internal name; never changes.
        title: Display name.
        type: ``TypeAsString``.
        attributes: Of its XML, but for those that the attributes above say.
        inner_xml: What stands inside its XML: choices, default, formula, validation and others.
        is_from_base_type: Every list of this kind has it.
        owner_id: Of the web or the list where it was made.
    """

    id: str
    name: str
    title: str
    type: str
    attributes: dict[str, str] = field(default_factory=dict)
    inner_xml: str = ""
    is_from_base_type: bool = False
    owner_id: str = ""

    @classmethod
    def parse(cls, xml: str, *, new_id: str, owner_id: str = "") -> Self:
        """Make a column from its XML.

        Args:
            xml: ``<Field Type="Text" …/>``.
            new_id: Its id if the XML names none.
            owner_id: Of the web or list.

        Raises:
            ValueRefused: this is no XML of a column.
        """
        root = _parse(xml)
        attributes = {str(key): str(value) for key, value in root.attrib.items()}
        kind = attributes.get("Type", "")
        name = attributes.get("Name") or attributes.get("StaticName") or ""
        title = attributes.get("DisplayName") or name
        if kind not in TYPE_KINDS or not title:
            raise ValueRefused(name or "Field", f"Field type {kind} is not installed properly.")
        return cls(
            id=attributes.get("ID", new_id).strip("{}").casefold(),
            name=name or encoded_name(title),
            title=title,
            type=kind,
            attributes={key: value for key, value in attributes.items() if key not in _OWNED},
            inner_xml=_inner(root),
            owner_id=owner_id,
        )

    @property
    def schema_xml(self) -> str:
        """Its XML with all that belongs into it."""
        own = {
            "ID": f"{{{self.id}}}",
            "Name": self.name,
            "StaticName": self.name,
            "DisplayName": self.title,
            "Type": self.type,
            "SourceID": _EVERYWHERE if self.is_from_base_type else f"{{{self.owner_id}}}",
        }
        said = {**{key: value for key, value in own.items() if value}, **self.attributes}
        text = " ".join(f"{key}={_quoted(value)}" for key, value in said.items())
        return f"<Field {text}>{self.inner_xml}</Field>" if self.inner_xml else f"<Field {text} />"

    def replace_xml(self, xml: str) -> None:
        """Take everything but id and internal name from another XML.

        Raises:
            ValueRefused: this is no XML of a column.
        """
        other = Field.parse(xml, new_id=self.id)
        self.title, self.type = other.title, other.type
        self.attributes, self.inner_xml = other.attributes, other.inner_xml

    def copy(self) -> Field:
        """Give one of the same kind, such as a list's of a site column."""
        return Field(
            id=self.id,
            name=self.name,
            title=self.title,
            type=self.type,
            attributes=dict(self.attributes),
            inner_xml=self.inner_xml,
            is_from_base_type=self.is_from_base_type,
            owner_id=self.owner_id,
        )

    def store(self, number: int) -> None:
        """Say where the database keeps its values, as a list's columns do; nobody else may."""
        column = _STORED_AS.get(self.type, "int")
        if column:
            self.attributes |= {"ColName": f"{column}{number}", "RowOrdinal": "0"}
        if self.type == "URL":
            self.attributes |= {"ColName2": f"{column}{number + 1}", "RowOrdinal2": "0"}
        self.attributes["Version"] = "1"

    def is_set(self, attribute: str) -> bool:
        """Say whether an attribute is ``TRUE``."""
        return self.attributes.get(attribute, "").upper() == "TRUE"

    def set_flag(self, attribute: str, *, is_on: bool) -> None:
        """Make an attribute ``TRUE`` or ``FALSE``."""
        self.attributes[attribute] = _BOOLEAN[is_on]

    @property
    def type_kind(self) -> int:
        """``FieldTypeKind``."""
        return TYPE_KINDS[self.type]

    @property
    def is_multi(self) -> bool:
        """It holds several values."""
        return self.type in {"MultiChoice", "LookupMulti", "UserMulti", "TaxonomyFieldTypeMulti"}

    @property
    def is_read_only(self) -> bool:
        """Nobody writes it."""
        return self.is_set("ReadOnly")

    @property
    def is_hidden(self) -> bool:
        """Nobody sees it in a form."""
        return self.is_set("Hidden")

    @property
    def is_required(self) -> bool:
        """It must not be empty."""
        return self.is_set("Required")

    @property
    def is_sealed(self) -> bool:
        """It cannot be deleted."""
        return self.is_set("Sealed")

    @property
    def is_indexed(self) -> bool:
        """Questions about it do not touch every row."""
        return self.is_set("Indexed")

    @property
    def group(self) -> str:
        """Heading that it is shown under."""
        return self.attributes.get("Group", "Custom Columns")

    @property
    def lookup_list(self) -> str:
        """Id of the list that it looks into; empty: into none, or into the server's own tables."""
        found = self.attributes.get("List", "").strip("{}").casefold()
        return "" if found == "docs" else found

    @property
    def lookup_field(self) -> str:
        """Internal name of the column that it shows of the other list."""
        return self.attributes.get("ShowField", "Title")

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be chosen."""
        return tuple(self._texts("CHOICES/CHOICE"))

    @property
    def formula(self) -> str:
        """How a calculated column is worked out."""
        return next(iter(self._texts("Formula")), "")

    @property
    def default(self) -> str | None:
        """What a new item has, as the XML says it."""
        return next(iter(self._texts("Default")), None)

    def _texts(self, path: str) -> list[str]:
        if not self.inner_xml:
            return []
        found = _parse(f"<Field>{self.inner_xml}</Field>").findall(path)
        return [one.text or "" for one in found]


def choices_xml(choices: tuple[str, ...], *, default: str = "") -> str:
    """Write what stands inside a choice column."""
    rows = "".join(f"<CHOICE>{escape(one)}</CHOICE>" for one in choices)
    first = f"<Default>{escape(default)}</Default>" if default else ""
    return f"{first}<CHOICES>{rows}</CHOICES>"


def encoded_name(title: str) -> str:
    """Give the internal name that a title leads to: at most 32 letters, others written as code."""
    text = "".join(c if (c.isascii() and c.isalnum()) or c == "_" else _code(c) for c in title)
    if text[:1].isdigit():
        text = f"_x{ord(text[0]):04x}_{text[1:]}"
    return text[:32]


def _code(letter: str) -> str:
    units = letter.encode("utf-16-be")
    pairs = (units[n : n + 2].hex() for n in range(0, len(units), 2))
    return "".join(f"_x{one}_" for one in pairs)


def _parse(xml: str) -> etree._Element:
    data = xml.encode()
    try:
        if len(data) > _XML_BYTES_MAX:
            raise ValueRefused("Field", "The XML of the field is too long.")
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        raise ValueRefused("Field", "The XML of the field is not well formed.") from None
    if root.tag != "Field" or "<!DOCTYPE" in xml:
        raise ValueRefused("Field", "This is no XML of a field.")
    return root


def _inner(root: etree._Element) -> str:
    return escape(root.text or "").strip() + "".join(
        etree.tostring(one, encoding="unicode").strip() for one in root
    )


@lru_cache(maxsize=4096)
def _quoted(value: str) -> str:
    """Write an attribute; most values are those of every other column."""
    return quoteattr(value)
