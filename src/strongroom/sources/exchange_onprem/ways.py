"""Which way of reading a server offers, found out by asking it, once per server.

``export``: ExportItems, full fidelity. ``mime``: GetItem with MIME and properties, for compatible
servers that have no ExportItems and for Exchange with the operation switched off.
"""

from __future__ import annotations

import threading

from strongroom.errors import ItemError
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.export_items import export_items
from strongroom.wire.ews.faults import Meaning, RequestRefused, meaning_of
from strongroom.wire.ews.things import EwsItem

EXPORT = "export"
MIME = "mime"

# No server has an item of this id. One that knows ExportItems says so of the item; one that does
# not refuses the request as a whole.
_NO_ITEM = "AAA="

# Elements whose MIME says all that a mail program knows; the others go by their properties.
BY_MIME = frozenset(
    {
        "Message",
        "MeetingMessage",
        "MeetingRequest",
        "MeetingResponse",
        "MeetingCancellation",
        "PostItem",
        "Item",
    }
)


class Ways:
    """Remembers what a server offers. Safe in many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._way: str | None = None

    @property
    def known(self) -> str | None:
        """The way, if the server was asked already."""
        return self._way

    def found(self, way: str) -> None:
        """Note what a request showed."""
        self._way = way

    def ask(self, connection: EwsConnection) -> str:
        """Say the way; ask the server if nobody did yet.

        Raises:
            OperatorError, ItemError: the server did not get as far as the operation.
        """
        with self._lock:
            if self._way is None:
                self._way = EXPORT if _knows_export(connection) else MIME
            return self._way


def _knows_export(connection: EwsConnection) -> bool:
    try:
        export_items(connection, [_NO_ITEM], lambda _result, _id: None)
    except (RequestRefused, ItemError) as error:
        if is_unknown_operation(error):
            return False
        raise
    return True


def is_unknown_operation(error: RequestRefused | ItemError) -> bool:
    """Say whether a refusal of the whole request can mean that the operation is not known."""
    meaning = meaning_of(error.code)
    return meaning in {Meaning.REFUSED, Meaning.VERSION, Meaning.UNKNOWN}


def goes_by_mime(item: EwsItem) -> bool:
    """Say whether an item read without ExportItems is created again from its MIME."""
    return item.element in BY_MIME
