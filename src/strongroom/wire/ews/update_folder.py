"""UpdateFolder: rename folders, set their permissions and properties.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/updatefolder-operation
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.changes import FieldChange
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.get_folder import first_folder
from strongroom.wire.ews.ids import FolderRef, folder_ids
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.things import EwsFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderUpdate:
    """Changes to one folder.

    Attributes:
        folder: Which.
        changes: At least one.
        element: Its type in EWS, as GetFolder told it.
    """

    folder: FolderRef
    changes: tuple[FieldChange, ...]
    element: str = "Folder"


def update_folders(
    connection: EwsConnection, updates: Sequence[FolderUpdate]
) -> list[EwsFolder | EwsItemError]:
    """Change folders, one result each, in order.

    Raises:
        OutcomeUnknown: no answer.
        StrongroomError: as ``EwsConnection.write``.
    """
    return connection.write(operation(updates, mailbox=connection.delegate_mailbox))


def operation(
    updates: Sequence[FolderUpdate], *, mailbox: str | None
) -> Operation[list[EwsFolder | EwsItemError]]:
    """Build the request."""
    inside = "".join(
        f"<t:FolderChange>{folder_ids([update.folder], mailbox)}<t:Updates>"
        + "".join(change.to_xml("Folder", update.element) for change in update.changes)
        + "</t:Updates></t:FolderChange>"
        for update in updates
    )
    return Operation(
        name="UpdateFolder",
        body=f"<m:UpdateFolder><m:FolderChanges>{inside}</m:FolderChanges></m:UpdateFolder>",
        parse=lambda answer: parse(answer, len(updates)),
        item_count=len(updates),
    )


def parse(answer: Answer, count: int) -> list[EwsFolder | EwsItemError]:
    """Read the answer: the folders' new change keys."""
    return answer.results(first_folder, count)
