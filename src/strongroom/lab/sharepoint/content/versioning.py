"""How versions are numbered, and which of them are kept.

Major versions count by 512, drafts between them by one: 1024 is 2.0, 1025 is 2.1.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/working-with-folders-and-files-with-rest
"""

from __future__ import annotations

from strongroom.lab.sharepoint.content.items import DRAFT, MAJOR, PENDING, ListItem, Version
from strongroom.lab.sharepoint.content.list_core import ListSettings


def first(settings: ListSettings) -> int:
    """Give the number of a new item: 0.1 where there are drafts, else 1.0."""
    return 1 if settings.has_minor_versions else MAJOR


def next_major(version: int) -> int:
    """Give the major version behind a number."""
    return (version // MAJOR + 1) * MAJOR


def begin_version(item: ListItem) -> None:
    """Keep an item as it is, and count it on; what changes from now on is the new version."""
    settings = item.parent_list.settings
    if settings.has_moderation:
        item.moderation_status = DRAFT if settings.has_minor_versions else PENDING
    if not settings.has_versioning:
        return
    keep(item)
    item.ui_version = (
        item.ui_version + 1 if settings.has_minor_versions else next_major(item.ui_version)
    )
    item.comment = ""
    trim(item)


def keep(item: ListItem) -> None:
    """Put the item as it is among its older versions."""
    current = item.current
    item.collection.used_bytes += current.size
    item.history.append(
        Version(
            id=current.id,
            created=current.created,
            editor_id=current.editor_id,
            comment=current.comment,
            values=current.values,
            content_type_id=current.content_type_id,
            moderation_status=current.moderation_status,
            content=current.content,
        )
    )


def trim(item: ListItem) -> None:
    """Drop the versions that lie beyond the list's limits."""
    settings = item.parent_list.settings
    if settings.major_limit:
        oldest = _oldest(item, settings.major_limit)
        drop(item, [one for one in item.history if one.id // MAJOR < oldest])
    if settings.minor_limit and settings.has_minor_versions:
        oldest = _oldest(item, settings.minor_limit)
        drop(item, [one for one in item.history if one.id % MAJOR and one.id // MAJOR < oldest])


def drop(item: ListItem, versions: list[Version]) -> None:
    """Forget older versions."""
    for one in versions:
        item.history.remove(one)
        item.collection.used_bytes -= one.size


def _oldest(item: ListItem, count: int) -> int:
    """Give the lowest of the newest major numbers, so many of them."""
    numbers = sorted({one.id // MAJOR for one in item.versions})
    return numbers[-count:][0]
