"""Where folders are."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call


@dataclass(frozen=True, slots=True)
class Place:
    """A folder: a web's root, a list's root, or an item of a list.

    Attributes:
        of: The list; None: the web itself.
        item: None: the root.
        inner: Of a folder in the web that is in no list: its path below the web's.
    """

    web: Web
    of: SpList | None = None
    item: ListItem | None = None
    inner: str = ""

    @property
    def path(self) -> str:
        """Server-relative."""
        if self.item is not None:
            return self.item.path
        if self.inner:
            return self.web.inside(self.inner)
        return self.of.root_path if self.of is not None else self.web.path

    @property
    def name(self) -> str:
        """The last part of the path."""
        return "" if self.path == self.web.path else self.path.rpartition("/")[2]

    @property
    def unique_id(self) -> str:
        """The folder's own id."""
        if self.item is not None:
            return self.item.unique_id
        if self.inner:
            return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.web.id}/{self.inner.casefold()}"))
        return self.of.root_unique_id if self.of is not None else self.web.root_unique_id

    @property
    def children(self) -> Sequence[ListItem]:
        """What lies in it."""
        if self.of is None:
            return ()
        held = self.of.top if self.item is None else self.item.children or {}
        return list(held.values())

    @property
    def times(self) -> tuple[datetime, datetime]:
        """When it was made and changed."""
        if self.item is not None:
            return self.item.created, self.item.modified
        if self.of is not None:
            return self.of.created, self.of.last_modified
        return self.web.created, self.web.last_modified


def place_at(call: Call, path: str) -> Place:
    """Find a folder by its server-relative path.

    Raises:
        ApiError: there is none.
    """
    path = path.rstrip("/") or "/"
    if not path.startswith("/"):
        path = call.web.inside(path)
    check_inside(call, path)
    web = call.collection.web_of(path)
    if web.path.casefold() == path.casefold():
        return Place(web)
    of = web.list_of(path)
    if of is None:
        below = web.file_folders().get(path[len(web.path.rstrip("/")) + 1 :].casefold())
        if below is None:
            raise errors.not_found()
        return Place(web, inner=below)
    inner = path[len(of.root_path) :].strip("/")
    if not inner:
        return Place(web, of)
    found = of.at(inner.split("/"))
    if found is None or not found.is_folder:
        raise errors.not_found()
    return Place(web, of, found)


def check_inside(call: Call, path: str) -> None:
    """Refuse a path outside the web that is asked."""
    begins = call.web.path.rstrip("/").casefold()
    if not f"{path.casefold()}/".startswith(f"{begins}/"):
        raise errors.bad_argument("Server relative urls must start with SPWeb.ServerRelativeUrl")


def place_of(item: ListItem) -> Place:
    """Give the place of an item that is a folder."""
    return Place(item.parent_list.web, item.parent_list, item)
