"""What is marked needs somebody else's approval of exactly what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from strongroom.errors import AccessDenied, OperatorError
from strongroom.service.application import Application, SessionVerbs
from strongroom.service.connections import ConnectionEdit
from strongroom.service.restores import RestoreOrder
from strongroom.service.rights import Role
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World
from tests.service.support import acting, add_job, audited, back_up, caller

ANN = "ann@example"
ORDER = RestoreOrder(storage="disk", resource=ANN, connection="office")


@pytest.fixture
def marked(ready: Application, world: World) -> Application:
    """Give a home where ann's saved mailbox needs a second person."""
    assert isinstance(world.clock, HandClock)
    world.clock.step_s = 0.1  # so that one request is newer than another
    world.estate.add(ANN)
    world.estate.add("bob@example")
    add_job(ready)
    back_up(ready)
    ready.approvals.mark_stored("disk", ANN)
    return ready


@pytest.fixture
def second(marked: Application) -> SessionVerbs:
    return acting(marked, caller(7002, "second"), Role.ADMINISTRATOR)


def newest_request(application: Application) -> str:
    return application.approvals.requests()[0].id


def test_even_the_homes_own_account_waits_for_somebody_else(
    marked: Application, second: SessionVerbs
) -> None:
    with pytest.raises(AccessDenied, match="Somebody else has to approve") as caught:
        marked.restores.ask(ORDER)
    request = newest_request(marked)
    assert request in caught.value.hint
    with pytest.raises(AccessDenied, match="their own"):
        marked.approvals.approve(request)
    with pytest.raises(AccessDenied):
        marked.restores.ask(ORDER)
    second.approvals.approve(request)
    marked.restores.ask(ORDER)
    assert [one for one in audited(marked) if one[1] == "approvals.approve"][-1] == (
        "uid:7002",
        "approvals.approve",
        "allowed",
    )


def test_an_approval_is_for_exactly_this_once_and_for_a_day(
    marked: Application, second: SessionVerbs, world: World
) -> None:
    with pytest.raises(AccessDenied):
        marked.restores.ask(ORDER)
    second.approvals.approve(newest_request(marked))
    with pytest.raises(AccessDenied):
        marked.restores.ask(replace(ORDER, to="bob@example"))
    marked.restores.ask(ORDER)
    with pytest.raises(AccessDenied):
        marked.restores.ask(ORDER)
    second.approvals.approve(newest_request(marked))
    assert isinstance(world.clock, HandClock)
    world.clock.move(hours=25)
    with pytest.raises(AccessDenied):
        marked.restores.ask(ORDER)


def test_asking_again_makes_no_second_request(marked: Application) -> None:
    for _ in range(3):
        with pytest.raises(AccessDenied):
            marked.restores.ask(ORDER)
    assert len(marked.approvals.requests()) == 1


def test_somebody_elses_approval_is_not_mine(marked: Application, second: SessionVerbs) -> None:
    with pytest.raises(AccessDenied):
        marked.restores.ask(ORDER)
    second.approvals.approve(newest_request(marked))
    third = acting(marked, caller(7003), Role.ADMINISTRATOR)
    with pytest.raises(AccessDenied):
        third.restores.ask(ORDER)


def test_looking_is_approved_for_an_hour(
    marked: Application, second: SessionVerbs, world: World
) -> None:
    with pytest.raises(AccessDenied):
        marked.kept.browse("disk", ANN)
    second.approvals.approve(newest_request(marked))
    marked.kept.browse("disk", ANN)
    marked.kept.browse("disk", ANN, "Inbox")
    assert isinstance(world.clock, HandClock)
    world.clock.move(minutes=61)
    with pytest.raises(AccessDenied):
        marked.kept.browse("disk", ANN)


def test_what_is_not_marked_needs_nobody(marked: Application) -> None:
    marked.kept.browse("disk", "bob@example")
    marked.restores.ask(replace(ORDER, resource="bob@example"))


def test_a_mark_is_not_taken_off_by_one_alone(marked: Application, second: SessionVerbs) -> None:
    (mark,) = marked.approvals.marks()
    with pytest.raises(AccessDenied):
        marked.approvals.unmark(mark.thing)
    second.approvals.approve(newest_request(marked))
    marked.approvals.unmark(mark.thing)
    marked.kept.browse("disk", ANN)


@pytest.mark.parametrize("what", ["edit", "remove", "password", "reset", "restore"])
def test_a_marked_connection_is_neither_changed_nor_restored_through_by_one_alone(
    marked: Application, what: str
) -> None:
    marked.approvals.mark_connection("office")
    order = replace(ORDER, resource="bob@example")
    calls: dict[str, Callable[[], object]] = {
        "edit": lambda: marked.connections.edit("office", ConnectionEdit(access="delegate")),
        "remove": lambda: marked.connections.remove("office"),
        "password": lambda: marked.connections.set_password("office", None),
        "reset": lambda: marked.connections.reset_password("office", None),
        "restore": lambda: marked.restores.ask(order),
    }
    with pytest.raises(AccessDenied, match="Somebody else"):
        calls[what]()
    assert marked.connections.show("office").access == "impersonation"


def test_a_request_that_is_not_there_or_approved_already_is_told_as_such(
    marked: Application, second: SessionVerbs
) -> None:
    with pytest.raises(OperatorError, match="no such request"):
        second.approvals.approve("nothing")
    with pytest.raises(AccessDenied):
        marked.restores.ask(ORDER)
    second.approvals.approve(newest_request(marked))
    with pytest.raises(OperatorError, match="approved already"):
        second.approvals.approve(newest_request(marked))
