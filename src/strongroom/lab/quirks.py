"""How a simulated server differs from the book, because real ones do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from strongroom.lab.sign_in.words import ON_PREMISES, Rules

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """Switches; the defaults are a current on-premises server as documented.

    Attributes:
        without: Operations that the server does not know. ``export`` stands for ExportItems and
            UploadItems.
        without_root_folder: FindFolder leaves RootFolder out when it found nothing.
        fraction_digits: Digits after the second in every time (0, 7 or 9 were all seen).
        without_charset: Answers say ``text/xml`` and not in which charset.
        unknown_folders: Distinguished folder names that the server has not got.
        resynthesised_mime: The MIME of every item is written anew, with other headers.
        without_sync_scope: SyncFolderItems tells visible items only, whatever is asked for.
        without_occurrences: A single occurrence of a series cannot be named by its number.
        request_bytes_max: Larger requests are refused; 64 MiB is the default of Exchange 2013 up.
        too_large_status: Status of that refusal: 413, or 404 as IIS request filtering answers.
        concurrency_max: Requests at a time for one mailbox; one more is refused.
        group_members_max: ExpandDL names so many members at most, and says that there are more.
        front_end, back_end: The servers that answers come from; the back end's short name, if it
            has no dots, is completed by the domain.
        mailbox_latency_s: Requests that are routed to a mailbox are answered so much later: its
            server is far from the front end.
        mailbox_back_end: The server that they are answered by; empty: ``back_end``, like all.
        front_end_proxy, edge: What Microsoft's own front ends say of themselves: their full name,
            and the entrance of the network (``AMS``). Empty: nothing.
        sign_in_schemes: The ways to sign in that are offered, in this order, and no other.
        extended_protection: NTLM and Kerberos must be bound to the TLS connection.
        signs_in_each_request: NTLM and Kerberos hold for one request, not for the connection.
    """

    without: Collection[str] = ()
    without_root_folder: bool = False
    fraction_digits: int = 0
    without_charset: bool = False
    unknown_folders: Collection[str] = ()
    resynthesised_mime: bool = False
    without_sync_scope: bool = False
    without_occurrences: bool = False
    request_bytes_max: int = 64 * MEBIBYTE
    too_large_status: int = 413
    concurrency_max: int = 27
    version: tuple[int, int, int, int] = field(default=(15, 2, 2562, 17))
    latency_s: float = 0.0
    group_members_max: int = 10_000
    front_end: str = "EX01"
    back_end: str = "EX01"
    mailbox_latency_s: float = 0.0
    mailbox_back_end: str = ""
    front_end_proxy: str = ""
    edge: str = ""
    sign_in_schemes: tuple[str, ...] = ON_PREMISES
    extended_protection: bool = True
    signs_in_each_request: bool = False

    def knows(self, operation: str) -> bool:
        """Say whether the server has this operation."""
        if operation in {"ExportItems", "UploadItems"} and "export" in self.without:
            return False
        return operation not in self.without

    @property
    def sign_in_rules(self) -> Rules:
        """How people are let in."""
        return Rules(
            schemes=self.sign_in_schemes,
            extended_protection=self.extended_protection,
            for_one_request=self.signs_in_each_request,
        )
