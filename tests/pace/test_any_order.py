"""Whatever comes and goes, in whatever order and from however many threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.clock import SystemClock
from strongroom.errors import AccessDenied, Interrupted
from strongroom.pace.flight import BYTES_MAX
from strongroom.pace.lane import LanePace
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget, Patience
from strongroom.pace.told import Told
from strongroom.slots.api import Outcome
from tests.fakes.scripted_slots import ScriptedController, ScriptedSizer
from tests.pace.callers import Caller, Callers, StillClock, until

LANES = ("a", "b", "c", "d", "e")


class Restless(ScriptedController):
    """Takes another number with every answer; what it takes, ``on_start`` asserts."""

    def __init__(self) -> None:
        super().__init__(8)
        self._random = Random(3)

    def _end(self, lane: str) -> None:
        super()._end(lane)
        self.slots = self._random.randint(1, 12)
        self.lane_slots = {one: self._random.randint(1, 4) for one in LANES}


def end_oddly(step: int) -> None:
    """End a request now and then by an answer that says no, or without one."""
    if step % 7 == 3:
        raise AccessDenied("no")
    if step % 11 == 5:
        raise Interrupted("stopped")


def test_many_threads_keep_every_limit_and_all_get_their_turns() -> None:
    controller = Restless()
    pace = Pace(SystemClock(), deciders=lambda: (controller, ScriptedSizer()))
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(50):
                lane = LanePace(pace, LANES[(number + step) % len(LANES)])
                try:
                    with lane.turn(Patience(Budget()), kind="Get", size=1_000) as turn:
                        end_oddly(step)
                        turn.tell(Told(outcome=Outcome.OK))
                except (AccessDenied, Interrupted):
                    lane.leave()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads), "somebody was never woken"
    assert errors == []
    assert len(controller.samples) + len(controller.dropped_lanes) == 32 * 50
    report = pace.report()
    assert (report.in_flight, report.waiting, controller.in_flight) == (0, 0, 0)


@dataclass(frozen=True)
class Come:
    lane: str
    size: int


@dataclass(frozen=True)
class End:
    which: int
    outcome: Outcome | None


@dataclass(frozen=True)
class Allow:
    slots: int
    lane_slots: int


@dataclass(frozen=True)
class Pass:
    seconds: float


Step = Come | End | Allow | Pass

steps = st.one_of(
    st.builds(
        Come, lane=st.sampled_from("ab"), size=st.sampled_from([0, 1, BYTES_MAX // 2, BYTES_MAX])
    ),
    st.builds(End, which=st.integers(0, 5), outcome=st.none() | st.sampled_from(list(Outcome))),
    st.builds(Allow, slots=st.integers(0, 4), lane_slots=st.integers(0, 3)),
    st.builds(Pass, seconds=st.floats(0, 2)),
)


class Drive:
    """Does one thing after the other, and looks after each whether all is as it should be."""

    def __init__(self) -> None:
        self.clock = StillClock()
        self.controller = ScriptedController(2)
        self.callers = Callers(
            Pace(self.clock, deciders=lambda: (self.controller, ScriptedSizer())), self.clock
        )
        self.line: list[Caller] = []
        self.running: list[Caller] = []
        self.rests_s: list[float] = []

    def do(self, step: Step) -> None:
        if isinstance(step, Come):
            self.line.append(self.callers.come(step.lane, size=step.size))
        elif isinstance(step, End) and self.running:
            self.end(self.running.pop(step.which % len(self.running)), step.outcome)
        elif isinstance(step, Allow):
            self.controller.slots = step.slots
            self.controller.lane_slots = dict.fromkeys("ab", step.lane_slots)
        elif isinstance(step, Pass):
            self.clock.move(seconds=step.seconds)
        self.callers.look_again()
        self.check()

    def end(self, caller: Caller, outcome: Outcome | None) -> None:
        if outcome not in (None, Outcome.OK):
            self.rests_s.append(self.clock.monotonic_s() + 1.0)
        caller.ends(None if outcome is None else Told(outcome=outcome))

    def check(self) -> None:
        """See who was let in, and that nobody waits who may go."""
        in_flight = self.callers.pace.report().in_flight
        until(lambda: len(self.running) + sum(one.is_in() for one in self.line) == in_flight)
        for lane in "ab":
            came = [one.is_in() for one in self.line if one.lane == lane]
            assert came == sorted(came, reverse=True), "who came later went earlier"
        self.running += [one for one in self.line if one.is_in()]
        self.line = [one for one in self.line if not one.is_in()]
        self.rests_s = [one for one in self.rests_s if one > self.clock.monotonic_s()]
        if len(self.running) + len(self.rests_s) >= self.controller.slots:
            return
        held = sum(one.size for one in self.running)
        for one in self.line:
            if self.controller.by_lane[one.lane] >= self.controller.lane_limit(0.0, one.lane):
                continue
            assert self.running, "it may go"
            assert held + one.size > BYTES_MAX, "it may go"
            return

    def finish(self) -> None:
        """Let everybody have their turn."""
        self.controller.slots, self.controller.lane_slots = 1, {}
        while self.line or self.running:
            self.clock.move(seconds=1)
            self.callers.look_again()
            self.check()
            self.end(self.running.pop(), Outcome.OK)
        self.clock.move(seconds=1)
        report = self.callers.pace.report()
        assert (report.in_flight, report.waiting) == (0, 0)
        assert all(one.error is None for one in self.callers.all)


@settings(max_examples=30, deadline=None)
@given(st.lists(steps, max_size=25))
def test_nobody_is_let_in_against_a_limit_and_nobody_waits_who_may_go(sequence: list[Step]) -> None:
    drive = Drive()
    for step in sequence:
        drive.do(step)
    drive.finish()
