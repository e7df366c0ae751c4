"""Versions of items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from strongroom.lab.sharepoint.content.items import ListItem, Version
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities import columns
from strongroom.lab.sharepoint.rest.entities.common import (
    by_number,
    known,
    type_id,
)
from strongroom.lab.sharepoint.rest.entities.people import people_of
from strongroom.lab.sharepoint.rest.kinds import (
    Collection,
    Entity,
    Kind,
    Method,
    Row,
)
from strongroom.lab.sharepoint.rights import Level


@dataclass(frozen=True, slots=True)
class ItemVersion:
    """A version, and of what."""

    item: ListItem
    version: Version


def versions_of(call: Call, item: ListItem, path: str) -> Collection:
    """List versions, the current one first."""
    held = {one.id: ItemVersion(item, one) for one in reversed(item.versions)}
    return Collection(
        kind=ITEM_VERSION,
        path=path,
        things=lambda: list(held.values()),
        find=by_number(held),
        item_path=lambda one: f"{path}({one.version.id})",
        methods={
            "getbyid": Method(
                run=lambda _c, _t, args: _version_by(held.get(args.number("versionId", 0)), path)
            ),
            "deletebyid": Method(
                run=lambda call, _, args: item.parent_list.delete_version(
                    item, args.number("versionId", 0), by=call.user_id
                ),
                is_post=True,
                needs=Level.EDIT,
            ),
        },
    )


def _version_by(found: ItemVersion | None, path: str) -> Entity:
    if found is None:
        raise errors.not_found("The version does not exist.")
    return Entity(ITEM_VERSION, found, f"{path}({found.version.id})")


def _version_columns(call: Call, one: ItemVersion) -> Row:
    item, version = one.item, one.version
    of = item.parent_list
    system: dict[str, Any] = {
        "ContentTypeId": type_id(version.content_type_id),
        "ID": item.id,
        "Modified": version.created,
        "FileLeafRef": item.leaf_name,
        "FileRef": item.path,
        "FileDirRef": item.folder_path,
        "FSObjType": str(int(item.is_folder)),
        "UniqueId": item.unique_id,
        "GUID": item.guid or item.unique_id,
        "_UIVersion": version.id,
        "_UIVersionString": version.label,
        "_ModerationStatus": version.moderation_status,
        "owshiddenversion": item.hidden_version,
    }
    row: Row = {columns.coded_name(name): value for name, value in system.items()}
    for name, number in (("Author", item.author_id), ("Editor", version.editor_id)):
        row[name] = columns.with_texts(call, item, of.fields[name], number)
    empty = {column.name: None for column in columns.own_columns(item)}
    return row | columns.version_values(call, item, {"Title": None, **empty, **version.values})


ITEM_VERSION: Kind[ItemVersion] = known(
    Kind(
        name="SP.ListItemVersion",
        values={
            "Created": lambda _, one: one.version.created,
            "IsCurrentVersion": lambda _, one: one.version.is_current,
            "VersionId": lambda _, one: one.version.id,
            "VersionLabel": lambda _, one: one.version.label,
        },
        columns=_version_columns,
        links={
            "CreatedBy": lambda call, one, path: people_of(
                call, one.version.editor_id, path, is_multi=False
            ),
            "FileVersion": lambda call, one, path: None,
        },
        remove=lambda call, one: one.item.parent_list.delete_version(
            one.item, one.version.id, by=call.user_id
        ),
        needs=Level.EDIT,
    )
)
