from __future__ import annotations

import pytest

from strongroom.pace.pace import Pace
from tests.fakes.scripted_slots import ScriptedController, ScriptedSizer
from tests.pace.callers import Callers, StillClock


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def controller() -> ScriptedController:
    return ScriptedController()


@pytest.fixture
def sizer() -> ScriptedSizer:
    return ScriptedSizer()


@pytest.fixture
def pace(clock: StillClock, controller: ScriptedController, sizer: ScriptedSizer) -> Pace:
    return Pace(clock, server="mail.contoso.example:443", deciders=lambda: (controller, sizer))


@pytest.fixture
def callers(pace: Pace, clock: StillClock) -> Callers:
    return Callers(pace, clock)
