"""All folders of a resource: by SyncFolderHierarchy where there is one, else level by level.

SyncFolderHierarchy tells only what changed since the last time, so a run in which no folder changed
costs one request. Where something changed, one GetFolder more reads the changed folders'
permissions, and one the roles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from strongroom.errors import CursorExpired, OperatorError, TransientError
from strongroom.sources.exchange_onprem import folders, roots
from strongroom.sources.exchange_onprem.folders import KnownFolder
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError, RequestRefused
from strongroom.wire.ews.find_folder import find_folders
from strongroom.wire.ews.get_folder import get_folders
from strongroom.wire.ews.ids import Distinguished
from strongroom.wire.ews.sync_folder_hierarchy import HierarchyPage, sync_folder_hierarchy
from strongroom.wire.ews.things import EwsFolder
from strongroom.words.item import Hierarchy
from strongroom.words.resource import ResourceKind

BATCH_FOLDERS = 100
"""Folders per GetFolder: an answer of some hundred kilobytes with permissions."""

# Written where a resource has no cursor of its own, so that it is not taken for a lost one.
_NO_CURSOR = "listed"


def read_hierarchy(
    connection: EwsConnection, kind: ResourceKind, known: Hierarchy | None
) -> Hierarchy:
    """List all folders as they stand.

    Args:
        connection: The mailbox's.
        kind: Where the resource begins.
        known: What an earlier run listed; only changes are asked for then.

    Raises:
        OperatorError: the resource is not there, or not ours to read.
    """
    if kind is ResourceKind.PUBLIC_FOLDERS:
        return _by_levels(connection)
    if known is not None:
        try:
            return _changed(connection, kind, known)
        except CursorExpired:
            pass
    return _anew(connection, kind)


def read_root(connection: EwsConnection, kind: ResourceKind) -> EwsFolder:
    """Read the folder that the resource begins with.

    Raises:
        OperatorError: the resource is not there, or not ours to read.
    """
    return _read_root(connection, roots.root_of(kind))


def _read_root(connection: EwsConnection, root: Distinguished) -> EwsFolder:
    found = get_folders(connection, [root], folders.FULL)[0]
    if isinstance(found, EwsItemError):
        error = found.as_error()
        if isinstance(error, OperatorError):
            raise error
        raise OperatorError(f"There is no folder {root.name} in this mailbox.", why=found.why)
    return found


def _anew(connection: EwsConnection, kind: ResourceKind) -> Hierarchy:
    root = read_root(connection, kind)
    found: dict[str, KnownFolder] = {}
    cursor = _apply(_pages(connection, kind, None), found)
    return _finished(connection, kind, {**found, root.id: folders.known(root)}, root.id, cursor)


def _changed(connection: EwsConnection, kind: ResourceKind, known: Hierarchy) -> Hierarchy:
    """Bring the known folders up to date; nothing but one request if none changed."""
    root = next((folder for folder in known.folders if not folder.path), None)
    if root is None:
        return _anew(connection, kind)
    found = {folder.id: folders.from_words(folder) for folder in known.folders}
    before = dict(found)
    cursor = _apply(_pages(connection, kind, known.cursor), found)
    if found == before:
        return Hierarchy(folders=known.folders, cursor=cursor)
    return _finished(connection, kind, found, root.id, cursor, before)


def _pages(
    connection: EwsConnection, kind: ResourceKind, cursor: str | None
) -> Iterator[HierarchyPage]:
    while True:
        page = sync_folder_hierarchy(connection, roots.root_of(kind), folders.LISTED, cursor)
        if page.sync_state == cursor and not page.is_last:
            raise TransientError("The server's list of folders does not get on.")
        yield page
        if page.is_last:
            return
        cursor = page.sync_state


def _apply(pages: Iterator[HierarchyPage], found: dict[str, KnownFolder]) -> str:
    cursor = ""
    for page in pages:
        for folder in page.changed:
            found[folder.id] = folders.known(folder)
        for gone in page.removed_ids:
            found.pop(gone, None)
        cursor = page.sync_state
    return cursor


def _finished(
    connection: EwsConnection,
    kind: ResourceKind,
    found: dict[str, KnownFolder],
    root_id: str,
    cursor: str,
    before: Mapping[str, KnownFolder] | None = None,
) -> Hierarchy:
    """Add permissions and roles to what changed, and arrange."""
    changed = [id_ for id_, folder in found.items() if (before or {}).get(id_) != folder]
    found.update(_with_permissions(connection, [id_ for id_ in changed if id_ != root_id]))
    for role, id_ in _roles(connection, kind).items():
        if id_ in found:
            found[id_] = replace(found[id_], role=role)
    found[root_id] = replace(found[root_id], role=roots.role_of(roots.ROOTS[kind], kind))
    return Hierarchy(folders=folders.arranged(root_id, found.values()), cursor=cursor)


def _with_permissions(connection: EwsConnection, ids: list[str]) -> dict[str, KnownFolder]:
    """Read folders with their permissions; what cannot be read keeps what the list told."""
    found = {}
    for start in range(0, len(ids), BATCH_FOLDERS):
        for folder in get_folders(connection, ids[start : start + BATCH_FOLDERS], folders.FULL):
            if isinstance(folder, EwsFolder):
                found[folder.id] = folders.known(folder)
    return found


def _roles(connection: EwsConnection, kind: ResourceKind) -> dict[str, str]:
    """Ask which folders the known ones are: role → id. Servers lack some; that is no error."""
    for names in roots.known_names(kind):
        try:
            answers = get_folders(connection, [Distinguished(name) for name in names])
        except RequestRefused:
            continue
        return {
            roots.role_of(name, kind): answer.id
            for name, answer in zip(names, answers, strict=True)
            if isinstance(answer, EwsFolder)
        }
    return {}


def _by_levels(connection: EwsConnection) -> Hierarchy:
    """List public folders, which have no changes to ask for and allow no deep search."""
    root = read_root(connection, ResourceKind.PUBLIC_FOLDERS)
    found = {root.id: replace(folders.known(root), role="publicfoldersroot")}
    waiting = [root.id]
    while waiting:
        parent = waiting.pop()
        for folder in find_folders(connection, parent, folders.LISTED):
            if folder.id in found:
                continue
            found[folder.id] = replace(folders.known(folder), parent_id=parent)
            if folder.number("ChildFolderCount") != 0:
                waiting.append(folder.id)
    return Hierarchy(folders=folders.arranged(root.id, found.values()), cursor=_NO_CURSOR)
