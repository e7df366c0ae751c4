"""What one mailbox or site may have of the slots."""

from __future__ import annotations

from strongroom.slots.api import Outcome, Sample, Scope
from strongroom.slots.lanes import Lanes

NAMES = ("ann", "bob", "cyd", "dan")


def at_work(lanes: Lanes, *, at: float) -> None:
    """Let all lanes work, and be answered."""
    for name in NAMES:
        lanes.limit(at, name, 40, 0)
        answered(lanes, name, at=at)


def answered(lanes: Lanes, name: str, *, at: float, times: int = 3) -> None:
    """Let requests of a lane be answered, as all the others are."""
    for number in range(times):
        lanes.start(at, name)
        lanes.end(name)
        ended = at + 0.1 * number
        lanes.succeeded(Sample(name, ended - 0.1, ended, Outcome.OK, 10, 1000, 4), 0.0, 40)


def refused(lanes: Lanes, name: str, *, at: float) -> None:
    """Let a lane be told that it has used up what it may."""
    lanes.refused(
        Sample(name, at - 0.1, at, Outcome.THROTTLED, 10, 0, 4, scope=Scope.LANE, retry_after=10.0)
    )


def test_budgets_that_two_lanes_spent_leave_the_others_two_slots_each() -> None:
    lanes = Lanes()
    at_work(lanes, at=1.0)
    assert lanes.share("cyd", 40) == 10
    refused(lanes, "ann", at=2.0)
    assert lanes.share("cyd", 40) == 10
    refused(lanes, "bob", at=3.0)
    assert [lanes.share(name, 40) for name in NAMES] == [1, 1, 2, 2]
    lanes.sort_out(2000.0, 0.1)
    at_work(lanes, at=2001.0)
    assert lanes.share("cyd", 40) == 10
