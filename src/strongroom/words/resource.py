"""What is protected: a mailbox, an archive, a public-folder tree, a site, a drive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from strongroom.words.json import Json


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

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept with a task, for whichever worker does it."""
        return {
            "kind": str(self.kind),
            "id": self.id,
            "address": self.address,
            "name": self.name,
            "role": self.role,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Resource:
        """Read what ``to_json`` wrote.

        Raises:
            ValueError: it is no resource.
        """
        return cls(
            kind=ResourceKind(document["kind"]),
            id=document["id"],
            address=document["address"],
            name=document["name"],
            role=document["role"],
        )

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
