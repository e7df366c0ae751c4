"""The board: what is in hand, and what a person should know."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from strongroom.service.progress import Board
from strongroom.words.json import Json
from tests.fakes.hand_clock import HandClock


class Told:
    def __init__(self) -> None:
        self.documents: list[tuple[Any, bool]] = []

    def __call__(self, progress: Mapping[str, Json], *, is_urgent: bool = False) -> None:
        self.documents.append((progress, is_urgent))


def test_counts_add_up_while_a_resource_is_in_hand() -> None:
    told, clock = Told(), HandClock()
    board = Board(told, clock)
    with board.resource("ann@x") as progress:
        progress.expect(10, 1000)
        clock.sleep(2)
        progress.advance(3, 300)
        progress.advance(1, 100)
        assert told.documents[-1][0]["resources"] == {
            "ann@x": {
                "items": 4,
                "items_expected": 10,
                "bytes": 400,
                "bytes_expected": 1000,
                "elapsed_s": 2.0,
            }
        }
    board.note("done")
    assert told.documents[-1][0]["resources"] == {}


def test_notes_are_urgent_name_their_resource_and_old_ones_are_counted() -> None:
    told = Told()
    board = Board(told, HandClock())
    with board.resource("ann@x") as progress:
        for number in range(60):
            progress.note(f"note {number}")
    document, is_urgent = told.documents[-1]
    assert is_urgent
    assert document["notes_before"] == 10
    assert document["notes"][0] == "ann@x: note 10"
    assert document["notes"][-1] == "ann@x: note 59"


def test_many_threads_lose_no_count() -> None:
    told = Told()
    board = Board(told, HandClock())

    def work(name: str) -> None:
        with board.resource(name) as progress:
            for _ in range(200):
                progress.advance(1, 1)
            counts.append(told.documents[-1][0]["resources"][name]["items"])

    counts: list[int] = []
    threads = [threading.Thread(target=work, args=(f"r{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert counts == [200] * 4
