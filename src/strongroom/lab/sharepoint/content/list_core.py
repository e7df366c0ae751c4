"""What a list or library is: its settings, its columns, and where its items lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from strongroom.lab.sharepoint.content.change_log import ChangeToken, ChangeType, Scope, Thing
from strongroom.lab.sharepoint.content.content_types import ContentType
from strongroom.lab.sharepoint.content.fields import Field
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.permissions import Permissions, Securable
from strongroom.lab.sharepoint.content.refusals import NotFound, ThresholdExceeded
from strongroom.lab.sharepoint.content.views import View

if TYPE_CHECKING:  # a web is made of lists
    from strongroom.lab.sharepoint.content.collection import SiteCollection
    from strongroom.lab.sharepoint.content.webs import Web

ALWAYS_INDEXED = frozenset({"ID", "UniqueId", "FileLeafRef", "FileDirRef", "FileRef"})


@dataclass(slots=True, kw_only=True)
class ListSettings:
    """How a list behaves.

    Attributes:
        major_limit: Major versions kept, the current one among them; 0: all.
        minor_limit: For how many major versions their drafts are kept; 0: for all.
        needs_check_out: Files cannot be changed otherwise.
        has_moderation: Changes are seen by everybody only once they are approved.
        draft_visibility: 0 readers, 1 editors, 2 approvers and the author see drafts.
        is_parser_disabled: Properties are not taken from Office files, nor written into them.
        read_security, write_security: 1 all items, 2 one's own; write also 4 none.
    """

    description: str = ""
    is_hidden: bool = False
    has_versioning: bool = False
    has_minor_versions: bool = False
    major_limit: int = 0
    minor_limit: int = 0
    needs_check_out: bool = False
    has_moderation: bool = False
    draft_visibility: int = 0
    has_content_types: bool = False
    has_attachments: bool = True
    has_folders: bool = False
    is_on_quick_launch: bool = False
    is_not_crawled: bool = False
    is_parser_disabled: bool = False
    has_irm: bool = False
    validation_formula: str = ""
    validation_message: str = ""
    read_security: int = 1
    write_security: int = 1
    experience: int = 0
    direction: str = "none"
    image_url: str = "/_layouts/15/images/itgen.png?rev=47"
    document_template: str = ""
    is_catalog: bool = False
    is_application_list: bool = False
    allows_deletion: bool = True
    default_sensitivity_label: str = ""
    default_retention_label: str = ""
    comments_disabled: bool = False
    grid_disabled: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class ListCore(Securable):
    """A list and what it holds.

    Attributes:
        id: In small letters.
        root_path: Server-relative, of its root folder.
        base_template: 100 a list, 101 a library, 119 pages, and so on.
        base_type: 0 a list, 1 a library, 3 discussions, 4 a survey, 5 issues.
        fields: By internal name; ``columns`` finds them otherwise.
        content_types, views: By id.
        content_type_order: Ids as the New menu shows them; empty: all.
        items: By number, lowest first.
        top: What lies in its root folder, by the name in small letters.
        last_deleted: When an item was last deleted.
        root_unique_id: Of its root folder.
        root_properties: Property bag of its root folder.
        custom_actions: User custom actions, as they were given.
        subscriptions: Webhooks, event receivers, as they were given.
    """

    web: Web = field(repr=False)
    id: str
    title: str
    root_path: str
    base_template: int
    base_type: int
    created: datetime
    author_id: int
    entity_name: str = ""
    template_feature_id: str = "00000000-0000-0000-0000-000000000000"
    settings: ListSettings = field(default_factory=ListSettings)
    fields: dict[str, Field] = field(default_factory=dict, repr=False)
    content_types: dict[str, ContentType] = field(default_factory=dict, repr=False)
    content_type_order: list[str] = field(default_factory=list)
    views: dict[str, View] = field(default_factory=dict, repr=False)
    items: dict[int, ListItem] = field(default_factory=dict, repr=False)
    top: dict[str, ListItem] = field(default_factory=dict, repr=False)
    next_id: int = 1
    last_modified: datetime
    last_deleted: datetime
    root_unique_id: str
    root_properties: dict[str, str] = field(default_factory=dict)
    permissions: Permissions | None = None
    custom_actions: list[dict[str, str]] = field(default_factory=list)
    subscriptions: list[dict[str, str]] = field(default_factory=list)
    by_unique_id: dict[str, ListItem] = field(default_factory=dict, repr=False)

    @property
    def is_library(self) -> bool:
        """Its items are files."""
        return self.base_type == 1

    @property
    def collection(self) -> SiteCollection:
        """The site collection that it is in."""
        return self.web.collection

    @property
    def parent_securable(self) -> Securable:
        """The web."""
        return self.web

    @property
    def current_token(self) -> ChangeToken:
        """``CurrentChangeToken``."""
        return self.collection.log.current_token(Scope.LIST, self.id)

    def collection_types(self) -> dict[str, ContentType]:
        """Give the content types that the web has to offer, by id."""
        return self.web.available_content_types()

    def below(self) -> Iterator[ListItem]:
        """Go through all items."""
        yield from list(self.items.values())

    def item(self, number: int) -> ListItem:
        """Find an item by its number.

        Raises:
            NotFound: it does not exist.
        """
        found = self.items.get(number)
        if found is None:
            raise NotFound("Item does not exist. It may have been deleted by another user.")
        return found

    def at(self, inner_path: Iterable[str]) -> ListItem | None:
        """Find a file or folder by the names that lead to it from the root folder."""
        found: ListItem | None = None
        here: dict[str, ListItem] | None = self.top
        for name in inner_path:
            found = here.get(name.casefold()) if here is not None else None
            if found is None:
                return None
            here = found.children
        return found

    def children_of(self, folder: ListItem | None) -> dict[str, ListItem]:
        """Give what lies in a folder; None stands for the root folder."""
        if folder is None:
            return self.top
        assert folder.children is not None
        return folder.children

    def column(self, name: str) -> Field:
        """Find a column by internal name, display name or id.

        Raises:
            NotFound: there is none.
        """
        found = self.fields.get(name)
        wanted = name.strip("{}").casefold()
        for one in self.fields.values() if found is None else ():
            if wanted in {one.id, one.title.casefold(), one.name.casefold()}:
                found = one
        if found is None:
            raise NotFound(f"Column '{name}' does not exist. It may have been deleted.")
        return found

    def note_of(self, column: Field) -> Field | None:
        """Find the hidden note in which a managed metadata column writes its terms down."""
        wanted = column.attributes.get("TextField", "").strip("{}").casefold()
        if not wanted:
            return None
        return next((one for one in self.fields.values() if one.id == wanted), None)

    def check_threshold(self, columns: Iterable[str]) -> None:
        """Say whether a question may be asked of so many items.

        Args:
            columns: Internal names of those that it filters and sorts by; none: it pages by ID,
                which touches no more rows than it gives.

        Raises:
            ThresholdExceeded: the first of them is not indexed, and there are too many items.
        """
        if len(self.items) <= self.collection.view_threshold:
            return
        first = next(iter(columns), "ID")
        known = self.fields.get(first)
        if first not in ALWAYS_INDEXED and not (known is not None and known.is_indexed):
            raise ThresholdExceeded(
                "The attempted operation is prohibited because it exceeds the list view threshold."
            )

    def note(self, kind: ChangeType, *, by: int, thing: Thing = Thing.LIST, of: str = "") -> None:
        """Write into the change log that the list, or a part ``of`` it, changed."""
        self.collection.log.note(
            kind, thing, web_id=self.web.id, list_id=self.id, object_id=of, editor_id=by
        )

    def note_item(
        self, kind: ChangeType, item: ListItem, *, by: int, principal_id: int = 0
    ) -> None:
        """Write into the change log that an item changed."""
        self.collection.log.note(
            kind,
            Thing.ITEM,
            web_id=self.web.id,
            list_id=self.id,
            item_id=item.id,
            unique_id=item.unique_id,
            principal_id=principal_id,
            editor_id=by,
            path=item.path,
        )

    def note_tree(self, kind: ChangeType, item: ListItem, *, by: int) -> None:
        """Write into the change log what happened to an item and so to all in it."""
        self.note_item(kind, item, by=by)
        if self.collection.log.tells_below:
            for one in item.below():
                self.note_item(kind, one, by=by)

    def note_security(self, kind: ChangeType, *, by: int, principal_id: int = 0) -> None:
        """Write into the change log that its permissions changed."""
        self.collection.log.note(
            kind,
            Thing.LIST,
            web_id=self.web.id,
            list_id=self.id,
            principal_id=principal_id,
            editor_id=by,
        )
