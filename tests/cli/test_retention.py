"""Rules, dry runs, prunes, holds and forgetting by hand, as people type them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from strongroom.cli.keeping import _spread, words
from strongroom.errors import OperatorError
from strongroom.service.application import Application
from strongroom.service.callers import Caller
from strongroom.service.rights import Role
from strongroom.service.session import Session
from tests.cli.commands import all_commands
from tests.cli.conftest import Cli
from tests.cli.made import Made, Run, make
from tests.fakes.hand_clock import HandClock
from tests.fakes.mail_server import World

JOB = ("--connection", "office", "--storage", "disk", "--resource", "ann@example")
SECOND = Caller(ids=("uid:7002",), name="second")


@pytest.fixture(scope="session")
def made_days(made_ready: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Make a home whose job keeps two restore points, and that has made four, one a day."""

    def commands(run: Run, world: World) -> None:
        assert isinstance(world.clock, HandClock)
        world.estate.add("ann@example")
        run("job", "add", "backup", "nightly", *JOB, "--keep", "last:2")
        for _ in range(4):
            run("job", "run", "nightly", "--wait")
            world.clock.move(days=1)

    return make(tmp_path_factory.mktemp("made-days"), commands, made_ready.lay_out)


@pytest.fixture(scope="session")
def made_pruned(made_days: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Make the same, with the two that are left after a prune."""

    def commands(run: Run, _world: World) -> None:
        run("storage", "prune", "disk", "--wait")

    return make(tmp_path_factory.mktemp("made-pruned"), commands, made_days.lay_out)


@pytest.fixture
def days(cli: Cli, home: Path, world: World, made_days: Made) -> Cli:
    made_days.lay_out(home, world)
    return cli


@pytest.fixture
def pruned(cli: Cli, home: Path, world: World, made_pruned: Made) -> Cli:
    made_pruned.lay_out(home, world)
    return cli


def pass_days(world: World, count: int) -> None:
    assert isinstance(world.clock, HandClock)
    world.clock.move(days=count)


def dry_run(cli: Cli) -> list[str]:
    found: Any = cli("storage", "prune", "disk", "--dry-run", "--json", expect=0).document
    return [one["fate"] for one in found["points"]]


def prune(cli: Cli) -> dict[str, int]:
    found: Any = cli("storage", "prune", "disk", "--wait", "--json", expect=0).document
    ways: dict[str, int] = found["tasks"][0]["ways"]
    return ways


def ids(cli: Cli) -> list[str]:
    found: Any = cli("points", "disk", "--json", expect=0).document
    return [one["id"] for one in found]


def approve(home: Path, world: World) -> None:
    """Be the second administrator for the newest request."""
    with Application(home, world.ports()) as application:
        application.delegation.give_role(SECOND.ids[0], Role.ADMINISTRATOR)
        verbs = application.for_session(Session(SECOND))
        (waiting, *_) = [one for one in verbs.approvals.requests() if one.approved is None]
        verbs.approvals.approve(waiting.id)


def test_a_job_is_given_rules_and_shows_them(ready: Cli, world: World) -> None:
    world.estate.add("ann@example")
    added: Any = ready(
        "job", "add", "backup", "nightly", *JOB, "--keep", "last:30", "daily:14", "weekly:8",
        "monthly:12", "yearly:7", "within:90d", "--time-zone", "Europe/Berlin",
        "--schedule", "30 22 * * *", "--prune-every", "2d", "--json", expect=0,
    ).document  # fmt: skip
    rules = "last:30 daily:14 weekly:8 monthly:12 yearly:7 within:90d"
    assert (added["keep"], added["prune_every_s"], added["keep_former"]) == (rules, 172_800, [])
    shown = ready("job", "show", "nightly").stdout
    assert f"keeps: {rules}" in shown
    assert "prunes: every 2 d after a backup (days as in Europe/Berlin)" in shown
    ready("job", "edit", "nightly", "--keep", "all", "--prune-every", "never", expect=0)
    shown = ready("job", "show", "nightly").stdout
    assert "keeps: every restore point" in shown
    for refused in (["--keep", "fortnightly:3"], ["--keep", "all", "--keep", "last:3"]):
        assert ready("job", "edit", "nightly", *refused).code == 2
    assert ready("job", "add", "backup", "x", *JOB, "--prune-every", "1d").code == 2


def test_rules_go_out_with_definitions_and_come_in_again(
    days: Cli, world: World, tmp_path: Path
) -> None:
    file = tmp_path / "definitions.json"
    days("connection", "export", file, expect=0)
    days("job", "remove", "nightly", expect=0)
    days("connection", "import", file, expect=0)
    shown: Any = days("job", "show", "nightly", "--json").document
    assert (shown["keep"], shown["prune_every_s"]) == ("last:2", 7 * 86_400)


def test_a_dry_run_lists_what_would_go_and_why_and_changes_nothing(days: Cli) -> None:
    told = days("storage", "prune", "disk", "--dry-run", expect=0)
    assert "no rule of nightly keeps it" in told.stdout
    assert "last 2" in told.stdout
    assert "2 would go, 0 wait, 2 stay. " in told.stderr
    assert " would be freed. Nothing was changed." in told.stderr
    assert dry_run(days) == ["stays", "stays", "goes", "goes"]
    assert len(ids(days)) == 4


def test_a_prune_forgets_it_and_says_what_was_freed(days: Cli) -> None:
    newest = ids(days)[:2]
    foretold: Any = days("storage", "prune", "disk", "--dry-run", "--json").document
    (resource,) = foretold["resources"]
    assert (resource["points_going"], resource["problem"]) == (2, None)
    ways = prune(days)
    assert resource["bytes_freed"] == foretold["bytes_freed"]
    assert 0 <= foretold["bytes_freed"] - ways["bytes_freed"] < 1000, "the headers of new packs"
    assert (ways["points_forgotten"], ways["points"]) == (2, 2)
    assert ways["bytes_freed"] > 0
    assert ids(days) == newest
    days("storage", "check", "disk", "--read-data", expect=0)
    told = days("storage", "prune", "disk", "--resource", "ann@example", "--wait", expect=0)
    assert (
        "ann@example: complete\n  note: 0 of 2 restore points forgotten, 0 bytes freed."
        in told.stdout
    )
    assert "Together: 0 restore points forgotten, 0 B freed" in told.stdout
    assert days("storage", "prune", "disk").code == 2  # nobody would do it


def test_a_hold_beside_a_prune_says_that_it_may_be_too_late(
    days: Cli, home: Path, world: World
) -> None:
    with Application(home, world.ports()) as application:
        storage = application.storages.open("disk")
        (kind_and_id,) = storage.repositories()
        with storage.repository(*kind_and_id).lock(exclusive=True):
            told = days("hold", "add", "disk", "ann@example", "--reason", "case", expect=0)
            assert "Held: ann@example" in told.stdout
            assert "may be on its way out already" in told.stderr
    held: Any = days(
        "hold", "add", "disk", "ann@example", "--reason", "case", "--json", expect=0
    ).document
    assert (held["too_late"], held["is_in_doubt"]) == ([], False)


def test_a_hold_beats_the_rule_and_its_end_waits(days: Cli, world: World) -> None:
    held: Any = days(
        "hold", "add", "disk", "ann@example", "--reason", "case 4711", "--json", expect=0
    ).document
    prune(days)
    assert len(ids(days)) == 4
    assert "case 4711" in days("hold", "list", expect=0).stdout
    days("hold", "remove", "disk", held["id"], expect=0)
    (shown,) = days("hold", "list", "--json").document
    assert shown["keeps_until"].startswith("2026-03-16")
    assert dry_run(days) == ["stays", "stays", "waits", "waits"]
    pass_days(world, 7)
    assert days("hold", "list", "--json").document == []
    assert len(days("hold", "list", "--all", "--json").document) == 1
    assert prune(days)["points_forgotten"] == 2


def test_a_shorter_rule_waits_a_week_or_for_somebody_else(
    pruned: Cli, home: Path, world: World
) -> None:
    pruned("job", "edit", "nightly", "--keep", "last:1", expect=0)
    assert "until 2026-03-16" in pruned("job", "show", "nightly").stdout
    assert dry_run(pruned) == ["stays", "waits"]
    assert prune(pruned)["points_waiting"] == 1
    refused = pruned("job", "edit", "nightly", "--keep", "last:1", "--at-once")
    assert (refused.code, "approve" in refused.stderr) == (2, True)
    approve(home, world)
    pruned("job", "edit", "nightly", "--keep", "last:1", "--at-once", expect=0)
    assert prune(pruned)["points_forgotten"] == 1


def test_forgetting_by_hand_waits_is_listed_and_can_be_cancelled(pruned: Cli, world: World) -> None:
    newest, older = ids(pruned)
    assert pruned("storage", "forget", "disk", "ann@example", newest).code == 2
    assert pruned("storage", "forget", "disk", "ann@example").code == 2
    pruned("storage", "forget", "disk", "ann@example", older[:10], expect=0)
    listed: Any = pruned("storage", "forgetting", "--json", expect=0).document
    assert [(one["id"], one["not_before"][:10]) for one in listed] == [(older, "2026-03-16")]
    pruned("storage", "forget", "disk", "ann@example", "--cancel", expect=0)
    assert pruned("storage", "forgetting", "disk", "--json").document == []
    pruned("storage", "forget", "disk", "ann@example", older, expect=0)
    pass_days(world, 8)
    prune(pruned)
    assert ids(pruned) == [newest]


def test_a_point_and_a_hold_go_at_once_with_a_second_administrator(
    pruned: Cli, home: Path, world: World
) -> None:
    older = ids(pruned)[1]
    held: Any = pruned(
        "hold", "add", "disk", "ann@example", "--point", older, "--reason", "r", "--json", expect=0
    ).document
    for command in (
        ("hold", "remove", "disk", held["id"], "--at-once"),
        ("storage", "forget", "disk", "ann@example", older, "--at-once"),
    ):
        assert pruned(*command).code == 2
        approve(home, world)
        pruned(*command, expect=0)
    prune(pruned)
    assert len(ids(pruned)) == 1


def test_several_rules_stand_behind_one_keep() -> None:
    given = ["nightly", "--keep", "last:3", "daily:2", "--all", "weekly:2"]
    assert _spread(given) == [
        "nightly", "--keep", "last:3", "--keep", "daily:2", "--all", "weekly:2",
    ]  # fmt: skip
    assert _spread(["--keep=last:3", "daily:2"]) == ["--keep=last:3", "--keep", "daily:2"]
    assert _spread(["--keep", "--keep"]) == ["--keep", "--keep"]
    assert words(["last:3,daily:2", "weekly:1"]) == "last:3 daily:2 weekly:1"
    assert (words(None), words(["all"])) == (None, "")
    with pytest.raises(OperatorError):
        words(["all", "last:3"])


def commands_of(document: str) -> list[list[str]]:
    """Give the commands that a page of the handbook shows."""
    text = (Path(__file__).parents[2] / "docs" / document).read_text().replace("\\\n", " ")
    lines = [line.strip().removeprefix("$ ") for line in text.splitlines() if line[:4] == "    "]
    return [
        shlex.split(line, comments=True)[1:] for line in lines if line.startswith("strongroom ")
    ]


def test_every_command_of_the_handbook_can_be_typed_as_it_stands_there() -> None:
    known, shown = all_commands(), commands_of("retention.md")
    assert len(shown) > 15
    for typed in shown:
        name = max(
            (one for one in known if typed[: len(one.split())] == one.split()), key=len, default=""
        )
        assert name, typed
        known[name].make_context(name, typed[len(name.split()) :])
