"""ResolveNames: look a name or an address up in the directory.

Also the cheapest question that proves a connection and a sign-in.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/resolvenames-operation
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from strongroom.errors import ItemError
from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.xml import M, T, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """One match.

    Attributes:
        name: Display name. Untrusted text.
        address: SMTP address.
        routing_type: ``SMTP``, ``EX`` …
        mailbox_type: ``Mailbox``, ``PublicDL``, ``Contact`` …, or an empty string.
    """

    name: str
    address: str
    routing_type: str = "SMTP"
    mailbox_type: str = ""


def resolve_names(connection: EwsConnection, entry: str) -> tuple[Resolution, ...]:
    """Look an entry up: a part of a name, an alias, an address; empty if nothing matches.

    Args:
        connection: Any mailbox's.
        entry: What to look up; ``smtp:user@x`` matches exactly. Not empty.

    Raises:
        StrongroomError: as ``EwsConnection.read``.
    """
    try:
        return connection.read(operation(entry))
    except ItemError as error:
        if error.code == "ErrorNameResolutionNoResults":
            return ()
        raise


def operation(entry: str) -> Operation[tuple[Resolution, ...]]:
    """Build the request."""
    return Operation(
        name="ResolveNames",
        body=(
            '<m:ResolveNames ReturnFullContactData="false" SearchScope="ActiveDirectory">'
            f"<m:UnresolvedEntry>{text(entry)}</m:UnresolvedEntry></m:ResolveNames>"
        ),
        parse=parse,
    )


def parse(answer: Answer) -> tuple[Resolution, ...]:
    """Read the answer; several matches come as a warning with a result."""
    return answer.one(_resolutions)


def _resolutions(message: etree._Element) -> tuple[Resolution, ...]:
    return tuple(
        Resolution(
            name=mailbox.findtext(f"{T}Name", ""),
            address=mailbox.findtext(f"{T}EmailAddress", ""),
            routing_type=mailbox.findtext(f"{T}RoutingType", "SMTP"),
            mailbox_type=mailbox.findtext(f"{T}MailboxType", ""),
        )
        for mailbox in message.iterfind(f"{M}ResolutionSet/{T}Resolution/{T}Mailbox")
    )
