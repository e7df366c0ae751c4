"""CreateItem: make items from MIME and properties. Nothing is sent to anybody.

The second-best way back, where the server has no UploadItems. A message is only saved as received,
not as a draft, if PidTagMessageFlags (0x0E07) is set in this very request.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-operation
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.get_item import first_item
from strongroom.wire.ews.ids import FolderRef, folder_ids
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.order import place_of
from strongroom.wire.ews.parts import Part, pieces
from strongroom.wire.ews.properties import ExtendedPath, PropertyValue, property_to_xml
from strongroom.wire.ews.things import EwsItem


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """One item to make.

    Attributes:
        element: Its type in EWS: ``Message``, ``CalendarItem``, ``Contact``, ``Task``,
            ``PostItem``, ``DistributionList``, ``Item``.
        mime: MIME content (for calendar items iCalendar, for contacts vCard), or None.
        fields: Properties by element, in any order; written in the schema's.
        extended: MAPI properties.
    """

    element: str = "Message"
    mime: bytes | None = None
    fields: Sequence[Node] = ()
    extended: Mapping[ExtendedPath, PropertyValue] = field(default_factory=dict)

    def parts(self) -> list[Part]:
        """Write the item's element."""
        placed = [(place_of(self.element, node.name), node.to_xml()) for node in self.fields]
        properties = "".join(property_to_xml(path, value) for path, value in self.extended.items())
        placed.append((place_of(self.element, "ExtendedProperty"), properties))
        placed.sort(key=lambda pair: pair[0])
        inside = "".join(xml for _, xml in placed)
        if self.mime is None:
            return [f"<t:{self.element}>{inside}</t:{self.element}>"]
        return [
            f'<t:{self.element}><t:MimeContent CharacterSet="UTF-8">',
            self.mime,
            f"</t:MimeContent>{inside}</t:{self.element}>",
        ]


def create_items(
    connection: EwsConnection, folder: FolderRef, items: Sequence[NewItem]
) -> list[EwsItem | EwsItemError]:
    """Make items in a folder; the new id of each, or its error, in order.

    Raises:
        OutcomeUnknown: no answer; any of them may be there or not.
        StrongroomError: as ``EwsConnection.write``.
    """
    return connection.write(operation(folder, items, mailbox=connection.delegate_mailbox))


def operation(
    folder: FolderRef, items: Sequence[NewItem], *, mailbox: str | None
) -> Operation[list[EwsItem | EwsItemError]]:
    """Build the request."""
    head = (
        '<m:CreateItem MessageDisposition="SaveOnly" SendMeetingInvitations="SendToNone">'
        f"<m:SavedItemFolderId>{folder_ids([folder], mailbox)}</m:SavedItemFolderId><m:Items>"
    )
    parts: list[Part] = [head]
    for item in items:
        parts += item.parts()
    parts.append("</m:Items></m:CreateItem>")
    return Operation(
        name="CreateItem",
        body=pieces(parts),
        parse=lambda answer: parse(answer, len(items)),
        item_count=len(items),
    )


def parse(answer: Answer, count: int) -> list[EwsItem | EwsItemError]:
    """Read the answer: the new ids."""
    return answer.results(first_item, count)
