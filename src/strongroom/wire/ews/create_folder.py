"""CreateFolder: make folders below one.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/createfolder-operation
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.get_folder import first_folder
from strongroom.wire.ews.ids import FolderRef, folder_ids
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.properties import ExtendedPath, PropertyValue, property_to_xml
from strongroom.wire.ews.things import EwsFolder
from strongroom.wire.ews.xml import text

_ELEMENTS = {
    "IPF.Appointment": "CalendarFolder",
    "IPF.Contact": "ContactsFolder",
    "IPF.Task": "TasksFolder",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFolder:
    """A folder to make.

    Attributes:
        name: Display name.
        folder_class: ``IPF.Note``, ``IPF.Appointment`` …; empty leaves it to the server.
        extended: MAPI properties to set (hidden or not, …).
        permission_set: Permissions as GetFolder told them (``PermissionSet`` or
            ``CalendarPermissionSet`` inside), or None.
    """

    name: str
    folder_class: str = "IPF.Note"
    extended: Mapping[ExtendedPath, PropertyValue] = field(default_factory=dict)
    permission_set: Node | None = None

    @property
    def element(self) -> str:
        """The element that the class goes into; subclasses (``IPF.Contact.X``) like their base."""
        base = ".".join(self.folder_class.split(".")[:2])
        return _ELEMENTS.get(base, "Folder")

    def to_xml(self) -> str:
        """Write the folder's element; its children have a fixed order."""
        kind = f"<t:FolderClass>{text(self.folder_class)}</t:FolderClass>"
        properties = "".join(property_to_xml(path, value) for path, value in self.extended.items())
        permissions = self.permission_set.to_xml() if self.permission_set else ""
        return (
            f"<t:{self.element}>{kind if self.folder_class else ''}"
            f"<t:DisplayName>{text(self.name)}</t:DisplayName>{properties}{permissions}"
            f"</t:{self.element}>"
        )


def create_folders(
    connection: EwsConnection, parent: FolderRef, folders: Sequence[NewFolder]
) -> list[EwsFolder | EwsItemError]:
    """Make folders, one result each, in order; a name that is taken is ``ErrorFolderExists``.

    Raises:
        OutcomeUnknown: no answer.
        StrongroomError: as ``EwsConnection.write``.
    """
    return connection.write(operation(parent, folders, mailbox=connection.delegate_mailbox))


def operation(
    parent: FolderRef, folders: Sequence[NewFolder], *, mailbox: str | None
) -> Operation[list[EwsFolder | EwsItemError]]:
    """Build the request."""
    inside = "".join(folder.to_xml() for folder in folders)
    return Operation(
        name="CreateFolder",
        body=(
            f"<m:CreateFolder><m:ParentFolderId>{folder_ids([parent], mailbox)}</m:ParentFolderId>"
            f"<m:Folders>{inside}</m:Folders></m:CreateFolder>"
        ),
        parse=lambda answer: parse(answer, len(folders)),
        item_count=len(folders),
    )


def parse(answer: Answer, count: int) -> list[EwsFolder | EwsItemError]:
    """Read the answer: the new folders' ids."""
    return answer.results(first_folder, count)
