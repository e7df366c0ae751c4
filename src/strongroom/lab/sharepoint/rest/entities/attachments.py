"""Files that hang on items."""

from __future__ import annotations

from strongroom.lab.sharepoint.content.items import Attachment, ListItem
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.downloads import download
from strongroom.lab.sharepoint.rest.entities.common import (
    decoded,
    known,
    quoted,
)
from strongroom.lab.sharepoint.rest.kinds import (
    Args,
    Collection,
    Entity,
    Kind,
    Method,
)
from strongroom.lab.sharepoint.rights import Level


def attachments_of(call: Call, item: ListItem, path: str) -> Collection:
    """List what hangs on an item."""
    held = item.attachments

    def find(key: object) -> tuple[ListItem, Attachment] | None:
        found = held.get(str(key).casefold())
        return (item, found) if found else None

    def by_name(call: Call, _: object, args: Args) -> Entity:
        found = find(args.text("fileName", 0, default=args.text("decodedUrl", default="")))
        if found is None:
            raise errors.not_found()
        return Entity(ATTACHMENT, found, f"{path}({quoted(found[1].name)})")

    def add(call: Call, _: object, args: Args) -> Entity:
        name = args.text("FileName", 0, default=args.text("decodedUrl", default=""))
        made = item.parent_list.add_attachment(item, name, call.body, by=call.user_id)
        return Entity(ATTACHMENT, (item, made), f"{path}({quoted(made.name)})")

    return Collection(
        kind=ATTACHMENT,
        path=path,
        things=lambda: [(item, one) for one in held.values()],
        find=find,
        item_path=lambda one: f"{path}({quoted(one[1].name)})",
        methods={
            "getbyfilename": Method(run=by_name),
            "getbyfilenameaspath": Method(run=by_name, since="2019"),
            "add": Method(run=add, is_post=True, needs=Level.EDIT, takes_bytes=True),
            "addusingpath": Method(
                run=add, is_post=True, needs=Level.EDIT, since="2019", takes_bytes=True
            ),
        },
    )


def attachment_path(item: ListItem, name: str) -> str:
    """Give the server-relative path of an attachment."""
    return f"{item.parent_list.root_path}/Attachments/{item.id}/{name}"


def _replace_attachment(call: Call, one: tuple[ListItem, Attachment], content: bytes) -> None:
    item, attachment = one
    of = item.parent_list
    of.delete_attachment(item, attachment.name, by=call.user_id)
    of.add_attachment(item, attachment.name, content, by=call.user_id)


ATTACHMENT: Kind[tuple[ListItem, Attachment]] = known(
    Kind(
        name="SP.Attachment",
        values={
            "FileName": lambda _, one: one[1].name,
            "FileNameAsPath": lambda _, one: decoded(one[1].name),
            "ServerRelativePath": lambda _, one: decoded(attachment_path(one[0], one[1].name)),
            "ServerRelativeUrl": lambda _, one: attachment_path(one[0], one[1].name),
        },
        since={"FileNameAsPath": "2019", "ServerRelativePath": "2019"},
        content=lambda call, one: download(call.headers, one[1].content),
        put=_replace_attachment,
        remove=lambda call, one: one[0].parent_list.delete_attachment(
            one[0], one[1].name, by=call.user_id
        ),
        methods={
            "recycleobject": Method(
                run=lambda call, one, _: one[0].parent_list.delete_attachment(
                    one[0], one[1].name, by=call.user_id
                ),
                is_post=True,
                needs=Level.EDIT,
            ),
        },
        needs=Level.EDIT,
    )
)
