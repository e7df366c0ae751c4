"""What describes a web or a list, as items of one JSON document each.

Pure. What the documents look like stands at the top of this package. What is told anew with every
question without anybody having changed it is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from strongroom.sources.sharepoint.reading.items import digest_of
from strongroom.sources.sharepoint.writing.schema_xml import attributes_of, term_set_in
from strongroom.wire.sharepoint.rows import Row, each, guid, moment, number, text, within
from strongroom.wire.sharepoint.writing.lists import SETTINGS as LIST_SETTINGS
from strongroom.wire.sharepoint.writing.webs import SETTINGS as WEB_SETTINGS
from strongroom.words.item import Item
from strongroom.words.json import Json

DEFINITION = "definition"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TITLE = "Title"

_VOLATILE = frozenset(
    {
        *("CurrentChangeToken", "LastItemModifiedDate", "LastItemUserModifiedDate", "ItemCount"),
        *("LastItemDeletedDate", "EffectiveBasePermissions", "FileSystemObjectType"),
        *("TimeLastModified", "ExistsWithException", "ExistsAllowThrowForPolicyFailures"),
        *("ResourcePath", "ParentWebPath", "HasUniqueRoleAssignments"),
    }
)
_VOLATILE_BAG = (
    *("vti_timelastmodified", "vti_x005f_timelastmodified", "vti_dirlateststamp", "vti_rtag"),
    *("vti_x005f_dirlateststamp", "vti_x005f_rtag", "vti_etag", "vti_x005f_etag"),
    *("vti_timelastwnssent", "vti_x005f_timelastwnssent", "vti_level", "vti_x005f_level"),
    *("vti_nexttolasttimemodified", "vti_x005f_nexttolasttimemodified", "vti_docstoreversion"),
    *("vti_x005f_docstoreversion", "vti_metainfoversion", "vti_x005f_metainfoversion"),
    *("vti_contentversion", "vti_x005f_contentversion", "vti_indexedpropertykeys"),
)
_BAGS = ("AllProperties", "Properties")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One of them.

    Attributes:
        kind: ``column``, ``view`` …
        key: What it is known again by among those of its kind.
        name: What a person calls it.
        document: What is kept of it.
        made: When it came into being, where that is told.
        facts: What its row tells as well: whoever puts things back must know which columns come
            first without reading all of them.
    """

    kind: str
    key: str
    name: str
    document: Mapping[str, Json]
    made: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)

    def content(self) -> bytes:
        """Write it."""
        return orjson.dumps(self.document, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)


def item_of(one: Definition, owner_id: str, made: str) -> Item:
    """Make an item of it.

    Args:
        one: The definition.
        owner_id: GUID of the web or list.
        made: When that came into being, as the server tells it.
    """
    content = one.content()
    return Item(
        id=f"{owner_id}/{one.kind}/{one.key}",
        change_key=digest_of(one.document),
        kind=one.kind,
        name=one.name,
        when=moment(one.made) or moment(made) or _EPOCH,
        size=len(content),
        facts={"search_key": f"{one.kind}/{one.key}", **one.facts},
    )


def columns(fields: Iterable[Row]) -> Iterator[Definition]:
    """Give the columns, without those that every list has anyhow and nobody changed."""
    for row in fields:
        name = text(row, "InternalName")
        if name and (row.get("FromBaseType") is not True or _is_customised(row)):
            yield Definition(
                kind="column",
                key=guid(row, "Id") or name,
                name=text(row, "Title") or name,
                document=_steady(row),
                facts=_facts(row),
            )


def _facts(row: Row) -> dict[str, Json]:
    """Say of a column what it needs: another list, another column."""
    schema = attributes_of(text(row, "SchemaXml"))
    found: dict[str, Json] = {
        "type": text(row, "TypeAsString"),
        "internal_name": text(row, "InternalName"),
    }
    if into := schema.get("List"):
        found["looks_into"] = into.strip("{}").lower()
        found["shows"] = schema.get("ShowField") or "Title"
    if schema.get("FieldRef"):
        found["is_dependent"] = True
    if bound := term_set_in(text(row, "SchemaXml")):
        found["term_set"] = {
            **_steady(within(row, "TermSet")),
            "id": bound.set_id,
            "store": bound.store_id,
            "anchor": bound.anchor_id,
        }
    return found


def content_types(rows: Iterable[Row]) -> Iterator[Definition]:
    """Give the content types."""
    for row in rows:
        key = text(row, "StringId") or text(within(row, "Id"), "StringValue")
        if key:
            yield Definition(
                kind="content-type", key=key, name=text(row, "Name"), document=_steady(row)
            )


def views(rows: Iterable[Row]) -> Iterator[Definition]:
    """Give the views of a list; those of one person only are among them where they are told."""
    for row in rows:
        if key := guid(row, "Id"):
            document = _steady(row)
            yield Definition(
                kind="view",
                key=key,
                name=text(row, "Title"),
                document=document,
                facts={"set": _set(row, ("CustomFormatter",))},
            )


