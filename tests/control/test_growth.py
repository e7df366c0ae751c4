"""What came into storages, by resource and day; long ago, by month."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom.control import growth, protected
from strongroom.control.growth import Growth
from tests.control.standing_tasks import DISK, task

ANN = ("s1", "mailbox", "id of ann@example")
BOB = ("s1", "mailbox", "id of bob@example")


@pytest.fixture
def db(undone: sa.Connection) -> sa.Connection:
    protected.plan(undone, DISK, [task(), task("bob@example")])
    return undone


def figures(items: int) -> dict[str, int]:
    return {"items": items, "bytes_read": 10 * items, "bytes_stored": 5 * items}


def all_rows(db: sa.Connection, **wanted: Any) -> list[Growth]:
    return list(growth.page(db, None, **wanted))


def told(found: list[Growth]) -> list[tuple[str, str, int, int, int]]:
    return [(r.resource, r.day, r.items, r.bytes_read, r.bytes_stored) for r in found]


def test_what_comes_on_one_day_adds_up(db: sa.Connection) -> None:
    growth.add(db, ANN, "2026-03-05", figures(2))
    growth.add(db, ANN, "2026-03-05", figures(3))
    growth.add(db, ANN, "2026-03-06", figures(1))
    assert told(all_rows(db)) == [
        ("ann@example", "2026-03-05", 5, 50, 25),
        ("ann@example", "2026-03-06", 1, 10, 5),
    ]


def test_nothing_leaves_no_row(db: sa.Connection) -> None:
    growth.add(db, ANN, "2026-03-05", figures(0))
    assert all_rows(db) == []


def test_it_is_summed_up_over_all_resources(db: sa.Connection) -> None:
    growth.add(db, ANN, "2026-03-05", figures(2))
    growth.add(db, BOB, "2026-03-05", figures(3))
    growth.add(db, BOB, "2026-03-06", figures(4))
    assert [(r.storage, r.day, r.items, r.bytes_read) for r in growth.by_day(db)] == [
        ("disk", "2026-03-05", 5, 50),
        ("disk", "2026-03-06", 4, 40),
    ]


def test_some_of_it_can_be_asked_for(db: sa.Connection) -> None:
    protected.plan(db, replace(DISK, storage_id="s2", storage="attic", job="weekly"), [task()])
    growth.add(db, ANN, "2026-03-05", figures(1))
    growth.add(db, ANN, "2026-03-07", figures(2))
    growth.add(db, ("s2", *ANN[1:]), "2026-03-07", figures(3))
    assert [r.items for r in all_rows(db, since="2026-03-06")] == [2, 3]
    assert [r.items for r in all_rows(db, storage_id="s2")] == [3]
    assert [r.items for r in all_rows(db, job="nightly")] == [1, 2]
    assert [r.items for r in growth.by_day(db, since="2026-03-06", job="nightly")] == [2]


def test_it_comes_page_by_page(db: sa.Connection) -> None:
    for day in range(1, 8):
        growth.add(db, ANN, f"2026-03-{day:02}", figures(day))
        growth.add(db, BOB, f"2026-03-{day:02}", figures(day))
    seen: list[Growth] = []
    while page := growth.page(db, seen[-1] if seen else None, rows_max=3):
        seen += page
    assert told(seen) == told(all_rows(db))
    assert len(seen) == 14


def test_days_long_ago_become_months_in_slices_and_nothing_is_lost(db: sa.Connection) -> None:
    for month in (1, 2, 3):
        for day in range(1, 11):
            growth.add(db, ANN, f"2025-{month:02}-{day:02}", figures(1))
            growth.add(db, BOB, f"2025-{month:02}-{day:02}", figures(2))
    slices = []
    while done := growth.sum_up(db, before="2025-03-06", rows_max=7):
        slices.append(done)
    assert sum(slices) == 50
    assert max(slices) == 7
    ann = [r for r in all_rows(db) if r.resource == "ann@example"]
    assert [(r.day, r.items) for r in ann] == [
        ("2025-01", 10),
        ("2025-02", 10),
        ("2025-03", 5),
        *((f"2025-03-{day:02}", 1) for day in range(6, 11)),
    ]
    assert sum(r.items for r in all_rows(db)) == 90


def test_what_is_not_known_any_more_is_forgotten(db: sa.Connection) -> None:
    growth.add(db, ANN, "2026-03-05", figures(1))
    growth.add(db, ("s1", "mailbox", "removed"), "2026-03-05", figures(1))
    assert growth.forget(db) == 1
    assert len(all_rows(db)) == 1
