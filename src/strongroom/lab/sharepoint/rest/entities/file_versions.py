"""Older versions of files."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.lab.https import Response
from strongroom.lab.sharepoint.content.items import ListItem, Version
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.downloads import download
from strongroom.lab.sharepoint.rest.entities.common import (
    by_number,
    known,
)
from strongroom.lab.sharepoint.rest.entities.principals import user_of
from strongroom.lab.sharepoint.rest.kinds import (
    Args,
    Collection,
    Entity,
    Kind,
    Method,
)
from strongroom.lab.sharepoint.rights import Level


@dataclass(frozen=True, slots=True)
class FileVersion:
    """An older version of a file."""

    item: ListItem
    version: Version


def file_versions_of(call: Call, item: ListItem, path: str) -> Collection:
    """List the older versions: the current one is none of them."""
    held = {one.id: FileVersion(item, one) for one in item.history if one.content is not None}
    of = item.parent_list

    def numbered(label: str) -> int:
        for one in held.values():
            if one.version.label == label:
                return one.version.id
        raise errors.not_found("The version does not exist.")

    def by_id(call: Call, _: object, args: Args) -> Entity:
        found = held.get(args.number("versionid", 0))
        if found is None:
            raise errors.not_found("The version does not exist.")
        return Entity(FILE_VERSION, found, f"{path}({found.version.id})")

    def delete_all(call: Call, _: object, args: Args) -> None:
        for number in list(held):
            of.delete_version(item, number, by=call.user_id)

    def delete(call: Call, _: object, args: Args) -> None:
        of.delete_version(item, args.number("vid", 0), by=call.user_id)

    def delete_labelled(call: Call, _: object, args: Args) -> None:
        of.delete_version(item, numbered(args.text("versionlabel", 0)), by=call.user_id)

    def restore(call: Call, _: object, args: Args) -> None:
        of.restore_version(item, numbered(args.text("versionlabel", 0)), by=call.user_id)

    writes = {
        "deleteall": delete_all,
        "deletebyid": delete,
        "deletebylabel": delete_labelled,
        "recyclebyid": delete,
        "recyclebylabel": delete_labelled,
        "restorebylabel": restore,
    }
    return Collection(
        kind=FILE_VERSION,
        path=path,
        things=lambda: list(held.values()),
        find=by_number(held),
        item_path=lambda one: f"{path}({one.version.id})",
        methods={
            "getbyid": Method(run=by_id),
            **{
                name: Method(run=run, is_post=True, needs=Level.EDIT)
                for name, run in writes.items()
            },
        },
    )


def _version_url(one: FileVersion) -> str:
    web = one.item.parent_list.web.path.rstrip("/")
    return f"_vti_history/{one.version.id}/{one.item.path[len(web) + 1 :]}"


def _created_by(call: Call, one: FileVersion, _: str) -> Entity | None:
    return user_of(call, one.version.editor_id)


def _content(call: Call, one: FileVersion) -> Response:
    if not call.profile.has("2016"):
        # There they are found at their own address only: ``_vti_history/512/…``.
        raise errors.no_resource("$value")
    return download(call.headers, one.version.content or b"")


FILE_VERSION: Kind[FileVersion] = known(
    Kind(
        name="SP.FileVersion",
        values={
            "CheckInComment": lambda _, one: one.version.comment,
            "Created": lambda _, one: one.version.created,
            "ID": lambda _, one: one.version.id,
            "IsCurrentVersion": lambda _, one: False,
            "Length": lambda _, one: str(one.version.size),
            "Size": lambda _, one: one.version.size,
            "Url": lambda _, one: _version_url(one),
            "VersionLabel": lambda _, one: one.version.label,
        },
        links={"CreatedBy": _created_by},
        since={"Length": "2016"},
        content=_content,
        methods={
            "openbinarystream": Method(run=lambda call, one, _: _content(call, one)),
        },
        remove=lambda call, one: one.item.parent_list.delete_version(
            one.item, one.version.id, by=call.user_id
        ),
        needs=Level.EDIT,
    )
)
