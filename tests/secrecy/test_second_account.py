"""A second account of the operating system: what it can read, and every command and verb it has.

An account without a role, an operator and a restore operator each try all that the program has,
found by asking the program. As another account than root, none of this can be shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from strongroom.service.rights import RIGHTS_OF, Right, Role
from tests.fakes.mail_server import SERVER
from tests.fakes.marked import marks_in
from tests.fakes.syslog_receiver import Receiver
from tests.secrecy import attempts
from tests.secrecy.accounts import (
    NOBODY,
    OPERATOR,
    RESTORER,
    OtherAccounts,
    kept,
    needs_root,
    reachable_folder,
    running_service,
)
from tests.secrecy.attacked import (
    ANN,
    CHIEF,
    GUARDED,
    OWN,
    SUBJECT,
    Estate,
    attacked_home,
    require_nothing_told,
)
from tests.service.support import audited

pytestmark = needs_root


@pytest.fixture(scope="module")
def others() -> Iterator[OtherAccounts]:
    with OtherAccounts() as program:
        yield program


@pytest.fixture(scope="module")
def made() -> Iterator[Estate]:
    """Make it once: what others try leaves nothing behind, and each test says so."""
    with reachable_folder() as folder, attacked_home(folder) as estate:
        yield estate


@pytest.fixture
def estate(made: Estate) -> Iterator[Estate]:
    made.world.asked.clear()
    yield made
    with running_service(made.application):
        for run in made.application.runs.all():
            made.application.runs.wait(str(run["id"]), lambda _run: None)
    for given in made.application.delegation.roles():
        made.application.delegation.take_role(given.account, Role(given.role))
    for grant in made.application.delegation.grants():
        made.application.delegation.revoke(grant.id)


@pytest.mark.parametrize("is_served", [False, True], ids=["no service", "a service"])
def test_it_reads_no_file_of_the_home_and_nothing_readable_in_a_storage(
    estate: Estate, others: OtherAccounts, *, is_served: bool
) -> None:
    with ExitStack() as stack:
        if is_served:
            stack.enter_context(running_service(estate.application))
        home = [estate.home, *estate.home.rglob("*")]
        assert {"control.db", "control.db-wal", "service.key"} <= {one.name for one in home}
        found = others.reading(NOBODY, home)
        socket = [str(estate.home / "service.sock")] if is_served else []
        assert found == {"read": [], "written": [], "listed": [], "connected": socket}
    for name in ("disk", "other"):
        stored = [estate.folder / name, *(estate.folder / name).rglob("*")]
        assert len(stored) > 4
        found = others.reading(NOBODY, stored)
        assert found["written"] == []
        for path in map(Path, found["read"]):
            content = path.read_bytes()
            assert list(marks_in(content)) == []
            assert SUBJECT.encode() not in content


def test_without_a_service_every_command_is_refused(estate: Estate, others: OtherAccounts) -> None:
    before = kept(estate.application)
    for words, ended in attempted(estate, others, NOBODY):
        assert ended["code"] == 2, (words, ended)
        require_nothing_told(ended)
    assert kept(estate.application) == before
    assert estate.world.asked == []


@pytest.mark.parametrize("role", [None, Role.OPERATOR, Role.RESTORE_OPERATOR])
def test_with_a_service_every_command_gives_what_the_role_may_and_no_more(
    estate: Estate, others: OtherAccounts, role: Role | None
) -> None:
    account = OPERATOR
    if role is not None:
        estate.application.delegation.give_role(f"uid:{account}", role)
    before = kept(estate.application)
    with running_service(estate.application) as bugs:
        ended = attempted(estate, others, account)
    codes = {words: one["code"] for words, one in ended}
    for _, one in ended:
        require_nothing_told(one)
    assert bugs == []
    assert 1 not in codes.values(), [one for one in ended if one[1]["code"] == 1]
    allowed = {words for words, code in codes.items() if code == 0}
    beginnings = {None: (), Role.OPERATOR: LISTS + RUNS + CHECKS,
                  Role.RESTORE_OPERATOR: LISTS + WATCHES}[role]  # fmt: skip
    assert {words for words in allowed if not words.startswith(beginnings)} == set()
    missing = {one for one in beginnings if not any(words.startswith(one) for words in allowed)}
    assert missing == set(), [one for one in ended if one[0].startswith(tuple(missing))]
    assert kept(estate.application) == before
    assert {purpose for purpose, _ in estate.world.asked} <= {"backup"}
    assert {server for _, server in estate.world.asked} <= {SERVER}
    refused = {verb for who, verb, outcome in audited(estate.application)
               if (who, outcome) == (f"uid:{account}", "refused")}  # fmt: skip
    assert {"connections.add", "connections.edit", "connections.test"} <= refused


LISTS = ("connection list", "storage list", "storage show", "storage copies", "storage forgetting",
         "storage protect", "storage password list", "hold list", "home show", "job list",
         "job show", "run list", "run history", "health", "metrics", "notify list",
         "notify digest")  # fmt: skip
WATCHES = ("run show", "run watch", "points", "report",
           "storage prune disk --resource chief@example --dry-run")  # fmt: skip
RUNS = ("job run", "job pause", "job resume", "storage prune disk --wait", *WATCHES)
CHECKS = ("storage check", "storage stats")


def attempted(
    estate: Estate, others: OtherAccounts, account: int
) -> list[tuple[str, dict[str, Any]]]:
    commands = attempts.commands(estate.acting(account))
    assert len(commands) > 80
    ended = others.commands(account, commands)
    return [(" ".join(words[2:]), one) for words, one in zip(commands, ended, strict=True)]


@pytest.mark.parametrize("role", [None, *(one for one in Role if one is not Role.ADMINISTRATOR)])
def test_every_verb_is_refused_that_the_role_has_no_right_to(
    estate: Estate, others: OtherAccounts, role: Role | None
) -> None:
    account = OPERATOR
    if role is not None:
        estate.application.delegation.give_role(f"uid:{account}", role)
    may = frozenset() if role is None else RIGHTS_OF[role]
    before = kept(estate.application)
    calls = attempts.calls(estate.acting(account))
    with running_service(estate.application) as bugs:
        answers = others.calls(account, estate.home, calls)
    assert bugs == []
    rights = attempts.rights()
    refused = set()
    for (name, arguments), one in zip(calls, answers, strict=True):
        require_nothing_told(one)
        if rights[name] not in may:
            assert one.get("kind") == "AccessDenied", (name, arguments, one)
            assert "may not do this" in one["error"]
            refused.add(name)
    assert kept(estate.application) == before
    assert {server for _, server in estate.world.asked} <= {SERVER}
    written = {verb for who, verb, outcome in audited(estate.application)
               if (who, outcome) == (f"uid:{account}", "refused")}  # fmt: skip
    assert refused <= written


def test_an_operator_runs_every_job_and_is_shown_how_it_went(
    estate: Estate, others: OtherAccounts
) -> None:
    estate.application.delegation.give_role(f"uid:{OPERATOR}", Role.OPERATOR)
    jobs = [one.name for one in estate.application.jobs.all()]
    assert len(jobs) == 2
    home = ("--home", str(estate.home))
    with running_service(estate.application):
        for ended in others.commands(
            OPERATOR, [(*home, "job", "run", name, "--wait", "--json") for name in jobs]
        ):
            assert ended["code"] == 0, ended
            assert '"status": "complete"' in ended["stdout"]
            require_nothing_told(ended)


@pytest.fixture
def restorer(estate: Estate) -> int:
    """Give an account that may put ann's mailbox back where it came from."""
    verbs = estate.application.delegation
    verbs.give_role(f"uid:{RESTORER}", Role.RESTORE_OPERATOR)
    verbs.grant(
        f"uid:{RESTORER}", Right.RESTORE, sources=[("disk", ANN)], targets=[("office", ANN)]
    )
    estate.world.asked.clear()  # which mailbox that is, was asked
    return RESTORER


