"""Restore operators, readers, and administrators away from home: what grants reach, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strongroom.control.records import RunStatus
from strongroom.errors import AccessDenied, OperatorError
from strongroom.service.application import Application, SessionVerbs
from strongroom.service.restores import RestoreOrder
from strongroom.service.rights import Right, Role
from tests.fakes.mail_server import Estate, World, details
from tests.service.support import acting, add_job, audited, back_up, caller, wait

CHIEF = "chief@example"
ANN = "ann@example"
OWN = "olga@example"
OLGA = caller(7001, "olga")
FROM_ANN = RestoreOrder(storage="disk", resource=ANN, connection="office")
REFUSED = ("uid:7001", "restores.ask", "refused")


@pytest.fixture
def saved(ready: Application, world: World) -> Application:
    """Give a home that holds everybody's mailboxes, and a second tenant beside it."""
    for address in (CHIEF, ANN, OWN):
        world.estate.add(address)
    world.servers["other.example"] = Estate()
    world.servers["other.example"].add(ANN)
    ready.connections.add("other-tenant", details(server="other.example"))
    add_job(ready)
    assert back_up(ready)["status"] == "complete"
    return ready


@pytest.fixture
def olga(saved: Application) -> SessionVerbs:
    """Give a restore operator who may put ann's mailbox back where it was."""
    verbs = acting(saved, OLGA, Role.RESTORE_OPERATOR)
    saved.delegation.grant(
        "uid:7001", Right.RESTORE, sources=[("disk", ANN)], targets=[("office", ANN)]
    )
    return verbs


def test_what_is_granted_is_restored(saved: Application, olga: SessionVerbs) -> None:
    run, _ = olga.restores.ask(FROM_ANN)
    assert wait(saved, run)["status"] == "complete"
    assert ("uid:7001", "restores.ask", "allowed") in audited(saved)
    assert ("service", "connections.use", "allowed") in audited(saved)


@pytest.mark.parametrize(
    "order",
    [
        replace(FROM_ANN, resource=CHIEF, to=OWN),
        replace(FROM_ANN, resource=CHIEF),
        replace(FROM_ANN, to=OWN),
        replace(FROM_ANN, connection="other-tenant"),
        replace(FROM_ANN, connection="other-tenant", to=ANN),
    ],
)
def test_anything_else_is_refused_and_written_down(
    saved: Application, olga: SessionVerbs, order: RestoreOrder
) -> None:
    runs_before = len(saved.runs.all())
    with pytest.raises(AccessDenied, match="may not do this"):
        olga.restores.ask(order)
    assert audited(saved)[-1] == REFUSED
    assert len(saved.runs.all()) == runs_before


def test_the_chief_executives_mailbox_cannot_be_looked_at_either(
    saved: Application, olga: SessionVerbs
) -> None:
    with pytest.raises(AccessDenied):
        olga.kept.browse("disk", CHIEF)
    with pytest.raises(AccessDenied):
        olga.kept.browse("disk", ANN)  # restoring is not reading


def test_all_mailboxes_in_place_is_not_somebody_elses_mailbox(
    saved: Application, olga: SessionVerbs
) -> None:
    saved.delegation.grant(
        "uid:7001", Right.RESTORE, sources=[("disk", "*")], targets=[("office", "*")]
    )
    olga.restores.ask(replace(FROM_ANN, resource=CHIEF))
    with pytest.raises(AccessDenied):
        olga.restores.ask(replace(FROM_ANN, resource=CHIEF, to=OWN))
    saved.delegation.grant(
        "uid:7001", Right.RESTORE_ELSEWHERE, sources=[("disk", CHIEF)], targets=[("office", OWN)]
    )
    olga.restores.ask(replace(FROM_ANN, resource=CHIEF, to=OWN))
    with pytest.raises(AccessDenied):
        olga.restores.ask(replace(FROM_ANN, resource=CHIEF, to=ANN))


def test_the_right_elsewhere_alone_restores_nothing(saved: Application) -> None:
    verbs = acting(saved, OLGA, Role.RESTORE_OPERATOR)
    saved.delegation.grant(
        "uid:7001", Right.RESTORE_ELSEWHERE, sources=[("disk", "*")], targets=[("office", "*")]
    )
    with pytest.raises(AccessDenied):
        verbs.restores.ask(replace(FROM_ANN, to=OWN))


