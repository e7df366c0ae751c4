"""From folders as EWS tells them to our own: names into paths, kinds, roles, what else is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from strongroom.content import tags
from strongroom.wire.ews.properties import ExtendedPath
from strongroom.wire.ews.shapes import Shape
from strongroom.wire.ews.things import EwsFolder
from strongroom.words.item import Folder
from strongroom.words.json import Json

ATTRIBUTE_HIDDEN = ExtendedPath("Boolean", id=0x10F4)
FOLDER_TYPE = ExtendedPath("Integer", id=0x3601)
# PidTagPolicyTag, PidTagRetentionPeriod, PidTagArchiveTag: what ages the folder's items.
_POLICY_TAG = ExtendedPath("Binary", id=0x3019)
_RETENTION_DAYS = ExtendedPath("Integer", id=0x301A)
_ARCHIVE_TAG = ExtendedPath("Binary", id=0x3018)
_SEARCH = 2

LISTED = Shape(
    fields=("folder:DisplayName", "folder:ParentFolderId", "folder:FolderClass"),
    extended=(ATTRIBUTE_HIDDEN, FOLDER_TYPE, _POLICY_TAG, _RETENTION_DAYS, _ARCHIVE_TAG),
)
"""What to ask of folders in a list."""

FULL = replace(LISTED, fields=(*LISTED.fields, "folder:PermissionSet"))
"""The same with permissions, which only GetFolder tells."""

ENTRY_ID = ExtendedPath.of_tag(tags.PidTagEntryId)


@dataclass(frozen=True, slots=True)
class KnownFolder:
    """A folder as it is kept between runs, before it has a path.

    Attributes:
        id: The server's id; it stays when the folder is renamed or moved.
        parent_id: Of the folder above.
        name: Display name. Untrusted.
        kind: Container class.
        role: Which of the known folders it is, or None.
        is_search: It shows what lies elsewhere.
        facts: What else goes into ``folder.json``.
    """

    id: str
    parent_id: str
    name: str
    kind: str = ""
    role: str | None = None
    is_search: bool = False
    facts: Mapping[str, Json] = field(default_factory=dict)


def known(folder: EwsFolder) -> KnownFolder:
    """Read a folder as a list of folders tells it."""
    return KnownFolder(
        id=folder.id,
        parent_id=folder.parent_id,
        name=folder.name,
        kind=folder.text("FolderClass"),
        is_search=folder.is_search or folder.extended.get(FOLDER_TYPE) == _SEARCH,
        facts=_facts(folder),
    )


def from_words(folder: Folder) -> KnownFolder:
    """Take a folder up again that an earlier run had listed."""
    return KnownFolder(
        id=folder.id,
        parent_id=str(folder.facts.get("parent_id", "")),
        name=folder.path[-1] if folder.path else "",
        kind=folder.kind,
        role=folder.role,
        is_search=folder.is_listed_only,
        facts=folder.facts,
    )


def arranged(root_id: str, folders: Iterable[KnownFolder]) -> tuple[Folder, ...]:
    """Give every folder its path: parents before children, neighbours by name.

    A folder whose parent is not among them (deleted a moment ago, or not ours to see) is put below
    the root, since leaving it out would lose its items without a word.

    Args:
        root_id: The resource's root; it is one of the folders.
        folders: All folders, in any order.
    """
    by_id = {folder.id: folder for folder in folders}
    below: dict[str, list[KnownFolder]] = {}
    for folder in by_id.values():
        if folder.id != root_id:
            below.setdefault(_parent(folder, by_id, root_id), []).append(folder)
    return tuple(_walk(root_id, by_id, below))


def _parent(folder: KnownFolder, by_id: Mapping[str, KnownFolder], root_id: str) -> str:
    """Say below which folder to put one: below its own parent if the way up ends somewhere."""
    if folder.parent_id not in by_id:
        return root_id
    seen = {folder.id}
    above = folder.parent_id
    while above in by_id and above != root_id:
        if above in seen:
            return root_id
        seen.add(above)
        above = by_id[above].parent_id
    return folder.parent_id


def _walk(
    root_id: str, by_id: Mapping[str, KnownFolder], below: Mapping[str, list[KnownFolder]]
) -> Iterator[Folder]:
    waiting: list[tuple[str, tuple[str, ...]]] = [(root_id, ())]
    while waiting:
        here, path = waiting.pop()
        yield _placed(by_id[here], path)
        children = sorted(below.get(here, ()), key=lambda child: (child.name.casefold(), child.id))
        waiting.extend((child.id, (*path, child.name)) for child in reversed(children))


def _placed(folder: KnownFolder, path: tuple[str, ...]) -> Folder:
    return Folder(
        id=folder.id,
        path=path,
        kind=folder.kind,
        role=folder.role,
        is_listed_only=folder.is_search,
        facts={**folder.facts, "parent_id": folder.parent_id},
    )


def _facts(folder: EwsFolder) -> dict[str, Json]:
    facts: dict[str, Json] = {}
    if folder.extended.get(ATTRIBUTE_HIDDEN) is True:
        facts["hidden"] = True
    permissions = folder.node("PermissionSet")
    if permissions is not None:
        facts["permissions"] = permissions.to_json()
    retention = _retention(folder)
    if retention:
        facts["retention"] = retention
    return facts


def _retention(folder: EwsFolder) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, path in (("policy_tag", _POLICY_TAG), ("archive_tag", _ARCHIVE_TAG)):
        tag = folder.extended.get(path)
        if isinstance(tag, bytes):
            found[name] = tag.hex()
    days = folder.extended.get(_RETENTION_DAYS)
    if isinstance(days, int) and days:
        found["days"] = days
    return found