def role_definitions(rows: Iterable[Row]) -> Iterator[Definition]:
    """Give the roles."""
    for row in rows:
        yield Definition(
            kind="role-definition",
            key=str(number(row, "Id")),
            name=text(row, "Name"),
            document=_steady(row),
        )


def groups(rows: Iterable[Row]) -> Iterator[Definition]:
    """Give the groups, their members by name."""
    for row in rows:
        members = sorted(each(row, "Users"), key=lambda one: text(one, "LoginName"))
        document = {**_steady(row), "Users": [principal(one) for one in members]}
        document["Owner"] = principal(within(row, "Owner"))
        yield Definition(
            kind="group", key=str(number(row, "Id")), name=text(row, "Title"), document=document
        )


def features(rows: Iterable[Row], scope: str) -> Iterator[Definition]:
    """Give the features that are switched on."""
    for row in rows:
        if key := guid(row, "DefinitionId"):
            name = text(row, "DisplayName") or key
            document = {**_steady(row), "scope": scope}
            yield Definition(kind="feature", key=f"{scope}-{key}", name=name, document=document)


def custom_actions(rows: Iterable[Row], scope: str) -> Iterator[Definition]:
    """Give the custom actions."""
    for row in rows:
        if key := guid(row, "Id"):
            name = text(row, "Title") or text(row, "Name") or key
            document = {**_steady(row), "scope": scope}
            yield Definition(kind="custom-action", key=key, name=name, document=document)


def menu(name: str, rows: Sequence[Row]) -> Definition:
    """Give a menu."""
    nodes: list[Json] = [_steady(row) for row in rows]
    document: dict[str, Json] = {"menu": name, "nodes": nodes}
    return Definition(kind="navigation", key=name, name=name, document=document)


def permissions(assignments: Iterable[Row], *, inherits: bool) -> Definition:
    """Give who may do what, unless that is said by what it lies in."""
    document = permissions_document([] if inherits else assignments, inherits=inherits)
    return Definition(kind="permissions", key="own", name="permissions", document=document)


def permissions_document(assignments: Iterable[Row], *, inherits: bool) -> dict[str, Json]:
    """Write who may do what; the server tells them in any order."""
    told = [_assignment(row) for row in assignments]
    told.sort(key=orjson.dumps)
    return {"inherits": inherits, "assignments": told}


def settings(kind: str, row: Row, more: Mapping[str, Json]) -> Definition:
    """Give a web's or a list's own settings."""
    document: dict[str, Json] = {"settings": _steady(row), **more}
    return Definition(
        kind=kind,
        key="own",
        name=text(row, "Title"),
        document=document,
        made=text(row, "Created"),
        facts={"set": _set(row, WEB_SETTINGS if kind == "web" else LIST_SETTINGS)},
    )


def _set(row: Row, names: Iterable[str]) -> list[Json]:
    """Name the settings that say something: another server may not know all of them."""
    return [name for name in names if row.get(name) not in (None, False, 0, "")]


def steady(row: Row) -> dict[str, Json]:
    """Leave out of an object what changes by itself."""
    return _steady(row)


def _assignment(row: Row) -> Json:
    roles = each(row, "RoleDefinitionBindings")
    named: list[Json] = [{"id": number(one, "Id"), "name": text(one, "Name")} for one in roles]
    named.sort(key=orjson.dumps)
    member = within(row, "Member")
    who = principal(member)
    if not who["id"]:
        who = {**who, "id": number(row, "PrincipalId")}
    return {"principal": who, "roles": named}


def principal(row: Row) -> dict[str, Json]:
    """Write who somebody is."""
    return {
        "id": number(row, "Id"),
        "login": text(row, "LoginName"),
        "title": text(row, "Title"),
        "email": text(row, "Email"),
        "kind": number(row, "PrincipalType"),
    }


def _is_customised(row: Row) -> bool:
    """Say whether a column that every list has was changed: then its XML counts the changes."""
    if text(row, "InternalName") == _TITLE:
        return True
    version = attributes_of(text(row, "SchemaXml")).get("Version", "")
    return version.isdigit() and int(version) > 0


def _steady(row: Row) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in row.items():
        if name in _VOLATILE or name.startswith(("odata.", "__")):
            continue
        if name in _BAGS and isinstance(value, dict):
            kept = (key for key in value if key.casefold() not in _VOLATILE_BAG)
            found[name] = {key: value[key] for key in kept if not key.startswith("odata.")}
        else:
            found[name] = _cleaned(value)
    return found


def _cleaned(value: object) -> Json:
    if isinstance(value, dict):
        return _steady(value)
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    return value if isinstance(value, str | int | float | bool) else None
