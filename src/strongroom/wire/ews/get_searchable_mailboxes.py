"""GetSearchableMailboxes: the only list of mailboxes that EWS has (2013 and later).

Needs the role Mailbox Search, which the role group Discovery Management holds.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getsearchablemailboxes-operation
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.xml import M, T, text


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchableMailbox:
    """One mailbox of the directory.

    Attributes:
        guid: The directory's id of the mailbox, as told.
        address: Primary SMTP address.
        name: Display name. Untrusted text.
        is_external: It lives elsewhere (in the cloud).
        is_group: A membership group, not a mailbox.
        reference_id: Its legacy distinguished name.
    """

    guid: str
    address: str
    name: str
    is_external: bool
    is_group: bool
    reference_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchableMailboxes:
    """The list, and what could not be listed.

    Attributes:
        mailboxes: In the server's order.
        failed: What the server names as failed, with its reason.
    """

    mailboxes: tuple[SearchableMailbox, ...]
    failed: tuple[tuple[str, str], ...] = ()


def get_searchable_mailboxes(
    connection: EwsConnection, search_filter: str = ""
) -> SearchableMailboxes:
    """List mailboxes.

    Args:
        connection: The account's own; not impersonating anybody.
        search_filter: A part of a name or address; empty lists all.

    Raises:
        AccessDenied: the role is missing.
        StrongroomError: as ``EwsConnection.read``.
    """
    return connection.read(operation(search_filter))


def operation(search_filter: str) -> Operation[SearchableMailboxes]:
    """Build the request."""
    return Operation(
        name="GetSearchableMailboxes",
        body=(
            f"<m:GetSearchableMailboxes><m:SearchFilter>{text(search_filter)}</m:SearchFilter>"
            "<m:ExpandGroupMembership>false</m:ExpandGroupMembership></m:GetSearchableMailboxes>"
        ),
        parse=parse,
    )


def parse(answer: Answer) -> SearchableMailboxes:
    """Read the answer; the response element itself carries the class and the code."""
    return answer.one(_mailboxes, message=answer.element)


def _mailboxes(message: etree._Element) -> SearchableMailboxes:
    found = message.iterfind(f"{M}SearchableMailboxes/{T}SearchableMailbox")
    failed = message.iterfind(f"{M}FailedMailboxes/{T}FailedMailbox")
    return SearchableMailboxes(
        mailboxes=tuple(_mailbox(each) for each in found),
        failed=tuple(
            (each.findtext(f"{T}Mailbox", ""), each.findtext(f"{T}ErrorMessage", ""))
            for each in failed
        ),
    )


def _mailbox(element: etree._Element) -> SearchableMailbox:
    return SearchableMailbox(
        guid=element.findtext(f"{T}Guid", ""),
        address=element.findtext(f"{T}PrimarySmtpAddress", ""),
        name=element.findtext(f"{T}DisplayName", ""),
        is_external=element.findtext(f"{T}IsExternalMailbox", "") == "true",
        is_group=element.findtext(f"{T}IsMembershipGroup", "") == "true",
        reference_id=element.findtext(f"{T}ReferenceId", ""),
    )
