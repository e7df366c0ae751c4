"""What a web is: what it says of itself, and where its lists and webs are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, cast

from strongroom.lab.sharepoint.content.change_log import ChangeToken, ChangeType, Scope, Thing
from strongroom.lab.sharepoint.content.content_types import ContentType
from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.items import ListItem, StoredFile
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.navigation import Navigation
from strongroom.lab.sharepoint.content.permissions import Permissions, Securable
from strongroom.lab.sharepoint.content.refusals import NotFound

if TYPE_CHECKING:  # a collection is made of webs
    from strongroom.lab.sharepoint.content.collection import SiteCollection
    from strongroom.lab.sharepoint.content.webs import Web  # which every web is in the end


@dataclass(slots=True, kw_only=True)
class Regional:
    """How dates and numbers are written.

    Attributes:
        locale_id: 1033 American, 1031 German, 1043 Dutch, and so on.
        time_zone: SharePoint's own number: 93 UTC, 13 Pacific, 4 Berlin, 2 London.
    """

    locale_id: int = 1033
    time_zone: int = 93
    has_24_hours: bool = False
    first_day_of_week: int = 0
    calendar: int = 1
    collation: int = 25
    work_days: int = 62
    work_day_start: int = 480
    work_day_end: int = 1020
    alternate_calendar: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class WebFile:
    """A file that lies in a web and in none of its lists, such as ``default.aspx``.

    Attributes:
        web: Where.
        name: Its path below the web's folder: ``default.aspx``, ``forms/apply.aspx``.
    """

    web: Web = field(repr=False)
    name: str
    unique_id: str
    file: StoredFile
    created: datetime
    modified: datetime
    editor_id: int


@dataclass(slots=True, kw_only=True, eq=False)
class WebCore(Securable):
    """One web. Hold ``collection.lock``.

    Attributes:
        id: In small letters.
        path: Server-relative, without a slash at the end; ``/`` for a root web at the very top.
        parent: None for a root web.
        webs: Directly below it, by the last part of their path.
        lists: By id, in the order they were made.
        fields: Site columns made here, by internal name.
        content_types: Made here, by id.
        features: Ids of those that are on.
        properties: The property bag.
        owner_group_id, member_group_id, visitor_group_id: The associated groups.
        own_folders: Folders in its own folder that were made, and are no list's.
        files: What lies in its folder and in no list, by the path in small letters.
    """

    _collection: SiteCollection = field(repr=False)
    id: str
    path: str
    title: str
    created: datetime
    author_id: int
    parent: Web | None = field(default=None, repr=False)
    description: str = ""
    language: int = 1033
    template: str = "STS"
    configuration: int = 3
    webs: dict[str, Web] = field(default_factory=dict, repr=False)
    lists: dict[str, SpList] = field(default_factory=dict, repr=False)
    fields: dict[str, Field] = field(default_factory=dict, repr=False)
    content_types: dict[str, ContentType] = field(default_factory=dict, repr=False)
    navigation: Navigation = field(default_factory=Navigation, repr=False)
    features: set[str] = field(default_factory=set)
    properties: dict[str, str] = field(default_factory=dict)
    regional: Regional = field(default_factory=Regional)
    permissions: Permissions | None = None
    owner_group_id: int = 0
    member_group_id: int = 0
    visitor_group_id: int = 0
    master_url: str = ""
    custom_master_url: str = ""
    alternate_css_url: str = ""
    logo_url: str = ""
    theme: str = ""
    welcome_page: str = "SitePages/Home.aspx"
    quick_launch_enabled: bool = True
    tree_view_enabled: bool = False
    custom_actions: list[dict[str, str]] = field(default_factory=list)
    root_unique_id: str = ""
    files: dict[str, WebFile] = field(default_factory=dict, repr=False)
    own_folders: set[str] = field(default_factory=set, repr=False)

    @property
    def collection(self) -> SiteCollection:
        """The site collection that it is in."""
        return self._collection

    @property
    def parent_securable(self) -> Securable | None:
        """The web above."""
        return self.parent

    @property
    def current_token(self) -> ChangeToken:
        """``CurrentChangeToken``."""
        return self.collection.log.current_token(Scope.WEB, self.id)

    @property
    def last_modified(self) -> datetime:
        """When something in one of its lists was last changed (``LastItemModifiedDate``)."""
        return max((one.last_modified for one in self.lists.values()), default=self.created)

    def walk(self) -> Iterator[Web]:
        """Go through it and all webs below."""
        yield cast("Web", self)
        for one in list(self.webs.values()):
            yield from one.walk()

    def below(self) -> Iterator[Securable]:
        """Go through lists, items and webs below."""
        for one in list(self.lists.values()):
            yield one
            yield from one.below()
        for web in list(self.webs.values()):
            yield web
            yield from web.below()

    def inside(self, path: str) -> str:
        """Give the server-relative path of something inside the web."""
        return f"{self.path.rstrip('/')}/{path}"

    def list_by_id(self, number: str) -> SpList:
        """Find a list.

        Raises:
            NotFound: it does not exist.
        """
        found = self.lists.get(number.strip("{}").casefold())
        if found is None:
            raise NotFound(
                "List does not exist. The page you selected contains a list that "
                "does not exist. It may have been deleted by another user."
            )
        return found

    def list_by_title(self, title: str) -> SpList | None:
        """Find a list by its title."""
        wanted = title.casefold()
        return next((one for one in self.lists.values() if one.title.casefold() == wanted), None)

    def list_by_path(self, path: str) -> SpList | None:
        """Find a list by the server-relative path of its root folder."""
        wanted = path.casefold().rstrip("/")
        return next(
            (one for one in self.lists.values() if one.root_path.casefold() == wanted), None
        )

    def list_of(self, path: str) -> SpList | None:
        """Find the list that a server-relative path lies in, or is."""
        wanted = f"{path.casefold()}/"
        for one in self.lists.values():
            if wanted.startswith(f"{one.root_path.casefold()}/"):
                return one
        return None

    def item_at(self, path: str) -> ListItem | None:
        """Find a file or folder of a library by its server-relative path."""
        within = self.list_of(path)
        if within is None:
            return None
        return within.at(path[len(within.root_path) :].strip("/").split("/"))

    def file_folders(self) -> dict[str, str]:
        """Give the folders that its own files lie in, by the path in small letters."""
        found: dict[str, str] = {one.casefold(): one for one in self.own_folders}
        for one in self.files.values():
            parts = one.name.split("/")
            for depth in range(1, len(parts)):
                path = "/".join(parts[:depth])
                found.setdefault(path.casefold(), path)
        return found

    def field_by_id(self, number: str) -> Field | None:
        """Find a site column made here or further up."""
        wanted = number.strip("{}").casefold()
        here: WebCore | None = self
        while here is not None:
            for one in here.fields.values():
                if one.id == wanted:
                    return one
            here = here.parent
        return None

    def available_content_types(self) -> dict[str, ContentType]:
        """Give the content types made here and further up, by id."""
        above = self.parent.available_content_types() if self.parent else {}
        return {**above, **self.content_types}

    def note(self, kind: ChangeType, *, by: int, thing: Thing = Thing.WEB, of: str = "") -> None:
        """Write into the change log that the web, or a part ``of`` it, changed."""
        self.collection.log.note(kind, thing, web_id=self.id, object_id=of, editor_id=by)

    def note_security(self, kind: ChangeType, *, by: int, principal_id: int = 0) -> None:
        """Write into the change log that its permissions changed."""
        self.collection.log.note(
            kind, Thing.WEB, web_id=self.id, principal_id=principal_id, editor_id=by
        )
