"""Changed and deleted occurrences on a server that, like Exchange, knows them by number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from strongroom.content import tags
from strongroom.errors import ItemError
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.source import WholeMessage
from strongroom.lab.exchange.shapes.calendar_fields import pattern_of
from strongroom.lab.exchange.shapes.view import View
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
from strongroom.words.restoring import Compared, Outgoing
from tests.fakes.exchange import TARGET, Site, read_all, restore

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


def patterns(site: Site, address: str) -> list[tuple[object, ...]]:
    """Say of every series in a calendar which occurrences are changed, how, and which deleted."""
    found: list[tuple[object, ...]] = []
    for item in site.mailbox(address).folder_by_role("calendar").items:
        pattern = pattern_of(View.of_item(item))
        if pattern is not None:
            changed = occurrences_of(item)
            found.append((item.subject, pattern.deleted, pattern.changed, changed))
    return sorted(found, key=str)


def occurrences_of(item: StoredItem) -> list[tuple[object, ...]]:
    """Say how the changed occurrences of a stored series look."""
    message = item.message()
    inside = [one.embedded.properties for one in message.attachments if one.embedded is not None]
    keys = (tags.PidTagSubject, tags.PidLidLocation, tags.PidLidAppointmentStartWhole)
    return sorted((tuple(one.get(key) for key in keys) for one in inside), key=str)


def owner_of_series(site: Site) -> str:
    return next(
        box.address
        for box in site.estate.mailboxes
        if box.role == "user" and any(row[2] for row in patterns(site, box.address))
    )


def test_series_come_back_occurrence_by_occurrence(
    populated: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("written as a whole, although occurrences have numbers here")

    monkeypatch.setattr(series, "_write_whole", refuse)
    populated.quirks(without=("export",))
    address = owner_of_series(populated)
    server = populated.open()
    restored = restore(server, TARGET, read_all(server, address))
    assert restored.different == []
    before, after = patterns(populated, address), patterns(populated, TARGET)
    assert [row[1:] for row in after] == [row[1:] for row in before]
    assert any(row[1] for row in after)
    assert populated.estate.outgoing == []


def test_a_changed_occurrence_that_is_lost_is_told(populated: Site) -> None:
    populated.quirks(without=("export",))
    address = owner_of_series(populated)
    server = populated.open()
    saved_before = read_all(server, address)
    populated.quirks(without=("export",), without_occurrences=True)
    restored = restore(server, TARGET, saved_before)
    # What a changed occurrence says lies outside of the pattern: written whole, it is not there.
    lost = [one for one in restored.different if "occurrence" in str(one.differences)]
    assert lost or restored.failed


def test_a_changed_occurrence_is_compared_in_all_that_is_its_own(populated: Site) -> None:
    populated.quirks(without=("export",))
    address = owner_of_series(populated)
    server = populated.open()
    restored = restore(server, TARGET, read_all(server, address))
    assert restored.different == []
    for item in populated.mailbox(TARGET).folder_by_role("calendar").items:
        message = item.message()
        for attachment in message.attachments:
            if attachment.embedded is not None:
                attachment.embedded.properties[tags.PidLidLocation] = "Nowhere"
        item.folder.change_item(item, source=WholeMessage(message))
    backup = read_all(server, address)
    target = server.target(server.resolve(TARGET))
    told: list[Compared] = []
    pairs = [
        (Outgoing(item=item, content=backup.contents[item.id]), new)
        for items in backup.items.values()
        for item in items
        if (new := restored.new_ids.get(item.id)) and item.id in backup.contents
    ]
    target.compare(pairs, told.append)
    assert any("occurrence's Location" in line for one in told for line in one.differences)
