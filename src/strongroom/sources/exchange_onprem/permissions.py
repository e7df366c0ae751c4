"""Who may do what in a folder: which of the saved entries a server can take, and putting them back.

An entry names somebody. A server that does not know one of them refuses all of a folder's entries,
so each is looked up before, and those whom nobody knows are named as lost.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from strongroom.errors import ItemError, OperatorError, SignInEnded
from strongroom.wire.ews.changes import FieldChange
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.get_folder import get_folders
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.resolve_names import resolve_names
from strongroom.wire.ews.shapes import Shape
from strongroom.wire.ews.update_folder import FolderUpdate, update_folders
from strongroom.words.item import Folder
from strongroom.words.restoring import Loss

_SHAPE = Shape(fields=("folder:PermissionSet",))
# What a server shows of entries that name nobody in this organisation any more.
_UNKNOWN_ENTRIES = "UnknownEntries"
_LEVELS = ("PermissionLevel", "CalendarPermissionLevel")


class Principals:
    """Whom the target's server knows; each is asked for once. Safe in many threads."""

    def __init__(self, connection: EwsConnection) -> None:
        self._connection = connection
        self._known: dict[str, bool] = {}
        self._lock = threading.Lock()

    def knows(self, entry: Node) -> bool:
        """Say whether an entry can be put back: everybody, or somebody with a known address."""
        if entry.text_of("UserId", "DistinguishedUser"):
            return True
        address = entry.text_of("UserId", "PrimarySmtpAddress").casefold()
        if not address:
            return False
        with self._lock:
            if address not in self._known:
                self._known[address] = self._ask(address)
            return self._known[address]

    def _ask(self, address: str) -> bool:
        try:
            return bool(resolve_names(self._connection, f"smtp:{address}"))
        except SignInEnded:
            raise
        except (OperatorError, ItemError):
            # A server that cannot look names up says no to the entries if it has to.
            return True


def losses(folders: Iterable[Folder], principals: Principals) -> Iterator[Loss]:
    """Name the entries that will not come back, folder by folder."""
    for folder in folders:
        gone = [_who(entry) for entry in _entries(folder) if not principals.knows(entry)]
        if gone:
            yield Loss(
                what=f"permissions of {'/'.join(folder.path) or 'the mailbox itself'}",
                why=f"This server does not know {', '.join(gone)}.",
                count=len(gone),
            )


def writable(folder: Folder, principals: Principals) -> Node | None:
    """Give the saved permissions as the target can take them, or None if there are none."""
    saved = _saved(folder)
    if saved is None:
        return None
    groups = tuple(
        Node(group.name, children=tuple(_as_new(e) for e in group.children if principals.knows(e)))
        for group in saved.children
        if group.name != _UNKNOWN_ENTRIES
    )
    return Node(saved.name, children=groups) if groups else None


def complete(connection: EwsConnection, folder: Folder, folder_id: str, node: Node) -> bool:
    """Add entries to a folder that was there already; those that it has stay as they are.

    Args:
        connection: The target's.
        folder: As it was saved.
        folder_id: Its id in the target.
        node: What ``writable`` gave for it.

    Returns:
        Whether there was anything to add.

    Raises:
        ItemError: the server does not take it.
    """
    found = get_folders(connection, [folder_id], _SHAPE)[0]
    if isinstance(found, EwsItemError):
        raise _refused(folder, found)
    now = found.node("PermissionSet")
    if now is None:
        raise ItemError(
            f"The permissions of {'/'.join(folder.path)!r} cannot be read.",
            code="no-permissions",
            why="The account is not the folder's owner.",
        )
    merged, is_changed = _merged(now, node)
    if not is_changed:
        return False
    change = FolderUpdate(
        folder=folder_id,
        changes=(FieldChange("folder:PermissionSet", merged),),
        element=found.element,
    )
    result = update_folders(connection, [change])[0]
    if isinstance(result, EwsItemError):
        raise _refused(folder, result)
    return True


def _merged(now: Node, saved: Node) -> tuple[Node, bool]:
    """Keep the entries of people; take the saved ones of all others, and those for everybody.

    What everybody may do (``Default``, ``Anonymous``) is always there, so a new mailbox would keep
    what it came with; the saved one is meant.
    """
    groups: list[Node] = []
    is_changed = False
    for group in now.children:
        if group.name == _UNKNOWN_ENTRIES:
            continue
        wanted = {_key(e): e for e in _group(saved, group.name)}
        kept = {_key(e): _as_new(e) for e in group.children}
        for key, entry in wanted.items():
            if key not in kept or (not key.count("@") and kept[key] != entry):
                kept[key] = entry
                is_changed = True
        groups.append(Node(group.name, children=tuple(kept.values())))
    return Node(now.name, children=tuple(groups)), is_changed


def _group(node: Node, name: str) -> tuple[Node, ...]:
    found = node.child(name)
    return found.children if found else ()


def _as_new(entry: Node) -> Node:
    """Write an entry as a server takes it: by address alone; a named level says all else."""
    children = []
    level = next((child for child in entry.children if child.name in _LEVELS), None)
    for child in entry.children:
        if child.name == "UserId":
            children.append(_user(child))
        elif level is None or level.text == "Custom" or child.name in _LEVELS:
            children.append(child)
    return Node(entry.name, children=tuple(children))


def _user(user: Node) -> Node:
    """Name somebody as any server can find them: a SID belongs to the old organisation."""
    name = "DistinguishedUser" if user.child("DistinguishedUser") else "PrimarySmtpAddress"
    return Node("UserId", children=tuple(user.all(name)))


def _key(entry: Node) -> str:
    special = entry.text_of("UserId", "DistinguishedUser")
    return special or entry.text_of("UserId", "PrimarySmtpAddress").casefold()


def _entries(folder: Folder) -> Iterator[Node]:
    saved = _saved(folder)
    for group in saved.children if saved else ():
        if group.name == _UNKNOWN_ENTRIES:
            # Each is only a text, without anybody in it.
            yield from (Node("UnknownEntry", text=entry.text) for entry in group.children)
        else:
            yield from group.children


def _saved(folder: Folder) -> Node | None:
    document = folder.facts.get("permissions")
    if not isinstance(document, Mapping):
        return None
    return Node.from_json(cast("Mapping[str, Any]", document))


def _who(entry: Node) -> str:
    user = entry.child("UserId")
    parts = ("PrimarySmtpAddress", "DisplayName", "SID")
    named = next(filter(None, (user.text_of(part) for part in parts)), "") if user else entry.text
    return named or "somebody without a name"


def _refused(folder: Folder, error: EwsItemError) -> ItemError:
    return ItemError(
        f"The permissions of {'/'.join(folder.path)!r} cannot be put back.",
        code=error.code,
        is_permanent=error.is_permanent,
        why=error.why,
    )
