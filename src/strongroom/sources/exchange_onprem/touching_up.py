"""Setting once more what a server overwrote while it created an item from its known fields.

Who writes attendees becomes the organiser, who writes members gets them resolved anew: the known
fields come last and win. One look tells whether that happened, one update puts it right.
"""

from __future__ import annotations

from strongroom.sources.exchange_onprem import kept_properties
from strongroom.sources.exchange_onprem.document import SavedItem
from strongroom.sources.exchange_onprem.sending import sent
from strongroom.wire.ews.changes import FieldChange
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.get_item import get_items
from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.ews.properties import ExtendedPath
from strongroom.wire.ews.shapes import Shape
from strongroom.wire.ews.things import EwsItem
from strongroom.wire.ews.update_item import ItemUpdate, update_items

# Taken at creation only, or belonging to the series' own second look.
_LEFT_ALONE = frozenset(
    {
        kept_properties.MESSAGE_FLAGS,
        kept_properties.CREATION_TIME,
        kept_properties.SEARCH_KEY,
        kept_properties.APPOINTMENT_RECURRENCE,
        kept_properties.TASK_RECURRENCE,
    }
)


def touch_up(connection: EwsConnection, ref: ItemRef, saved: SavedItem) -> None:
    """Set the properties that came out otherwise than they were written.

    What the server refuses to change stays as it made it; the comparison tells it.

    Raises:
        OutcomeUnknown: no answer.
    """
    wanted = {path: value for path, value in saved.item.extended.items() if path not in _LEFT_ALONE}
    now = _look(connection, ref, tuple(wanted))
    if now is None:
        return
    changes = tuple(
        FieldChange(path, value)
        for path, value in wanted.items()
        if now.extended.get(path) != value
    )
    if not changes:
        return
    update = ItemUpdate(item=ItemRef(ref.id), changes=changes, element=saved.item.element)
    for _ in sent([update], lambda some: update_items(connection, some)):
        pass


def _look(
    connection: EwsConnection, ref: ItemRef, paths: tuple[ExtendedPath, ...]
) -> EwsItem | None:
    if not paths:
        return None
    found = get_items(connection, [ref.id], Shape(extended=paths))[0]
    return found if isinstance(found, EwsItem) else None
