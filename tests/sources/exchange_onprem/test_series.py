"""Changed and deleted occurrences on a server that, like Exchange, knows them by number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from strongroom.errors import ItemError
from strongroom.sources.exchange_onprem import series
from strongroom.sources.exchange_onprem.document import SavedItem
from strongroom.sources.exchange_onprem.kept_properties import APPOINTMENT_RECURRENCE
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.faults import EwsItemError
from strongroom.wire.ews.ids import AnyItem, ItemRef, OccurrenceRef
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.shapes import Shape
from strongroom.wire.ews.things import EwsItem
from strongroom.wire.ews.update_item import ItemUpdate

FIRST = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MASTER = ItemRef("master")


def day(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


class DailySeries:
    """A daily series of sixty occurrences as a server without the saved exceptions has it."""

    def __init__(self, *, has_numbers: bool = True, takes_whole: bool = False) -> None:
        self.has_numbers = has_numbers
        self.takes_whole = takes_whole
        self.modified: list[str] = []
        self.deleted: list[str] = []
        self.updates: list[ItemUpdate] = []
        self.removed: list[AnyItem] = []
        self.reads = 0

    def get_items(
        self, _connection: EwsConnection, items: Sequence[AnyItem], _shape: Shape
    ) -> list[EwsItem | EwsItemError]:
        self.reads += 1
        return [self._get(item) for item in items]

    def _get(self, item: AnyItem) -> EwsItem | EwsItemError:
        if not isinstance(item, OccurrenceRef):
            return EwsItem(
                "master", "key", "CalendarItem", fields=exceptions(self.modified, self.deleted)
            )
        if not self.has_numbers:
            return EwsItemError(code="ErrorInvalidRequest")
        if item.index > 60:
            return EwsItemError(code="ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange")
        return EwsItem(str(item.index), "", "CalendarItem", fields={"Start": day(item.index - 1)})

    def update_items(
        self, _connection: EwsConnection, updates: Sequence[ItemUpdate]
    ) -> list[EwsItem | EwsItemError]:
        self.updates += updates
        if self.takes_whole and any(
            c.path == APPOINTMENT_RECURRENCE for u in updates for c in u.changes
        ):
            self.modified, self.deleted = [day(2)], [day(55)]
        return [EwsItem("new", "key", "CalendarItem") for _ in updates]

    def delete_items(
        self, _connection: EwsConnection, items: Sequence[AnyItem], *, delete_type: str
    ) -> list[EwsItemError | None]:
        assert delete_type == "HardDelete"
        self.removed += items
        return [None for _ in items]


def exceptions(modified: list[str], deleted: list[str]) -> dict[str, str | Node]:
    return {
        "Subject": "Round",
        "ModifiedOccurrences": Node(
            "ModifiedOccurrences",
            children=tuple(
                Node("Occurrence", children=(Node("OriginalStart", when),)) for when in modified
            ),
        ),
        "DeletedOccurrences": Node(
            "DeletedOccurrences",
            children=tuple(
                Node("DeletedOccurrence", children=(Node("Start", when),)) for when in deleted
            ),
        ),
    }


def saved() -> SavedItem:
    changed = EwsItem(
        "o3",
        "",
        "CalendarItem",
        fields={
            "OriginalStart": day(2),
            "Subject": "Round, later",
            "Start": "2026-03-04T11:00:00Z",
        },
    )
    master = EwsItem(
        "old",
        "",
        "CalendarItem",
        fields=exceptions([day(2)], [day(55)]),
        extended={APPOINTMENT_RECURRENCE: b"whole"},
    )
    return SavedItem(item=master, occurrences=(changed,))


def write(monkeypatch: pytest.MonkeyPatch, server: DailySeries, what: SavedItem) -> None:
    for name in ("get_items", "update_items", "delete_items"):
        monkeypatch.setattr(series, name, getattr(server, name))
    series.write_occurrences(cast("EwsConnection", None), MASTER, what)


def test_changed_occurrences_are_changed_and_deleted_ones_deleted_by_their_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = DailySeries()
    write(monkeypatch, server, saved())
    (update,) = server.updates
    assert update.item == OccurrenceRef("master", 3)
    assert {change.path for change in update.changes} == {"item:Subject", "calendar:Start"}
    assert server.removed == [OccurrenceRef("master", 56)]


def test_a_series_without_exceptions_costs_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    server = DailySeries()
    write(monkeypatch, server, SavedItem(item=EwsItem("old", "", "CalendarItem")))
    assert server.reads == 0


def test_what_the_server_has_already_is_not_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    server = DailySeries()
    server.modified, server.deleted = [day(2)], [day(55)]
    write(monkeypatch, server, saved())
    assert server.updates == []
    assert server.removed == []


def test_where_occurrences_have_no_numbers_the_recurrence_is_written_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = DailySeries(has_numbers=False, takes_whole=True)
    write(monkeypatch, server, saved())
    (update,) = server.updates
    assert [(change.path, change.value) for change in update.changes] == [
        (APPOINTMENT_RECURRENCE, b"whole")
    ]


def test_an_occurrence_that_cannot_be_brought_back_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    server = DailySeries(has_numbers=False)
    with pytest.raises(ItemError) as told:
        write(monkeypatch, server, saved())
    assert told.value.code == "occurrence-not-found"
    assert "2026-03-04" in told.value.why
