"""What a refusal says of how many slots the server bears."""

from __future__ import annotations

import pytest

from strongroom.slots.api import Outcome, Sample
from strongroom.slots.gate import Gate


def refusal(started_s: float, in_flight: int) -> Sample:
    return Sample("ann", started_s, started_s + 0.1, Outcome.THROTTLED, 1, 0, in_flight,
                  retry_after=4.0)  # fmt: skip


def used(gate: Gate, since_s: int, until_s: int, in_flight: int, slots: float = 0.0) -> None:
    for now in range(since_s, until_s):
        gate.count(float(now), in_flight, slots)


def test_what_was_borne_lately_counts_and_not_what_was_tried_before() -> None:
    gate = Gate()
    used(gate, 0, 10, 40)
    gate.refuse(refusal(10.0, 40), 40)
    used(gate, 11, 300, 10)
    gate.slots = 20.0
    used(gate, 300, 400, 20)
    bearable = gate.refuse(refusal(400.0, 20), 20)
    # Twenty were borne for a hundred seconds; ten before that tell nothing of how many are right.
    assert bearable == pytest.approx(18.0, abs=1.5)


def test_slots_that_are_never_all_taken_may_stay_open() -> None:
    gate = Gate()
    gate.refuse(refusal(5.0, 20), 20)
    gate.slots = 20.0
    used(gate, 10, 400, 17, slots=20.0)
    bearable = gate.refuse(refusal(400.0, 17), 20)
    # Of twenty, seventeen were in use at a time: as many as the server bears if twenty are open.
    assert bearable is not None
    assert 19.0 < bearable < 20.0


def test_slots_that_hardly_anybody_wanted_are_not_counted_on() -> None:
    gate = Gate()
    gate.refuse(refusal(5.0, 20), 20)
    gate.slots = 60.0
    used(gate, 10, 400, 17, slots=60.0)
    bearable = gate.refuse(refusal(400.0, 17), 60)
    assert bearable is not None
    assert 17.0 < bearable < 22.0


def test_a_budget_that_is_spent_at_once_bears_less_than_was_open() -> None:
    gate = Gate()
    gate.refuse(refusal(5.0, 8), 8)
    gate.slots = 20.0
    used(gate, 10, 15, 20)
    bearable = gate.refuse(refusal(15.0, 20), 20)
    assert bearable is not None
    assert bearable < 13.0
