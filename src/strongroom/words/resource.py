"""What is protected: a mailbox, an archive, a public-folder tree, a site, a drive."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ResourceKind(StrEnum):
    """Kinds of resource; the value is the name of the folder of their repositories."""

    MAILBOX = "mailbox"
    ARCHIVE = "archive"
    RECOVERABLE = "recoverable"
    PUBLIC_FOLDERS = "public-folders"
    SITE = "site"
    DRIVE = "drive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Something that a job can protect, known by an id that outlives its address.

    Attributes:
        kind: What it is.
        id: Stable for the life of the thing, safe as a file name: the mailbox GUID, the site id.
        address: How people name it now: an SMTP address, a URL. May be reused for something else
            later.
        name: Display name.
        role: What sort of mailbox it is where the server tells: ``user``, ``shared``, ``room``,
            ``disabled`` …
        excluded: Why it cannot be backed up, in words, or None. Excluded ones are told, never
            dropped in silence.
        is_missing: It is excluded for now only (no right, no answer): it should be backed up, and
            a run of everything is not complete without it.
    """

    kind: ResourceKind
    id: str
    address: str
    name: str = ""
    role: str = "user"
    excluded: str | None = None
    is_missing: bool = False

    def __post_init__(self) -> None:
        if not self.id or set(self.id) & set("/\\") or self.id.startswith("."):
            raise ValueError(f"not a resource id: {self.id!r}")

    @property
    def reference(self) -> str:
        """How the command line names it: ``ADDRESS``, ``archive:ADDRESS``, ``public-folders``."""
        match self.kind:
            case ResourceKind.ARCHIVE | ResourceKind.RECOVERABLE:
                return f"{self.kind}:{self.address}"
            case ResourceKind.PUBLIC_FOLDERS:
                return "public-folders"
            case _:
                return self.address
