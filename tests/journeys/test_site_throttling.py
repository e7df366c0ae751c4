"""A site on a server that says slower: all of it is kept, and every order to wait is obeyed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.weather import Profile, Weather
from strongroom.lab.weather.model import BackEnd, Cap, Cost, Link, Quota, Whose
from strongroom.lab.weather.visit import Reason
from tests.journeys.site_support import connect_farm, connect_online
from tests.journeys.support import Strongroom

pytestmark = pytest.mark.in_process

_AT_ONCE = Cost(base_s=0.0, item_s=0.0, jitter=0.0)
_NEAR = Link(rtt_s=0.0, handshake_s=0.0)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=3, has_site_content=True)) as running:
        yield running
    assert running.cloud.farm_face.crashes == []
    assert running.farm_face.crashes == []


def back_up(strongroom: Strongroom, connection: str, site: str) -> Any:
    strongroom.add_storage()
    strongroom("job", "add", "backup", "site", "--connection", connection, "--storage", "disk",
               "--resource", site)  # fmt: skip
    return strongroom("job", "run", "site", "--wait")


@pytest.mark.soak
def test_a_backup_under_a_small_limit_of_units_is_complete_and_waits_as_it_is_told(
    strongroom: Strongroom, lab: Lab
) -> None:
    connect_online(strongroom, lab)
    # More than the dearest batch, which would never get through; half of what the whole takes.
    limit = Quota(limit=300, window_s=2.0, whose=Whose.CALLER, announced_from=None)
    weather = Weather(Profile(cost=_AT_ONCE, link=_NEAR, quotas=(limit,)))
    lab.cloud.set_site_weather(weather)
    run = back_up(strongroom, "online", f"{lab.cloud.sites.url}/sites/marketing")
    seen = weather.tally()
    assert run["status"] == "complete"
    assert seen.refused[Reason.OVER_QUOTA] > 0
    assert seen.disobedient == {}
    assert run["totals"]["throttled"] == seen.refused[Reason.OVER_QUOTA]


@pytest.mark.soak
def test_a_farm_that_is_busy_now_and_then_is_kept_whole(strongroom: Strongroom, lab: Lab) -> None:
    connect_farm(strongroom, lab)
    most = Cap(limit=1, whose=Whose.CALLER)
    slow = replace(_AT_ONCE, base_s=0.02)
    profile = Profile(back_ends=(BackEnd(workers=1),), cost=slow, link=_NEAR, caps=(most,))
    lab.farm_face.weather = weather = Weather(profile)
    run = back_up(strongroom, "farm", f"{lab.url}/sites/board")
    seen = weather.tally()
    assert run["status"] == "complete"
    assert seen.refused[Reason.TOO_MANY] > 0
    assert run["totals"]["failed"] == 0
