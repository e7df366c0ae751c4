"""Why the estate says no. Every face translates these into its own protocol's codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the folder itself imports this module
    from strongroom.lab.estate.folder import Folder


class Refused(Exception):
    """The estate did not do it, and nothing changed."""


class FolderExists(Refused):
    """The parent already has a folder of that name.

    Attributes:
        existing: The folder that is in the way.
    """

    def __init__(self, existing: Folder) -> None:
        super().__init__(f"There is a folder named {existing.name!r} already.")
        self.existing = existing


class NotAllowed(Refused):
    """This cannot be done to this thing by anybody (deleting the inbox, moving a root)."""


class QuotaExceeded(Refused):
    """The mailbox is full."""


class ItemTooLarge(Refused):
    """The item is larger than the mailbox takes."""


class AddressTaken(Refused):
    """Another mailbox has that address."""
