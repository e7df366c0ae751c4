"""The worker of a home takes away what is at hand of repositories that are there no more."""

from __future__ import annotations

import os

from strongroom.service.application import Application
from strongroom.store.cache_trim import UNUSED
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World
from tests.service.support import add_job, back_up


def test_a_run_takes_away_what_was_left_behind(ready: Application, world: World) -> None:
    assert isinstance(world.clock, HandClock)
    folder = ready.home.index_caches
    folder.mkdir(parents=True)
    used = (world.clock.now() - UNUSED * 2).timestamp()
    for name in ("removed.index", "removed.days"):
        (folder / name).write_bytes(b"at hand")
        os.utime(folder / name, (used, used))
    world.estate.add("ann@example", items=1)
    add_job(ready, "ann@example")
    assert back_up(ready)["status"] == "complete"
    assert not [one for one in folder.iterdir() if one.name.startswith("removed")]
