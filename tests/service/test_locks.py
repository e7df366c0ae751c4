"""The rules of a guarded connection, one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.control import connections as rows
from strongroom.errors import IntegrityError, OperatorError
from strongroom.service.application import Application, SessionVerbs
from strongroom.service.callers import Caller
from strongroom.service.connections import ConnectionEdit
from strongroom.service.locks import Locked, TryLater, wait_left_s
from strongroom.service.restores import RestoreOrder
from strongroom.service.rights import Right, Role
from strongroom.service.selections import BackupSelection
from strongroom.service.session import Session
from strongroom.vault.password import WrongPassword
from strongroom.vault.secret import Secret
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import PASSWORD, SERVER, World, cloud_details, details
from tests.fakes.marked import caged
from tests.service.support import acting, audited, back_up, caller

GUARD = caged("guard it well")
ANN = caller(7001, "ann")
NIGHTLY = BackupSelection(resources=("ann@example",))


@pytest.fixture
def guarded(ready: Application, world: World) -> Application:
    """Give a home with the guarded connection ``vip`` beside ``office``."""
    world.estate.add("ann@example")
    ready.connections.add("vip", details(), password=GUARD)
    return ready


def add_job(verbs: SessionVerbs, name: str = "vip-nightly") -> None:
    verbs.jobs.add_backup(name, connection="vip", storage="disk", selection=NIGHTLY)


LOCKED_VERBS: dict[str, Callable[[SessionVerbs], object]] = {
    "show": lambda verbs: verbs.connections.show("vip"),
    "edit": lambda verbs: verbs.connections.edit("vip", ConnectionEdit(user="x@example")),
    "set_password": lambda verbs: verbs.connections.set_password("vip", None),
    "test": lambda verbs: verbs.connections.test("vip"),
    "resources": lambda verbs: verbs.connections.resources("vip"),
    "export": lambda verbs: verbs.definitions.give_out(),
    "job": add_job,
}


@pytest.mark.parametrize("what", sorted(LOCKED_VERBS))
def test_the_password_is_asked_even_from_the_homes_own_account_and_then_not_again(
    guarded: Application, what: str
) -> None:
    with pytest.raises(Locked, match="locked"):
        LOCKED_VERBS[what](guarded)
    guarded.connections.unlock("vip", GUARD)
    LOCKED_VERBS[what](guarded)


@pytest.mark.parametrize("what", sorted(LOCKED_VERBS))
def test_it_is_asked_again_when_the_session_has_ended(guarded: Application, what: str) -> None:
    administrator = acting(guarded, ANN, Role.ADMINISTRATOR)
    administrator.connections.unlock("vip", GUARD)
    administrator.session.lock()
    with pytest.raises(Locked):
        LOCKED_VERBS[what](administrator)


def test_unlocking_in_one_session_unlocks_no_other(guarded: Application) -> None:
    acting(guarded, ANN, Role.ADMINISTRATOR).connections.unlock("vip", GUARD)
    again = guarded.for_session(Session(ANN))
    with pytest.raises(Locked):
        again.connections.show("vip")


def test_a_new_process_knows_of_no_unlocking(
    guarded: Application, tmp_path: Path, world: World
) -> None:
    guarded.connections.unlock("vip", GUARD)
    with Application(tmp_path / "home", world.ports()) as other, pytest.raises(Locked):
        other.connections.show("vip")


def test_it_can_be_locked_again_by_hand(guarded: Application) -> None:
    guarded.connections.unlock("vip", GUARD)
    guarded.connections.lock("vip")
    with pytest.raises(Locked):
        guarded.connections.show("vip")


def test_a_locked_connection_shows_neither_where_it_leads_nor_as_whom(
    guarded: Application,
) -> None:
    (office, vip) = guarded.connections.all()
    assert (office.server, office.is_locked) == (SERVER, False)
    assert (vip.server, vip.user, vip.secrets) == ("", "", ())
    assert (vip.is_locked, vip.is_guarded, vip.auth) == (True, True, "basic")
    guarded.connections.unlock("vip", GUARD)
    assert guarded.connections.all()[1].server == SERVER


def test_unlocking_gives_nobody_a_right(guarded: Application) -> None:
    operator = acting(guarded, ANN, Role.OPERATOR)
    operator.connections.unlock("vip", GUARD)
    with pytest.raises(OperatorError, match="may not do this"):
        operator.connections.show("vip")


def owned(application: Application, owner: str) -> None:
    application.connections.add("owned", replace(details(), owners=(owner,)), password=GUARD)


@pytest.mark.parametrize("owner", ["uid:7001", "sid:S-1-5-21-1-2-3-1104", "entra:t-1:o-1"])
def test_the_very_account_that_a_connection_uses_is_not_asked(
    ready: Application, owner: str
) -> None:
    owned(ready, owner)
    me = acting(ready, Caller(ids=(owner,), name="whatever"), Role.ADMINISTRATOR)
    assert me.connections.show("owned").user == "backup@example"
    me.connections.edit("owned", ConnectionEdit(access="delegate"))


@pytest.mark.parametrize(
    ("ids", "name"),
    [
        (("uid:7002",), "backup@example"),  # a local account of the same name
        (("entra:t-1:o-2",), "backup@example"),  # an e-mail claim that somebody changed
        (("entra:t-2:o-1",), "backup@example"),  # the same object id in another tenant
        (("sid:S-1-5-21-9-9-9-1104",), "backup@example"),  # another domain
    ],
)
def test_nobody_is_the_owner_by_a_name(ready: Application, ids: tuple[str, ...], name: str) -> None:
    owned(ready, "entra:t-1:o-1")
    me = acting(ready, Caller(ids=ids, name=name), Role.ADMINISTRATOR)
    with pytest.raises(Locked):
        me.connections.show("owned")


@pytest.mark.parametrize("auth", ["certificate", "client-secret"])
def test_a_connection_of_an_application_has_no_owner(ready: Application, auth: str) -> None:
    proof = "certificate" if auth == "certificate" else "client_secret"
    as_application: Any = {"auth": auth, proof: caged("x")}
    cloud = replace(cloud_details(), owners=("uid:7001",), certificate=None)
    ready.connections.add("owned", replace(cloud, **as_application), password=GUARD)
    me = acting(ready, ANN, Role.ADMINISTRATOR)
    with pytest.raises(Locked):
        me.connections.show("owned")


def test_an_owner_is_a_stable_id_or_refused(ready: Application) -> None:
    with pytest.raises(OperatorError, match="stable id"):
        owned(ready, "ann@example")
    with pytest.raises(OperatorError, match="stable id"):
        ready.connections.edit("office", ConnectionEdit(owners=("ann",)))


def test_a_job_runs_with_none_of_that(guarded: Application, world: World) -> None:
    guarded.connections.unlock("vip", GUARD)
    add_job(guarded)
    guarded.session.lock()
    assert back_up(guarded, "vip-nightly")["status"] == "complete"


def test_a_restore_on_it_needs_it_unlocked(guarded: Application) -> None:
    guarded.connections.unlock("vip", GUARD)
    add_job(guarded)
    back_up(guarded, "vip-nightly")
    guarded.session.lock()
    order = RestoreOrder(storage="disk", resource="ann@example", connection="vip")
    with pytest.raises(Locked):
        guarded.restores.ask(order)
    guarded.connections.unlock("vip", GUARD)
    guarded.restores.ask(order)


def test_a_granted_administrator_puts_a_job_on_it_and_still_sees_nothing(
    guarded: Application,
) -> None:
    administrator = acting(guarded, ANN, Role.ADMINISTRATOR)
    with pytest.raises(Locked):
        add_job(administrator)
    guarded.delegation.grant("uid:7001", Right.USE_CONNECTION, targets=[("vip", "*")])
    add_job(administrator)
    with pytest.raises(Locked):
        administrator.connections.show("vip")


def test_a_grant_for_one_connection_is_none_for_another(guarded: Application) -> None:
    administrator = acting(guarded, ANN, Role.ADMINISTRATOR)
    guarded.connections.add("vip2", details(), password=GUARD)
    guarded.delegation.grant("uid:7001", Right.USE_CONNECTION, targets=[("vip2", "*")])
    with pytest.raises(Locked):
        add_job(administrator)


def test_another_password_shuts_whoever_knew_the_old_one(guarded: Application) -> None:
    administrator = acting(guarded, ANN, Role.ADMINISTRATOR)
    administrator.connections.unlock("vip", GUARD)
    guarded.connections.unlock("vip", GUARD)
    guarded.connections.set_password("vip", caged("another"))
    with pytest.raises(Locked):
        administrator.connections.show("vip")
    with pytest.raises(WrongPassword):
        administrator.connections.unlock("vip", GUARD)
    administrator.connections.unlock("vip", caged("another"))
    assert guarded.connections.details(guarded.connections.record("vip")).password == Secret(
        PASSWORD
    ), "the secrets need not be entered again"


def test_a_reset_loses_the_secrets_of_that_connection_and_nothing_else(
    guarded: Application,
) -> None:
    before = guarded.connections.record("vip")
    assert guarded.connections.reset_password("vip", caged("new one")) == ("password",)
    guarded.connections.unlock("vip", caged("new one"))
    view = guarded.connections.show("vip")
    assert (view.server, view.user, view.secrets) == (SERVER, "backup@example", ())
    with pytest.raises(OperatorError, match="has no password"):
        guarded.connections.test("vip")
    guarded.connections.test("office")
    after = guarded.connections.record("vip")
    assert (before.id, before.name) == (after.id, after.name)
    assert ("uid:0", "connections.reset_password", "allowed") in [
        ("uid:0", verb, outcome) for _, verb, outcome in audited(guarded)
    ]


def test_what_an_old_copy_of_the_password_opened_is_shut_by_a_reset(guarded: Application) -> None:
    record = guarded.connections.record("vip")
    with guarded._shared.database.read() as db:
        old_guard = rows.readers(db, record.id)["password"]
    guarded.connections.reset_password("vip", caged("new one"))
    with guarded._shared.database.write() as db:
        rows.set_reader(db, record.id, "password", old_guard)
    with pytest.raises(IntegrityError):
        guarded.connections.unlock("vip", GUARD)
    with pytest.raises(Locked):
        guarded.connections.show("vip")


def test_taking_the_guard_out_of_the_database_opens_nothing(guarded: Application) -> None:
    record = guarded.connections.record("vip")
    with guarded._shared.database.write() as db:
        rows.remove_reader(db, record.id, "password")
    with pytest.raises(Locked):
        guarded.connections.show("vip")
    with pytest.raises(OperatorError, match="no password that could be tried"):
        guarded.connections.unlock("vip", GUARD)


def test_the_guard_of_another_connection_opens_nothing(guarded: Application) -> None:
    guarded.connections.add("mine", details(), password=caged("known"))
    mine, vip = guarded.connections.record("mine"), guarded.connections.record("vip")
    with guarded._shared.database.write() as db:
        rows.set_reader(db, vip.id, "password", rows.readers(db, mine.id)["password"])
    with pytest.raises(WrongPassword):
        guarded.connections.unlock("vip", caged("known"))


def try_wrong(verbs: SessionVerbs) -> None:
    with pytest.raises(WrongPassword):
        verbs.connections.unlock("vip", caged("wrong"))


def test_wrong_passwords_are_slowed_down_and_written_down_and_a_restart_helps_nobody(
    guarded: Application, world: World, tmp_path: Path
) -> None:
    clock = world.clock
    assert isinstance(clock, HandClock)
    for _ in range(3):
        try_wrong(guarded)
    with pytest.raises(TryLater, match="cannot be tried now") as caught:
        guarded.connections.unlock("vip", GUARD)
    assert "2 seconds" in caught.value.hint
    with Application(tmp_path / "home", world.ports()) as other, pytest.raises(TryLater):
        other.connections.unlock("vip", GUARD)
    clock.move(seconds=2)
    try_wrong(guarded)
    clock.move(seconds=2)
    with pytest.raises(TryLater):
        guarded.connections.unlock("vip", GUARD)
    clock.move(seconds=2)
    guarded.connections.unlock("vip", GUARD)
    outcomes = [outcome for _, verb, outcome in audited(guarded) if verb == "connections.unlock"]
    assert outcomes.count("wrong-password") == 4
    assert outcomes.count("refused") == 3
    guarded.connections.lock("vip")
    try_wrong(guarded)  # the right one began the count anew


def test_wrong_passwords_of_one_connection_slow_no_other(guarded: Application) -> None:
    guarded.connections.add("vip2", details(), password=caged("second"))
    for _ in range(3):
        try_wrong(guarded)
    guarded.connections.unlock("vip2", caged("second"))


NOW = datetime(2026, 3, 5, tzinfo=UTC)


@given(wrong=st.integers(0, 10_000), passed_s=st.floats(-1e9, 1e9))
def test_the_wait_grows_is_bounded_and_ends(wrong: int, passed_s: float) -> None:
    wait_s = wait_left_s(wrong, NOW, NOW + timedelta(seconds=passed_s))
    assert wait_s <= 900
    assert wait_left_s(wrong, NOW, NOW) <= wait_left_s(wrong + 1, NOW, NOW)
    if passed_s >= 900:
        assert wait_s <= 0
    if wrong < 3:
        assert wait_s == 0
