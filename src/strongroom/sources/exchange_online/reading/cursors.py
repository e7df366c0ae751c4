"""What stands in our cursors: where in Graph's history, and by which way of asking.

A cursor that EWS gave is refused: the folder is listed anew then, and what is kept already is known
again by its id and version.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from strongroom.errors import CursorExpired

T = TypeVar("T")

_HEAD = "graph1:"


class FolderCursor(msgspec.Struct, omit_defaults=True):
    """Where a folder's history was left.

    Attributes:
        delta: Graph's link behind what was told; while ``listing``, behind what the listing will
            have told. Empty: the mailbox keeps no place in its history, or nothing was asked yet.
        listing: Link to the next page of a listing that is not at its end.
        is_empty: The folder was empty by its own count, so nothing was asked.
    """

    delta: str = ""
    listing: str = ""
    is_empty: bool = False


class TreeCursor(msgspec.Struct, omit_defaults=True):
    """Where the history of all folders was left.

    Attributes:
        delta: Graph's link; empty: the mailbox keeps no place in its history.
        shows_hidden: Whether this mailbox's lists hold hidden items; None: not found out.
    """

    delta: str = ""
    shows_hidden: bool | None = None


def written(cursor: FolderCursor | TreeCursor) -> str:
    """Write a cursor."""
    return _HEAD + msgspec.json.encode(cursor).decode()


def folder_cursor(cursor: str) -> FolderCursor:
    """Read a folder's cursor.

    Raises:
        CursorExpired: it is damaged, or none of ours.
    """
    return _read(cursor, FolderCursor)


def tree_cursor(cursor: str) -> TreeCursor:
    """Read a tree's cursor.

    Raises:
        CursorExpired: it is damaged, or none of ours.
    """
    return _read(cursor, TreeCursor)


def _read(cursor: str, kind: type[T]) -> T:
    if not cursor.startswith(_HEAD):
        raise CursorExpired("The cursor was given by another way of reading the mailbox.")
    try:
        return msgspec.json.decode(cursor.removeprefix(_HEAD), type=kind)
    except msgspec.MsgspecError as error:
        raise CursorExpired("The cursor cannot be read.") from error
