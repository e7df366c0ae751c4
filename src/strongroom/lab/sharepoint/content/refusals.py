"""Why a site says no. A face translates these into its own protocol's codes."""

from __future__ import annotations


class Refused(Exception):
    """The site did not do it, and nothing changed."""


class NotFound(Refused):
    """There is no such list, item, file, field, user or other thing."""


class AlreadyExists(Refused):
    """The name or the title is taken."""


class SaveConflict(Refused):
    """Somebody else has changed it since."""


class FileLocked(Refused):
    """The file is checked out or locked by somebody else."""

    def __init__(self, path: str, user: str) -> None:
        super().__init__(f'The file "{path}" is checked out for editing by {user}.')
        self.user = user


class NotCheckedOut(Refused):
    """The file must be checked out for this, and is not."""


class SiteIsReadOnly(Refused):
    """Nothing can be written to the whole collection."""


class SiteIsLocked(Refused):
    """Nobody may enter the whole collection."""


class QuotaExceeded(Refused):
    """The collection is full."""


class FileTooLarge(Refused):
    """The server takes no file of this size."""


class FileBlocked(Refused):
    """The server takes no file of this kind."""


class ThresholdExceeded(Refused):
    """The question would touch more rows than the list view threshold allows."""


class TokenTooOld(Refused):
    """The change token refers to a time before the start of the change log."""


class TokenInvalid(Refused):
    """This is no change token, or not one of this object."""


class ValueRefused(Refused):
    """A field does not take this value.

    Attributes:
        field: Its internal name.
    """

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class NotAllowed(Refused):
    """This cannot be done to this thing by anybody (deleting a sealed column, say)."""
