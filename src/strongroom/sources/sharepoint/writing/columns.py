"""What is known of one column: enough to write its values, to compare them, and to make it anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.sources.sharepoint.writing.schema_xml import attributes_of, term_set_in
from strongroom.words.json import Json

PEOPLE = frozenset({"User", "UserMulti"})
LOOKUPS = frozenset({"Lookup", "LookupMulti"})
TERMS = frozenset({"TaxonomyFieldType", "TaxonomyFieldTypeMulti"})
NUMBERS = frozenset({"Number", "Currency", "Integer"})
REFERRING = LOOKUPS | PEOPLE | TERMS
"""Types whose values are ids on the server, and meant by something else."""

COMPUTED = frozenset(
    {
        *("Calculated", "Computed", "Counter", "File", "Attachments", "ModStat", "Guid"),
        *("Threading", "ThreadIndex", "WorkflowStatus", "WorkflowEventType", "AllDayEvent"),
        *("CrossProjectLink", "Recurrence", "PageSeparator", "AppId", "Invalid", "Error"),
        "ContentTypeId",
    }
)
"""Types that the server fills itself, or that are set by other ways than a form.

``AllDayEvent`` and ``Recurrence`` of calendars are the exception: see ``FORM_ALL_THE_SAME``.
"""
FORM_ALL_THE_SAME = frozenset({"fAllDayEvent", "fRecurrence", "ClientSideApplicationId"})

SHOWN = (
    *("CanvasContent1", "LayoutWebpartsContent", "WikiField", "PublishingPageContent"),
    "BannerImageUrl",
)
"""Columns of pages that hold what the page shows, with addresses and ids of the saved site."""

SYSTEM_TIMES = ("Created", "Modified")
SYSTEM_PEOPLE = ("Author", "Editor")
SYSTEM = frozenset({*SYSTEM_TIMES, *SYSTEM_PEOPLE})
"""Read only for people, and written all the same by ``ValidateUpdateListItem``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a list.

    Attributes:
        name: Internal name.
        type: ``TypeAsString``: ``Text``, ``LookupMulti`` …
        id: GUID, without braces, in small letters.
        title: What people see.
        is_read_only: Not for people to fill.
        is_multiple: Holds several values.
        is_date_only: A date without a time.
        is_percentage: A number that is shown times a hundred.
        looks_into: GUID of the list a lookup looks into, or what stands there instead
            (``Self``, ``UserInfo``); empty for other types.
        is_dependent: Shows another field of what a lookup of its own list points to; never written.
        shows: Internal name of the column there that a lookup shows; empty for other types.
        term_set: GUID of the set that terms are taken from; empty for other types.
        web: Path of the web that its list is in; empty if it is not known.
    """

    name: str
    type: str
    id: str = ""
    title: str = ""
    is_read_only: bool = False
    is_multiple: bool = False
    is_date_only: bool = False
    is_percentage: bool = False
    looks_into: str = ""
    is_dependent: bool = False
    shows: str = ""
    term_set: str = ""
    web: str = ""

    @property
    def is_written(self) -> bool:
        """Whether a form can say its value."""
        if self.name in SYSTEM or self.name in FORM_ALL_THE_SAME:
            return True
        return not (self.is_read_only or self.is_dependent or self.type in COMPUTED)


def column_of(definition: Mapping[str, Json]) -> Column:
    """Read a column out of its definition as the server gives it (``SchemaXml`` among its keys)."""
    schema = attributes_of(_text(definition, "SchemaXml"))
    kind = _text(definition, "TypeAsString") or schema.get("Type", "")
    bound = term_set_in(_text(definition, "SchemaXml")) if kind in TERMS else None
    is_multiple = kind.endswith("Multi") or kind == "MultiChoice" or _is_true(schema.get("Mult"))
    return Column(
        name=_text(definition, "InternalName") or schema.get("Name", ""),
        type=kind,
        id=(_text(definition, "Id") or schema.get("ID", "")).strip("{}").lower(),
        title=_text(definition, "Title") or schema.get("DisplayName", ""),
        is_read_only=bool(definition.get("ReadOnlyField")) or _is_true(schema.get("ReadOnly")),
        is_multiple=is_multiple and kind != "Note",
        is_date_only=kind == "DateTime" and schema.get("Format") == "DateOnly",
        is_percentage=_is_true(schema.get("Percentage")),
        looks_into=schema.get("List", "").strip("{}").lower() if kind in LOOKUPS else "",
        is_dependent=kind in LOOKUPS and bool(schema.get("FieldRef")),
        shows=schema.get("ShowField", "") or "Title" if kind in LOOKUPS else "",
        term_set=bound.set_id if bound else "",
    )


def _text(definition: Mapping[str, Json], key: str) -> str:
    value = definition.get(key)
    return value if isinstance(value, str) else ""


def _is_true(text: str | None) -> bool:
    return (text or "").casefold() == "true"
