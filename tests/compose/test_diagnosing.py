"""A whole diagnosis of a simulated server with a near front end and a far mailbox.

Both sides share one clock, which stands still but for what the server is late: nothing in it
depends on how quick this machine is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from strongroom import compose
from strongroom.compose.diagnosing import lines
from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.quirks import Quirks
from strongroom.service.application import Application
from strongroom.service.connections import Diagnosis
from strongroom.service.details import (
    EXCHANGE_ONLINE,
    EXCHANGE_ONPREM,
    SHAREPOINT_ONLINE,
    ConnectionDetails,
)
from strongroom.vault.secret import Secret
from strongroom.wire.line import TIMES
from strongroom.words.speed import Line
from tests.fakes.exchange import ADMIN, PASSWORD, TARGET, Site, site
from tests.fakes.hand_clock import HandClock

FAR = Quirks(
    latency_s=0.008,
    mailbox_latency_s=0.132,
    front_end="CAS01",
    back_end="CAS01",
    mailbox_back_end="MBX07",
)
SUBJECT = "Nobody's business"


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path / "ca.pem", quirks=FAR) as made:
        for number in range(8):
            message = Message(
                {
                    tags.PidTagMessageClass: "IPM.Note",
                    tags.PidTagSubject: f"{SUBJECT} {number}",
                    tags.PidTagBody: "Text. " * 500,
                }
            )
            made.estate.deliver(TARGET, message)
        yield made
        assert made.lab.exchange.crashes == []


def diagnosed(far: Site, home: Path, *, has_addresses: bool) -> Diagnosis:
    details = ConnectionDetails(
        kind=EXCHANGE_ONPREM,
        server=far.lab.ews_url,
        user=ADMIN,
        password=Secret(PASSWORD),
        ca_pem=far.lab.ca_pem.decode(),
    )
    with Application(home, compose.real_ports(far.clock)) as application:
        application.connections.add("office", details)
        return application.connections.diagnose("office", TARGET, has_addresses=has_addresses)


def test_a_near_front_end_with_a_far_mailbox_says_so_and_names_nobody(
    far: Site, tmp_path: Path
) -> None:
    report = diagnosed(far, tmp_path / "home", has_addresses=False)
    assert report.steps[-1].name == "speed"
    assert all(one.is_well for one in report.steps)
    (line,) = report.speed.lines
    assert line.connect is not None
    assert (line.at, line.connect.count) == ("server", TIMES)
    account, mailbox = report.speed.answers
    assert (account.whole.median_ms, mailbox.whole.median_ms) == (8, 140)
    told, _, policy = report.speed.findings
    assert told.code == "far-mailbox"
    assert "140 ms (140 to 140 in 5), so 140 ms of every answer lie behind" in told.text
    assert "about no mailbox is answered in 8 ms" in told.text
    assert policy.code == "throttling-policy"
    written = json.dumps(asdict(report), default=str).casefold()
    for name in ("cas01", "mbx07", "lab.example", "localhost", ADMIN, PASSWORD, SUBJECT):
        assert name.casefold() not in written


def test_with_addresses_the_servers_are_named_and_the_commands_know_the_account(
    far: Site, tmp_path: Path
) -> None:
    told, _, policy = diagnosed(far, tmp_path / "home", has_addresses=True).speed.findings
    assert told.private == (
        "Answers about no mailbox came through CAS01, from cas01.lab.example.",
        "Answers about the mailbox came through CAS01, from mbx07.lab.example.",
    )
    assert policy.private == (f"$account = '{ADMIN}'",)


@pytest.mark.parametrize(
    ("kind", "at"), [(EXCHANGE_ONLINE, ["graph", "ews"]), (SHAREPOINT_ONLINE, ["site"])]
)
def test_lines_to_what_only_signs_in_are_not_measured(
    kind: str, at: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def timed(_url: str, *, at: str, **_more: object) -> Line:
        return Line(at=at)

    monkeypatch.setattr("strongroom.wire.line.timed", timed)
    details = ConnectionDetails(
        kind=kind, tenant="lab.example", client_id="x", auth="client-secret",
        client_secret=Secret("given"),
        url="https://lab.example/sites/a" if kind == SHAREPOINT_ONLINE else "",
    )  # fmt: skip
    assert [one.at for one in lines(details, HandClock())] == at
