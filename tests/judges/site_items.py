"""Items of lists, files and folders: fields, versions, attachments, permissions, web parts."""

from __future__ import annotations

import functools
import hashlib
import io
import re
from collections.abc import Mapping
from typing import Any

from office365.runtime.exceptions import ObjectNotFoundException
from office365.sharepoint.webparts.personalization_scope import PersonalizationScope

from strongroom.words.json import Json
from tests.judges import site_files, site_webs
from tests.judges.site_lists import ReadList
from tests.judges.site_meaning import Names, plain

_PAGE = 2000
_ASKED = [
    "*",
    "FileRef",
    "FileLeafRef",
    "FileDirRef",
    "HasUniqueRoleAssignments",
    "OData__ModerationStatus",
]
_OWN = re.compile(
    r"odata\..*|__.*|Id|ID|GUID|UniqueId|ParentUniqueId|ContentTypeId|owshiddenversion|FileRef|FileDirRef"
    r"|OData__UIVersion|OData__CopySource|ServerRedirectedEmbedU.*|.*StringId|AttachmentFiles|ParentList"
    r"|FileLeafRef|HasUniqueRoleAssignments|ServerUrl|EncodedAbsUrl|.*_dlc_DocId.*"
)
"""Names and numbers of the item itself, which no server lets anyone choose."""

_FOLDER = 1
_FIRST = {"1.0", "0.1", None}
_PLAIN = {"Text", "Note", "Number", "Currency", "DateTime", "Choice", "Boolean", "URL", "Guid"}


def learn(one: ReadList, names: Names) -> None:
    """Read the items of a list and note what each is called.

    A file or folder is called by its path. An item of a list has none, so it is called by its
    title; where several share one, they are counted by when they were made, since a restore keeps
    times and gives new numbers.
    """
    asked = one.thing.items.select([*_ASKED, *_on_asking(one)])
    one.items = list(asked.get_all(_PAGE).execute_query())
    called = names.items.setdefault(one.id, {})
    seen: dict[str, int] = {}
    for item in sorted(one.items, key=_when_made):
        said = item.properties
        path = names.inside(said["FileRef"])[len(one.place) :].strip("/")
        if _kind(one, said) == "item":
            above = path.rpartition("/")[0]
            path = f"{above}/{said.get('Title')}".strip("/")
            seen[path] = seen.get(path, 0) + 1
            path = f"{path} #{seen[path]}"
        called[said["Id"]] = path
        names.learn(said["GUID"], f"item {one.place}/{path}")
        if path.casefold().endswith(".aspx") and one.is_library:
            one.web_parts[said["Id"]] = _web_parts_of(item, f"{one.place}/{path}", names)


def _when_made(item: Any) -> tuple[str, str, int]:
    said = item.properties
    return str(said["Created"]), str(said["Modified"]), int(said["Id"])


def _on_asking(one: ReadList) -> list[str]:
    """Name the columns that are told only to those who ask for them: hidden ones."""
    return [
        name
        for name, column in one.fields.items()
        if column.is_set("Hidden")
        and not column.is_set("FromBaseType")
        and column.kind in _PLAIN
        and column.name not in one.servers_own
    ]


def _web_parts_of(page: Any, place: str, names: Names) -> list[Any]:
    """Read the web parts of a page; texts name them by their ids."""
    manager = page.file.get_limited_webpart_manager(PersonalizationScope.Shared)
    asked = manager.web_parts.expand(["WebPart", "WebPart/Properties"])
    found = list(asked.get().execute_query())
    for order, part in enumerate(found):
        names.learn(part.properties["Id"], f"web part {place}/{order}")
    return found


def read(one: ReadList, names: Names) -> site_webs.Told:
    """Tell all items of a list."""
    for item in one.items:
        said = item.properties
        key = names.items[one.id][said["Id"]]
        where = ("item", one.place, key)
        kind = one.types.get(_type_id(said).casefold(), _type_id(said))
        yield (*where, "content type"), kind
        yield (*where, "kind"), _kind(one, said)
        for name, value in fields(one, said, names):
            yield (*where, name), value
        yield from _beside(one, item, key, names)
    if not one.tells_versions:
        yield ("list", one.place, "versions of items"), "not told"


