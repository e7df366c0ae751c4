"""All folders of a mailbox by Graph: what changed among them costs one request to ask.

Where anything changed, the tree is read anew, which is one or two requests more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from strongroom.errors import CursorExpired, OperatorError, StrongroomError
from strongroom.sources.exchange_online.reading import cursors
from strongroom.sources.exchange_online.reading.cursors import TreeCursor
from strongroom.sources.exchange_online.reading.tree import (
    ASKED,
    ASSOCIATED,
    ROOTS,
    Tree,
    known,
    read_tree,
)
from strongroom.sources.exchange_onprem import folders, roots
from strongroom.sources.exchange_onprem.folders import KnownFolder
from strongroom.wire.graph.answers import Row
from strongroom.wire.graph.mailbox import properties
from strongroom.wire.graph.mailbox.folders import (
    MailboxFolder,
    changed_folders,
    folder_of,
    get_each,
)
from strongroom.wire.graph.mailbox.items import count_items
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.words.item import Hierarchy
from strongroom.words.resource import ResourceKind

FULL = "ErrorQuotaExceeded"
_NOT_FOUND = 404


def read_hierarchy(line: MailboxLine, kind: ResourceKind, before: Hierarchy | None) -> Hierarchy:
    """List all folders as they stand.

    Args:
        line: The mailbox's.
        kind: Where the resource begins.
        before: What an earlier run listed; only changes are asked for then.

    Raises:
        OperatorError: the resource is not there, or not ours to read.
    """
    was = _was(before)
    if before is not None and was.delta:
        try:
            rows, delta = _changes(line, kind, was.delta)
        except CursorExpired:
            pass
        else:
            if not rows and delta:
                cursor = TreeCursor(delta=delta, shows_hidden=was.shows_hidden)
                return Hierarchy(folders=before.folders, cursor=cursors.written(cursor))
    return _anew(line, kind, before, was)


def shows_hidden(hierarchy: Hierarchy) -> bool | None:
    """Say whether the mailbox's lists hold hidden items; None: it seems to have none."""
    return _was(hierarchy).shows_hidden


def _was(before: Hierarchy | None) -> TreeCursor:
    if before is None:
        return TreeCursor()
    try:
        return cursors.tree_cursor(before.cursor)
    except CursorExpired:
        return TreeCursor()


def _anew(
    line: MailboxLine, kind: ResourceKind, before: Hierarchy | None, was: TreeCursor
) -> Hierarchy:
    rows, delta = _changes(line, kind, "")
    parents = {
        folder.id
        for row in rows
        if "@removed" not in row and (folder := folder_of(row)).child_count
    }
    if not delta and before is not None:
        parents = {str(one.facts.get("parent_id", "")) for one in before.folders}
    tree = read_tree(line, kind, parents - {_root_of(before)})
    found = {one.id: known(one) for one in tree.folders.values()}
    _fill_gaps(line, tree, found, rows)
    root_id = _rooted(tree, found, kind)
    _add_roles(line, kind, found, root_id)
    hidden = was.shows_hidden
    if hidden is None:
        hidden = _shows_hidden(line, tree)
    cursor = TreeCursor(delta=delta, shows_hidden=hidden)
    arranged = folders.arranged(root_id, found.values())
    return Hierarchy(folders=arranged, cursor=cursors.written(cursor))


def _changes(line: MailboxLine, kind: ResourceKind, link: str) -> tuple[list[Row], str]:
    """Read what changed among the folders, and the link behind it; empty if none is kept.

    Raises:
        CursorExpired: the link is not taken any more.
    """
    parent = ROOTS[kind] if kind is ResourceKind.RECOVERABLE else ""
    rows: list[Row] = []
    delta = ""
    try:
        for page in changed_folders(line, parent, link):
            rows += page.rows
            delta = page.delta
    except GraphDenied as error:
        if error.code != FULL:
            raise
        return [], ""
    except GraphRefused as error:
        if error.status == _NOT_FOUND:
            raise
        if link:
            raise CursorExpired("Microsoft Graph does not take the link.", why=error.why) from error
        return [], ""
    return rows, delta


def _fill_gaps(
    line: MailboxLine, tree: Tree, found: dict[str, KnownFolder], rows: Sequence[Row]
) -> None:
    """Put in what no folder tells to lie below it, as the list of all folders has it.

    Left out, it would be taken for deleted.

    Raises:
        StrongroomError: a folder does not tell what lies below it, and there is no other list.
    """
    gaps = [
        error for id_, error in tree.refused.items() if id_ in tree.folders and not _is_gone(error)
    ]
    if gaps and not rows:
        raise gaps[0]
    told = (folder_of(row) for row in rows if "@removed" not in row)
    missing = {folder.id: folder for folder in told if folder.id not in found}
    answers = get_each(line, list(missing), ASKED)
    for folder, answer in zip(missing.values(), answers, strict=True):
        if isinstance(answer, MailboxFolder):
            found[folder.id] = known(answer)
        elif not _is_gone(answer):
            found[folder.id] = known(folder)


def _is_gone(error: StrongroomError) -> bool:
    return isinstance(error, GraphRefused) and error.status == _NOT_FOUND


def _root_of(before: Hierarchy | None) -> str:
    return next((one.id for one in before.folders if not one.path), "") if before else ""


def _rooted(tree: Tree, found: dict[str, KnownFolder], kind: ResourceKind) -> str:
    """Say which folder is the root, and put it in where Graph does not show it itself.

    Raises:
        OperatorError: nothing tells where the root is.
    """
    root_id = tree.root_id
    if not root_id:
        raise next(iter(tree.refused.values()), OperatorError("The mailbox tells no folders."))
    role = roots.role_of(roots.ROOTS[kind], kind)
    root = found.get(root_id, KnownFolder(id=root_id, parent_id="", name=""))
    found[root_id] = replace(root, role=role)
    return root_id


def _add_roles(
    line: MailboxLine, kind: ResourceKind, found: dict[str, KnownFolder], root_id: str
) -> None:
    """Ask which folders the known ones are, where their lists do not say so."""
    names = roots.known_names(kind)
    if kind is ResourceKind.ARCHIVE or not names:
        return
    if any(one.role for id_, one in found.items() if id_ != root_id):
        return
    for name, answer in zip(names[0], get_each(line, names[0]), strict=True):
        if isinstance(answer, MailboxFolder) and answer.id in found:
            found[answer.id] = replace(found[answer.id], role=roots.role_of(name, kind))


def _shows_hidden(line: MailboxLine, tree: Tree) -> bool | None:
    """Find out whether lists hold hidden items, by one folder that has some."""
    for folder in tree.folders.values():
        hidden = properties.whole(folder.values, ASSOCIATED)
        if not hidden:
            continue
        try:
            listed = count_items(line, folder.id)
        except StrongroomError:
            return None
        return (
            listed is not None
            and folder.item_count is not None
            and listed >= (folder.item_count + hidden)
        )
    return None
