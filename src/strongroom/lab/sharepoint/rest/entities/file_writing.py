"""Writing files: whole, in pieces, check-out, publishing, moving; and folders.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/working-with-folders-and-files-with-rest
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from strongroom.lab.sharepoint.content.items import DENIED, ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.refusals import AlreadyExists
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import kind_of
from strongroom.lab.sharepoint.rest.kinds import Args, Entity, Method, Value
from strongroom.lab.sharepoint.rights import Level

if TYPE_CHECKING:  # places are made of this
    from strongroom.lab.sharepoint.rest.entities.places import Place

EntityOf = Callable[[ListItem], Entity]


def methods_of(place: Place, entity_of: EntityOf) -> Mapping[str, Method[Any]]:
    """Give the methods of a folder's files."""

    def add(call: Call, _: object, args: Args) -> Entity:
        name = args.text("url", 0, default=args.text("decodedurl", default=""))
        is_over = args.flag("overwrite", 1)
        return entity_of(_upload(call, place, name, call.body, is_over=is_over))

    def stub(call: Call, _: object, args: Args) -> Entity:
        return entity_of(_upload(call, place, args.text("decodedurl", 0), b"", is_over=True))

    def template(call: Call, _: object, args: Args) -> Entity:
        name = args.text("urlOfFile", 0).rpartition("/")[2]
        return entity_of(_upload(call, place, name, b"", is_over=False))

    return {
        "add": Method(run=add, is_post=True, needs=Level.EDIT, takes_bytes=True),
        "addusingpath": Method(
            run=add, is_post=True, needs=Level.EDIT, since="2019", takes_bytes=True
        ),
        "addstubusingpath": Method(run=stub, is_post=True, needs=Level.EDIT, since="online"),
        "addtemplatefile": Method(run=template, is_post=True, needs=Level.EDIT),
    }


def _upload(call: Call, place: Place, name: str, content: bytes, *, is_over: bool) -> ListItem:
    if place.of is None:
        raise errors.failed("Files can be put into libraries only.", status=500)
    _check_name(call, name)
    try:
        return place.of.upload(
            name.rpartition("/")[2],
            content,
            by=call.user_id,
            folder=place.item,
            overwrite=is_over,
        )
    except AlreadyExists as error:
        text = (
            f"A file or folder with the name {place.path}/{name} already exists. It was last"
            f" modified by {call.login}."
        )
        raise errors.exists(text) from error


def _check_name(call: Call, name: str) -> None:
    if not call.profile.has_paths and set(name) & set("%#"):
        raise errors.bad_argument(f'The file or folder name "{name}" contains invalid characters.')


def put(call: Call, item: ListItem, content: bytes) -> None:
    """Give a file other bytes (``PUT …/$value``)."""
    item.parent_list.save_content(item, content, by=call.user_id)


def add_folder(
    call: Call, place: Place, where: str, place_of: Callable[[ListItem], Place]
) -> Place:
    """Make a folder, by its name or its whole path.

    Raises:
        ApiError: it cannot be made there.
    """
    call.need(Level.EDIT)
    if where.startswith("/"):
        above, _, name = where.rstrip("/").rpartition("/")
        if above.casefold() != place.path.casefold():
            of = place.web.list_of(above)
            inner = above[len(of.root_path) :].strip("/") if of else ""
            found = of.at(inner.split("/")) if of and inner else None
            if of is None or (inner and (found is None or not found.is_folder)):
                raise errors.not_found()
            return _new_folder(call, of, found, name, place_of)
        where = name
    if place.of is None:
        _check_name(call, where)
        inner = f"{place.inner}/{where}" if place.inner else where
        place.web.own_folders.add(place.web.file_folders().get(inner.casefold(), inner))
        return replace(place, inner=place.web.file_folders()[inner.casefold()])
    return _new_folder(call, place.of, place.item, where, place_of)


def _new_folder(
    call: Call,
    of: SpList,
    above: ListItem | None,
    name: str,
    place_of: Callable[[ListItem], Place],
) -> Place:
    _check_name(call, name)
    there = of.children_of(above).get(name.casefold())
    if there is not None and there.is_folder:
        # A folder that is there already is given back as it is.
        return place_of(there)
    return place_of(of.add_folder(name, by=call.user_id, folder=above))


def remove_folder(call: Call, place: Place) -> None:
    """Delete a folder for good."""
    if place.item is None or place.of is None:
        raise errors.failed("The root folder of a list cannot be deleted.", status=500)
    place.of.delete_item(place.item, by=call.user_id)


def _recycle_folder(call: Call, place: Place, _: Args) -> Value:
    if place.item is None or place.of is None:
        raise errors.failed("The root folder of a list cannot be deleted.", status=500)
    return Value("Recycle", place.of.recycle_item(place.item, by=call.user_id).id)


def _move_folder(call: Call, place: Place, args: Args) -> None:
    if place.item is None:
        raise errors.failed("The root folder of a list cannot be moved.", status=500)
    _move_to(call, place.item, _new_url(args))


def _start(call: Call, item: ListItem, args: Args) -> Value:
    offset = call.service.uploads.start(args.text("uploadId", 0), item.unique_id, call.body)
    return Value("StartUpload", str(offset))


def _continue(call: Call, item: ListItem, args: Args) -> Value:
    offset = call.service.uploads.go_on(
        args.text("uploadId", 0), item.unique_id, args.number("fileOffset", 1), call.body
    )
    return Value("ContinueUpload", str(offset))


