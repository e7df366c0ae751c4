"""What ``connection diagnose`` says of a connection's speed, to scripts and to people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import pytest

from strongroom.clock import Clock
from strongroom.sources.exchange_onprem.throttling_policy import SLOTS, SLOTS_WHY, policy_finding
from strongroom.sources.speed.reporting import Allowed, Seen, report_of
from strongroom.words.speed import Answers, Download, Finding, Line, Rate, SpeedReport, Spread
from tests.cli.conftest import Cli
from tests.fakes import mail_server
from tests.fakes.mail_server import FakeServer

LINES = [
    Line(
        at="server",
        connect=Spread(median_ms=8, lowest_ms=7.5, highest_ms=9, count=5),
        tls=Spread(median_ms=9, lowest_ms=8.8, highest_ms=10, count=5),
    )
]
FAR = Spread(median_ms=140, lowest_ms=138, highest_ms=145, count=5)
SEEN = Seen(
    requests=17,
    throttled=0,
    answers=(Answers(at="server", of="mailbox", whole=FAR, is_elsewhere=True),),
    download=Download(
        items=20, byte_count=1_000_000, requests=1, line_bytes=1_350_000,
        first_byte_s=0.15, body_s=0.03,
    ),
    private=("From MBX07.\x1b[2J",),
)  # fmt: skip


@pytest.fixture
def measured(ready: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Let the server be a near front end with a far mailbox."""

    # A class of its own: Python remembers for good of a class that it fits a protocol.
    class MeasuredServer(FakeServer):
        def speed(self, mailbox: str | None, lines: Sequence[Line], clock: Clock) -> SpeedReport:
            policy = policy_finding("backup@example", is_impersonating=True, throttled=0)
            allowed = Allowed(slots=SLOTS, why=SLOTS_WHY)
            return report_of(SEEN, LINES, at="server", allowed=allowed, more=[policy])

    monkeypatch.setattr(mail_server, "FakeServer", MeasuredServer)
    return ready


def test_the_document_has_the_promised_fields(measured: Cli) -> None:
    document = measured("connection", "diagnose", "office", "--json", expect=0).document
    speed = document["speed"]
    assert speed.keys() == {one.name for one in fields(SpeedReport)} == {
        "requests", "lines", "answers", "download", "bandwidth_bytes_s", "rates", "findings",
    }  # fmt: skip
    assert speed["lines"][0] == {
        "at": "server",
        "connect": {"median_ms": 8, "lowest_ms": 7.5, "highest_ms": 9, "count": 5},
        "tls": {"median_ms": 9, "lowest_ms": 8.8, "highest_ms": 10, "count": 5},
    }
    assert speed["answers"][0].keys() == {"at", "of", "whole", "server", "is_elsewhere"}
    assert speed["download"].keys() == {
        "items", "byte_count", "requests", "line_bytes", "first_byte_s", "body_s",
    }  # fmt: skip
    assert speed["bandwidth_bytes_s"] == 45_000_000
    assert [(one["slots"], one["limited_by"]) for one in speed["rates"]] == [
        (1, "latency"), (27, "bandwidth"),
    ]  # fmt: skip
    assert speed["rates"][0].keys() == {one.name for one in fields(Rate)}
    assert [one["code"] for one in speed["findings"]] == ["far-mailbox", "throttling-policy"]
    assert speed["findings"][0].keys() == {one.name for one in fields(Finding)} == {
        "code", "text", "remedy", "commands", "private",
    }  # fmt: skip
    assert [one["private"] for one in speed["findings"]] == [[], []]


def test_the_short_command_is_the_same(measured: Cli) -> None:
    long = measured("connection", "diagnose", "office", "--json", expect=0).document["speed"]
    assert measured("diagnose", "office", "--json", expect=0).document["speed"] == long


def test_a_person_reads_it_line_by_line(measured: Cli) -> None:
    shown = measured("connection", "diagnose", "office", expect=0).stdout
    for line in (
        "line: server: connect 8 ms (7.5 to 9 in 5), TLS 9 ms (8.8 to 10 in 5)",
        "answer: server: mailbox: 140 ms (138 to 145 in 5)",
        "read: 20 items, 1,000,000 bytes, in 1 requests; one connection carried 45.0 MB/s",
        "likely: 1 slot: 108.1 to 475.0 items/s, 19.5 to 85.5 GB/h, limited by latency.",
        "finding: far-mailbox: The front end is near: a connection to it takes 8 ms",
        "  New-ThrottlingPolicy -Name StrongroomBackup ",
        "  Set-ThrottlingPolicyAssociation -Identity $account -ThrottlingPolicy StrongroomBackup",
    ):
        assert line in shown
    assert "backup@example" not in shown
    assert "MBX07" not in shown


def test_with_addresses_the_commands_are_ready_to_paste_and_names_move_no_cursor(
    measured: Cli,
) -> None:
    shown = measured("connection", "diagnose", "office", "--with-addresses", expect=0).stdout
    assert "  $account = 'backup@example'\n" in shown
    assert "From MBX07." in shown
    assert "\x1b" not in shown
