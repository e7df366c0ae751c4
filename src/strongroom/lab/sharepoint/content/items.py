"""One item of a list: a row, a folder or a file, with its versions and attachments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from strongroom.lab.sharepoint.content.change_log import ChangeType
from strongroom.lab.sharepoint.content.permissions import Permissions, Securable
from strongroom.lab.sharepoint.content.values import Value

if TYPE_CHECKING:  # a list is made of items
    from strongroom.lab.sharepoint.content.collection import SiteCollection
    from strongroom.lab.sharepoint.content.lists import SpList
    from strongroom.lab.sharepoint.content.web_parts import WebPart

MAJOR = 512
"""Versions are counted ``512 * major + minor``."""

APPROVED, DENIED, PENDING, DRAFT, SCHEDULED = 0, 1, 2, 3, 4
PUBLISHED_LEVEL, DRAFT_LEVEL, CHECKED_OUT_LEVEL = 1, 2, 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """An item as it was, or is.

    Attributes:
        id: ``512 * major + minor``.
        created: When this version came about.
        editor_id: Who brought it about.
        comment: Of the check-in.
        content: Of a file; None for what is none.
        is_current: The newest one that everybody may see.
    """

    id: int
    created: datetime
    editor_id: int
    comment: str
    values: dict[str, Value]
    content_type_id: str
    moderation_status: int
    content: bytes | None = None
    is_current: bool = False

    @property
    def label(self) -> str:
        """``2.1`` for 1025."""
        return label_of(self.id)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self.content or b"")


@dataclass(slots=True, kw_only=True)
class Attachment:
    """A file that hangs on an item."""

    name: str
    content: bytes


@dataclass(slots=True, kw_only=True)
class CheckOut:
    """A file that somebody works on.

    Attributes:
        user_id: Who.
        kind: 0 online, 1 offline.
        is_new: It was never checked in: nobody else sees it.
        content, values: What they saved meanwhile; others see the last version checked in.
    """

    user_id: int
    since: datetime
    kind: Literal[0, 1] = 0
    is_new: bool = False
    content: bytes | None = None
    values: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True, eq=False)
class StoredFile:
    """The bytes of an item that is a file, as everybody may see them.

    Attributes:
        revision: Rises with every change of content or values: part of the ETag.
        content_revision: Rises with every change of the content.
        lock_user_id: Who has it open in a program that locks; 0: nobody.
        is_customized: A page that differs from its template on disk.
        web_parts: Of a classic page.
    """

    content: bytes = field(repr=False)
    revision: int = 1
    content_revision: int = 1
    check_out: CheckOut | None = None
    lock_user_id: int = 0
    is_customized: bool = False
    web_parts: list[WebPart] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class ListItem(Securable):
    """A row of a list; a file or a folder of a library is one as well.

    Attributes:
        parent_list: Where it is.
        id: Never given twice in a list.
        unique_id: Of the file, folder or item; stays when it is moved within the collection.
        leaf_name: Of a file or folder; ``7_.000`` for the item 7.
        parent: The folder that it lies in; None: the list's root folder.
        children: Of a folder: what lies in it, by the name in small letters. None: no folder.
        values: Of the list's columns that are no columns of the system, by internal name.
        ui_version: Of what everybody may see: ``512 * major + minor``.
        hidden_version: Rises with every change (``owshiddenversion``).
        history: The versions before, oldest first.
        comment: Of the last check-in.
        properties: A folder's property bag.
        guid: What the column ``GUID`` says.
        compliance_tag: Retention label; a record or a held item cannot be deleted.
        sharing_links: Addresses that were given out.
    """

    parent_list: SpList = field(repr=False)
    id: int
    unique_id: str
    leaf_name: str
    created: datetime
    modified: datetime
    author_id: int
    editor_id: int
    content_type_id: str
    parent: ListItem | None = field(default=None, repr=False)
    children: dict[str, ListItem] | None = field(default=None, repr=False)
    values: dict[str, Value] = field(default_factory=dict)
    ui_version: int = MAJOR
    hidden_version: int = 1
    history: list[Version] = field(default_factory=list, repr=False)
    comment: str = ""
    moderation_status: int = APPROVED
    moderation_comment: str = ""
    file: StoredFile | None = None
    attachments: dict[str, Attachment] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    permissions: Permissions | None = None
    guid: str = ""
    compliance_tag: str = ""
    is_record: bool = False
    sharing_links: list[str] = field(default_factory=list)

    @property
    def is_folder(self) -> bool:
        """It can hold others."""
        return self.children is not None

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.values.get("Title") or "")

    @property
    def path(self) -> str:
        """Server-relative, such as ``/sites/a/Shared Documents/x.docx``."""
        return f"{self.folder_path}/{self.leaf_name}"

    @property
    def folder_path(self) -> str:
        """Server-relative, of the folder that it lies in."""
        return self.parent.path if self.parent is not None else self.parent_list.root_path

    @property
    def inner_path(self) -> tuple[str, ...]:
        """The names of its folders inside the list, and its own."""
        above = self.parent.inner_path if self.parent is not None else ()
        return (*above, self.leaf_name)

    @property
    def label(self) -> str:
        """``_UIVersionString``."""
        return label_of(self.ui_version)

    @property
    def level(self) -> int:
        """1 published, 2 a draft, 255 checked out and never checked in."""
        out = self.file.check_out if self.file else None
        if out is not None and out.is_new:
            return CHECKED_OUT_LEVEL
        is_open = self.parent_list.settings.has_moderation and self.moderation_status != APPROVED
        return DRAFT_LEVEL if self.ui_version % MAJOR or is_open else PUBLISHED_LEVEL

    @property
    def etag(self) -> str:
        """What ``If-Match`` is compared with, with its quotes."""
        if self.file is not None:
            return f'"{{{self.unique_id.upper()}}},{self.file.revision}"'
        return f'"{self.unique_id},{self.hidden_version}"'

    @property
    def content_tag(self) -> str:
        """Changes when a file's bytes do."""
        rest = f"{self.file.revision},{self.file.content_revision}" if self.file else "0,0"
        return f"{{{self.unique_id.upper()}}},{rest}"

    @property
    def current(self) -> Version:
        """Itself as a version."""
        return Version(
            id=self.ui_version,
            created=self.modified,
            editor_id=self.editor_id,
            comment=self.comment,
            values=dict(self.values),
            content_type_id=self.content_type_id,
            moderation_status=self.moderation_status,
            content=self.file.content if self.file else None,
            is_current=True,
        )

    @property
    def versions(self) -> list[Version]:
        """All of them, oldest first, the current one last."""
        return [*self.history, self.current]

    def is_visible_to(self, user_id: int) -> bool:
        """Say whether somebody sees it at all: a file that was never checked in is one person's."""
        out = self.file.check_out if self.file else None
        return out is None or not out.is_new or out.user_id == user_id

    def content_for(self, user_id: int) -> bytes:
        """Give a file's bytes: whoever has it checked out sees what they saved meanwhile."""
        assert self.file is not None
        out = self.file.check_out
        if out is not None and out.user_id == user_id and out.content is not None:
            return out.content
        return self.file.content

    def values_for(self, user_id: int) -> dict[str, Value]:
        """Give the values: whoever has a file checked out sees what they saved meanwhile."""
        out = self.file.check_out if self.file else None
        return {**self.values, **out.values} if out and out.user_id == user_id else self.values

    @property
    def parent_securable(self) -> Securable:
        """The folder that it lies in, or the list."""
        return self.parent if self.parent is not None else self.parent_list

    @property
    def collection(self) -> SiteCollection:
        """The site collection that it is in."""
        return self.parent_list.web.collection

    def below(self) -> Iterator[ListItem]:
        """Go through everything in a folder, however deep."""
        for one in list((self.children or {}).values()):
            yield one
            yield from one.below()

    def note_security(self, kind: ChangeType, *, by: int, principal_id: int = 0) -> None:
        """Write into the change log that its permissions changed."""
        self.parent_list.note_item(kind, self, by=by, principal_id=principal_id)


def label_of(version: int) -> str:
    """Write a version's number as people read it."""
    return f"{version // MAJOR}.{version % MAJOR}"
