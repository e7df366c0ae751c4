"""What scripts rely on: options, documents and exit codes of design §6."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from strongroom.cli.main import main
from strongroom.errors import ServerUnreachable
from strongroom.words.pace import Limit, Limiter
from tests.cli.commands import all_commands
from tests.cli.conftest import Cli
from tests.fakes.mail_server import World, password_file
from tests.fakes.scripted_pace import ScriptedPace

COMMANDS = {
    "demo",
    "connection add exchange-onprem",
    "connection add exchange-online",
    "connection add sharepoint-onprem",
    "connection add sharepoint-online",
    "connection list",
    "connection show",
    "connection edit",
    "connection test",
    "connection diagnose",
    "diagnose",
    "connection remove",
    "connection sign-in",
    "connection register",
    "connection script",
    "connection renew-certificate",
    "connection set-password",
    "connection reset",
    "connection unlock",
    "connection lock",
    "connection grant",
    "connection export",
    "connection import",
    "connection wizard",
    "resources",
    "storage add",
    "storage list",
    "storage show",
    "storage edit",
    "storage probe",
    "storage wizard",
    "storage check",
    "storage repair",
    "storage salvage",
    "storage stats",
    "storage replicate",
    "storage copies",
    "storage protect",
    "storage renew",
    "storage undelete",
    "storage recover",
    "storage adopt",
    "storage rekey",
    "storage password list",
    "storage password set",
    "storage password add",
    "storage password remove",
    "storage password show",
    "storage recovery-key rehearse",
    "storage recovery-key new",
    "storage remove",
    "storage prune",
    "storage forget",
    "storage forgetting",
    "hold add",
    "hold list",
    "hold remove",
    "home backup",
    "home show",
    "home stop-backup",
    "home restore",
    "database show",
    "database move",
    "database join",
    "job add backup",
    "job add export",
    "job add prune",
    "job add replicate",
    "job add restore",
    "job add verify",
    "job edit",
    "job run",
    "job list",
    "job show",
    "job remove",
    "job schedule",
    "job pause",
    "job resume",
    "job priority",
    "run list",
    "run show",
    "run watch",
    "run cancel",
    "run pause",
    "run resume",
    "run retry",
    "run acknowledge",
    "run history",
    "points",
    "report protected",
    "report unprotected",
    "report growth",
    "report runs",
    "browse",
    "restore",
    "export",
    "verify",
    "role list",
    "role give",
    "role take",
    "role grants",
    "role grant",
    "role revoke",
    "approval list",
    "approval give",
    "approval marks",
    "approval mark",
    "approval unmark",
    "audit list",
    "audit export",
    "audit send",
    "audit verify",
    "vault rotate-key",
    "serve",
    "health",
    "metrics",
    "lab serve",
}


def test_every_command_that_is_promised_is_there() -> None:
    assert all_commands().keys() >= COMMANDS


@pytest.mark.parametrize("words", sorted(all_commands()))
def test_every_help_says_its_exit_codes(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*words.split(), "--help"])
    assert caught.value.code in {None, 0}
    shown = " ".join(capsys.readouterr().out.split())
    if words == "lab serve":  # it answers with its ready file, and has no home
        assert "Exit codes: 0 stopped, 1 our bug" in shown
        return
    assert "Exit codes: 0 well, 1 our bug" in shown
    assert "--json" in shown
    assert "--home" in shown
    assert "--why" in shown


@pytest.mark.parametrize("words", ["", "nonsense", "job", "job nonsense", "points", "run show"])
def test_what_is_not_understood_is_an_operators_matter(words: str, cli: Cli) -> None:
    assert cli(*words.split()).code == 2


def test_json_and_home_stand_before_or_after_the_command(
    ready: Cli, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = ready("--json", "connection", "list", expect=0).document
    after = ready("connection", "list", "--json", expect=0).document
    assert before == after
    assert [one["name"] for one in after] == ["office"]
    with pytest.raises(SystemExit):
        main(["connection", "list", "--json", "--home", str(home)])
    assert json.loads(capsys.readouterr().out) == after


def test_the_home_may_be_named_by_the_environment(
    ready: Cli,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STRONGROOM_HOME", str(home))
    with pytest.raises(SystemExit):
        main(["storage", "list", "--json"])
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["disk"]


def test_a_run_ends_with_the_document_that_run_show_gives(kept: Cli) -> None:
    ran = kept("job", "run", "nightly", "--wait", "--json", expect=0)
    document = ran.document
    assert document["status"] == "complete"
    assert document["job"] == "nightly"
    shown = kept("run", "show", document["id"], "--json", expect=0).document
    assert shown == document
    listed = kept("run", "list", "--json", expect=0).document
    assert len(listed) == 2
    assert listed[0]["id"] == document["id"]


def test_points_have_the_promised_fields_newest_first(kept: Cli) -> None:
    kept("job", "run", "nightly", "--wait", expect=0)
    points = kept("points", "disk", "--resource", "ann@example", "--json", expect=0).document
    assert len(points) == 2
    assert points[0]["time"] >= points[1]["time"]
    for point in points:
        assert point.keys() >= {"id", "resource", "time", "status", "items", "bytes"}
        assert (point["resource"], point["status"], point["items"]) == (
            "ann@example",
            "complete",
            4,
        )


def test_browse_lists_folders_and_then_items(kept: Cli) -> None:
    (folder,) = kept("browse", "disk", "ann@example", "--json", expect=0).document
    assert (folder["type"], folder["path"], folder["items"]) == ("folder", "Inbox", 4)
    items = kept("browse", "disk", "ann@example", "Inbox", "--json", expect=0).document
    assert sorted(item["name"] for item in items) == [f"message {n}" for n in range(4)]
    assert {item["type"] for item in items} == {"item"}
    point = kept("points", "disk", "--json").document[0]["id"]
    again = kept("browse", "disk", "ann@example", "Inbox", "--at", f"point:{point[:8]}", "--json")
    assert again.document == items


def test_an_export_answers_with_its_ledger(kept: Cli, tmp_path: Path) -> None:
    ended = kept(
        "export", "disk", "ann@example", "--format", "files", "--output", tmp_path / "out",
        "--path", "Inbox", "--json", expect=0,
    )  # fmt: skip
    assert ended.document["status"] == "complete"
    assert ended.document["totals"]["saved"] == 4
    assert len(list((tmp_path / "out").rglob("*.fts"))) == 4


def test_a_restore_ends_with_its_runs_document_and_goes_on_where_it_was_cut_short(
    kept: Cli, world: World
) -> None:
    world.estate.add("empty@example", items=0)
    target = world.estate.mailboxes[world.estate.id_of("empty@example")]
    words = (
        "restore", "disk", "ann@example", "--connection", "office", "--to", "empty@example",
        "--folder", "Back", "--path", "Inbox", "--conflict", "skip", "--wait",
    )  # fmt: skip

    def lose_the_server(call: str) -> None:
        if call == "written":
            raise ServerUnreachable("Nobody answers any more.", hint="Try again.")

    target.on_call = lose_the_server
    lost = kept(*words, "--json", expect=5)
    assert lost.document["status"] == "failed"
    assert "Nobody answers" in lost.stderr
    target.on_call = lambda _call: None
    back = kept(*words, "--json", expect=0)
    assert f"Continuing restore {lost.document['id']}" in back.stderr
    assert back.document["id"] == lost.document["id"]
    assert back.document == kept("run", "show", back.document["id"], "--json").document
    assert (back.document["kind"], back.document["job"]) == ("restore", None)
    found = [item.subject for folder in target.folders.values() for item in folder.items.values()]
    assert sorted(found) == [f"message {number}" for number in range(4)]


def test_a_verification_answers_per_resource(kept: Cli) -> None:
    (one,) = kept("verify", "disk", "--sample", "1", "--json").document
    assert one["resource"] == "ann@example"
    assert one["items"] >= 1


def test_connections_storages_and_jobs_are_shown_and_removed(kept: Cli) -> None:
    connection = kept("connection", "show", "office", "--json", expect=0).document
    assert connection["server"] == "mail.example"
    assert "password" not in connection
    job = kept("job", "show", "nightly", "--json", expect=0).document
    assert (job["connection"], job["storage"], job["resources"]) == (
        "office",
        "disk",
        ["ann@example"],
    )
    (stats,) = kept("storage", "stats", "disk", "--json", expect=0).document
    assert stats["points"] == 1
    assert kept("storage", "check", "disk", "--json", expect=0).document["problems"] == []
    for words in (("job", "nightly"), ("storage", "disk"), ("connection", "office")):
        noun, name = words
        assert kept(noun, "remove", name, "--json", expect=0).document == {"removed": name}
        assert kept(noun, "list", "--json", expect=0).document == []


def test_resources_are_listed_with_what_is_excluded(ready: Cli, world: World) -> None:
    world.estate.add("ann@example")
    world.estate.add("gone@example", excluded="disabled")
    found = ready("resources", "office", "--json", expect=0).document
    assert [(one["resource"], one["excluded"]) for one in found] == [
        ("ann@example", None),
        ("gone@example", "disabled"),
    ]


def test_a_new_storage_shows_its_recovery_key_once(cli: Cli, tmp_path: Path) -> None:
    file = password_file(tmp_path, "correct horse")
    added = cli("storage", "add", "a", "memory:a", "--password-file", file, "--json", expect=0)
    key = added.document["recovery_key"]
    assert len(key) > 30
    assert key not in cli("storage", "list", "--json").stdout
    as_text = cli("storage", "add", "b", "memory:b", "--password-file", file, expect=0).stdout
    assert "recovery key" in as_text
    cli("storage", "remove", "a", expect=0)
    adopted = cli("storage", "add", "a", "memory:a", "--password-file", file, "--json", expect=0)
    assert adopted.document["recovery_key"] is None


def test_watching_prints_json_lines_and_ends_with_the_report(kept: Cli) -> None:
    run_id = kept("run", "list", "--json").document[0]["id"]
    lines = kept("run", "watch", run_id, "--json", expect=0).stdout.splitlines()
    documents = [json.loads(line) for line in lines]
    assert documents[-1]["id"] == run_id
    assert documents[-1]["status"] == "complete"
    assert documents[-1]["tasks"][0]["folders"]


def test_a_run_tells_its_pace_and_what_limited_it(ready: Cli, world: World) -> None:
    pace = ScriptedPace()
    world.estate.pace = pace
    limit = Limit(by=Limiter.SLOW_RESOURCES, count=3, slots=1)
    world.estate.add("ann@example").on_call = lambda _call: pace.say(
        slots=18, requests=5, items=3, byte_count=900, throttled=3, limits=(limit,)
    )
    ready(
        "job", "add", "backup", "nightly", "--connection", "office", "--storage", "disk",
        "--resource", "ann@example", expect=0,
    )  # fmt: skip
    ran = ready("job", "run", "nightly", "--wait", "--json", expect=0).document
    shown = ready("run", "show", ran["id"], "--json", expect=0).document["pace"]
    assert shown == ran["pace"]
    assert shown.keys() == {
        "slots", "in_flight", "waiting", "items_per_s", "bytes_per_s", "latency_ms", "limits",
        "told", "requests", "items", "bytes", "throttled", "failed", "slots_most", "slots_least",
        "limited_s", "mostly", "history", "places", "stretch_s",
    }  # fmt: skip
    assert shown["told"] == "3 mailboxes answer slowly and share 1 slot."
    assert shown["limits"] == [{"by": "slow-resources", "seconds": None, "slots": 1, "count": 3}]
    assert shown["history"][-1].keys() == {
        "at_s", "slots", "requests", "items", "bytes", "throttled", "failed",
    }  # fmt: skip
    lines = ready("run", "show", ran["id"], expect=0).stdout.splitlines()
    (place,) = [number for number, line in enumerate(lines) if line.startswith("Slots: ")]
    assert lines[place].endswith("█")
    assert lines[place + 1].startswith("  1 to 18 slots in 0 s; 3 throttle answers, 0 requests")


def test_without_wait_nothing_is_queued(kept: Cli) -> None:
    restore = ("restore", "disk", "ann@example", "--connection", "office")
    for words in (("job", "run", "nightly"), restore):
        ended = kept(*words, expect=2)
        assert "strongroom serve" in ended.stderr
        assert "--wait" in ended.stderr
        assert ended.stdout == ""
    assert len(kept("run", "list", "--json").document) == 1
