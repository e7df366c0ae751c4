"""What carries runs through the deaths of workers; a subclass says how to make it.

Run it on one of your own: ``class TestMine(DurableContract)`` with the fixtures ``lines`` (makes
one more on the same database each time) and ``write`` (a transaction in that database).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from strongroom.clock import SystemClock
from strongroom.engine.durable import Bodies, Durable, Parked, Standing

Lines = Callable[[], Durable]
Write = Callable[[], AbstractContextManager[sa.Connection]]
Call = tuple[str, str, int]

SOON_S = 20.0
_HOUR = timedelta(hours=1)


class Desk:
    """Bodies that write down how they are called, and do what a test says."""

    def __init__(self, **acts: Callable[[str], None]) -> None:
        self.calls: deque[Call] = deque()
        self._acts = acts
        self._change = threading.Condition()

    def plan(self, run_id: str, attempt: int, /) -> None:
        self._called("plan", run_id, attempt)

    def drive(self, run_id: str, attempt: int, /) -> None:
        self._called("drive", run_id, attempt)

    def conclude(self, run_id: str, attempt: int, /) -> None:
        self._called("conclude", run_id, attempt)

    def share(self, run_id: str, attempt: int, /) -> None:
        self._called("share", run_id, attempt)

    def until(self, *wanted: Call) -> None:
        """Wait until these calls were made."""
        with self._change:
            seen = self._change.wait_for(lambda: set(wanted) <= set(self.calls), SOON_S)
        assert seen, f"{wanted} are not among {list(self.calls)}"

    def _called(self, part: str, run_id: str, attempt: int) -> None:
        with self._change:
            self.calls.append((part, run_id, attempt))
            self._change.notify_all()
        if part in self._acts:
            self._acts[part](run_id)


class Floor:
    """Workers of one database, one after the other."""

    def __init__(self, lines: Lines, write: Write) -> None:
        self._lines, self._write = lines, write
        self._open: Durable | None = None
        self._count = 0

    def worker(self, bodies: Bodies, worker_id: str = "") -> Durable:
        """Let the last worker go, and have a new one."""
        self.close()
        self._count += 1
        self._open = self._lines()
        self._open.launch(worker_id or f"w{self._count}", bodies)
        return self._open

    def begin(self, *runs: str, attempt: int = 1) -> None:
        assert self._open is not None
        with self._write() as db:
            for run_id in runs:
                self._open.begin(db, run_id, attempt)
        self._open.wake()

    def until(self, standing: Standing, run_id: str, attempt: int = 1) -> None:
        assert self._open is not None
        clock = SystemClock()
        until_s = clock.monotonic_s() + SOON_S
        while (found := self._open.standing(run_id, attempt)) is not standing:
            assert clock.monotonic_s() < until_s, f"{run_id} is {found}"
            clock.sleep(0.03)

    def close(self, timeout_s: float = SOON_S) -> bool:
        lines, self._open = self._open, None
        return lines is None or lines.close(timeout_s)


def park(_: str) -> None:
    raise Parked


class DurableContract:
    @pytest.fixture
    def floor(self, lines: Lines, write: Write) -> Iterator[Floor]:
        floor = Floor(lines, write)
        yield floor
        floor.close()

    def test_the_parts_of_a_run_follow_each_other(self, floor: Floor) -> None:
        desk = Desk()
        floor.worker(desk)
        floor.begin("r1", attempt=3)
        floor.until(Standing.OVER, "r1", 3)
        assert list(desk.calls) == [("plan", "r1", 3), ("drive", "r1", 3), ("conclude", "r1", 3)]

    def test_what_was_rolled_back_was_never_begun(self, floor: Floor, write: Write) -> None:
        desk = Desk()
        lines = floor.worker(desk)

        def change_our_mind() -> None:
            with write() as db:
                lines.begin(db, "r1", 1)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            change_our_mind()
        floor.begin("r2")
        floor.until(Standing.OVER, "r2")
        assert lines.standing("r1", 1) is Standing.UNKNOWN
        assert {run_id for _, run_id, _ in desk.calls} == {"r2"}

    def test_an_attempt_is_begun_once_and_the_next_one_is_another(self, floor: Floor) -> None:
        desk = Desk()
        floor.worker(desk)
        floor.begin("r1", "r1")
        floor.until(Standing.OVER, "r1")
        floor.begin("r1")
        floor.begin("r1", attempt=2)
        floor.until(Standing.OVER, "r1", 2)
        assert [call for call in desk.calls if call[0] == "plan"] == [
            ("plan", "r1", 1),
            ("plan", "r1", 2),
        ]

    def test_runs_go_side_by_side(self, floor: Floor) -> None:
        together = threading.Barrier(6)
        floor.worker(Desk(drive=lambda _: (together.wait(SOON_S), None)[1]))
        names = [f"r{n}" for n in range(6)]
        floor.begin(*names)
        for name in names:
            floor.until(Standing.OVER, name)
        assert not together.broken

    def test_an_error_ends_its_attempt_and_no_other(self, floor: Floor) -> None:
        def fail(run_id: str) -> None:
            if run_id == "bad":
                raise ValueError("as a bug would")

        desk = Desk(drive=fail)
        floor.worker(desk)
        floor.begin("bad", "good")
        floor.until(Standing.OVER, "bad")
        floor.until(Standing.OVER, "good")
        assert ("conclude", "bad", 1) not in desk.calls
        assert ("conclude", "good", 1) in desk.calls

    def test_what_is_parked_is_gone_on_with_where_it_was_cut_short(self, floor: Floor) -> None:
        first, second = Desk(drive=park), Desk()
        lines = floor.worker(first)
        floor.begin("r1")
        first.until(("drive", "r1", 1))
        assert floor.close()
        lines = floor.worker(second)
        assert lines.standing("r1", 1) is Standing.GOING
        assert lines.holders() >= {"w1"}
        assert lines.recover(["w1"]) == 1
        assert lines.recover(["w1"]) == 0
        lines.wake()
        floor.until(Standing.OVER, "r1")
        assert list(first.calls) == [("plan", "r1", 1), ("drive", "r1", 1)]
        assert list(second.calls) == [("drive", "r1", 1), ("conclude", "r1", 1)]
        assert "w1" not in lines.holders()

    def test_nothing_is_taken_over_unless_somebody_says_so(self, floor: Floor) -> None:
        first, second = Desk(drive=park), Desk()
        floor.worker(first)
        floor.begin("r1")
        first.until(("drive", "r1", 1))
        lines = floor.worker(second)
        floor.begin("r2")
        floor.until(Standing.OVER, "r2")
        assert lines.recover([]) == 0
        assert lines.recover(["somebody-else"]) == 0
        assert lines.standing("r1", 1) is Standing.GOING
        assert {run_id for _, run_id, _ in second.calls} == {"r2"}

    def test_only_what_is_not_over_is_taken_over(self, floor: Floor) -> None:
        floor.worker(Desk())
        floor.begin("r1")
        floor.until(Standing.OVER, "r1")
        assert floor.worker(Desk()).recover(["w1"]) == 0

    def test_a_body_that_does_not_stop_is_left_behind_for_somebody_else(self, floor: Floor) -> None:
        stuck, second = threading.Event(), Desk()
        first = Desk(drive=lambda _: (stuck.wait(SOON_S), None)[1])
        floor.worker(first)
        floor.begin("r1")
        first.until(("drive", "r1", 1))
        assert not floor.close(0.01)
        lines = floor.worker(second)
        try:
            assert lines.recover(["w1"]) == 1
            lines.wake()
            floor.until(Standing.OVER, "r1")
        finally:
            stuck.set()
        assert list(second.calls) == [("drive", "r1", 1), ("conclude", "r1", 1)]
        assert ("conclude", "r1", 1) not in first.calls

    def test_who_is_invited_shares_once_for_each_attempt(self, floor: Floor) -> None:
        desk = Desk()
        lines = floor.worker(desk)
        lines.invite("w1", "r1", 1)
        lines.invite("w1", "r1", 1)
        lines.wake()
        desk.until(("share", "r1", 1))
        lines.invite("w1", "r1", 1)
        lines.invite("w1", "r1", 2)
        lines.wake()
        desk.until(("share", "r1", 2))
        assert list(desk.calls) == [("share", "r1", 1), ("share", "r1", 2)]

    def test_only_who_is_invited_shares(self, floor: Floor) -> None:
        desk = Desk()
        lines = floor.worker(desk)
        lines.invite("w2", "r1", 1)
        floor.begin("r2")
        floor.until(Standing.OVER, "r2")
        assert all(part != "share" for part, *_ in desk.calls)
        desk = Desk()
        floor.worker(desk).wake()
        desk.until(("share", "r1", 1))

    def test_shares_of_the_dead_are_not_taken_over(self, floor: Floor) -> None:
        first, second = Desk(share=park), Desk()
        lines = floor.worker(first)
        lines.invite("w1", "r1", 1)
        lines.wake()
        first.until(("share", "r1", 1))
        floor.close()
        lines = floor.worker(second)
        lines.invite("w1", "r2", 1)  # the driver has not heard of it yet
        assert lines.holders() >= {"w1"}
        assert lines.recover(["w1"]) == 0
        assert "w1" not in lines.holders()
        lines.invite("w2", "r1", 1)
        lines.wake()
        second.until(("share", "r1", 1))
        assert list(second.calls) == [("share", "r1", 1)]

    def test_how_an_attempt_stands(self, floor: Floor) -> None:
        go = threading.Event()
        desk = Desk(drive=lambda _: (go.wait(SOON_S), None)[1])
        lines = floor.worker(desk)
        assert lines.standing("r1", 1) is Standing.UNKNOWN
        floor.begin("r1")
        assert lines.standing("r1", 1) is Standing.GOING
        desk.until(("drive", "r1", 1))
        assert lines.standing("r1", 1) is Standing.GOING
        assert lines.standing("r1", 2) is Standing.UNKNOWN
        go.set()
        floor.until(Standing.OVER, "r1")

    def test_only_what_is_over_for_long_is_forgotten(self, floor: Floor) -> None:
        go, now = threading.Event(), SystemClock().now()
        lines = floor.worker(Desk(drive=lambda run: (run == "r2" and go.wait(SOON_S), None)[1]))
        floor.begin("r1", "r2")
        floor.until(Standing.OVER, "r1")
        assert lines.forget(now - _HOUR) == 0
        assert lines.standing("r1", 1) is Standing.OVER
        assert lines.forget(now + _HOUR) == 1
        assert lines.standing("r1", 1) is Standing.UNKNOWN
        assert lines.standing("r2", 1) is Standing.GOING
        go.set()
        floor.until(Standing.OVER, "r2")

    def test_nothing_is_taken_up_after_closing(self, floor: Floor) -> None:
        desk = Desk()
        lines = floor.worker(desk)
        floor.close()
        lines = floor.worker(Desk())
        floor.begin("r1")
        floor.until(Standing.OVER, "r1")
        lines.wake()
        assert not desk.calls
