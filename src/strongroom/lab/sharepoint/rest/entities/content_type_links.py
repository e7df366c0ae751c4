"""The columns that a content type uses."""

from __future__ import annotations

from strongroom.lab.sharepoint.content.change_log import ChangeType, Thing
from strongroom.lab.sharepoint.content.content_types import (
    ContentType,
    FieldLink,
)
from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import by_guid, known
from strongroom.lab.sharepoint.rest.kinds import Args, Body, Collection, Entity, Kind, Method
from strongroom.lab.sharepoint.rights import Level

Owner = SpList | Web


def owner_of_type(call: Call, kind: ContentType) -> Owner:
    """Find the list or web that has a content type."""
    for web in call.collection.webs():
        if web.content_types.get(kind.id) is kind:
            return web
        for one in web.lists.values():
            if one.content_types.get(kind.id) is kind:
                return one
    raise errors.not_found()


def noted(
    call: Call, owner: Owner, kind: ContentType, *, what: ChangeType = ChangeType.UPDATE
) -> None:
    """Write into the change log that something happened to a content type."""
    owner.note(what, by=call.user_id, thing=Thing.CONTENT_TYPE, of=kind.id)


def links_of(call: Call, kind: ContentType, path: str) -> Collection:
    """List the columns of a content type."""

    def create(call: Call, body: Body) -> FieldLink:
        return _add_link(call, kind, str(body.get("FieldInternalName") or body.get("Name") or ""))

    def add(call: Call, _: object, args: Args) -> Entity:
        made = _add_link(call, kind, args.text("fieldInternalName", 0))
        return Entity(FIELD_LINK, made, f"{path}(guid'{made.id}')")

    return Collection(
        kind=FIELD_LINK,
        path=path,
        things=lambda: kind.links,
        find=by_guid(kind.links, lambda one: one.id),
        create=create,
        item_path=lambda one: f"{path}(guid'{one.id}')",
        methods={
            "add": Method(run=add, is_post=True, needs=Level.FULL),
            "reorder": Method(
                run=lambda call, _, args: _reorder(call, kind, args), is_post=True, needs=Level.FULL
            ),
        },
    )


def _reorder(call: Call, kind: ContentType, args: Args) -> None:
    names = args.get("internalNames")
    order = [str(one) for one in names] if isinstance(names, list) else []
    kind.links.sort(key=lambda one: order.index(one.name) if one.name in order else len(order))
    noted(call, owner_of_type(call, kind), kind)


def _add_link(call: Call, kind: ContentType, name: str) -> FieldLink:
    call.need(Level.FULL)
    column = column_named(call, owner_of_type(call, kind), name)
    if column is None:
        raise errors.ApiError(404, errors.ARGUMENT, f"Column '{name}' does not exist.")
    made = FieldLink(id=column.id, name=column.name)
    if all(one.id != made.id for one in kind.links):
        kind.links.append(made)
        noted(call, owner_of_type(call, kind), kind)
    return made


def column_named(call: Call, owner: Owner, name: str) -> Field | None:
    """Find a column of a list or web, or of the webs above."""
    if name in owner.fields:
        return owner.fields[name]
    here: Web | None = call.web
    while here is not None:
        if name in here.fields:
            return here.fields[name]
        here = here.parent
    return None


def _link_update(call: Call, link: FieldLink, body: Body) -> None:
    link.is_required = bool(body.get("Required", link.is_required))
    link.is_hidden = bool(body.get("Hidden", link.is_hidden))
    link.title = str(body.get("DisplayName", link.title) or "")
    owner, kind = _holder(call, link)
    noted(call, owner, kind)


def _link_remove(call: Call, link: FieldLink) -> None:
    owner, kind = _holder(call, link)
    kind.links = [one for one in kind.links if one is not link]
    noted(call, owner, kind)


def _holder(call: Call, link: FieldLink) -> tuple[Owner, ContentType]:
    for web in call.collection.webs():
        owners: list[Owner] = [web, *web.lists.values()]
        for owner in owners:
            for kind in owner.content_types.values():
                if any(one is link for one in kind.links):
                    return owner, kind
    raise errors.not_found()


FIELD_LINK: Kind[FieldLink] = known(
    Kind(
        name="SP.FieldLink",
        values={
            "FieldInternalName": lambda _, link: link.name,
            "Hidden": lambda _, link: link.is_hidden,
            "Id": lambda _, link: link.id,
            "Name": lambda _, link: link.name,
            "Required": lambda _, link: link.is_required,
        },
        more={
            "DisplayName": lambda _, link: link.title or None,
            "ReadOnly": lambda _, link: False,
            "ShowInDisplayForm": lambda _, link: True,
        },
        update=_link_update,
        remove=_link_remove,
    )
)
