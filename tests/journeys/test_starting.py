"""Commands are started in either way: forked where that can be done, and anew everywhere."""

from __future__ import annotations

import json

import pytest

from tests.journeys import forked
from tests.journeys.spawned import Spawner, Timeout
from tests.journeys.support import Strongroom


@pytest.fixture(params=["as here", "anew"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have commands started so; ``anew`` is how it goes where nothing can be forked."""
    if request.param == "anew":
        monkeypatch.setattr(forked, "CAN_FORK", False)
        assert isinstance(forked.starter(), Spawner)


@pytest.mark.usefixtures("way")
def test_a_command_is_run_to_its_end_and_told(strongroom: Strongroom) -> None:
    refused = strongroom.run("connection", "show", "nowhere")
    assert (refused.code, refused.stdout) == (2, "")
    assert "nowhere" in refused.stderr


@pytest.mark.usefixtures("way")
def test_a_command_that_takes_too_long_is_killed(strongroom: Strongroom) -> None:
    with pytest.raises(Timeout):
        strongroom.run("serve", timeout_s=0.01)


@pytest.mark.usefixtures("way")
def test_a_command_is_started_and_heard(strongroom: Strongroom) -> None:
    with strongroom.start("connection", "list", "--json") as running:
        stdout, _ = running.communicate(timeout=60)
    assert (running.poll(), json.loads(stdout)) == (0, [])
