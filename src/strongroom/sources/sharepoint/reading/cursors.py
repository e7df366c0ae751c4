"""The cursors of a site, as they are kept: opaque to everybody else.

======================  ======================================================================
cursor                  means
======================  ======================================================================
of the hierarchy        JSON: the place in the site's log, and the marks of all folders
``since TOKEN``         a list was told whole; go on in the log from there
``list N TOKEN``        a list was told up to the item N; the listing began at that place
``whole``               a structure, which is compared whole whenever it is asked
======================  ======================================================================
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from strongroom.errors import CursorExpired
from strongroom.wire.sharepoint.changes import Token, token_of

WHOLE = "whole"
_VERSION = 1


class _File(msgspec.Struct):
    version: int
    token: str
    base: int
    marks: dict[str, int]
    has_shut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeCursor:
    """The cursor of the hierarchy.

    Attributes:
        token: Place in the site's log.
        base: See ``SiteLog``.
        marks: See ``SiteLog``.
        has_shut: Some webs could not be looked into: what happened to them is not known.
    """

    token: Token
    base: int
    marks: dict[str, int]
    has_shut: bool = False

    def __str__(self) -> str:
        file = _File(_VERSION, str(self.token), self.base, self.marks, self.has_shut)
        return msgspec.json.encode(file, order="sorted").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCursor:
    """The cursor of a list.

    Attributes:
        token: Place in the site's log.
        after: The last item that a listing told; None: it was told whole.
    """

    token: Token
    after: int | None = None

    def __str__(self) -> str:
        return f"since {self.token}" if self.after is None else f"list {self.after} {self.token}"


def tree_cursor(kept: str) -> TreeCursor | None:
    """Read the cursor of a hierarchy; None: it is none of ours, so list anew."""
    try:
        file = msgspec.json.decode(kept, type=_File)
        token = token_of(file.token)
    except (msgspec.MsgspecError, ValueError):
        return None
    if file.version != _VERSION:
        return None
    return TreeCursor(token=token, base=file.base, marks=file.marks, has_shut=file.has_shut)


def list_cursor(kept: str) -> ListCursor:
    """Read the cursor of a list.

    Raises:
        CursorExpired: it is none of ours.
    """
    try:
        match kept.split(" "):
            case ["since", token]:
                return ListCursor(token=token_of(token))
            case ["list", after, token] if after.isascii() and after.isdigit():
                return ListCursor(token=token_of(token), after=int(after))
    except ValueError as error:
        raise CursorExpired("The place in the log of changes is not readable.") from error
    raise CursorExpired("The place in the log of changes is not readable.")
