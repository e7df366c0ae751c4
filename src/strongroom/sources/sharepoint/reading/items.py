"""Items of a list as the model has them: what a row that the server told means.

Pure: everything that must be asked for beside the row (versions, permissions) comes in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from strongroom.sources.sharepoint.reading.columns import ListColumns
from strongroom.sources.sharepoint.reading.field_values import plain, values_of
from strongroom.sources.sharepoint.reading.people import NOBODY, Person
from strongroom.sources.sharepoint.reading.places import ListPlace
from strongroom.wire.sharepoint.rows import Row, each, guid, moment, number, text, within
from strongroom.words.item import Item
from strongroom.words.json import Json

FILE, FOLDER, ITEM, PAGE = "file", "folder", "item", "page"
_LAYOUTS = 116
_PAGE_ENDINGS = (".aspx",)
_FOLDER_TYPE = 1
_NAME_CHARS_MAX = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MAJOR = 512
FIRST_VERSIONS = frozenset({0, 1, _FIRST_MAJOR})
"""0.1 and 1.0: there cannot be an older one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is told of an item by other answers than its row.

    Attributes:
        versions: All versions, the current one last, as they stand in the state; none: only one.
        attachments: Names and sizes.
        permissions: The document of its own permissions; None: it has none of its own.
        web_parts: The document of a classic page's web parts; empty: it has none.
    """

    versions: Sequence[Mapping[str, Json]] = ()
    attachments: Sequence[Mapping[str, Json]] = field(default_factory=tuple)
    permissions: Mapping[str, Json] | None = None
    web_parts: Mapping[str, Json] = field(default_factory=dict)


def item_of(
    row: Row,
    place: ListPlace,
    columns: ListColumns,
    people: Mapping[int, Person],
    beside: Beside,
) -> Item:
    """Make the item of a row.

    Args:
        row: As the list told it.
        place: The list.
        columns: What was asked of each item.
        people: By id, all that occur in the row.
        beside: What else is known of it.
    """
    kind, file = kind_of(row, place), within(row, "File")
    path = path_of(row, place)
    state: dict[str, Json] = {
        "fields": {
            **values_of(row, columns.columns, people),
            "ContentTypeId": content_type_of(row),
        },
        "path": list(path),
        "version": text(row, "OData__UIVersionString"),
        "moderation": number(row, "OData__ModerationStatus"),
        "checked_out_by": _checked_out_by(row, people),
        "versions": list(beside.versions),
        "attachments": list(beside.attachments),
        "unique_permissions": row.get("HasUniqueRoleAssignments") is True,
        "permissions": digest_of(beside.permissions) if beside.permissions is not None else "",
        "content": content_mark(row),
    }
    if pages := page_of(row, columns):
        state["page"] = digest_of(pages)
    if beside.web_parts:
        state["web_parts"] = digest_of(beside.web_parts)
    if comment := text(file, "CheckInComment"):
        state["comment"] = comment
    unique_id = unique_id_of(row)
    return Item(
        id=f"{place.id}/{number(row, 'Id') or number(row, 'ID')}",
        change_key=_change_key(row, unique_id, state),
        kind=kind,
        name=_name(row, kind, path),
        when=moment(text(row, "Created")) or _EPOCH,
        size=number(file, "Length"),
        facts={
            "unique_id": unique_id,
            "search_key": unique_id.replace("-", ""),
            "content_type": content_type_of(row),
        },
        state=state,
    )


def kind_of(row: Row, place: ListPlace) -> str:
    """Say what an item is."""
    if number(row, "FileSystemObjectType") == _FOLDER_TYPE:
        return FOLDER
    if not place.is_library:
        return ITEM
    # Web part pages lie in any library. In the gallery of layouts there are none, but many files.
    is_page = text(row, "FileLeafRef").casefold().endswith(_PAGE_ENDINGS)
    return PAGE if is_page and place.base_template != _LAYOUTS else FILE


def path_of(row: Row, place: ListPlace) -> tuple[str, ...]:
    """Give the real path of an item inside its list, its own name included."""
    told = text(row, "FileRef")
    root = place.url.rstrip("/") + "/"
    is_below = told.casefold().startswith(root.casefold())
    return tuple(part for part in told[len(root) :].split("/") if part) if is_below else (told,)


def content_type_of(row: Row) -> str:
    """Give the id of an item's content type."""
    told = row.get("ContentTypeId")
    return told if isinstance(told, str) else text(within(row, "ContentTypeId"), "StringValue")


def unique_id_of(row: Row) -> str:
    """Give the GUID that an item has for as long as it lives, wherever it is moved."""
    return guid(row, "UniqueId") or guid(within(row, "File"), "UniqueId") or guid(row, "GUID")


def content_mark(row: Row) -> str:
    """Give what is equal for as long as a file's bytes are; empty where there is no file.

    The tag of the content stays when only values change; a server that tells none has a mark that
    changes more often.
    """
    file = within(row, "File")
    told = text(file, "ContentTag") or text(file, "ETag")
    return told.strip('"').lower()


def has_older_versions(row: Row, place: ListPlace) -> bool:
    """Say whether an item can have versions beside the current one.

    Before 1.0 there were drafts only where drafts are kept.
    """
    now = version_number(row)
    return now not in FIRST_VERSIONS or (now == _FIRST_MAJOR and place.has_drafts)


def version_number(row: Row) -> int:
    """Give the number of the current version: 512 for each major one, and 1 for each minor."""
    told = number(row, "OData__UIVersion") or number(within(row, "File"), "UIVersion")
    if told:
        return told
    major, _, minor = text(row, "OData__UIVersionString").partition(".")
    is_number = major.isdigit() and minor.isdigit()
    return int(major) * 512 + int(minor) if is_number else 0


def page_of(row: Row, columns: ListColumns) -> dict[str, Json]:
    """Give what a page shows, by internal name; nothing if it is no page."""
    found = {name: row.get(told) for name, told in columns.pages.items()}
    has_content = any(
        found.get(name)
        for name in (
            "CanvasContent1",
            "LayoutWebpartsContent",
            "WikiField",
            "PublishingPageContent",
        )
    )
    return (
        {name: plain(one) for name, one in found.items() if one is not None} if has_content else {}
    )


def attached_names(row: Row) -> list[str]:
    """Give the names of what is attached to an item."""
    return [name for one in each(row, "AttachmentFiles") if (name := text(one, "FileName"))]


def digest_of(document: object) -> str:
    """Give what is equal for equal documents."""
    written = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(written).hexdigest()[:16]


def _change_key(row: Row, unique_id: str, state: Mapping[str, Json]) -> str:
    """Give what changes whenever anything in the item does.

    Permissions, versions and what a lookup shows change without the item's own version, so all that
    is told of it goes in; whoever asks again after that is told the same.
    """
    modified = moment(text(row, "Modified"))
    ticks = int(modified.timestamp()) if modified else 0
    version = number(row, "owshiddenversion") or version_number(row)
    return f"{unique_id},{version},{ticks},{digest_of(state)}"


def _checked_out_by(row: Row, people: Mapping[int, Person]) -> Json:
    who = number(row, "CheckoutUserId")
    if who:
        return people.get(who, NOBODY).to_json()
    is_checked_out = within(row, "File").get("CheckOutType") in {0, 1}
    return NOBODY.to_json() if is_checked_out else None


def _name(row: Row, kind: str, path: Sequence[str]) -> str:
    leaf = text(row, "FileLeafRef") or (path[-1] if path else "")
    name = leaf if kind != ITEM else text(row, "Title") or leaf
    return name[:_NAME_CHARS_MAX]
