"""Accounts that are refused without end have to wait; nobody else has."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strongroom.errors import AccessDenied
from strongroom.service.remote.conversation import House
from strongroom.service.remote.patience import Patience
from tests.fakes.hand_clock import HandClock
from tests.service_remote.support import Service


def waited_s(patience: Patience, clock: HandClock, account: str, times: int) -> float:
    before_s = clock.monotonic_s()
    for _ in range(times):
        patience.refused(account)
    return clock.monotonic_s() - before_s


def test_some_refusals_are_free_and_then_they_come_at_a_steady_rate() -> None:
    clock = HandClock()
    patience = Patience(clock, free=10, per_s=5.0)
    assert waited_s(patience, clock, "uid:1", 10) == 0
    assert waited_s(patience, clock, "uid:1", 50) == pytest.approx(10, rel=0.1)
    assert waited_s(patience, clock, "uid:2", 10) == 0
    clock.sleep(60)
    assert waited_s(patience, clock, "uid:1", 10) == 0


def test_nothing_is_kept_of_accounts_that_have_waited_long_enough() -> None:
    clock = HandClock()
    patience = Patience(clock)
    for number in range(100):
        patience.refused(f"uid:{number}")
    clock.sleep(60)
    patience.refused("uid:1")
    assert patience._levels.keys() == {"uid:1"}


def test_a_stranger_who_asks_without_end_waits(serve: Callable[..., Service], house: House) -> None:
    clock = HandClock()
    object.__setattr__(house, "patience", Patience(clock, free=3, per_s=1))
    service = serve(id_of=lambda _: "uid:7001")
    before_s = clock.monotonic_s()
    with service.caller() as verbs:
        for _ in range(5):
            with pytest.raises(AccessDenied):
                verbs.as_verbs().connections.all()
    assert clock.monotonic_s() - before_s >= 1
