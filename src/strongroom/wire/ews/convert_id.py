"""ConvertId: translate ids between their notations.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/convertid-operation
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from strongroom.errors import TransientError
from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.xml import M, attribute


def convert_ids(
    connection: EwsConnection,
    ids: Sequence[str],
    *,
    mailbox: str,
    from_format: str = "EwsId",
    to_format: str = "HexEntryId",
) -> list[str | EwsItemError]:
    """Translate ids, one result each, in order.

    Args:
        connection: The mailbox's.
        ids: In ``from_format``.
        mailbox: Whose they are: its SMTP address.
        from_format: ``EwsId``, ``EntryId``, ``HexEntryId``, ``StoreId``, ``OwaId``.
        to_format: The same choice.

    Raises:
        StrongroomError: as ``EwsConnection.read``.
    """
    return connection.read_each(
        ids,
        lambda some: operation(some, mailbox=mailbox, from_format=from_format, to_format=to_format),
    )


def operation(
    ids: Sequence[str], *, mailbox: str, from_format: str, to_format: str
) -> Operation[list[str | EwsItemError]]:
    """Build the request."""
    inside = "".join(
        f'<t:AlternateId Format="{from_format}" Id="{attribute(each)}"'
        f' Mailbox="{attribute(mailbox)}"/>'
        for each in ids
    )
    return Operation(
        name="ConvertId",
        body=(
            f'<m:ConvertId DestinationFormat="{to_format}"><m:SourceIds>{inside}</m:SourceIds>'
            "</m:ConvertId>"
        ),
        parse=lambda answer: parse(answer, len(ids)),
        item_count=len(ids),
    )


def parse(answer: Answer, count: int) -> list[str | EwsItemError]:
    """Read the answer: the ids."""
    return answer.results(_alternate_id, count)


def _alternate_id(message: etree._Element) -> str:
    told = message.find(f"{M}AlternateId")
    if told is None:
        raise TransientError("The server told a success and no id.")
    return told.get("Id", "")