RESTORE = ("restore", "disk", ANN, "--connection", "office", "--folder", "Back", "--wait")
ATTACKS = {
    "the chief executive's mailbox to their own": ("restore", "disk", CHIEF, "--to", OWN),
    "the chief executive's mailbox in place": ("restore", "disk", CHIEF),
    "a mailbox of theirs to another one": ("restore", "disk", ANN, "--to", OWN),
    "to another tenant": ("restore", "disk", ANN, "--connection", GUARDED),
    "to another tenant, by another name": (
        "restore", "disk", ANN, "--connection", "exchange-online certificate certificate",
        "--to", OWN,
    ),
    "from another storage": ("restore", "other", ANN),
}  # fmt: skip


def test_a_restore_operator_restores_what_is_granted(
    estate: Estate, others: OtherAccounts, restorer: int
) -> None:
    with running_service(estate.application):
        (ended,) = others.commands(restorer, [("--home", str(estate.home), *RESTORE)])
    assert ended["code"] == 0, ended
    assert {purpose for purpose, _ in estate.world.asked} >= {"restore"}


def test_a_restore_operators_attacks_are_refused_and_audited(
    estate: Estate, others: OtherAccounts, restorer: int
) -> None:
    home = ("--home", str(estate.home))
    commands = [
        (*home, *words, *(() if "--connection" in words else ("--connection", "office")), "--wait")
        for words in ATTACKS.values()
    ]
    runs_before = len(estate.application.runs.all())
    with running_service(estate.application):
        ended = others.commands(restorer, commands)
    for attack, one in zip(ATTACKS, ended, strict=True):
        assert one["code"] == 2, (attack, one)
        require_nothing_told(one)
    assert len(estate.application.runs.all()) == runs_before
    # Who another mailbox is can be asked of the one server that was granted, and of no other.
    assert {server for _, server in estate.world.asked} <= {SERVER}
    records = [
        one
        for one in estate.application.audit.records()
        if (one.account, one.verb, one.outcome) == (f"uid:{restorer}", "restores.ask", "refused")
    ]
    assert len(records) == len(ATTACKS)


