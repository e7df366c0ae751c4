"""A day of an administrator: what is skipped, stopped, renamed, lost and found again."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.faults import Fault, FaultKind, FaultPlan
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from tests.fakes.marked import canary
from tests.journeys.conftest import OpenLab
from tests.journeys.forked import Running
from tests.journeys.support import Strongroom

LARGE = "large@lab.example"
EMPTY = "empty@lab.example"
CYCLES = 3
ITEMS = 1600
SLOW_EXPORT = Fault(kind=FaultKind.SLOW, operation="ExportItems", times=1000, seconds=2.0)


def mailbox(lab: Lab, address: str) -> Mailbox:
    found = lab.estate.mailbox(address)
    assert found is not None
    return found


def subjects(found: Mailbox) -> Counter[str]:
    return Counter(item.subject for item in found.items)


@pytest.mark.in_process
def test_an_acknowledged_skip_makes_no_later_run_partial(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(Wishes(seed=2, loads=(Load(address=LARGE, items=20, item_bytes=2048),)))
    lab.server.exchange.faults.add(Fault(kind=FaultKind.ITEM_CORRUPT, operation="ExportItems"))
    first = strongroom.back_up("one", LARGE, expect=3)
    assert strongroom("run", "acknowledge", first["id"]) == {"id": first["id"], "acknowledged": 1}
    again = strongroom.back_up("one", LARGE)
    assert (again["status"], again["totals"]["skipped"]) == ("complete", 1)
    shown = strongroom.run("run", "show", again["id"]).stdout
    assert "skipped (acknowledged)" in shown


@pytest.mark.in_process
def test_restores_to_and_fro_multiply_nothing(strongroom: Strongroom, open_lab: OpenLab) -> None:
    lab = open_lab(Wishes(seed=2, loads=(Load(address=LARGE, items=12, item_bytes=1024),)))
    before = subjects(mailbox(lab, LARGE))
    in_place = ("--connection", "lab", "--folder", "/", "--conflict", "skip", "--wait")
    totals = []
    for _ in range(CYCLES):
        assert strongroom.back_up("both", LARGE, EMPTY)["status"] == "complete"
        for source, target in ((LARGE, EMPTY), (EMPTY, LARGE)):
            back = strongroom("restore", "disk", source, "--to", target, *in_place)
            totals.append((back["totals"]["saved"], back["totals"]["unchanged"]))
    assert totals == [(12, 0), (0, 0), *[(0, 12)] * (2 * CYCLES - 2)]
    assert subjects(mailbox(lab, LARGE)) == subjects(mailbox(lab, EMPTY)) == before
    assert lab.outgoing == []


@pytest.mark.soak
@pytest.mark.in_process
def test_a_mailbox_is_followed_through_renaming_reuse_and_removal(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(Wishes(seed=2, loads=(Load(address=LARGE, items=9, item_bytes=1024),)))
    strongroom.back_up("everything")
    renamed = mailbox(lab, LARGE)
    lab.estate.readdress_mailbox(renamed, "moved@lab.example")
    lab.estate.add_mailbox(LARGE, "Somebody new", password="made-up", archive=False)
    second = {task["resource"]: task for task in strongroom.back_up("everything")["tasks"]}
    assert second["moved@lab.example"]["id"] == str(renamed.guid)
    assert second["moved@lab.example"]["totals"]["unchanged"] == 9
    assert second[LARGE]["totals"]["on_server"] == 0
    ambiguous = strongroom.run("points", "disk", "--resource", LARGE)
    assert ambiguous.code == 2
    assert f"mailbox:{renamed.guid}" in ambiguous.stderr

    lab.estate.remove_mailbox(renamed)
    third = {task["resource"]: task for task in strongroom.back_up("everything")["tasks"]}
    assert third["moved@lab.example"]["status"] == "excluded"
    assert "does not list it any more" in third["moved@lab.example"]["reason"]
    refused = strongroom.run("restore", "disk", str(renamed.guid), "--connection", "lab", "--wait")
    assert refused.code == 2
    assert "moved@lab.example" in refused.stderr
    back = strongroom(
        "restore", "disk", str(renamed.guid), "--connection", "lab", "--to", EMPTY, "--wait"
    )  # fmt: skip
    assert back["totals"]["saved"] == 9


def test_a_termination_stops_at_a_safe_point_and_another_process_takes_over(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    lab = open_lab(Wishes(loads=(Load(address=LARGE, items=ITEMS, item_bytes=1024),)))
    lab.server.exchange.faults.add(SLOW_EXPORT)
    for job in ("one", "two"):
        strongroom("job", "add", "backup", job, "--connection", "lab", "--storage", "disk",
                   "--resource", LARGE)  # fmt: skip

    with strongroom.start("job", "run", "one", "--wait", "--json") as worker:
        until_exporting(lab, worker)
        (running,) = strongroom("run", "list")
        assert running["status"] == "running", "commands that read answer meanwhile"
        with strongroom.start("job", "run", "two", "--wait", "--json") as watcher:
            while f"waits for run {running['id']}" not in watcher.stderr.readline():
                assert watcher.poll() is None
            worker.send_signal(signal.SIGTERM)
            lab.server.exchange.faults = FaultPlan()
            _, told = worker.communicate(timeout=60)
            assert worker.returncode == 130, told
            assert "goes on when the command is given again" in told
            stdout, told = watcher.communicate(timeout=120)
            assert watcher.returncode == 0, told
    assert json.loads(stdout)["job"] == "two"
    # Whoever watched became the worker, and left no run behind.
    listed = {run["job"]: run for run in strongroom("run", "list")}
    assert {run["status"] for run in listed.values()} == {"complete"}
    assert listed["one"]["attempts"] == 1, "the same attempt, taken over"
    assert listed["one"]["totals"]["on_server"] == listed["two"]["totals"]["unchanged"] == ITEMS


def until_exporting(lab: Lab, process: Running) -> None:
    """Wait until the server was asked for items."""
    while not lab.server.exchange.requests.get("ExportItems"):
        assert process.poll() is None
        try:
            process.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            continue


@pytest.mark.in_process
def test_two_homes_share_a_storage_and_a_lost_password_is_set_anew(
    strongroom: Strongroom, open_lab: OpenLab, tmp_path: Path
) -> None:
    open_lab(Wishes(seed=2))
    made = strongroom("storage", "add", "other", tmp_path / "other", "--password-file",
                      strongroom.secret("forgotten", canary("who knows")))  # fmt: skip
    strongroom("job", "add", "backup", "one", "--connection", "lab", "--storage", "other",
               "--resource", "info@lab.example")  # fmt: skip
    strongroom("job", "run", "one", "--wait")
    (tmp_path / "second").mkdir()
    second = Strongroom(tmp_path / "second")
    words = ("storage", "add", "shared", tmp_path / "other", "--password-file")
    assert second.run(*words, strongroom.secret("wrong", canary("guess"))).code == 2
    new_password = strongroom.secret("new", canary("remembered"))
    recovered = second(
        "storage", "recover", tmp_path / "other",
        "--recovery-key-file", strongroom.secret("key", made["recovery_key"]),
        "--password-file", new_password,
    )  # fmt: skip
    assert (recovered["id"], recovered["repositories"]) == (made["id"], 1)
    second(*words, new_password)
    assert len(second("points", "shared")) == 1
    strongroom("job", "run", "one", "--wait")
    assert len(second("points", "shared")) == 2
    assert second("storage", "check", "shared", "--read-data")["problems"] == []
