"""The columns of a list, for reading: what to ask for, and under which names it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from strongroom.sources.sharepoint.writing.schema_xml import attributes_of
from strongroom.wire.sharepoint.items import Columns
from strongroom.wire.sharepoint.rows import Row, guid, text

PEOPLE = frozenset({"User", "UserMulti"})
LOOKUPS = frozenset({"Lookup", "LookupMulti"})
TERMS = frozenset({"TaxonomyFieldType", "TaxonomyFieldTypeMulti"})
LOOKUPS_MAX = 8
"""So many columns one question follows into other lists; beyond twelve the server refuses it."""

LEAST = ("*", "FileRef", "FileLeafRef", "HasUniqueRoleAssignments")
ALWAYS = (
    *(*LEAST, "UniqueId", "OData__UIVersion", "OData__UIVersionString"),
    *("OData__ModerationStatus", "owshiddenversion"),
)
_TAG = "File/ContentTag"
_FILE = (
    *("File/UniqueId", "File/Length", "File/ETag", _TAG, "File/UIVersion", "File/UIVersionLabel"),
    *("File/CheckOutType", "File/CheckInComment", "File/Level", "File/CustomizedPageStatus"),
)
_ATTACHED = ("AttachmentFiles/FileName",)

PAGE_FIELDS = (
    *("CanvasContent1", "LayoutWebpartsContent", "WikiField", "PublishingPageContent"),
    *("PageLayoutType", "PromotedState", "BannerImageUrl", "TopicHeader", "_OriginalSourceUrl"),
)
"""Columns that are the content of a page. They lie in a part of their own, not among the values."""

# Not values of the item, or told elsewhere.
_LEFT_OUT = frozenset(
    {
        *("FileRef", "FileDirRef", "FileLeafRef", "UniqueId", "FSObjType", "PermMask", "ScopeId"),
        *("ID", "Attachments", "_UIVersion", "_UIVersionString", "_Level", "_IsCurrentVersion"),
        *("owshiddenversion", "InstanceID", "Order", "WorkflowVersion", "ProgId", "SyncClientId"),
        *("_ModerationStatus", "GUID", "CheckoutUser", "TaxCatchAll", "TaxCatchAllLabel"),
        *("File_x0020_Size", "MetaInfo", "AppAuthor", "AppEditor", "ParentUniqueId", "NoExecute"),
        *("SMTotalSize", "SMLastModifiedDate", "SMTotalFileStreamSize", "SMTotalFileCount"),
        *("ItemChildCount", "FolderChildCount", "CheckedOutUserId", "IsCheckedoutToLocal"),
    }
)
_COMPUTED = frozenset({"Computed", "File", "Counter", "Attachments", "ContentTypeId", "Guid"})
_NOTE = "TextField"
_SERVER_TABLES = frozenset({"docs", "appprincipals", "userinfo"})
"""What lookups of the server's own look into: what they show is told by other columns."""
_SHOWN_AS = {
    "LinkTitle": "Title",
    "LinkTitleNoMenu": "Title",
    "LinkTitle2": "Title",
    "LinkFilename": "FileLeafRef",
    "LinkFilenameNoMenu": "FileLeafRef",
    "LinkFilename2": "FileLeafRef",
}


class Ambition(IntEnum):
    """How much is asked of each item; less where the server refuses more."""

    LEAST = 0
    """What every list has told since there is an ``_api``."""
    NOT_FOLLOWING = 1
    """Without what lookups show in other lists, and without hidden columns."""
    ALL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadColumn:
    """A column whose values are kept.

    Attributes:
        name: Internal name.
        told_as: Its name in answers, and in ``$select``.
        type: ``TypeAsString``.
        shown: Of a lookup: what of the other list is shown, as ``$select`` wants it.
        note: Of a term: name in answers of the hidden column that holds label and GUID.
    """

    name: str
    told_as: str
    type: str
    shown: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListColumns:
    """The columns of one list.

    Attributes:
        columns: Those whose values are kept.
        pages: Names in answers of the columns that are the content of a page, by internal name.
        questions: What is asked of each item: the first brings most, the others more lookups.
    """

    columns: tuple[ReadColumn, ...]
    pages: Mapping[str, str]
    questions: tuple[Columns, ...]


