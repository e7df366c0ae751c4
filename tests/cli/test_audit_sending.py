"""The audit log is sent where an operator says, and how that goes is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from strongroom import compose
from strongroom.wire import syslog
from tests.cli.conftest import Cli
from tests.fakes.mail_server import World
from tests.fakes.syslog_receiver import Receiver


@pytest.fixture
def ready(ready: Cli, world: World, monkeypatch: pytest.MonkeyPatch) -> Cli:
    ports = replace(world.ports(), open_sink=syslog.open_sink)
    monkeypatch.setattr(compose, "real_ports", lambda clock=None: ports)
    return ready


def test_it_is_sent_from_then_on_and_shown(ready: Cli) -> None:
    with Receiver() as receiver:
        url = f"tcp://localhost:{receiver.port}"
        told = ready("audit", "send", "--to", url, "--host", "vault.example", "--json", expect=0)
        assert (told.document["to"], told.document["waiting"]) == (url, 0)
        assert told.document["host"] == "vault.example"
        before = len(receiver.wait_for(told.document["sent"]))
        ready("connection", "test", "office", expect=0)
        assert "connections.test" in receiver.wait_for(before + 1)[-1]
        shown = ready("audit", "send", expect=0)
        assert f"sent to {url}, as vault.example" in shown.stdout
        assert "0 wait" in shown.stdout
    assert ready("audit", "send", "--stop", "--json", expect=0).document["is_changed"]
    assert ready("audit", "send", "--json", expect=0).document == {"to": None}
    assert "sent nowhere" in ready("audit", "send", expect=0).stdout


def test_a_receiver_that_is_away_is_one_clear_message_and_ends_with_5(ready: Cli) -> None:
    with Receiver() as receiver:
        ready("audit", "send", "--to", f"tcp://localhost:{receiver.port}", expect=0)
    ready("connection", "test", "office", expect=0)
    ended = ready("audit", "send", expect=5)
    assert ended.stderr.count("Error:") == 1
    assert "Nothing is lost" in ended.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "https://log.example/"),
        ("--stop", "--to", "tcp://log.example"),
        ("--from-now",),
        ("--host", "here"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    ready: Cli, words: tuple[str, ...]
) -> None:
    ended = ready("audit", "send", *words, expect=2)
    assert "hint:" in ended.stderr
    assert ready("audit", "send", "--json", expect=0).document == {"to": None}


def test_certificates_that_are_none_are_refused(ready: Cli, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    words = ("audit", "send", "--to", "tls://localhost:1", "--ca-file", tmp_path / "ca.pem")
    assert "no certificate" in ready(*words, expect=2).stderr
