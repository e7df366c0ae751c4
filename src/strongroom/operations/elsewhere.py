"""Knowing a resource's folders again when all of them bear other ids: it lives elsewhere by now.

A mailbox that moved to another organisation, from a server of one's own into the cloud, keeps its
own id and has new folders in the server's eyes. Where even the root is another, folders are known
again by their paths. Each is listed anew then, and its items are known again by their search keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from strongroom.operations import rows
from strongroom.operations.saved import SavedFolder
from strongroom.words.item import Folder


def known_again(
    saved: Mapping[str, SavedFolder], folders: Sequence[Folder]
) -> Mapping[str, SavedFolder]:
    """Give what is saved of the folders, by the ids that they have now.

    Args:
        saved: By the ids that they had.
        folders: As they are told now.
    """
    roots = {folder.id for folder in folders if not folder.path}
    if not roots or roots & saved.keys() or not any(not one.folder.path for one in saved.values()):
        return saved
    now = {folder.path: folder for folder in folders if folder.id not in saved}
    found: dict[str, SavedFolder] = {}
    for item_id, one in saved.items():
        folder = now.get(one.folder.path)
        if folder is None:
            found[item_id] = one
        else:
            found[folder.id] = replace(
                one, folder=replace(one.folder, id=folder.id), cursor=_lost(one)
            )
    return found


def _lost(saved: SavedFolder) -> rows.CursorFile:
    """Keep what is counted of a folder; its place in a history of elsewhere means nothing here."""
    return msgspec.structs.replace(saved.cursor, cursor=None, mark="", is_settled=False)
