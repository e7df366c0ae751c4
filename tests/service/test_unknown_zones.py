"""A job whose time zone this machine does not know: its days count as UTC's, and that is said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom.control import jobs, retention
from strongroom.engine.schedule import Schedule
from strongroom.service.application import Application
from strongroom.service.retention import KeepRules
from strongroom.service.selections import BackupSelection
from tests.fakes.mail_server import World
from tests.service.points import make_days
from tests.service.support import wait

ANN, GONE = "ann@example", "Atlantis/Town"


@pytest.fixture
def kept(ready: Application, world: World) -> Application:
    """Give a home whose job was made where more zones are known; its rules keep one day."""
    world.estate.add(ANN)
    ready.jobs.add_backup(
        "nightly",
        connection="office",
        storage="disk",
        selection=BackupSelection(resources=(ANN,)),
        keep=KeepRules(keep="daily:1"),
        schedule=Schedule(cron="0 22 * * *", time_zone="Europe/Berlin"),
    )
    make_days(ready, world, ANN, 2)
    forget_zone(ready)
    return ready


def forget_zone(application: Application) -> None:
    job = application.jobs.show("nightly")
    document = {**Schedule(cron="0 22 * * *").to_json(), "time_zone": GONE}
    with application._database.write() as db:
        jobs.set_schedule(db, job.id, document, due=None)


def test_a_prune_and_its_outlook_say_so(kept: Application) -> None:
    assert any(GONE in one and "UTC" in one for one in kept.retention.foresee("disk").notes)
    run, _ = kept.retention.ask_prune("disk")
    report = wait(kept, run)
    told = [one for one in report["tasks"][0]["notes"] if GONE in one]
    assert len(told) == 1
    assert "nightly" in told[0]
    assert "job edit" in told[0]


def test_the_job_says_so(kept: Application) -> None:
    view = kept.retention.show("nightly")
    assert (view.time_zone, view.unknown_zone) == ("UTC", GONE)


def test_other_zones_are_another_rule_and_the_former_keeps_its_name(kept: Application) -> None:
    """Where the zone is known again, its days count for what waits."""
    kept.schedules.set("nightly", Schedule(cron="0 22 * * *"))
    with kept._database.read() as db:
        row = retention.of_job(db, kept.jobs.show("nightly").id)
    assert row is not None
    assert [one.zone for one in row.former] == [GONE]
    assert kept.retention.show("nightly").unknown_zone == "", "of what waits a prune tells"
    told = kept.retention.foresee("disk").notes
    assert any(GONE in one for one in told)
    world_clock = kept._shared.ports.clock
    world_clock.sleep(timedelta(days=8).total_seconds())
    assert kept.retention.foresee("disk").notes == ()


def test_a_zone_that_is_known_is_no_matter(ready: Application, world: World) -> None:
    assert world.servers
    assert ready.retention.foresee("disk").notes == ()
