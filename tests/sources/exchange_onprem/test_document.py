from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from strongroom.errors import IntegrityError
from strongroom.sources.exchange_onprem.document import (
    SavedAttachment,
    SavedItem,
    path_from,
    path_key,
    read_document,
    write_document,
)
from strongroom.sources.exchange_onprem.kept_properties import asked_for
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.properties import ExtendedPath
from strongroom.wire.ews.things import EwsItem

WHEN = datetime(2026, 3, 5, 10, 15, 1, 250000, tzinfo=UTC)
ITEM = EwsItem(
    "id",
    "key",
    "CalendarItem",
    fields={
        "Subject": "Übergabe",
        "Recurrence": Node("Recurrence", children=(Node("DailyRecurrence"),)),
    },
    extended={
        ExtendedPath("Binary", id=0x300B): b"\0\xff",
        ExtendedPath("SystemTime", id=0x0E06): WHEN,
        ExtendedPath("CLSID", id=0x0001): uuid.UUID(int=5),
        ExtendedPath("StringArray", set=uuid.UUID(int=9), name="Keywords"): ["a", "b"],
        ExtendedPath("Double", set=uuid.UUID(int=9), name=0x8102): 0.5,
        ExtendedPath("Boolean", id=0x0029): True,
    },
)


def test_what_was_written_is_read_again() -> None:
    saved = SavedItem(
        item=ITEM,
        occurrences=(ITEM,),
        attachments=(SavedAttachment(name="a.txt", size=3, part="attachment-01"),),
    )
    assert read_document(write_document(saved)) == saved


def test_the_mime_is_not_written_twice() -> None:
    item = EwsItem("id", "key", "Message", fields={"MimeContent": "QUJD", "Subject": "x"})
    assert read_document(write_document(SavedItem(item=item))).item.fields == {"Subject": "x"}


@pytest.mark.parametrize("kind", ["IPM.Note", "IPM.Appointment", "IPM.StickyNote", "IPM.DistList"])
def test_every_property_that_is_asked_for_has_a_name_of_its_own(kind: str) -> None:
    paths = asked_for(kind, is_associated=True)
    assert len(set(paths)) == len(paths)
    assert [path_from(path_key(path)) for path in paths] == list(paths)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"format": 2}', b'{"format": 1, "element": "Message"}', b"\xff"]
)
def test_a_damaged_document_is_an_integrity_error(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        read_document(data)
