"""AddDelegate: let somebody act for a mailbox's owner.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/adddelegate-operation
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from strongroom.errors import OutcomeUnknown
from strongroom.wire.ews.answers import Answer, item_error
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.xml import M, text


def add_delegates(
    connection: EwsConnection, mailbox: str, users: Sequence[Node]
) -> list[EwsItemError | None]:
    """Add delegates, one result each, in order: None, or what the server has against it.

    To whom meeting requests go is left as it is in the mailbox.

    Args:
        connection: The mailbox's.
        mailbox: Whose, by SMTP address.
        users: ``DelegateUser`` nodes as ``get_delegates`` gave them.

    Raises:
        OutcomeUnknown: no answer, or one that does not say it of every delegate.
        StrongroomError: as ``EwsConnection.write``.
    """
    return connection.write(operation(mailbox, users))


def operation(mailbox: str, users: Sequence[Node]) -> Operation[list[EwsItemError | None]]:
    """Build the request."""
    inside = "".join(user.to_xml() for user in users)
    return Operation(
        name="AddDelegate",
        body=(
            f"<m:AddDelegate><m:Mailbox><t:EmailAddress>{text(mailbox)}</t:EmailAddress>"
            f"</m:Mailbox><m:DelegateUsers>{inside}</m:DelegateUsers></m:AddDelegate>"
        ),
        parse=lambda answer: parse(answer, len(users)),
        item_count=len(users),
    )


def parse(answer: Answer, count: int) -> list[EwsItemError | None]:
    """Read the answer: one message for each delegate."""

    def results(message: etree._Element) -> list[EwsItemError | None]:
        path = f"{M}ResponseMessages/{M}DelegateUserResponseMessageType"
        return [item_error(each) for each in message.iterfind(path)]

    found = answer.one(results, message=answer.element, is_write=True)
    if len(found) != count:
        raise OutcomeUnknown("The server did not say of every delegate whether it was added.")
    return found
