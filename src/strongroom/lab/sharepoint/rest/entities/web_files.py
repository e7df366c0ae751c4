"""Files in a web's own folder, which are items of no list: ``default.aspx`` and the like.

Source:
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-rest-reference/dn450841(v=office.15)
    [MS-CSOMSPT] SP.Folder, SP.File (``ListItemAllFields`` is empty for files outside of lists)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from strongroom.lab.sharepoint.content.web_core import WebFile
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.downloads import download
from strongroom.lab.sharepoint.rest.entities.common import decoded, fixed, quoted
from strongroom.lab.sharepoint.rest.entities.principals import user_of
from strongroom.lab.sharepoint.rest.entities.web_parts import MANAGER, Page
from strongroom.lab.sharepoint.rest.kinds import Args, Collection, Entity, Kind, Method, Value
from strongroom.lab.sharepoint.rights import Level

_MAJOR = 512


@dataclass(frozen=True, slots=True)
class RootFile:
    """A file, and the web that it lies in."""

    web: Web
    held: WebFile

    @property
    def path(self) -> str:
        """Server-relative."""
        return self.web.inside(self.held.name)

    @property
    def etag(self) -> str:
        """What ``If-Match`` is compared with."""
        return f'"{{{self.held.unique_id.upper()}}},{self.held.file.revision}"'


def root_file(web: Web, path: str) -> RootFile | None:
    """Find one by its server-relative path."""
    above = f"{web.path.rstrip('/')}/"
    if not path.casefold().startswith(above.casefold()):
        return None
    found = web.files.get(path[len(above) :].casefold())
    return RootFile(web, found) if found is not None else None


def root_file_by_id(webs: Iterable[Web], unique_id: str) -> RootFile | None:
    """Find one by its GUID."""
    held = (RootFile(web, one) for web in webs for one in web.files.values())
    return next((one for one in held if one.held.unique_id == unique_id), None)


def root_file_entity(one: RootFile) -> Entity:
    """Give one an address."""
    where = f"Web/GetFileByServerRelativePath(decodedurl={quoted(one.path)})"
    return Entity(ROOT_FILE, one, where)


def root_files_of(_: Call, web: Web, path: str, inner: str = "") -> Collection:
    """List the files in a web's own folder, or in one below it (``inner``)."""
    begins = f"{inner}/" if inner else ""
    held = {
        name[len(begins) :]: RootFile(web, one)
        for name, one in web.files.items()
        if name.startswith(begins.casefold()) and "/" not in name[len(begins) :]
    }

    def add(call: Call, _: object, args: Args) -> Entity:
        name = args.text("url", 0, default=args.text("decodedurl", default="")).rpartition("/")[2]
        if name.casefold() in held and not args.flag("overwrite", 1):
            raise errors.exists(f"A file with the name {name} already exists.")
        made = web.put_file(begins + name, call.body, by=call.user_id)
        return root_file_entity(RootFile(web, made))

    def method(since: str = "2013") -> Method[object]:
        return Method(run=add, is_post=True, needs=Level.EDIT, since=since, takes_bytes=True)

    return Collection(
        kind=ROOT_FILE,
        path=path,
        things=lambda: list(held.values()),
        find=lambda key: held.get(str(key).casefold()),
        item_path=lambda one: root_file_entity(one).path,
        methods={"add": method(), "addusingpath": method("2019")},
    )


def _put(call: Call, one: RootFile, content: bytes) -> None:
    one.web.put_file(one.held.name, content, by=call.user_id)


def _manager(_: Call, one: RootFile, args: Args) -> Entity:
    page = Page(one.held.file, one.held)
    return Entity(MANAGER, page, f"{args.path}/GetLimitedWebPartManager(scope=1)")


def _recycle(call: Call, one: RootFile, _: Args) -> Value:
    one.web.remove_file(one.held, by=call.user_id)
    return Value("Recycle", call.collection.new_guid())


def _delete(call: Call, one: RootFile, _: Args) -> None:
    one.web.remove_file(one.held, by=call.user_id)


def _remove(call: Call, one: RootFile) -> None:
    one.web.remove_file(one.held, by=call.user_id)


ROOT_FILE: Kind[RootFile] = Kind(
    name="SP.File",
    etag=lambda _, one: one.etag,
    values={
        **fixed({"CheckInComment": "", "CheckOutType": 2}),
        "ContentTag": lambda _, one: f"{one.etag.strip(chr(34))},{one.held.file.content_revision}",
        "CustomizedPageStatus": lambda _, one: int(one.held.file.is_customized),
        "ETag": lambda _, one: one.etag,
        **fixed({"Exists": True, "IrmEnabled": False}),
        "Length": lambda _, one: str(len(one.held.file.content)),
        **fixed({
            "Level": 1,
            "LinkingUri": None,
            "LinkingUrl": "",
            "MajorVersion": 1,
            "MinorVersion": 0,
        }),
        "Name": lambda _, one: one.held.name.rpartition("/")[2],
        "ServerRelativeUrl": lambda _, one: one.path,
        "TimeCreated": lambda _, one: one.held.created,
        "TimeLastModified": lambda _, one: one.held.modified,
        **fixed({"Title": "", "UIVersion": _MAJOR, "UIVersionLabel": "1.0"}),
        "UniqueId": lambda _, one: one.held.unique_id,
    },
    more={"ServerRelativePath": lambda _, one: decoded(one.path)},
    links={
        "ListItemAllFields": lambda _c, _o, _p: None,
        "ModifiedBy": lambda call, one, _: user_of(call, one.held.editor_id),
    },
    methods={
        "getlimitedwebpartmanager": Method(run=_manager),
        "recycle": Method(run=_recycle, is_post=True, needs=Level.EDIT),
        "deleteobject": Method(run=_delete, is_post=True, needs=Level.EDIT),
    },
    remove=_remove,
    since=dict.fromkeys(("ContentTag", "IrmEnabled", "LinkingUri", "LinkingUrl"), "2016"),
    content=lambda call, one: download(call.headers, one.held.file.content, etag=one.etag),
    put=_put,
    needs=Level.EDIT,
)  # fmt: skip
