"""Making a folder where there is none of its name yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from strongroom.errors import ItemError
from strongroom.sources.exchange_onprem.folders import ATTRIBUTE_HIDDEN, LISTED
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.create_folder import NewFolder, create_folders
from strongroom.wire.ews.faults import EwsItemError, Meaning
from strongroom.wire.ews.find_folder import find_folders
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.properties import ExtendedPath, PropertyValue
from strongroom.words.item import Folder

# Entries that name nobody in this organisation any more; a server refuses them.
_UNKNOWN_ENTRIES = "UnknownEntries"
_NAMELESS = "NT User:"


def find_or_create(connection: EwsConnection, parent_id: str, folder: Folder) -> str:
    """Find a folder of that name below the parent, or create it with class and permissions.

    Raises:
        ItemError: the server does not make it.
        OutcomeUnknown: no answer; ask again, it will be found.
    """
    name = folder.path[-1]
    found = _find(connection, parent_id, name)
    if found is not None:
        return found
    result = _create(connection, parent_id, folder, with_permissions=True)
    if isinstance(result, EwsItemError) and result.meaning is not Meaning.EXISTS:
        # Permissions name people, and a server that does not know one of them refuses them all.
        result = _create(connection, parent_id, folder, with_permissions=False)
    if not isinstance(result, EwsItemError):
        return result
    if result.meaning is Meaning.EXISTS:
        found = _find(connection, parent_id, name)
        if found is not None:
            return found
    raise ItemError(
        f"The folder {name!r} cannot be made.",
        code=result.code,
        is_permanent=result.is_permanent,
        why=result.why,
    )


def _find(connection: EwsConnection, parent_id: str, name: str) -> str | None:
    """Look for a folder by its name; servers tell names apart without regard to case."""
    wanted = name.casefold()
    for folder in find_folders(connection, parent_id, LISTED):
        if folder.name.casefold() == wanted and not folder.is_search:
            return folder.id
    return None


def _create(
    connection: EwsConnection, parent_id: str, folder: Folder, *, with_permissions: bool
) -> str | EwsItemError:
    hidden: dict[ExtendedPath, PropertyValue] = (
        {ATTRIBUTE_HIDDEN: True} if folder.facts.get("hidden") else {}
    )
    new = NewFolder(
        name=folder.path[-1],
        folder_class=folder.kind,
        extended=hidden,
        permission_set=_permissions(folder) if with_permissions else None,
    )
    result = create_folders(connection, parent_id, [new])[0]
    return result if isinstance(result, EwsItemError) else result.id


def _permissions(folder: Folder) -> Node | None:
    """Take the saved permissions, but for entries that name nobody."""
    saved = folder.facts.get("permissions")
    if not isinstance(saved, Mapping):
        return None
    node = Node.from_json(cast("Mapping[str, Any]", saved))
    groups = tuple(
        Node(
            group.name,
            attributes=group.attributes,
            children=tuple(entry for entry in group.children if _is_somebody(entry)),
        )
        for group in node.children
        if group.name != _UNKNOWN_ENTRIES
    )
    return Node(node.name, attributes=node.attributes, children=groups)


def _is_somebody(entry: Node) -> bool:
    user = entry.child("UserId")
    return user is not None and not user.text_of("DisplayName").startswith(_NAMELESS)
