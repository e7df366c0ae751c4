"""GetFolder: read folders by id.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from strongroom.errors import TransientError
from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.ids import FolderRef, folder_ids
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.shapes import ID_ONLY, Shape, folder_shape
from strongroom.wire.ews.things import EwsFolder, read_folder
from strongroom.wire.ews.xml import M


def get_folders(
    connection: EwsConnection, folders: Sequence[FolderRef], shape: Shape = ID_ONLY
) -> list[EwsFolder | EwsItemError]:
    """Read folders, one result each, in order; hundreds fit into one request.

    Raises:
        StrongroomError: as ``EwsConnection.read``.
    """
    return connection.read_each(
        folders, lambda some: operation(some, shape, mailbox=connection.delegate_mailbox)
    )


def operation(
    folders: Sequence[FolderRef], shape: Shape, *, mailbox: str | None
) -> Operation[list[EwsFolder | EwsItemError]]:
    """Build the request."""
    ids = folder_ids(folders, mailbox)
    return Operation(
        name="GetFolder",
        body=f"<m:GetFolder>{folder_shape(shape)}<m:FolderIds>{ids}</m:FolderIds></m:GetFolder>",
        parse=lambda answer: parse(answer, len(folders)),
        item_count=len(folders),
    )


def parse(answer: Answer, count: int) -> list[EwsFolder | EwsItemError]:
    """Read the answer."""
    return answer.results(first_folder, count)


def first_folder(message: etree._Element) -> EwsFolder:
    """Read the folder in a response message.

    Raises:
        TransientError: a success without one, which is half an answer.
    """
    group = message.find(f"{M}Folders")
    if group is None or len(group) == 0:
        raise TransientError("The server told a success and no folder.")
    return read_folder(group[0])