def test_a_restore_operator_leads_no_job_to_another_storage(
    estate: Estate, others: OtherAccounts, restorer: int
) -> None:
    home = ("--home", str(estate.home))
    job = ("--connection", "office", "--storage", "other", "--all")
    before = kept(estate.application)
    commands = [
        (*home, "job", "remove", "nightly"),
        (*home, "job", "add", "backup", "nightly", *job),
        (*home, "job", "add", "backup", "mine", *job),
        (*home, "job", "run", "nightly", "--wait"),
        (*home, "storage", "add", "mine", str(estate.targets.folder / "mine"),
         "--password-file", str(estate.targets.folder / "of-my-own")),
        (*home, "connection", "import", str(estate.targets.folder / "of-my-own")),
    ]  # fmt: skip
    selection = {"resources": [CHIEF]}
    edited = {"name": "nightly", "connection": "office", "storage": "other",
              "selection": selection}  # fmt: skip
    definition = {"format": "strongroom definitions", "version": 1, "connections": [],
                  "jobs": [{**edited, "kind": "backup"}]}  # fmt: skip
    with running_service(estate.application):
        ended = others.commands(restorer, commands)
        answers = others.calls(
            restorer,
            estate.home,
            [("jobs.add_backup", edited), ("definitions.take_in", {"document": definition})],
        )
    assert [one["code"] for one in ended] == [2] * len(commands), ended
    assert [one["kind"] for one in answers] == ["AccessDenied"] * 2
    assert kept(estate.application) == before
    assert estate.world.asked == []
    refused = [verb for who, verb, outcome in audited(estate.application)
               if (who, outcome) == (f"uid:{restorer}", "refused")]  # fmt: skip
    assert {"jobs.remove", "jobs.add_backup", "jobs.ask_run", "storages.add",
            "definitions.take_in"} <= set(refused)  # fmt: skip


def test_what_another_account_was_refused_arrives_at_syslog_while_the_service_runs(
    estate: Estate, others: OtherAccounts
) -> None:
    home = ("--home", str(estate.home), "--why", "because I want to")
    with running_service(estate.application), Receiver() as receiver:
        estate.application.audit.send_to(f"tcp://localhost:{receiver.port}", is_from_now=True)
        count = len(receiver.wait_for(1))
        others.commands(NOBODY, [(*home, "connection", "show", GUARDED)])
        line = receiver.wait_for(count + 1)[-1]
        estate.application.audit.stop_sending()
    assert f'account="uid:{NOBODY}"' in line
    assert 'outcome="refused"' in line
    assert list(marks_in(line.encode())) == []
