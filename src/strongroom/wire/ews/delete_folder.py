"""DeleteFolder.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/deletefolder-operation
"""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.ids import FolderRef, folder_ids
from strongroom.wire.ews.operation import Operation


def delete_folders(
    connection: EwsConnection, folders: Sequence[FolderRef], *, delete_type: str = "SoftDelete"
) -> list[EwsItemError | None]:
    """Delete folders with all they hold; None for each that is deleted.

    Args:
        connection: The mailbox's.
        folders: Which.
        delete_type: ``SoftDelete``, ``HardDelete`` or ``MoveToDeletedItems``.

    Raises:
        OutcomeUnknown: no answer.
        StrongroomError: as ``EwsConnection.write``.
    """
    mailbox = connection.delegate_mailbox
    return connection.write(operation(folders, delete_type=delete_type, mailbox=mailbox))


def operation(
    folders: Sequence[FolderRef], *, delete_type: str, mailbox: str | None
) -> Operation[list[EwsItemError | None]]:
    """Build the request."""
    return Operation(
        name="DeleteFolder",
        body=(
            f'<m:DeleteFolder DeleteType="{delete_type}"><m:FolderIds>'
            f"{folder_ids(folders, mailbox)}</m:FolderIds></m:DeleteFolder>"
        ),
        parse=lambda answer: parse(answer, len(folders)),
        item_count=len(folders),
    )


def parse(answer: Answer, count: int) -> list[EwsItemError | None]:
    """Read the answer."""
    return answer.results(lambda _: None, count)
