"""What was deleted and can come back."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.lab.sharepoint.content.recycle_bin import Recycled
from strongroom.lab.sharepoint.content.refusals import AlreadyExists, NotFound
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.dates import write_local
from strongroom.lab.sharepoint.rest.entities.common import by_guid, decoded, known
from strongroom.lab.sharepoint.rest.entities.principals import principal_entity, principal_of
from strongroom.lab.sharepoint.rest.kinds import Args, Collection, Entity, Kind, Method, Target
from strongroom.lab.sharepoint.rights import Level


def bin_of(call: Call, web_id: str, path: str) -> Collection:
    """List what lies in the bin.

    Args:
        call: The question.
        web_id: Only what was deleted in that web, and the people's stage; empty: both stages.
        path: Where it is asked for.
    """
    the_bin = call.collection.recycle_bin
    stage = 1 if web_id else None
    held = the_bin.entries(stage, web_id)

    def by_id(call: Call, _: object, args: Args) -> Entity:
        found = find(args.text("id", 0))
        if found is None:
            raise errors.failed("The recycle bin item does not exist.", status=404)
        return Entity(RECYCLED, found, f"{path}('{found.id}')")

    def restore_all(call: Call, _: object, args: Args) -> None:
        for one in held:
            _restore(call, one)

    def by_ids(run: Callable[[Call, Recycled], None]) -> Callable[[Call, object, Args], None]:
        def all_of(call: Call, _: object, args: Args) -> None:
            ids = args.get("ids")
            for number in ids if isinstance(ids, list) else []:
                found = find(number)
                if found is None:
                    raise errors.failed("The recycle bin item does not exist.", status=404)
                run(call, found)

        return all_of

    def posted(run: Callable[[Call, object, Args], None]) -> Method[object]:
        return Method(run=run, is_post=True, needs=Level.EDIT)

    find = by_guid(held, lambda one: one.id)
    return Collection(
        kind=RECYCLED,
        path=path,
        things=lambda: held,
        find=find,
        item_path=lambda one: f"{path}('{one.id}')",
        methods={
            "getbyid": Method(run=by_id),
            "restoreall": posted(restore_all),
            "restorebyids": posted(by_ids(_restore)),
            "deletebyids": posted(by_ids(_delete)),
            "movetosecondstagebyids": posted(by_ids(_second)),
            "deleteall": posted(lambda call, _, __: the_bin.clear(stage)),
            "deleteallsecondstageitems": posted(lambda call, _, __: the_bin.clear(2)),
            "movealltosecondstage": posted(lambda call, _, __: _all_second(call, held)),
        },
    )


def _all_second(call: Call, held: list[Recycled]) -> None:
    for one in held:
        _second(call, one)


def _restore(call: Call, one: Recycled) -> None:
    try:
        call.collection.recycle_bin.restore(one.id)
    except AlreadyExists as error:
        raise errors.exists(str(error)) from error
    except NotFound as error:
        raise errors.failed(str(error), status=500) from error


def _delete(call: Call, one: Recycled) -> None:
    call.collection.recycle_bin.delete(one.id)


def _second(call: Call, one: Recycled) -> None:
    call.collection.recycle_bin.move_to_second_stage(one.id)


def _email(call: Call, number: int) -> str:
    found = call.collection.principals.users.get(number)
    return found.email if found else ""


def _name(call: Call, number: int) -> str:
    found = principal_of(call, number)
    return found.title if found else ""


def _who(call: Call, number: int, path: str) -> Target:
    found = principal_of(call, number)
    return principal_entity(found, path) if found is not None else None


def _local(call: Call, one: Recycled) -> str:
    regional = call.web.regional
    return write_local(
        one.deleted,
        locale_id=regional.locale_id,
        zone_id=regional.time_zone,
        time24=regional.has_24_hours,
    )


def _posted(run: Callable[[Call, Recycled], None]) -> Method[Recycled]:
    return Method(run=lambda call, one, _: run(call, one), is_post=True, needs=Level.EDIT)


RECYCLED: Kind[Recycled] = known(
    Kind(
        name="SP.RecycleBinItem",
        values={
            "AuthorEmail": lambda call, one: _email(call, one.author_id),
            "AuthorName": lambda call, one: _name(call, one.author_id),
            "DeletedByEmail": lambda call, one: _email(call, one.deleted_by_id),
            "DeletedByName": lambda call, one: _name(call, one.deleted_by_id),
            "DeletedDate": lambda _, one: one.deleted,
            "DeletedDateLocalFormatted": _local,
            "DirName": lambda _, one: one.folder,
            "DirNamePath": lambda _, one: decoded(one.folder),
            "Id": lambda _, one: one.id,
            "ItemState": lambda _, one: one.stage,
            "ItemType": lambda _, one: int(one.kind),
            "LeafName": lambda _, one: one.name,
            "LeafNamePath": lambda _, one: decoded(one.name),
            "Size": lambda _, one: str(one.size),
            "Title": lambda _, one: one.title,
        },
        links={
            "Author": lambda call, one, path: _who(call, one.author_id, path),
            "DeletedBy": lambda call, one, path: _who(call, one.deleted_by_id, path),
        },
        methods={
            "restore": _posted(_restore),
            "deleteobject": _posted(_delete),
            "movetosecondstage": _posted(_second),
        },
        since=dict.fromkeys(
            ("AuthorEmail", "AuthorName", "DeletedByEmail", "DeletedByName",
             "DeletedDateLocalFormatted", "DirNamePath", "LeafNamePath"), "2019",
        ),
        remove=_delete,
        needs=Level.EDIT,
    )
)  # fmt: skip
