"""A run that pauses, seen from the command line: who waits ends with 2 and knows what to do."""

from __future__ import annotations

import json
from pathlib import Path

from strongroom.errors import SignInEnded
from strongroom.service.application import Application
from tests.cli.conftest import Cli
from tests.fakes.mail_server import World


def refuse(call: str) -> None:
    if call == "fetch":
        raise SignInEnded("The secret has expired.", hint="Make a new one.")


def answer(_call: str) -> None:
    return


def test_a_run_that_pauses_is_shown_everywhere_and_goes_on(
    ready: Cli, world: World, tmp_path: Path
) -> None:
    mailbox = world.estate.add("ann@example", items=4)
    ready("job", "add", "backup", "nightly", "--connection", "office", "--storage", "disk",
          "--resource", "ann@example", expect=0)  # fmt: skip
    mailbox.on_call = refuse
    paused = ready("job", "run", "nightly", "--wait", "--json", expect=2)
    document = paused.document
    run_id = document["id"]
    assert (document["status"], document["finished"]) == ("paused", None)
    assert document["error"]["what"] == "The secret has expired."
    assert "The secret has expired." in paused.stderr
    assert f"strongroom run resume {run_id} --wait" in paused.stderr

    assert ready("run", "show", run_id, "--json", expect=0).document == document
    assert "strongroom connection edit office" in ready("run", "show", run_id, expect=0).stdout
    assert ready("run", "list", "--json", expect=0).document[0]["status"] == "paused"
    (line,) = ready("run", "watch", run_id, "--json", expect=2).stdout.splitlines()
    assert json.loads(line) == document
    assert "run resume" in ready("run", "watch", run_id, expect=2).stdout

    again = ready("run", "resume", run_id, "--wait", expect=2)
    assert "The secret has expired." in again.stderr
    mailbox.on_call = answer
    refused = ready("run", "resume", run_id, expect=2)
    assert "--wait" in refused.stderr, "nobody would do it"
    ended = ready("run", "resume", run_id, "--wait", "--json", expect=0).document
    assert (ended["id"], ended["status"], ended["totals"]["saved"]) == (run_id, "complete", 4)
    assert ended["error"] is None
    assert "not paused" in ready("run", "resume", run_id, "--wait", expect=2).stderr


def test_the_same_command_goes_on_with_the_paused_run(ready: Cli, world: World) -> None:
    mailbox = world.estate.add("ann@example", items=4)
    ready("job", "add", "backup", "nightly", "--connection", "office", "--storage", "disk",
          "--resource", "ann@example", expect=0)  # fmt: skip
    mailbox.on_call = refuse
    run_id = ready("job", "run", "nightly", "--wait", "--json", expect=2).document["id"]
    mailbox.on_call = answer
    ended = ready("job", "run", "nightly", "--wait", "--json", expect=0)
    assert f"Continuing run {run_id}" in ended.stderr
    assert ended.document["id"] == run_id


def test_a_person_pauses_a_run_and_it_goes_on(ready: Cli, world: World, home: Path) -> None:
    world.estate.add("ann@example", items=4)
    ready("job", "add", "backup", "nightly", "--connection", "office", "--storage", "disk",
          "--resource", "ann@example", expect=0)  # fmt: skip
    with Application(home, world.ports()) as application:
        run, _ = application.jobs.ask_run("nightly")
    assert f"Run {run.id} is paused." in ready("run", "pause", run.id, expect=0).stdout
    assert "cannot be paused" in ready("run", "pause", run.id, expect=2).stderr
    assert ready("run", "show", run.id, "--json", expect=0).document["status"] == "paused"
    ended = ready("run", "resume", run.id, "--wait", "--json", expect=0).document
    assert (ended["id"], ended["status"]) == (run.id, "complete")
