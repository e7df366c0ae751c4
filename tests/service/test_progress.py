"""The board: what is in hand, and what a person should know."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from strongroom.pace.spent import Activity
from strongroom.service.progress import Board
from strongroom.service.run_pace import RunPace
from strongroom.words.json import Json
from strongroom.words.pace import Limit, Limiter
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_machine import ScriptedMachine
from tests.fakes.scripted_pace import ScriptedPace


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
        clock.sleep(8)
        progress.advance(3, 300)
        progress.advance(1, 100)
        assert told.documents[-1][0]["resources"] == {
            "ann@x": {
                "items": 4,
                "items_expected": 10,
                "bytes": 400,
                "bytes_expected": 1000,
                "elapsed_s": 8.0,
                "items_per_s": 0.5,
                "bytes_per_s": 50.0,
                "left_s": 12.0,
            }
        }
    board.note("done")
    assert told.documents[-1][0]["resources"] == {}


def test_what_the_server_foresees_counts_until_everything_is_listed() -> None:
    told, clock = Told(), HandClock()
    board = Board(told, clock)
    with board.resource("ann@x") as progress:
        progress.foresee(1000)
        assert in_hand(told)["items_expected"] == 1000
        clock.sleep(10)
        progress.expect(100, 5000)
        progress.advance(100, 5000)
        # What is not listed yet is as large as the rest, for all that anybody knows.
        assert in_hand(told)["bytes_expected"] == 50_000
        assert in_hand(told)["left_s"] == pytest.approx(90, abs=0.1)
        progress.expect(800, 45_000)
        assert in_hand(told)["items_expected"] == 1000
        progress.foresee(0)
        assert (in_hand(told)["items_expected"], in_hand(told)["bytes_expected"]) == (900, 50_000)


def test_how_long_a_resource_takes_is_not_guessed_in_its_first_moments() -> None:
    told, clock = Told(), HandClock()
    board = Board(told, clock)
    with board.resource("ann@x") as progress:
        progress.expect(10, 1000)
        clock.sleep(4)
        progress.advance(1, 100)
        assert in_hand(told)["left_s"] is None


def test_rates_of_a_resource_are_those_of_the_last_half_minute() -> None:
    told, clock = Told(), HandClock()
    board = Board(told, clock)
    with board.resource("ann@x") as progress:
        progress.expect(1000, 0)
        for second in range(1, 101):
            clock.sleep(1)
            progress.advance(10 if second <= 60 else 0, 0)
            if second == 60:
                assert in_hand(told)["items_per_s"] == 10.0
            if second == 75:
                assert in_hand(told)["items_per_s"] == 5.0
        assert in_hand(told)["items_per_s"] == 0.0
        # The guess stands on more than that.
        assert in_hand(told)["left_s"] == pytest.approx(400 / 6, abs=0.5)


def test_what_a_worker_did_stays_counted_when_a_resource_has_ended() -> None:
    told, clock = Told(), HandClock()
    board = Board(told, clock, began_s=100.0)
    for name in ("ann@x", "bob@x"):
        with board.resource(name) as progress:
            clock.sleep(5)
            progress.advance(3, 300)
    board.publish()
    document, _ = told.documents[-1]
    assert document["worked"] == {"items": 6, "bytes": 600, "tasks": 2}
    assert document["now"] == {"items_per_s": 0.6, "bytes_per_s": 60.0}
    assert document["lately"] == {"items_per_s": 0.6, "bytes_per_s": 60.0, "tasks_per_s": 0.2}
    assert document["spans_s"] == [[100.0, 110.0]]


def test_a_document_that_nobody_takes_is_not_made() -> None:
    told, is_due = Told(), False
    board = Board(told, HandClock(), is_due=lambda: is_due)
    with board.resource("ann@x") as progress:
        progress.advance(1, 1)
        assert told.documents == []
        progress.note("urgent")
        is_due = True
        progress.advance(1, 1)
    assert [document["worked"]["items"] for document, _ in told.documents] == [1, 2]


def test_the_document_carries_what_threads_wait_for_and_how_the_machine_is() -> None:
    told, clock, machine = Told(), HandClock(), ScriptedMachine()
    board = Board(told, clock, machine=machine)
    board.publish()
    with board.spent.on(Activity.WORKING), board.spent.on(Activity.WAITING_TO_SEAL):
        clock.sleep(10)
        machine.cpu_s, machine.late_s = 5.0, 0.006
        board.publish()
    document, _ = told.documents[-1]
    assert document["spent"]["working_s"] == document["spent"]["waiting_to_seal_s"] == 10
    assert document["spent"]["sealing_s"] == 0
    assert document["machine"] == {"cpu": 0.25, "cores": 2.0, "late": 0.5, "memory_left": 0.4}
    for _ in range(60):
        clock.sleep(1)
        board.publish()
    document, _ = told.documents[-1]
    assert document["spent"]["working_s"] == 0
    assert document["machine"]["cpu"] == 0.0
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_it_adds_up_for_how_long_what_limited() -> None:
    told, clock, pace = Told(), HandClock(), ScriptedPace()
    board = Board(told, clock, RunPace(pace, clock))

    def limit(by: Limiter, seconds: float) -> Any:
        pace.say(limits=(Limit(by=by, seconds=1.0),))
        board.publish(is_urgent=True)
        clock.sleep(seconds)
        board.publish(is_urgent=True)
        return told.documents[-1][0]["limited_s"]

    assert limit(Limiter.PAUSE, 30) == {"throttling": 30.0}
    assert limit(Limiter.GROWING, 5) == {"throttling": 30.0, "growing": 5.0}
    # As much waits for the sealing as works.
    with board.spent.on(Activity.WORKING), board.spent.on(Activity.WAITING_TO_SEAL):
        with board.spent.on(Activity.SEALING):
            limit(Limiter.GROWING, 10)
        assert limit(Limiter.GROWING, 10)["storage"] == 10.0


def in_hand(told: Told) -> Any:
    return told.documents[-1][0]["resources"]["ann@x"]


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
    assert len(document["notes_at_s"]) == len(document["notes"])


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
