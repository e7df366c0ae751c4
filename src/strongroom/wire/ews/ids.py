"""How requests name folders and items."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from strongroom.wire.ews.xml import attribute, text


@dataclass(frozen=True, slots=True)
class Distinguished:
    """A folder by its fixed name.

    Attributes:
        name: ``msgfolderroot``, ``inbox``, ``recoverableitemsroot``, ``archivemsgfolderroot``,
            ``publicfoldersroot`` …
        mailbox: Whose, if it is not the caller's (or the impersonated one's) own: primary SMTP
            address. Connections for delegates fill it in by themselves.
    """

    name: str
    mailbox: str | None = None


FolderRef = str | Distinguished
"""A folder by the server's id, or by its fixed name."""


@dataclass(frozen=True, slots=True)
class ItemRef:
    """An item by the server's id; writes need its change key too."""

    id: str
    change_key: str = ""


@dataclass(frozen=True, slots=True)
class OccurrenceRef:
    """One occurrence of a series, by its place in it.

    Attributes:
        series_id: The id of the recurring item.
        index: Counted from 1, deleted and changed occurrences included.
    """

    series_id: str
    index: int


AnyItem = ItemRef | OccurrenceRef | str
"""An item by its id, or an occurrence by its number."""


def folder_ids(folders: Iterable[FolderRef], mailbox: str | None) -> str:
    """Write folder ids, one after the other.

    Args:
        folders: Which.
        mailbox: Whose the distinguished ones are where they do not say it themselves, or None.
    """
    return "".join(_folder_id(folder, mailbox) for folder in folders)


def item_ids(items: Iterable[AnyItem]) -> str:
    """Write item ids, one after the other, with change keys where known."""
    return "".join(_item_id(item) for item in items)


def _folder_id(folder: FolderRef, mailbox: str | None) -> str:
    if isinstance(folder, str):
        return f'<t:FolderId Id="{attribute(folder)}"/>'
    owner = folder.mailbox or mailbox
    if owner is None:
        return f'<t:DistinguishedFolderId Id="{attribute(folder.name)}"/>'
    return (
        f'<t:DistinguishedFolderId Id="{attribute(folder.name)}"><t:Mailbox>'
        f"<t:EmailAddress>{text(owner)}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>"
    )


def _item_id(item: AnyItem) -> str:
    if isinstance(item, OccurrenceRef):
        return (
            f'<t:OccurrenceItemId RecurringMasterId="{attribute(item.series_id)}"'
            f' InstanceIndex="{item.index}"/>'
        )
    if isinstance(item, str):
        return f'<t:ItemId Id="{attribute(item)}"/>'
    key = f' ChangeKey="{attribute(item.change_key)}"' if item.change_key else ""
    return f'<t:ItemId Id="{attribute(item.id)}"{key}/>'