def _finish(call: Call, item: ListItem, args: Args) -> Entity:
    content = call.service.uploads.finish(
        args.text("uploadId", 0), item.unique_id, args.number("fileOffset", 1), call.body
    )
    item.parent_list.save_content(item, content, by=call.user_id)
    return _entity(item, args)


def _cancel(call: Call, item: ListItem, args: Args) -> None:
    call.service.uploads.cancel(args.text("uploadId", 0), item.unique_id)


def _entity(item: ListItem, args: Args) -> Entity:
    return Entity(kind_of("SP.File"), item, args.path)


def _check_in(call: Call, item: ListItem, args: Args) -> None:
    item.parent_list.check_in(
        item,
        by=call.user_id,
        comment=args.text("comment", 0, default=""),
        kind=args.number("checkintype", 1, default=0),
    )


def _check_out(call: Call, item: ListItem, _: Args) -> None:
    item.parent_list.check_out(item, by=call.user_id)


def _undo(call: Call, item: ListItem, _: Args) -> None:
    is_forced = call.level >= Level.FULL
    item.parent_list.undo_check_out(item, by=call.user_id, is_forced=is_forced)


def _publish(call: Call, item: ListItem, args: Args) -> None:
    item.parent_list.publish(item, by=call.user_id, comment=args.text("comment", 0, default=""))


def _unpublish(call: Call, item: ListItem, args: Args) -> None:
    item.parent_list.unpublish(item, by=call.user_id, comment=args.text("comment", 0, default=""))


def _approve(call: Call, item: ListItem, args: Args) -> None:
    item.parent_list.approve(item, by=call.user_id, comment=args.text("comment", 0, default=""))


def _deny(call: Call, item: ListItem, args: Args) -> None:
    comment = args.text("comment", 0, default="")
    item.parent_list.set_moderation(item, DENIED, by=call.user_id, comment=comment)


def _recycle(call: Call, item: ListItem, _: Args) -> Value:
    return Value("Recycle", item.parent_list.recycle_item(item, by=call.user_id).id)


def _new_url(args: Args) -> str:
    named = args.get("newurl", 0) or args.get("decodedurl", 0)
    return str(named) if named is not None else args.text("newPath", 0)


def _move(call: Call, item: ListItem, args: Args) -> None:
    _move_to(call, item, _new_url(args))


def _target(call: Call, path: str) -> tuple[SpList, ListItem | None, str]:
    if not path.startswith("/"):
        path = call.web.inside(path)
    above, _, name = path.rpartition("/")
    of = call.collection.web_of(path).list_of(above)
    if of is None:
        raise errors.not_found()
    inner = above[len(of.root_path) :].strip("/")
    folder = of.at(inner.split("/")) if inner else None
    if inner and (folder is None or not folder.is_folder):
        raise errors.not_found()
    return of, folder, name


def _move_to(call: Call, item: ListItem, path: str) -> None:
    of, folder, name = _target(call, path)
    if of is item.parent_list:
        of.move_item(item, by=call.user_id, folder=folder, name=name)
    else:
        item.parent_list.move_to(item, of, by=call.user_id, folder=folder, name=name)


def _copy(call: Call, item: ListItem, args: Args) -> None:
    where = args.get("strnewurl", 0) or args.get("decodedurl", 0)
    of, folder, name = _target(call, str(where or ""))
    item.parent_list.copy_to(
        item,
        of,
        by=call.user_id,
        folder=folder,
        name=name,
        overwrite=args.flag("boverwrite", 1),
    )


def _delete(call: Call, item: ListItem, _: Args) -> None:
    item.parent_list.delete_item(item, by=call.user_id)


def _save(call: Call, item: ListItem, _: Args) -> None:
    put(call, item, call.body)


def _posted(run: Callable[[Call, ListItem, Args], Any], since: str = "2013") -> Method[ListItem]:
    return Method(run=run, is_post=True, needs=Level.EDIT, since=since)


def _filled(run: Callable[[Call, ListItem, Args], Any], since: str = "2013") -> Method[ListItem]:
    return Method(run=run, is_post=True, needs=Level.EDIT, since=since, takes_bytes=True)


FILE_METHODS: Mapping[str, Method[ListItem]] = {
    "approve": _posted(_approve),
    "cancelupload": _posted(_cancel, "2016"),
    "checkin": _posted(_check_in),
    "checkout": _posted(_check_out),
    "continueupload": _filled(_continue, "2016"),
    "copyto": _posted(_copy),
    "copytousingpath": _posted(_copy, "2019"),
    "deleteobject": _posted(_delete),
    "deny": _posted(_deny),
    "finishupload": _filled(_finish, "2016"),
    "moveto": _posted(_move),
    "movetousingpath": _posted(_move, "2019"),
    "publish": _posted(_publish),
    "recycle": _posted(_recycle),
    "savebinarystream": _filled(_save),
    "startupload": _filled(_start, "2016"),
    "undocheckout": _posted(_undo),
    "unpublish": _posted(_unpublish),
}

FOLDER_METHODS: Mapping[str, Method[Any]] = {
    "deleteobject": Method(
        run=lambda call, place, _: remove_folder(call, place), is_post=True, needs=Level.EDIT
    ),
    "moveto": Method(run=_move_folder, is_post=True, needs=Level.EDIT),
    "movetousingpath": Method(run=_move_folder, is_post=True, needs=Level.EDIT, since="2019"),
    "recycle": Method(run=_recycle_folder, is_post=True, needs=Level.EDIT),
}