def list_columns(
    fields: Sequence[Row],
    *,
    is_library: bool,
    has_attachments: bool,
    has_tags: bool = True,
    ambition: Ambition = Ambition.ALL,
) -> ListColumns:
    """Plan what is asked of the items of a list.

    Args:
        fields: All columns, as the list tells them.
        is_library: It holds files.
        has_attachments: Something may be attached to its items.
        has_tags: The server tells tags of files' contents (not 2013).
        ambition: How much is asked for.
    """
    by_id = {guid(field, "Id"): field for field in fields}
    found = [_column(field, by_id) for field in fields if _is_kept(field)]
    notes = {one.note for one in found if one.note}
    columns = tuple(one for one in found if one.told_as not in notes)
    names = {text(field, "InternalName"): _told_as(field) for field in fields}
    pages = {name: told for name, told in names.items() if name in PAGE_FIELDS}
    select, expand = [*(LEAST if ambition is Ambition.LEAST else ALWAYS)], []
    if is_library:
        select += [one for one in _FILE if has_tags or one != _TAG]
        expand.append("File")
        if "CheckoutUser" in names:
            select.append("CheckoutUserId")
    if has_attachments:
        select += _ATTACHED
        expand.append("AttachmentFiles")
    follows = ambition is Ambition.ALL
    if follows:
        select += [one.note for one in columns if one.note]
        select += [told for told in _hidden(fields) if told not in notes]
    followed = [one for one in columns if one.type in LOOKUPS and follows]
    groups = [followed[at : at + LOOKUPS_MAX] for at in range(0, len(followed), LOOKUPS_MAX)]
    first, *others = groups or [[]]
    questions = [
        Columns(select=(*select, *_followed(first)), expand=(*expand, *_names(first))),
        *(Columns(select=("ID", *_followed(some)), expand=_names(some)) for some in others),
    ]
    return ListColumns(columns=columns, pages=pages, questions=tuple(questions))


def _hidden(fields: Sequence[Row]) -> list[str]:
    """Name the hidden columns that somebody made: ``*`` leaves them out."""
    return [
        # People are told by their ids; a question for more than that is refused.
        f"{_told_as(field)}Id" if text(field, "TypeAsString") in PEOPLE else _told_as(field)
        for field in fields
        if field.get("Hidden")
        and not field.get("FromBaseType")
        and text(field, "TypeAsString") not in LOOKUPS
        and (_is_kept(field) or text(field, "InternalName") in PAGE_FIELDS)
    ]


def _column(field: Row, by_id: Mapping[str, Row]) -> ReadColumn:
    kind = text(field, "TypeAsString")
    shown = note = ""
    if kind in LOOKUPS:
        asked = attributes_of(text(field, "SchemaXml")).get("ShowField") or "Title"
        shown = _odata(_SHOWN_AS.get(asked, asked))
    if kind in TERMS:
        note = _note(field, by_id)
    return ReadColumn(
        name=text(field, "InternalName"),
        told_as=_told_as(field),
        type=kind,
        shown=shown,
        note=note,
    )


def _note(field: Row, by_id: Mapping[str, Row]) -> str:
    """Find the hidden column that a term is written into as ``label|GUID``."""
    schema = text(field, "SchemaXml")
    told = attributes_of(schema).get(_NOTE) or _property(schema, _NOTE)
    hidden = by_id.get(told.strip("{} ").lower())
    return _told_as(hidden) if hidden is not None else ""


def _property(schema: str, name: str) -> str:
    """Give what a property of a column's customisation says; empty if it has none."""
    _, found, rest = schema.partition(f"<Name>{name}</Name>")
    value = rest.partition("</Property>")[0].partition("</Value>")[0]
    return value.rpartition(">")[2] if found else ""


def _is_kept(field: Row) -> bool:
    name, kind = text(field, "InternalName"), text(field, "TypeAsString")
    if not name or name in _LEFT_OUT or kind in _COMPUTED or name in PAGE_FIELDS:
        return False
    schema = attributes_of(text(field, "SchemaXml"))
    # What a lookup shows beside its value is the other list's.
    is_dependent = kind in LOOKUPS and bool(schema.get("FieldRef"))
    is_of_server = kind in LOOKUPS and schema.get("List", "").casefold() in _SERVER_TABLES
    return not (is_dependent or is_of_server)


def _told_as(field: Row) -> str:
    return text(field, "EntityPropertyName") or _odata(text(field, "InternalName"))


def _odata(name: str) -> str:
    """Give the name of a column in answers, which may not begin with ``_``."""
    return f"OData_{name}" if name.startswith("_") else name


def _followed(columns: Iterable[ReadColumn]) -> Iterable[str]:
    for one in columns:
        yield f"{one.told_as}/Id"
        yield f"{one.told_as}/{one.shown}"


def _names(columns: Iterable[ReadColumn]) -> tuple[str, ...]:
    return tuple(one.told_as for one in columns)
