"""The controller on a server of a few threads: it finds how many, and keeps off when it must."""

from __future__ import annotations

from statistics import fmean

import pytest

from strongroom.slots.api import Outcome
from tests.slots.drive import drive
from tests.slots.server import Server


@pytest.mark.parametrize(("threads", "seconds"), [(2, 2400), (8, 1600), (40, 600)])
def test_the_slots_settle_near_the_threads_of_the_server(threads: int, seconds: int) -> None:
    # A small server takes its time: an epoch there is a minute or more.
    seen = drive(Server(threads=threads), seconds)
    late = [slots for at, slots in zip(seen.started, seen.slots, strict=True) if at > seconds / 2]
    assert threads <= fmean(late) <= 2.2 * threads + 2


def test_most_of_what_the_server_can_do_is_done() -> None:
    seen = drive(Server(threads=8), 600)
    # A thread that always has a batch of a few hundred items does 1 / 0.032 of them in a second.
    assert seen.items > 0.8 * 8 * 600 / 0.033


def test_a_limit_of_connections_is_found_and_hardly_touched_again() -> None:
    seen = drive(Server(threads=100, connections=20), 500)
    requests = len(seen.started)
    assert seen.ended[Outcome.CONNECTION_LIMIT] < 0.02 * requests
    late = [slots for at, slots in zip(seen.started, seen.slots, strict=True) if at > 300]
    assert fmean(late) > 15
