"""Who may call which verb: every verb there is, tried by every role."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from strongroom.errors import AccessDenied, StrongroomError
from strongroom.service.application import Application, SessionVerbs
from strongroom.service.calling import remote_verbs
from strongroom.service.rights import GRANTED, RIGHTS_OF, Right, Role
from strongroom.service.session import Session
from strongroom.service.verbs import Rule, Verbs, rules, verb
from strongroom.vault.secret import Secret
from tests.fakes.canaries import found_in
from tests.fakes.mail_server import SERVER, World, details
from tests.service.support import acting, add_job, audited, back_up, caller

RIGHTS = {
    "approvals.approve": Right.DELEGATE,
    "approvals.mark_connection": Right.DELEGATE,
    "approvals.mark_stored": Right.DELEGATE,
    "approvals.marks": Right.DELEGATE,
    "approvals.requests": Right.DELEGATE,
    "approvals.unmark": Right.DELEGATE,
    "audit.destination": Right.AUDIT,
    "audit.lines": Right.AUDIT,
    "audit.problems": Right.AUDIT,
    "audit.records": Right.AUDIT,
    "audit.send": Right.AUDIT,
    "audit.send_to": Right.DELEGATE,
    "audit.stop_sending": Right.DELEGATE,
    "connections.add": Right.MANAGE,
    "connections.add_registered": Right.MANAGE,
    "connections.all": Right.LIST,
    "connections.diagnose": Right.MANAGE,
    "connections.edit": Right.MANAGE,
    "connections.find": Right.MANAGE,
    "connections.lock": Right.LIST,
    "connections.probe": Right.MANAGE,
    "connections.registration_script": Right.MANAGE,
    "connections.remove": Right.MANAGE,
    "connections.renew_certificate": Right.MANAGE,
    "connections.reset_password": Right.MANAGE,
    "connections.resources": Right.MANAGE,
    "connections.set_password": Right.MANAGE,
    "connections.show": Right.MANAGE,
    "connections.sign_in": Right.MANAGE,
    "connections.test": Right.MANAGE,
    "connections.unlock": Right.LIST,
    "definitions.give_out": Right.MANAGE,
    "definitions.take_in": Right.MANAGE,
    "delegation.give_role": Right.DELEGATE,
    "delegation.grant": Right.DELEGATE,
    "delegation.grants": Right.DELEGATE,
    "delegation.revoke": Right.DELEGATE,
    "delegation.roles": Right.DELEGATE,
    "delegation.take_role": Right.DELEGATE,
    "drafts.forget": Right.MANAGE,
    "drafts.load": Right.MANAGE,
    "drafts.save": Right.MANAGE,
    "health.now": Right.LIST,
    "history.change": Right.MANAGE,
    "history.show": Right.LIST,
    "holds.add": Right.MANAGE,
    "holds.all": Right.WATCH,
    "holds.remove": Right.MANAGE,
    "homes.back_up": Right.MANAGE,
    "homes.show": Right.WATCH,
    "homes.stop_backing_up": Right.MANAGE,
    "immutability.bring_back": Right.MANAGE,
    "immutability.protect": Right.MANAGE,
    "immutability.renew": Right.MAINTAIN,
    "immutability.shown": Right.LIST,
    "immutability.until": Right.WATCH,
    "jobs.add_backup": Right.MANAGE,
    "jobs.add_export": Right.MANAGE,
    "jobs.add_prune": Right.MANAGE,
    "jobs.add_replicate": Right.MANAGE,
    "jobs.add_restore": Right.MANAGE,
    "jobs.add_verify": Right.MANAGE,
    "jobs.all": Right.LIST,
    "jobs.ask_run": Right.RUN,
    "jobs.edit": Right.MANAGE,
    "jobs.remove": Right.MANAGE,
    "jobs.show": Right.LIST,
    "kept.browse": Right.READ_CONTENT,
    "kept.export": Right.READ_CONTENT,
    "kept.points": Right.WATCH,
    "kept.verify": Right.MAINTAIN,
    "metrics.text": Right.LIST,
    "metrics.text_with_resources": Right.WATCH,
    "notifications.add": Right.MANAGE,
    "notifications.all": Right.LIST,
    "notifications.digest": Right.LIST,
    "notifications.edit": Right.MANAGE,
    "notifications.remove": Right.MANAGE,
    "notifications.set_digest": Right.MANAGE,
    "notifications.test": Right.MANAGE,
    "replicas.ask": Right.RUN,
    "replicas.place": Right.MANAGE,
    "replicas.places": Right.WATCH,
    "reports.growth": Right.WATCH,
    "reports.protected": Right.WATCH,
    "reports.runs": Right.WATCH,
    "reports.unprotected": Right.WATCH,
    "restores.ask": Right.RESTORE,
    "retention.all": Right.LIST,
    "retention.ask_prune": Right.MAINTAIN,
    "retention.foresee": Right.WATCH,
    "retention.forget": Right.MANAGE,
    "retention.forgetting": Right.WATCH,
    "retention.keep_after_all": Right.MANAGE,
    "retention.set": Right.MANAGE,
    "retention.show": Right.LIST,
    "runs.acknowledge": Right.MANAGE,
    "runs.all": Right.LIST,
    "runs.cancel": Right.RUN,
    "runs.find": Right.WATCH,
    "runs.pause": Right.RUN,
    "runs.resume": Right.RUN,
    "runs.retry": Right.RUN,
    "runs.show": Right.WATCH,
    "runs.wait": Right.WATCH,
    "runs.watch": Right.WATCH,
    "schedules.all": Right.LIST,
    "schedules.pause": Right.RUN,
    "schedules.resume": Right.RUN,
    "schedules.set": Right.MANAGE,
    "schedules.set_priority": Right.MANAGE,
    "storage_keys.add_password": Right.MANAGE,
    "storage_keys.adopt": Right.MANAGE,
    "storage_keys.passwords": Right.LIST,
    "storage_keys.rehearse": Right.MAINTAIN,
    "storage_keys.rekey": Right.MANAGE,
    "storage_keys.remove_password": Right.MANAGE,
    "storage_keys.renew_recovery_key": Right.MANAGE,
    "storage_keys.set_password": Right.MANAGE,
    "storage_keys.show_password": Right.MANAGE,
    "storages.add": Right.MANAGE,
    "storages.all": Right.LIST,
    "storages.edit": Right.MANAGE,
    "storages.probe": Right.MANAGE,
    "storages.prove": Right.MAINTAIN,
    "storages.recover": Right.MANAGE,
    "storages.remove": Right.MANAGE,
    "storages.show": Right.LIST,
    "storages.stats": Right.MAINTAIN,
    "upkeep.check": Right.MAINTAIN,
    "upkeep.repair": Right.MANAGE,
    "upkeep.salvage": Right.READ_CONTENT,
    "vault.rotate_key": Right.DELEGATE,
}
"""Written down a second time on purpose: a verb that is new, or needs less than before, fails."""

OWN_NOTES = {"drafts.forget", "drafts.load", "drafts.save"}
"""They change and reach nothing but what the caller wrote down for themselves."""

READS_ONLY = {Right.LIST, Right.WATCH, Right.MAINTAIN, Right.AUDIT}


def all_rules(verbs: SessionVerbs) -> dict[str, Rule]:
    return {
        f"{noun}.{method}": rule
        for noun, one in verbs.nouns.items()
        for method, rule in rules(type(one)).items()
        if rule is not None
    }


def test_every_verb_states_the_right_that_it_needs(application: Application) -> None:
    assert {name: rule.right for name, rule in all_rules(application).items()} == RIGHTS


def test_what_changes_uses_or_looks_is_written_down(application: Application) -> None:
    quiet = {name for name, rule in all_rules(application).items() if not rule.is_audited}
    changing = {name for name in quiet if RIGHTS[name] not in {*READS_ONLY, Right.DELEGATE}}
    assert changing == OWN_NOTES
    assert {name for name in quiet if RIGHTS[name] is Right.DELEGATE} == {
        "approvals.marks",
        "approvals.requests",
        "delegation.grants",
        "delegation.roles",
    }


def test_a_verb_that_says_nothing_is_noticed() -> None:
    class Careless(Verbs):
        noun = "careless"

        @verb(Right.LIST)
        def declared(self) -> None: ...

        def forgotten(self) -> None: ...

    with pytest.raises(TypeError, match="forgotten says nothing"):
        rules(Careless)


def dummy_arguments(method: Any) -> dict[str, Any]:
    """Give something for every argument that must be given; it never has to make sense."""
    return {
        name: Secret("x") if name in {"password", "recovery_key"} else "x"
        for name, one in inspect.signature(method).parameters.items()
        if one.default is inspect.Parameter.empty
    }


def is_refused(verbs: SessionVerbs, name: str) -> bool:
    noun, _, method_name = name.partition(".")
    method = getattr(verbs.nouns[noun], method_name)
    try:
        told = method(**dummy_arguments(method))
        if isinstance(told, Iterator):
            list(told)
    except AccessDenied as error:
        return "may not do this" in error.what
    except Exception:  # noqa: BLE001 - it was let in, and found that the arguments make no sense
        return False
    return False


@pytest.mark.parametrize("role", [None, *Role])
def test_every_role_is_let_in_to_its_verbs_and_to_no_other(
    application: Application, role: Role | None
) -> None:
    verbs = acting(application, caller(7001), *([] if role is None else [role]))
    rights = frozenset() if role is None else RIGHTS_OF[role]
    tried = {name: is_refused(verbs, name) for name in RIGHTS}
    assert tried == {name: right not in rights for name, right in RIGHTS.items()}
    refusals = {
        verb_name
        for account, verb_name, outcome in audited(application)
        if (account, outcome) == ("uid:7001", "refused")
    }
    assert refusals >= {name for name, refused in tried.items() if refused}


def test_the_homes_own_account_is_let_in_everywhere(application: Application) -> None:
    assert not any(is_refused(application, name) for name in RIGHTS)


def test_no_role_brings_reading_or_restoring_elsewhere() -> None:
    for rights in RIGHTS_OF.values():
        assert not rights & (GRANTED - {Right.RESTORE})
    assert Right.RESTORE in RIGHTS_OF[Role.ADMINISTRATOR]


def test_the_roles_are_what_they_are_called() -> None:
    assert not RIGHTS_OF[Role.OPERATOR] & {Right.MANAGE, Right.DELEGATE, Right.RESTORE}
    assert RIGHTS_OF[Role.AUDITOR] == {Right.LIST, Right.AUDIT}
    assert RIGHTS_OF[Role.RESTORE_OPERATOR] == {Right.LIST, Right.WATCH}


def test_a_role_that_is_taken_away_is_gone_in_the_same_session(application: Application) -> None:
    verbs = acting(application, caller(7001), Role.ADMINISTRATOR)
    verbs.delegation.roles()
    application.delegation.take_role("uid:7001", Role.ADMINISTRATOR)
    with pytest.raises(AccessDenied):
        verbs.delegation.roles()


def test_somebody_with_a_name_like_an_administrators_is_nobody(application: Application) -> None:
    acting(application, caller(7001, "ann"), Role.ADMINISTRATOR)
    with pytest.raises(AccessDenied):
        application.for_session(Session(caller(7002, "ann"))).connections.all()


SUPPLIED: dict[str, Callable[..., object]] = {
    "tell": lambda *_, **__: None,
    "confirm": lambda *_: False,
    "seen": lambda *_: None,
    "write": lambda *_: None,
    "prompt": lambda *_: None,
}
ARGUMENTS: dict[str, Any] = {
    "name": "office",
    "storage": "disk",
    "connection": "office",
    "resource": "ann@example",
    "password": "x",
    "url": "memory:elsewhere",
    "recovery_key": "x",
    "edit": {"access": "delegate"},
    "details": {"kind": "exchange-onprem", "server": "evil.example"},
    "wish": {"can_restore": True},
    "order": {"storage": "disk", "resource": "ann@example", "connection": "office"},
    "selection": {"resources": ["ann@example"]},
    "schedule": {"idle_s": 900},
    "priority": "high",
    "document": {"format": "strongroom definitions", "version": 1, "connections": [], "jobs": []},
    "account": "uid:7001",
    "role": "administrator",
    "permission": "read-content",
    "grant_id": "x",
    "request_id": "x",
    "thing": "x",
    "host": "here",
    "answers": {"kind": "exchange-onprem"},
    "address": "jsons://evil.example/",
    "hour": "07:00",
    "hold_id": "x",
    "points": ["abcd1234"],
    "reason": "a case",
    "time_zone": "UTC",
    "read_data": False,
    "sample": None,
    "access": {"credentials": "x", "ca_pem": ""},
    "label": "x",
}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.RESTORE_OPERATOR, Role.AUDITOR])
def test_no_verb_tells_anybody_but_an_administrator_a_secret_or_where_it_goes(
    ready: Application, world: World, role: Role
) -> None:
    canary = "canary-4f9d1c-secret"
    world.estate.add("ann@example")
    add_job(ready, "ann@example")
    run_id = back_up(ready)["id"]
    ready.connections.add("other", details(password=canary, server="canary-server.example"))
    verbs = acting(ready, caller(7001), role)
    told: list[str] = []
    opened_before = len(world.opened)
    for name in remote_verbs(verbs.nouns):
        noun, _, method_name = name.partition(".")
        parameters = inspect.signature(getattr(verbs.nouns[noun], method_name)).parameters
        for connection in ("office", "other"):
            given = {
                key: connection
                if key in {"name", "connection"}
                else {**ARGUMENTS, "run_id": run_id}[key]
                for key, one in parameters.items()
                if one.default is inspect.Parameter.empty and key not in SUPPLIED
            }
            try:
                result = verbs.call(name, given, supplied=SUPPLIED)
                told.append(json.dumps(result))
            except StrongroomError as error:
                told.append(f"{error} {error.hint}")
    assert len(told) == 2 * len(remote_verbs(verbs.nouns))
    canaries = [canary, "canary-server.example", SERVER]
    assert found_in("\n".join(told).encode(), canaries) == []
    assert len(world.opened) == opened_before, "no server was asked for them"
    assert ready.connections.show("office").access == "impersonation"


def test_an_auditor_is_told_no_names_of_folders_or_items(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    add_job(ready, "ann@example", "gone@example")
    back_up(ready)
    assert ready.runs.all()[0]["tasks"][1]["error"] is not None  # type: ignore[call-overload,index]
    (report,) = acting(ready, caller(7001), Role.AUDITOR).runs.all()
    tasks: Any = report["tasks"]
    assert all(one["error"] is None and one["notes"] == [] for one in tasks)
    assert "folders" not in tasks[0]
