"""What becomes of a question about an address, where it is not simply answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class LooksFor:
    """``redirectAddr``: the mailbox goes by another address."""

    address: str


@dataclass(frozen=True, slots=True)
class AsksAt:
    """``redirectUrl``: another server knows."""

    url: str


@dataclass(frozen=True, slots=True)
class IsMoved:
    """Status 302: another server knows, said in HTTP."""

    url: str


Kind: TypeAlias = LooksFor | AsksAt | IsMoved


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxFacts:
    """What is told of a mailbox, whichever form asks.

    Attributes:
        archive_guid: Of its archive, or an empty string.
        public_folder_mailbox: The address that leads to the public folders' mailbox.
        server: ``GUID@domain`` of the mailbox itself, which stands for its server since 2013.
        version: ``15, 2, 2562, 17``.
    """

    address: str
    name: str
    legacy_dn: str
    server: str
    external_ews_url: str
    internal_ews_url: str
    archive_guid: str
    public_folder_mailbox: str
    version: tuple[int, int, int, int]
