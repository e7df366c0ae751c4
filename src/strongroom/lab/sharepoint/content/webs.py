"""A web: the root of a site collection, or a subsite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from strongroom.lab.sharepoint.content import templates
from strongroom.lab.sharepoint.content.change_log import ChangeToken, ChangeType, Scope, Thing
from strongroom.lab.sharepoint.content.content_types import ContentType
from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.items import ListItem, StoredFile
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.navigation import Navigation
from strongroom.lab.sharepoint.content.permissions import Permissions, Securable
from strongroom.lab.sharepoint.content.recycle_bin import Recycled, RecycledKind
from strongroom.lab.sharepoint.content.refusals import AlreadyExists, NotAllowed, NotFound

if TYPE_CHECKING:  # a collection is made of webs
    from strongroom.lab.sharepoint.content.collection import SiteCollection


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
    """A file that lies in a web and in none of its lists, such as ``default.aspx``."""

    name: str
    unique_id: str
    file: StoredFile
    created: datetime
    modified: datetime
    editor_id: int


@dataclass(slots=True, kw_only=True, eq=False)
class Web(Securable):
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
        files: What lies in its root folder, by the name in small letters.
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
        yield self
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

    def field_by_id(self, number: str) -> Field | None:
        """Find a site column made here or further up."""
        wanted = number.strip("{}").casefold()
        here: Web | None = self
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

    def add_list(
        self,
        title: str,
        *,
        by: int,
        base_template: int = 100,
        leaf: str = "",
        description: str = "",
    ) -> SpList:
        """Make a list or library; its address comes from its title, once and for all.

        Args:
            title: Of the list.
            by: Who makes it.
            base_template: 100 a list, 101 a library, and so on.
            leaf: The last part of its address, if not the title.
            description: For people.

        Raises:
            AlreadyExists: the title or the address is taken.
        """
        self.collection.begin()
        if self.list_by_title(title) is not None:
            raise AlreadyExists(
                "A list, survey, discussion board, or document library with the "
                "specified title already exists in this Web site."
            )
        made = templates.new_list(self, title, base_template, leaf or title, by)
        if self.list_by_path(made.root_path) is not None:
            raise AlreadyExists(
                "A list, survey, discussion board, or document library with the "
                "specified title already exists in this Web site."
            )
        made.settings.description = description
        self.lists[made.id] = made
        made.note(ChangeType.ADD, by=by)
        return made

    def recycle_list(self, gone: SpList, *, by: int) -> Recycled:
        """Put a list into the recycle bin with everything in it.

        Raises:
            NotAllowed: it cannot be deleted.
        """
        self.delete_list(gone, by=by)
        entry = Recycled(
            id=self.collection.new_guid(),
            name=gone.root_path.rpartition("/")[2],
            folder=gone.root_path.rpartition("/")[0].removeprefix("/"),
            title=gone.title,
            size=0,
            kind=RecycledKind.LIST,
            deleted=self.collection.now(),
            deleted_by_id=by,
            author_id=gone.author_id,
            web_id=self.id,
            put_back=lambda: self._put_back(gone, by),
        )
        return self.collection.recycle_bin.add(entry)

    def delete_list(self, gone: SpList, *, by: int) -> None:
        """Delete a list for good.

        Raises:
            NotAllowed: it cannot be deleted.
        """
        self.collection.begin()
        if not gone.settings.allows_deletion or self.collection.is_on_hold:
            raise NotAllowed("The list cannot be deleted.")
        del self.lists[gone.id]
        gone.note(ChangeType.DELETE, by=by)

    def add_web(
        self, leaf: str, title: str, *, by: int, inherits: bool = True, language: int = 1033
    ) -> Web:
        """Make a web below this one, with the lists that a team site begins with.

        Raises:
            AlreadyExists: the address is taken.
        """
        self.collection.begin()
        path = self.inside(leaf)
        if leaf.casefold() in self.webs or self.list_of(path) is not None:
            raise AlreadyExists(f'The Web site address "{path}" is already in use.')
        made = Web(
            _collection=self.collection,
            id=self.collection.guid_of_web(path),
            path=path,
            title=title,
            created=self.collection.now(),
            author_id=by,
            parent=self,
            language=language,
            root_unique_id=self.collection.new_guid(),
            owner_group_id=self.owner_group_id,
            member_group_id=self.member_group_id,
            visitor_group_id=self.visitor_group_id,
        )
        self.webs[leaf.casefold()] = made
        made.note(ChangeType.ADD, by=by)
        templates.fill_web(made, by)
        if not inherits:
            made.break_inheritance(by=by)
        self.collection.web_came(made)
        return made

    def delete_web(self, gone: Web, *, by: int) -> None:
        """Delete a web below this one; it goes to the administrators' bin.

        Raises:
            NotAllowed: it has webs below it.
        """
        now = self.collection.begin()
        if gone.webs:
            raise NotAllowed("The Web site cannot be deleted because it has subsites.")
        leaf = gone.path.rpartition("/")[2]
        del self.webs[leaf.casefold()]
        gone.note(ChangeType.DELETE, by=by)
        self.collection.web_went(gone)
        entry = Recycled(
            id=self.collection.new_guid(),
            name=leaf,
            folder=self.path.removeprefix("/"),
            title=gone.title,
            size=0,
            kind=RecycledKind.WEB,
            deleted=now,
            deleted_by_id=by,
            author_id=gone.author_id,
            web_id=self.id,
            put_back=lambda: self._bring_back(leaf, gone, by),
            stage=2,
        )
        self.collection.recycle_bin.add(entry)

    def update(self, *, by: int, **changes: Any) -> None:  # noqa: ANN401 - attributes of many kinds
        """Change what the web says of itself, by the names of its attributes.

        Raises:
            AttributeError: there is no such attribute.
        """
        self.collection.begin()
        for name, value in changes.items():
            getattr(self, name)
            setattr(self, name, value)
        self.note(ChangeType.UPDATE, by=by)

    def add_field(self, xml: str, *, by: int) -> Field:
        """Add a site column from its XML.

        Raises:
            AlreadyExists: one of that internal name or id is there.
            ValueRefused: this is no XML of a column.
        """
        self.collection.begin()
        made = Field.parse(xml, new_id=self.collection.new_guid(), owner_id=self.id)
        if made.name in self.fields or self.field_by_id(made.id) is not None:
            raise AlreadyExists("A duplicate field name was found.")
        self.fields[made.name] = made
        self.note(ChangeType.ADD, by=by, thing=Thing.FIELD, of=made.id)
        return made

    def delete_field(self, column: Field, *, by: int) -> None:
        """Delete a site column; lists keep their copies."""
        self.collection.begin()
        del self.fields[column.name]
        self.note(ChangeType.DELETE, by=by, thing=Thing.FIELD, of=column.id)

    def add_content_type(self, kind: ContentType, *, by: int) -> ContentType:
        """Add a content type.

        Raises:
            AlreadyExists: the id or the name is taken.
        """
        self.collection.begin()
        known = self.available_content_types()
        if kind.id in known or any(one.name == kind.name for one in known.values()):
            raise AlreadyExists("A duplicate content type was found.")
        self.content_types[kind.id] = kind
        self.note(ChangeType.ADD, by=by, thing=Thing.CONTENT_TYPE, of=kind.id)
        return kind

    def note(self, kind: ChangeType, *, by: int, thing: Thing = Thing.WEB, of: str = "") -> None:
        """Write into the change log that the web, or a part ``of`` it, changed."""
        self.collection.log.note(kind, thing, web_id=self.id, object_id=of, editor_id=by)

    def note_security(self, kind: ChangeType, *, by: int, principal_id: int = 0) -> None:
        """Write into the change log that its permissions changed."""
        self.collection.log.note(
            kind, Thing.WEB, web_id=self.id, principal_id=principal_id, editor_id=by
        )

    def _put_back(self, gone: SpList, by: int) -> None:
        if self.list_by_title(gone.title) or self.list_by_path(gone.root_path):
            raise AlreadyExists(f"A list with the name {gone.title} already exists.")
        self.lists[gone.id] = gone
        gone.note(ChangeType.RESTORE, by=by)

    def _bring_back(self, leaf: str, gone: Web, by: int) -> None:
        if leaf.casefold() in self.webs:
            raise AlreadyExists(f'The Web site address "{gone.path}" is already in use.')
        self.webs[leaf.casefold()] = gone
        gone.note(ChangeType.RESTORE, by=by)
        self.collection.web_came(gone)
