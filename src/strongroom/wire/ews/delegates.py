"""GetDelegate: who may act for a mailbox's owner.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getdelegate-operation
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from strongroom.wire.ews.answers import Answer, item_error
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.nodes import Node, read_node
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.xml import M, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegates:
    """A mailbox's delegates.

    Attributes:
        users: ``DelegateUser`` nodes with their permissions.
        deliver_meeting_requests: Who gets meeting requests (``DelegatesAndMe`` …), or empty.
        failed: The server's words for each delegate that it could not tell.
    """

    users: tuple[Node, ...]
    deliver_meeting_requests: str = ""
    failed: tuple[str, ...] = ()


def get_delegates(connection: EwsConnection, mailbox: str) -> Delegates:
    """Read a mailbox's delegates with their permissions.

    Raises:
        StrongroomError: as ``EwsConnection.read``.
    """
    return connection.read(operation(mailbox))


def operation(mailbox: str) -> Operation[Delegates]:
    """Build the request."""
    return Operation(
        name="GetDelegate",
        body=(
            '<m:GetDelegate IncludePermissions="true"><m:Mailbox>'
            f"<t:EmailAddress>{text(mailbox)}</t:EmailAddress></m:Mailbox></m:GetDelegate>"
        ),
        parse=parse,
    )


def parse(answer: Answer) -> Delegates:
    """Read the answer; a mailbox without delegates comes as an empty success."""
    return answer.one(_delegates, message=answer.element)


def _delegates(message: etree._Element) -> Delegates:
    users: list[Node] = []
    failed: list[str] = []
    for each in message.iterfind(f"{M}ResponseMessages/{M}DelegateUserResponseMessageType"):
        error = item_error(each)
        user = each.find(f"{M}DelegateUser")
        if error is not None:
            failed.append(error.why)
        elif user is not None:
            users.append(read_node(user))
    return Delegates(
        users=tuple(users),
        deliver_meeting_requests=message.findtext(f"{M}DeliverMeetingRequests", ""),
        failed=tuple(failed),
    )
