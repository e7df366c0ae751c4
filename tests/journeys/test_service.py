"""The service as a process of its own: jobs over it, its end, its death, and unlocked shells."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from strongroom.lab.lab import ADMINISTRATOR, Wishes
from strongroom.lab.seed.bulk import Load
from tests.fakes.marked import canary
from tests.journeys.conftest import OpenLab
from tests.journeys.forked import Running
from tests.journeys.support import Strongroom
from tests.service.test_metrics import read, value

LARGE = "large@lab.example"
WISHES = Wishes(seed=2, loads=(Load(address=LARGE, items=40, item_bytes=1024),))
ENDS_S = 60


@contextmanager
def service(strongroom: Strongroom) -> Iterator[Running]:
    """Run the service until the block ends; it ends well, and says so."""
    with ready_service(strongroom) as (running, _):
        yield running


@contextmanager
def ready_service(
    strongroom: Strongroom, *options: str
) -> Iterator[tuple[Running, dict[str, str]]]:
    """Run the service with options; give the process, and what it said when it was ready."""
    running = strongroom.start("serve", "--json", *options)
    with running:
        ready = json.loads(running.stdout.readline())
        assert ready["status"] == "ready"
        try:
            yield running, ready
        finally:
            if running.poll() is None:
                running.send_signal(signal.SIGTERM)
            _, told = running.communicate(timeout=ENDS_S)
    assert running.returncode in {0, -signal.SIGKILL}, told
    assert "Traceback" not in told


def test_everything_is_done_over_the_service(open_lab: OpenLab, strongroom: Strongroom) -> None:
    with service(strongroom):
        open_lab(WISHES)
        ran = strongroom.back_up("nightly", LARGE)
        assert (ran["status"], ran["totals"]["saved"]) == ("complete", 40)
        started = strongroom("job", "run", "nightly")
        assert strongroom.run("run", "watch", started["id"]).code == 0
        to_empty = ("--to", "empty@lab.example", "--connection", "lab", "--wait")
        assert strongroom("restore", "disk", LARGE, *to_empty)["status"] == "complete"
        out = strongroom.folder / "out"
        strongroom("export", "disk", LARGE, "--format", "eml", "--output", out)
        assert len(list(out.rglob("*.eml"))) == 40
        assert strongroom("verify", "disk")[0]["problems"] == []
        assert strongroom.run("serve").code == 2
    assert not (strongroom.home / "service.sock").exists()
    assert strongroom("run", "show", ran["id"])["status"] == "complete"  # in its own process again


def test_a_service_is_watched_by_its_metrics_and_its_health(strongroom: Strongroom) -> None:
    with ready_service(strongroom, "--metrics", "127.0.0.1:0") as (_, ready):
        with urllib.request.urlopen(f"http://{ready['metrics']}/metrics", timeout=60) as answer:
            told = answer.read().decode()
        assert value(read(told), "worker_up") == 1
        checks = strongroom("health")["checks"]
        assert {one["status"] for one in checks} == {"ok"}
        assert next(one for one in checks if one["name"] == "worker")["figures"]["is_running"]
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://{ready['metrics']}/metrics", timeout=60)


def test_what_a_service_did_not_finish_the_next_one_does(
    open_lab: OpenLab, strongroom: Strongroom
) -> None:
    open_lab(WISHES)
    strongroom("job", "add", "backup", "n", "--connection", "lab", "--storage", "disk", "--all")
    with service(strongroom):
        started = strongroom("job", "run", "n")
    with service(strongroom):
        assert strongroom.run("run", "watch", started["id"]).code == 0
    with service(strongroom) as killed:
        again = strongroom("job", "run", "n")
        killed.kill()
    assert (strongroom.home / "service.sock").exists()
    assert [one["name"] for one in strongroom("job", "list")] == ["n"], (
        "a dead socket is no service"
    )
    with service(strongroom):
        assert strongroom.run("run", "watch", again["id"]).code == 0
        for run in (started, again):
            assert strongroom("run", "show", run["id"])["totals"]["failed"] == 0


@pytest.mark.soak
def test_an_unlocked_shell_is_a_real_one(strongroom: Strongroom) -> None:
    account = strongroom.secret("account", canary("account"))
    guard = strongroom.secret("guard", canary("guard"))
    strongroom(
        "connection", "add", "exchange-onprem", "office", "--server", "mail.example", "--user",
        ADMINISTRATOR, "--account-password-file", account, "--password-file", guard,
    )  # fmt: skip
    show = shlex.join([sys.executable, "-m", "strongroom.cli.main", "connection", "show", "office"])
    unlock = ("connection", "unlock", "office", "--password-file", guard, "--command")
    without_session = f"env -u STRONGROOM_SESSION {show}"
    keep_token = f"{show} && echo $STRONGROOM_SESSION > {strongroom.folder / 'token'}"
    assert unlocked(strongroom, *unlock, keep_token)
    assert not unlocked(strongroom, *unlock, without_session)
    with service(strongroom):
        assert unlocked(strongroom, *unlock, keep_token)
        assert not unlocked(strongroom, *unlock, without_session)
        token = (strongroom.folder / "token").read_text().strip()
        late = subprocess.run(
            strongroom.command("connection", "show", "office"),
            env={**os.environ, "STRONGROOM_SESSION": token},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert (late.returncode, "session of this shell has ended" in late.stderr) == (2, True)
    told = [one.read_bytes() for one in strongroom.home.rglob("*") if one.is_file()]
    for secret in (b"what guards it", b"made-up", token.encode()):
        assert not any(secret in data for data in told)


def unlocked(strongroom: Strongroom, *words: object) -> bool:
    ended = strongroom.run(*words)
    return ended.code == 0 and "server: mail.example" in " ".join(ended.stdout.split())
