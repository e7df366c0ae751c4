"""One table of names, wherever a weather can be asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from strongroom.cli.lab import app
from strongroom.lab.estate.estate import Estate
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.server import LabServer
from strongroom.lab.weather import WEATHER, Profile, Weather

DOCUMENT = Path(__file__).parents[2] / "docs" / "lab.md"
FAMILIES = {
    "small-server", "large-server", "connection-limit", "time-budget", "mailbox-limit", "long-line",
    "narrow-line", "changing-line", "maintenance", "busy-neighbours", "jittery", "slow-database",
    "resource-units",
}  # fmt: skip


def test_every_family_of_server_has_a_name() -> None:
    named = {name for name, one in WEATHER.items() if one.profile is not None}

    assert named >= FAMILIES
    assert {"calm", "breezy", "distant", "gusty"} == WEATHER.keys() - named


def test_the_help_and_the_handbook_name_them_all() -> None:
    # The terminal's width breaks lines anywhere, also after the hyphen of a name.
    told = re.sub(r"[\s│]", "", CliRunner().invoke(app, ["serve", "--help"]).output)
    written = DOCUMENT.read_text()

    assert [name for name in WEATHER if f"{name}(" not in told] == []
    assert [name for name in WEATHER if f"| `{name}` |" not in written] == []


def test_a_wish_for_a_name_gives_both_exchanges_that_weather() -> None:
    lab = Lab(Wishes(weather="mailbox-limit"))

    assert lab.weather is not None
    assert lab.server.exchange.weather is lab.weather
    assert lab.weather.profile is WEATHER["mailbox-limit"].profile
    online = lab.cloud.server.exchange.weather
    assert online is not None
    assert online is not lab.weather, "another server has limits of its own"


def test_both_sharepoints_have_that_weather_too_each_its_own() -> None:
    lab = Lab(Wishes(weather="resource-units"))
    online, farm = lab.cloud.farm_face.weather, lab.farm_face.weather

    assert online is not None
    assert farm is not None
    assert lab.cloud.sites.weather is online
    assert len({id(one) for one in (online, farm, lab.weather)}) == 3
    assert online.profile is farm.profile is WEATHER["resource-units"].profile


def test_simple_weather_has_no_limits_and_a_site_is_as_far_away() -> None:
    lab = Lab(Wishes(weather="breezy"))

    assert lab.weather is None
    far = lab.farm_face.weather
    assert far is not None
    assert far.profile.link.rtt_s == WEATHER["breezy"].latency_s
    assert not far.profile.quotas
    assert not far.profile.caps
    assert Lab(Wishes(weather="calm")).farm_face.weather is None


@pytest.mark.parametrize("makes", [lambda profile: profile, Weather])
def test_a_server_takes_a_profile_or_a_weather(makes: type[Weather]) -> None:
    profile = Profile()
    server = LabServer(Estate(seed=1), weather=makes(profile), seed=3)

    assert server.weather is not None
    assert server.weather.profile is profile
    assert server.exchange.weather is server.weather
