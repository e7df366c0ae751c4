"""ExpandDL: who is in a distribution group. One level: groups inside it are named, not opened.

Exchange may name no members, and no error either, where a group is dynamic or hidden as well as
where it is empty (seen by others with dynamic groups); so an answer without members says nothing.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/expanddl-operation
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.xml import M, T, text

GROUPS = frozenset({"PublicDL", "PrivateDL"})
"""Mailbox types that have members themselves."""

MAILBOX = "Mailbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMember:
    """One member of a group.

    Attributes:
        name: Display name. Untrusted text.
        address: SMTP address; empty if the server tells none.
        mailbox_type: ``Mailbox``, ``PublicDL``, ``Contact``, ``PublicFolder`` …, or an empty
            string.
    """

    name: str
    address: str
    mailbox_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """The members of one group.

    Attributes:
        members: In the server's order.
        is_whole: The server has no more of them.
    """

    members: tuple[GroupMember, ...]
    is_whole: bool = True


def expand_dl(connection: EwsConnection, address: str) -> Expansion:
    """List the members of a group.

    Args:
        connection: Any; the directory is asked, no mailbox.
        address: SMTP address of the group.

    Raises:
        ItemError: ``ErrorNameResolutionNoResults``: there is no such group, or it is hidden.
        StrongroomError: as ``EwsConnection.read``.
    """
    return connection.read(operation(address))


def operation(address: str) -> Operation[Expansion]:
    """Build the request."""
    return Operation(
        name="ExpandDL",
        body=(
            f"<m:ExpandDL><m:Mailbox><t:EmailAddress>{text(address)}</t:EmailAddress>"
            "</m:Mailbox></m:ExpandDL>"
        ),
        parse=parse,
    )


def parse(answer: Answer) -> Expansion:
    """Read the answer."""
    return answer.one(_expansion)


def _expansion(message: etree._Element) -> Expansion:
    found = message.find(f"{M}DLExpansion")
    if found is None:
        return Expansion(members=())
    return Expansion(
        members=tuple(_member(one) for one in found.iterfind(f"{T}Mailbox")),
        is_whole=found.get("IncludesLastItemInRange", "true") in {"true", "1"},
    )


def _member(mailbox: etree._Element) -> GroupMember:
    address = mailbox.findtext(f"{T}EmailAddress", "")
    is_smtp = mailbox.findtext(f"{T}RoutingType", "SMTP").upper() == "SMTP"
    return GroupMember(
        name=mailbox.findtext(f"{T}Name", "") or address,
        address=address if is_smtp and "@" in address else "",
        mailbox_type=mailbox.findtext(f"{T}MailboxType", ""),
    )
