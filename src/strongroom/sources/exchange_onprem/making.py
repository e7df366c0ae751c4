"""Making a folder where there is none of its name yet."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.errors import ItemError
from strongroom.sources.exchange_onprem.folders import ATTRIBUTE_HIDDEN, LISTED
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.create_folder import NewFolder, create_folders
from strongroom.wire.ews.faults import EwsItemError, Meaning
from strongroom.wire.ews.find_folder import find_folders
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.properties import ExtendedPath, PropertyValue
from strongroom.words.item import Folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a saved folder lies in the target.

    Attributes:
        id: The folder's id there.
        is_new: It was made now.
        refused: What the server had against its permissions; empty if nothing.
    """

    id: str
    is_new: bool
    refused: str = ""


def find_or_create(
    connection: EwsConnection, parent_id: str, folder: Folder, permissions: Node | None
) -> Place:
    """Find a folder of that name below the parent, or create it with class and permissions.

    Args:
        connection: The target's.
        parent_id: Below which folder.
        folder: As it was saved.
        permissions: Those that a new folder gets, or None.

    Raises:
        ItemError: the server does not make it.
        OutcomeUnknown: no answer; ask again, it will be found.
    """
    name = folder.path[-1]
    found = _find(connection, parent_id, name)
    if found is not None:
        return Place(id=found, is_new=False)
    refused = ""
    result = _create(connection, parent_id, folder, permissions)
    if isinstance(result, EwsItemError) and result.meaning is not Meaning.EXISTS and permissions:
        # Better a folder that only its owner sees than none.
        refused = result.why
        result = _create(connection, parent_id, folder, None)
    if not isinstance(result, EwsItemError):
        return Place(id=result, is_new=True, refused=refused)
    if result.meaning is Meaning.EXISTS:
        found = _find(connection, parent_id, name)
        if found is not None:
            return Place(id=found, is_new=False, refused=refused)
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
    connection: EwsConnection, parent_id: str, folder: Folder, permissions: Node | None
) -> str | EwsItemError:
    hidden: dict[ExtendedPath, PropertyValue] = (
        {ATTRIBUTE_HIDDEN: True} if folder.facts.get("hidden") else {}
    )
    new = NewFolder(
        name=folder.path[-1],
        folder_class=folder.kind,
        extended=hidden,
        permission_set=permissions,
    )
    result = create_folders(connection, parent_id, [new])[0]
    return result if isinstance(result, EwsItemError) else result.id
