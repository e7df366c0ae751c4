"""What a server says once it has let us in, whichever protocol it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from strongroom.wire.autodiscover.told import AlternateMailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The mailbox is here.

    Attributes:
        ews_urls: Where EWS is, the outside one first; unchecked.
        internal_ews_url: The one for inside; unchecked, or an empty string.
        address: The mailbox's own address, or an empty string.
        server_version: ``15.2.1118.7``, or an empty string.
    """

    ews_urls: Sequence[str]
    internal_ews_url: str = ""
    address: str = ""
    server_version: str = ""
    alternate_mailboxes: Sequence[AlternateMailbox] = ()
    public_folder_mailbox: str = ""
    public_folder_server: str = ""


@dataclass(frozen=True, slots=True)
class OtherAddress:
    """Look for this address instead."""

    address: str


@dataclass(frozen=True, slots=True)
class OtherUrl:
    """Ask there instead."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotHere:
    """The server answers and has nothing for us.

    Attributes:
        code: The server's own (``InvalidUser``, ``500``).
        message: Its own words, cut to a readable length.
    """

    code: str
    message: str = ""


Answer: TypeAlias = Settings | OtherAddress | OtherUrl | NotHere
