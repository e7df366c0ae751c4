"""Verbs of notifications: an address goes in, is used, and never comes out again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from strongroom.control.schema import CHANNELS
from strongroom.errors import OperatorError, TransientError
from strongroom.service.application import Application
from strongroom.service.calling import as_json
from strongroom.service.happenings import USUALLY, Event
from strongroom.service.rights import Role
from strongroom.vault.secret import Secret
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World
from tests.fakes.marked import canary, marks_in
from tests.fakes.office import FakeOffice
from tests.secrecy.run_search import search_folder
from tests.service.support import acting, audited, caller

ADDRESS = f"fake://{canary('address of a channel')}"


@pytest.fixture
def office() -> FakeOffice:
    return FakeOffice()


@pytest.fixture
def world() -> World:
    return World(clock=HandClock())


@pytest.fixture
def application(new_home: Path, world: World, office: FakeOffice) -> Iterator[Application]:
    ports = replace(world.ports(), office=office)
    with Application(new_home, ports) as opened:
        yield opened


def test_a_new_channel_is_told_of_all_that_wants_somebody(application: Application) -> None:
    added = application.notifications.add("ops", Secret(ADDRESS))
    assert (added.name, added.sort, added.events) == ("ops", "fake", tuple(USUALLY))
    assert Event.COMPLETE not in added.events
    assert application.notifications.all() == [added]


def test_events_are_kept_once_and_in_one_order(application: Application) -> None:
    events = ["digest", "failed", "digest"]
    added = application.notifications.add("ops", Secret(ADDRESS), events=events)
    assert added.events == ("failed", "digest")


@pytest.mark.parametrize("events", [[], ["failed", "success"]])
def test_what_cannot_be_told_is_refused(application: Application, events: list[str]) -> None:
    with pytest.raises(OperatorError) as caught:
        application.notifications.add("ops", Secret(ADDRESS), events=events)
    assert "paused" in caught.value.hint
    assert application.notifications.all() == []


def test_an_address_that_cannot_be_used_is_refused_and_changes_nothing(
    application: Application,
) -> None:
    verbs = application.notifications
    bad = Secret(f"file://{canary('address of a channel')}")
    with pytest.raises(OperatorError, match="cannot be sent"):
        verbs.add("ops", bad)
    kept = verbs.add("ops", Secret(ADDRESS))
    with pytest.raises(OperatorError, match="cannot be sent"):
        verbs.edit("ops", address=bad, events=["failed"])
    assert verbs.all() == [kept]


def test_names_are_checked_and_each_is_there_once(application: Application) -> None:
    verbs = application.notifications
    verbs.add("ops", Secret(ADDRESS))
    with pytest.raises(OperatorError, match="already"):
        verbs.add("ops", Secret(ADDRESS))
    with pytest.raises(OperatorError, match="cannot be the name"):
        verbs.add("ops\n", Secret(ADDRESS))
    for call in (verbs.test, verbs.remove, verbs.edit):
        with pytest.raises(OperatorError, match="no channel 'chat'"):
            call("chat")


def test_a_test_message_goes_at_once_and_says_how_it_went(
    application: Application, office: FakeOffice
) -> None:
    verbs = application.notifications
    verbs.add("ops", Secret(ADDRESS), ca_pem="pem", proxy="http://proxy.example:3128")
    verbs.test("ops")
    ((destination, letter),) = office.sent
    assert destination.address == ADDRESS
    assert (destination.ca_pem, destination.proxy) == ("pem", "http://proxy.example:3128")
    assert letter.title == "Strongroom: a test"
    office.is_away = True
    with pytest.raises(TransientError) as caught:
        verbs.test("ops")
    assert caught.value.why == "It is away."


def test_another_address_keeps_nothing_of_the_old_one(
    application: Application, office: FakeOffice
) -> None:
    verbs = application.notifications
    verbs.add("ops", Secret(ADDRESS), ca_pem="pem", proxy="http://proxy.example:3128")
    with pytest.raises(OperatorError, match="belong to an address"):
        verbs.edit("ops", proxy="http://evil.example:3128")
    edited = verbs.edit("ops", address=Secret("fake://elsewhere"))
    assert edited.events == tuple(USUALLY)
    verbs.test("ops")
    ((destination, _),) = office.sent
    assert (destination.address, destination.ca_pem, destination.proxy) == (
        "fake://elsewhere",
        None,
        None,
    )
    assert verbs.edit("ops", events=["missed"]).events == ("missed",)
    verbs.test("ops")
    assert office.sent[1][0].address == "fake://elsewhere"


def test_a_channel_that_is_removed_is_gone(application: Application) -> None:
    application.notifications.add("ops", Secret(ADDRESS))
    application.notifications.remove("ops")
    assert application.notifications.all() == []


def test_the_digest_goes_when_it_is_said_to(application: Application) -> None:
    verbs = application.notifications
    assert (verbs.digest().at, verbs.digest().time_zone) == ("07:00", "UTC")
    verbs.add("ops", Secret(ADDRESS))
    verbs.add("chat", Secret(ADDRESS), events=["failed"])
    told = verbs.set_digest("06:30", "Europe/Berlin")
    assert (told.at, told.time_zone, told.channels) == ("06:30", "Europe/Berlin", ["ops"])
    assert verbs.digest() == told
    with pytest.raises(OperatorError, match="time of day"):
        verbs.set_digest("25:00", "UTC")
    assert verbs.digest() == told


def test_an_address_never_comes_out_again_and_lies_nowhere_in_the_clear(
    application: Application, tmp_path: Path
) -> None:
    verbs = application.notifications
    told = [verbs.add("ops", Secret(ADDRESS))]
    verbs.test("ops")
    told += verbs.all()
    told.append(verbs.edit("ops", address=Secret(ADDRESS + "x")))
    application.vault.rotate_key()
    verbs.test("ops")
    shown = json.dumps(as_json(told)) + repr(told) + repr(list(application.audit.records()))
    assert list(marks_in(shown.encode())) == []
    assert search_folder(tmp_path) == []
    written = [verb for _, verb, outcome in audited(application) if outcome == "allowed"]
    assert {one for one in written if one.startswith("notifications")} == {
        "notifications.add",
        "notifications.edit",
        "notifications.test",
    }


def test_the_key_of_an_address_is_another_one_after_a_rotation(application: Application) -> None:
    application.notifications.add("ops", Secret(ADDRESS))
    boxes = sa.select(CHANNELS.c.sealed, CHANNELS.c.wrapped_key)
    with application._database.read() as db:
        before = db.execute(boxes).one()
    application.vault.rotate_key()
    with application._database.read() as db:
        after = db.execute(boxes).one()
    assert before.sealed == after.sealed
    assert before.wrapped_key != after.wrapped_key


def test_operators_see_channels_and_change_none(application: Application) -> None:
    application.notifications.add("ops", Secret(ADDRESS))
    verbs = acting(application, caller(7001), Role.OPERATOR).notifications
    assert [one.name for one in verbs.all()] == ["ops"]
