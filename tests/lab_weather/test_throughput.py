"""What a crowd of clients gets done in all, against what arithmetic says it must."""

from __future__ import annotations

import pytest

from strongroom.lab.weather.model import FOREVER, Cost, Link, Profile, TimeBudget, Whose
from strongroom.lab.weather.visit import Stage
from tests.lab_weather.hand import Hand, profile, workers

LONG_S = 400.0


class Crowd(Hand):
    """So many clients, each of which sends again as soon as it has an answer."""

    def run(self, clients: int) -> float:
        """Say how many answers there were per second."""
        for number in range(clients):
            self.send(f"box {number}")
        while self.now < LONG_S:
            self.until(max(self.now, min(self.stations.wake_at(), LONG_S)))
            for visit in list(self.ends):
                del self.ends[visit]
                self.send(visit.asked.place)
        return self.stations.counting.tally().answered / LONG_S


@pytest.mark.parametrize(("clients", "rate"), [(1, 1 / 1.5), (4, 4 / 1.5), (6, 4), (30, 4)])
def test_workers_are_the_limit_once_there_are_enough_clients(clients: int, rate: float) -> None:
    """Four workers, a second each, and half a second on the way."""
    link = Link(rtt_s=0.5, handshake_s=0.0, bandwidth=1e12, per_connection=1e12)
    crowd = Crowd(profile(back_ends=workers(4), link=link))

    assert crowd.run(clients) == pytest.approx(rate, rel=0.02)


def test_chance_does_not_change_what_is_done_in_the_long_run() -> None:
    cost = Cost(base_s=1.0, item_s=0.0, rate=FOREVER, jitter=0.9)
    crowd = Crowd(profile(back_ends=workers(4), cost=cost))

    assert crowd.run(8) == pytest.approx(4, rel=0.08)


@pytest.mark.parametrize(("clients", "rate"), [(2, 2), (4, 4), (10, 5), (40, 5)])
def test_the_line_is_the_limit_once_the_connections_fill_it(clients: int, rate: float) -> None:
    """Answers of 1000 bytes, 1000 bytes a second a connection, and 5000 in all."""
    free = Cost(base_s=0, item_s=0, rate=FOREVER, jitter=0)
    link = Link(rtt_s=0, handshake_s=0, bandwidth=5000, per_connection=1000)
    crowd = Crowd(Profile(back_ends=workers(99), cost=free, link=link), size=1000)

    assert crowd.run(clients) == pytest.approx(rate, rel=0.02)


@pytest.mark.parametrize(("clients", "rate"), [(2, 2), (6, 2 / 1.3), (10, 2 / 1.7)])
def test_a_server_that_thrashes_gets_less_done_the_more_is_asked(clients: int, rate: float) -> None:
    """Two workers; each request in the queue, per worker, costs a fifth more.

    When a worker takes one of n clients' requests, another is worked on, and the client of the one
    before has not sent again yet: n - 3 are in the queue.
    """
    crowd = Crowd(profile(back_ends=workers(2, thrash=0.2)))

    assert crowd.run(clients) == pytest.approx(rate, rel=0.02)


def test_a_budget_gives_in_the_long_run_what_it_recharges() -> None:
    budget = TimeBudget(
        burst_s=5, recharge=0.4, cutoff_s=1e9, whose=Whose.SERVER, delay=0.5, delay_max_s=1e9
    )
    crowd = Crowd(profile(back_ends=workers(99), budgets=(budget,)))

    # A debt of 13 holds three clients back so that they spend what comes in: 3 / (1 + 0.5 * 13).
    assert crowd.run(3) == pytest.approx(0.4 + (5 + 13) / LONG_S, rel=0.02)


def test_answers_that_break_cost_their_share() -> None:
    free = Cost(base_s=1, item_s=0, rate=FOREVER, jitter=0)
    link = Link(rtt_s=0, bandwidth=1e12, per_connection=1e12, break_chance=0.25)
    crowd = Crowd(Profile(back_ends=workers(4), cost=free, link=link), size=1000)
    rate = crowd.run(4)
    tally = crowd.stations.counting.tally()

    assert rate == pytest.approx(4 * 0.75, rel=0.06)
    assert tally.broken == pytest.approx(0.25 * tally.requests, rel=0.15)
    assert {visit.stage for visit in crowd.ends} <= {Stage.SENT, Stage.BROKEN}
