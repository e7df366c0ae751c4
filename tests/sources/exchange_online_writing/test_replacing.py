"""What is to be replaced is sent as a new item only if it is certain to be gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from strongroom.errors import StrongroomError
from strongroom.sources.exchange_online.writing import importing
from strongroom.wire.ews.faults import EwsItemError, Meaning
from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.graph.mailbox.import_item import Importer, ImportItem
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused

OLD = ItemRef("old", "version")
CONFLICT = EwsItemError(code="ErrorIrresolvableConflict", meaning=Meaning.CONFLICT)


class Versions:
    """An importer to which what is to be replaced has always another version."""

    def __init__(self) -> None:
        self.brought: list[ItemRef | None] = []

    def bring(self, item: ImportItem) -> ItemRef | EwsItemError:
        self.brought.append(item.replaces)
        return CONFLICT if item.replaces else ItemRef("new", "version")


@pytest.mark.parametrize(
    ("told", "is_made"),
    [
        (GraphRefused("Gone.", code="ErrorItemNotFound", status=404), True),
        (GraphRefused("Gone.", code="ErrorItemNotFound", status=400), True),
        (GraphRefused("No.", code="ErrorInvalidRequest", status=400), False),
        (GraphDenied("No.", code="ErrorAccessDenied", status=403), False),
    ],
)
def test_an_item_whose_version_is_not_told_is_not_taken_for_gone(
    monkeypatch: pytest.MonkeyPatch, told: StrongroomError, *, is_made: bool
) -> None:
    def get_items(*_: object) -> Sequence[StrongroomError]:
        return [told]

    monkeypatch.setattr(importing, "get_items", get_items)
    importer = Versions()
    item = ImportItem(folder_id="f", data=b"", replaces=OLD)
    line = cast("MailboxLine", None)
    result = importing._brought(cast("Importer", importer), line, item)
    assert importer.brought == ([OLD, None] if is_made else [OLD])
    assert isinstance(result, EwsItemError) is not is_made