def fields(one: ReadList, said: Mapping[str, Any], names: Names) -> list[tuple[str, Json]]:
    """Give the values of columns by what they mean."""
    found = []
    for name, value in said.items():
        if not (_OWN.fullmatch(name) or name in one.servers_own or _is_deferred(value)):
            found.append(_field(one, name, plain(value), names))
    return [one for one in found if one[1] is not None]


def _field(one: ReadList, name: str, value: Json, names: Names) -> tuple[str, Json]:
    """Say what a property of an item means; people and lookups are named ``…Id``."""
    column = one.fields.get(name) or one.fields.get(name.removesuffix("Id"))
    if value is None or column is None:
        return name, names.value(value)
    if column.kind.startswith("User"):
        return name, _each(value, names.person)
    # A column that shows more of what another one looks up holds text, and no number.
    if column.kind.startswith("Lookup") and "FieldRef" not in column.schema:
        return name, _each(value, functools.partial(names.item, column.schema["List"]))
    if column.kind.startswith("TaxonomyField"):
        return name, _terms(value, names)
    return name, names.value(value)


def _each(value: Json, name: Any) -> Json:
    if isinstance(value, list):
        return [name(_number(one)) for one in value] or None
    return name(_number(value)) if value else None


def _number(value: Json) -> object:
    return value["LookupId"] if isinstance(value, dict) else value


def _terms(value: Json, names: Names) -> Json:
    """Terms are their guid: the number beside it is the site's own, and the label may be either."""
    rows = value if isinstance(value, list) else [value]
    guids = (one["TermGuid"] if isinstance(one, dict) else one for one in rows)
    return [names.terms.get(str(one), one) for one in guids] or None


def _beside(one: ReadList, item: Any, key: str, names: Names) -> site_webs.Told:
    """Tell what an item has beside its fields, asking only where there is something."""
    said = item.properties
    place = f"{one.place}/{key}"
    if said.get("HasUniqueRoleAssignments"):
        yield from site_webs.permissions(place, item, names)
    if said.get("Attachments"):
        for attachment in item.attachment_files.get().execute_query():
            told = _hash(_content_of(attachment))
            yield ("attachment", place, attachment.properties["FileName"]), told
    if _kind(one, said) == "file":
        yield from site_files.read(one, item, key, names)
        for order, part in enumerate(one.web_parts.get(said["Id"], ())):
            yield from _web_part(("web part", place, str(order)), part, names)
    elif said.get("OData__UIVersionString") not in _FIRST:
        yield from _versions(one, item, key, names)


def _content_of(attachment: Any) -> bytes:
    if not set(attachment.properties["FileName"]) & set("#%"):
        return bytes(attachment.get_content().execute_query().value)
    # In the address that an attachment has, the client does not write these letters as it must.
    into = io.BytesIO()
    attachment.download(into).execute_query()
    return into.getvalue()


def _versions(one: ReadList, item: Any, key: str, names: Names) -> site_webs.Told:
    try:
        found = list(item.versions.get().execute_query())
    except ObjectNotFoundException:
        # Servers before 2019 tell them by another protocol, which the client does not speak.
        one.tells_versions, found = False, []
    for version in found:
        said = version.properties
        where = ("version", one.place, key, said["VersionLabel"])
        yield (*where, "current"), said["IsCurrentVersion"]
        for name, value in fields(one, said, names):
            if name not in {"VersionId", "VersionLabel", "IsCurrentVersion"}:
                yield (*where, name), value


def _web_part(where: tuple[str, ...], part: Any, names: Names) -> site_webs.Told:
    said = plain(part.properties)
    yield (*where, "zone"), said.get("ZoneId")
    for name, value in plain(said["WebPart"]).items():
        if name == "Properties":
            for key, inner in plain(value).items():
                yield (*where, "property", key), names.value(inner)
        elif name not in {"Id", "__deferred"}:
            yield (*where, name), names.value(value)


def _kind(one: ReadList, said: Mapping[str, Any]) -> str:
    number = getattr(said["FileSystemObjectType"], "value", said["FileSystemObjectType"])
    if number == _FOLDER:
        return "folder"
    return "file" if one.is_library else "item"


def _type_id(said: Mapping[str, Any]) -> str:
    found = plain(said["ContentTypeId"])
    return str(found["StringValue"] if isinstance(found, dict) else found)


def _is_deferred(value: object) -> bool:
    return isinstance(value, Mapping) and "__deferred" in value


def _hash(content: bytes) -> str:
    return f"{len(content)} bytes {hashlib.sha256(content).hexdigest()[:16]}"
