"""The real loop over real sockets, in trouble: it waits when told to, and nothing is missing.

Both sides have a clock that runs fast. What is asserted is in counts and in the order of things;
``python -m tests.soak`` looks at speeds, and at everything at its natural pace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from strongroom.lab.cutter import Cutter
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.lab.weather import WEATHER, Forecast, Profile
from strongroom.lab.weather.model import BackEnd, Cost, Outage, TimeBudget, Whose
from strongroom.pace.paces import Paces
from strongroom.slots.api import Outcome, Sample
from tests.fakes.fast_clock import FastClock
from tests.soak.home import Home, home, there
from tests.soak.judge import Judge, judged_by

BOXES = [f"box-{number}@lab.example" for number in range(3)]
ITEMS = 60
COST = Cost(base_s=0.1, item_s=0.05)
NAME = "made for a test"

Open = Callable[[Profile, Judge, float], tuple[Lab, Home]]


class Cable:
    """A cable to the lab that is cut once so many requests were answered.

    It is mended when so many more, sent after the cut, came to nothing.
    """

    def __init__(self, *, cut_after: int, mend_after: int) -> None:
        self.cutter: Cutter | None = None
        self.cut_s: float | None = None
        self.lost: list[Sample] = []
        self._left = cut_after
        self._mend_after = mend_after

    def __call__(self, sample: Sample) -> None:
        assert self.cutter is not None
        self._left -= 1
        if self._left == 0:
            self.cut_s = sample.finished
            self.cutter.cut()
        elif self.cut_s is not None and len(self.lost) < self._mend_after:
            if sample.outcome == Outcome.BROKEN and sample.started > self.cut_s:
                self.lost.append(sample)
            if len(self.lost) == self._mend_after:
                self.cutter.mend()


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a lab of some weather, and a home whose pace a judge watches."""
    with ExitStack() as stack:

        def start(profile: Profile, judge: Judge, factor: float) -> tuple[Lab, Home]:
            monkeypatch.setitem(WEATHER, NAME, Forecast(describes=NAME, profile=profile))
            clock = FastClock(factor)
            loads = tuple(Load(address=one, items=ITEMS, item_bytes=4000) for one in BOXES)
            lab = stack.enter_context(Lab(Wishes(weather=NAME, loads=loads), clock=clock))
            url = lab.ews_url
            if isinstance(judge.on_sample, Cable):
                cutter = stack.enter_context(Cutter(lab.server.port))
                judge.on_sample.cutter = cutter
                url = url.replace(str(lab.server.port), str(cutter.port))
            opened_home = stack.enter_context(
                home(
                    tmp_path,
                    ews_url=url,
                    ca_pem=lab.ca_pem.decode(),
                    password=lab.admin_password,
                    paces=Paces(clock, deciders=judged_by(judge)),
                    clock=clock,
                )
            )
            return lab, opened_home

        yield start


def assert_all_is_kept(lab: Lab, home: Home) -> None:
    for box in BOXES:
        assert home.kept(box) == there(lab, box)


def test_orders_to_wait_are_obeyed_and_nothing_is_missing(opened: Open) -> None:
    judge = Judge()
    busy = Profile(
        back_ends=(BackEnd(workers=1, queue_max=1, busy_hint_s=3.0),),
        cost=COST,
        budgets=(TimeBudget(burst_s=1.0, recharge=0.2, cutoff_s=1.0, whose=Whose.PLACE, delay=0),),
    )
    lab, home = opened(busy, judge, 20)

    done = home.back_up(BOXES)

    assert done["status"] == "complete", (done["error"], done["tasks"])
    assert_all_is_kept(lab, home)
    assert lab.weather is not None
    refused = lab.weather.tally().refused
    assert refused
    assert judge.orders == sum(refused.values()), "an order that was not understood as one"
    assert judge.against == []


@pytest.mark.soak
def test_into_an_outage_few_requests_are_sent_and_nothing_is_missing(opened: Open) -> None:
    well = Profile(back_ends=(BackEnd(workers=6),), cost=COST)
    judge = Judge()
    lab, home = opened(well, judge, 80)

    def go_away(_: Sample) -> None:
        if len(judge.samples) == 30:
            assert lab.weather is not None
            lab.weather.profile = replace(well, outages=(Outage(start_s=0.0, end_s=120.0),))
            lab.weather.begin()

    judge.on_sample = go_away

    done = home.back_up(BOXES)

    assert done["status"] == "complete", (done["error"], done["tasks"])
    assert_all_is_kept(lab, home)
    assert lab.weather is not None
    late = lab.weather.tally().in_outages
    assert 1 <= late <= 9, "six a minute, after half a minute"


@pytest.mark.soak
def test_a_network_that_is_lost_and_comes_back_costs_a_few_requests_and_no_item(
    opened: Open,
) -> None:
    cable = Cable(cut_after=40, mend_after=14)
    judge = Judge(on_sample=cable)
    lab, home = opened(Profile(back_ends=(BackEnd(workers=6),), cost=COST), judge, 80)

    done = home.back_up(BOXES)

    assert done["status"] == "complete", (done["error"], done["tasks"])
    assert_all_is_kept(lab, home)
    started_s = sorted(one.started for one in cable.lost)
    gaps_s = [later - earlier for earlier, later in pairwise(started_s)]
    assert len(gaps_s) == 13
    assert min(gaps_s[-3:]) >= 5.0, "once it is known that nothing gets through, now and then one"