def test_an_administrator_restores_in_place_and_elsewhere_only_by_grant(
    saved: Application,
) -> None:
    verbs = acting(saved, OLGA, Role.ADMINISTRATOR)
    verbs.restores.ask(FROM_ANN)
    with pytest.raises(AccessDenied):
        verbs.restores.ask(replace(FROM_ANN, to=OWN))
    with pytest.raises(AccessDenied):
        verbs.restores.ask(replace(FROM_ANN, connection="other-tenant"))


def test_an_address_that_was_given_to_somebody_else_meanwhile_is_not_written_to(
    saved: Application, olga: SessionVerbs, world: World
) -> None:
    run, _ = olga.restores.ask(replace(FROM_ANN, to=ANN))
    old, chief = world.estate.id_of(ANN), world.estate.id_of(CHIEF)
    resources = world.estate.resources
    resources[old] = replace(resources[old], address="gone@example")
    resources[chief] = replace(resources[chief], address=ANN)
    writes: list[str] = []
    world.estate.mailboxes[chief].on_call = writes.append
    ended = wait(saved, run)
    assert ended["status"] == str(RunStatus.FAILED)
    assert "belongs to another" in ended["error"]["what"]
    assert writes == []


def test_grants_are_kept_by_id_so_that_a_name_that_is_used_again_gets_nothing(
    saved: Application, olga: SessionVerbs, world: World
) -> None:
    (grant,) = saved.delegation.grants()
    assert world.estate.id_of(ANN) in grant.sources[0]
    assert world.estate.id_of(ANN) in grant.targets[0]
    assert "example" not in f"{grant.sources}{grant.targets}"


def test_reading_is_granted_for_some_and_a_revocation_acts_at_once(saved: Application) -> None:
    verbs = acting(saved, OLGA, Role.OPERATOR)
    grant = saved.delegation.grant("uid:7001", Right.READ_CONTENT, sources=[("disk", ANN)])
    assert verbs.kept.browse("disk", ANN).folders
    with pytest.raises(AccessDenied):
        verbs.kept.browse("disk", CHIEF)
    saved.delegation.revoke(grant.id)
    with pytest.raises(AccessDenied):
        verbs.kept.browse("disk", ANN)
    looked = [one for one in audited(saved) if one[1] == "kept.browse"]
    assert [outcome for *_, outcome in looked] == ["allowed", "allowed", "refused", "refused"]


@pytest.mark.parametrize(
    ("permission", "sources", "targets"),
    [
        (Right.RESTORE, [("disk", "*")], []),
        (Right.RESTORE, [], [("office", "*")]),
        (Right.READ_CONTENT, [], []),
        (Right.USE_CONNECTION, [("disk", "*")], [("office", "*")]),
        (Right.MANAGE, [("disk", "*")], [("office", "*")]),
        (Right.DELEGATE, [], []),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(
    ready: Application,
    permission: Right,
    sources: list[tuple[str, str]],
    targets: list[tuple[str, str]],
) -> None:
    with pytest.raises(OperatorError, match="cannot be granted so"):
        ready.delegation.grant("uid:7001", permission, sources=sources, targets=targets)


@pytest.mark.parametrize("account", ["olga", "olga@example", "uid:", "sid:x", "entra:t", "service"])
def test_a_name_is_never_given_a_role(application: Application, account: str) -> None:
    with pytest.raises(OperatorError, match="stable id"):
        application.delegation.give_role(account, Role.OPERATOR)


def test_a_grant_may_cover_all_connections_those_too_that_come_later(
    saved: Application, world: World
) -> None:
    saved.delegation.grant("uid:7001", Right.RESTORE, sources=[("disk", ANN)], targets=[("*", "*")])
    saved.delegation.grant(
        "uid:7001", Right.RESTORE_ELSEWHERE, sources=[("disk", ANN)], targets=[("*", "*")]
    )
    verbs = acting(saved, OLGA, Role.RESTORE_OPERATOR)
    saved.connections.add("later", details(server="other.example"))
    for connection in ("office", "later"):
        verbs.restores.ask(replace(FROM_ANN, connection=connection))
    with pytest.raises(AccessDenied):
        verbs.restores.ask(replace(FROM_ANN, resource=CHIEF))


def test_what_is_not_there_is_told_with_where_to_look(saved: Application) -> None:
    for call in (
        lambda: saved.delegation.revoke("x"),
        lambda: saved.approvals.approve("x"),
        lambda: saved.approvals.unmark("x"),
    ):
        with pytest.raises(OperatorError) as caught:
            call()
        assert "strongroom " in caught.value.hint
