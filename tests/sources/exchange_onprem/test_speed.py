"""A measured Exchange Server, on a clock that both sides share: how late it is, is exact."""

from __future__ import annotations

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.faults import Fault, FaultKind, FaultPlan
from strongroom.service import ports
from strongroom.sources.exchange_onprem.measuring import BYTES_MAX, TRIES
from strongroom.sources.exchange_onprem.server import ExchangeServer
from strongroom.words.speed import Finding, LimitedBy, Line, SpeedReport, Spread
from tests.fakes.exchange import PASSWORD, TARGET, Site

NEAR = Line(
    at="server",
    connect=Spread(median_ms=8, lowest_ms=7.5, highest_ms=9, count=5),
    tls=Spread(median_ms=9, lowest_ms=8.8, highest_ms=10, count=5),
)
FAR_AWAY = {
    "latency_s": 0.01,
    "mailbox_latency_s": 0.13,
    "front_end": "CAS01",
    "back_end": "CAS01",
    "mailbox_back_end": "MBX07",
}
SUBJECT = "Nobody's business"


def as_measurable(server: ExchangeServer) -> ports.Measurable:
    """Prove to the type checker that the seam is kept."""
    return server


def measured(site: Site, mailbox: str | None = TARGET, **account: str) -> SpeedReport:
    return as_measurable(site.open(**account)).speed(mailbox, [NEAR], site.clock)


def filled(site: Site, items: int = 30, body: str = "Text. " * 200) -> Site:
    for number in range(items):
        site.estate.deliver(
            TARGET,
            Message(
                {
                    tags.PidTagMessageClass: "IPM.Note",
                    tags.PidTagSubject: f"{SUBJECT} {number}",
                    tags.PidTagBody: body,
                }
            ),
        )
    return site


def finding(report: SpeedReport, code: str) -> Finding:
    return next(one for one in report.findings if one.code == code)


def test_a_near_front_end_with_a_far_mailbox_is_told_end_to_end(quiet: Site) -> None:
    filled(quiet).quirks(**FAR_AWAY)
    report = measured(quiet)
    account, mailbox = report.answers
    assert (account.of, account.whole.median_ms, account.is_elsewhere) == ("account", 10, False)
    assert (mailbox.of, mailbox.whole.median_ms, mailbox.is_elsewhere) == ("mailbox", 140, True)
    assert mailbox.whole.count == TRIES
    far = finding(report, "far-mailbox")
    assert "a connection to it takes 8 ms, TLS 9 ms" in far.text
    assert "140 ms" in far.text
    assert "answered in 10 ms" in far.text
    assert report.rates[0].limited_by is LimitedBy.LATENCY


def test_servers_are_named_in_what_is_private_and_nowhere_else(quiet: Site) -> None:
    filled(quiet).quirks(**FAR_AWAY)
    report = measured(quiet)
    private = " ".join(line for one in report.findings for line in one.private)
    assert "CAS01" in private
    assert "mbx07.lab.example" in private
    shown = " ".join(
        text for one in report.findings for text in (one.text, one.remedy, *one.commands)
    )
    for name in ("CAS01", "MBX07", "lab.example", "LAB\\backup", SUBJECT):
        assert name.casefold() not in shown.casefold()


def test_a_mailbox_beside_its_front_end_is_not_called_far(quiet: Site) -> None:
    filled(quiet).quirks(latency_s=0.012)
    assert measured(quiet).findings[0].code == "near"


def test_the_likely_speed_stands_on_items_that_were_read(quiet: Site) -> None:
    filled(quiet).quirks(**FAR_AWAY)
    report = measured(quiet)
    assert report.download is not None
    assert report.download.items == 30
    assert report.download.requests == 2
    assert 0 < report.download.byte_count <= BYTES_MAX
    assert report.download.line_bytes > report.download.byte_count
    assert report.download.first_byte_s == pytest.approx(2 * 0.14)
    assert [one.slots for one in report.rates] == [1, 27]
    assert "EwsMaxConcurrency" in report.rates[1].why


def test_it_is_few_requests_says_how_many_and_changes_nothing(quiet: Site) -> None:
    filled(quiet)
    mailbox = quiet.mailbox(TARGET)
    before = [(one.counter, one.content_count) for one in mailbox.root.descendants()]
    quiet.lab.exchange.requests.clear()
    report = measured(quiet)
    assert report.requests == quiet.lab.exchange.requests.total() == 2 * (TRIES + 1) + 4
    assert set(quiet.lab.exchange.requests) == {
        "GetServerTimeZones", "GetFolder", "FindFolder", "FindItem", "ExportItems",
    }  # fmt: skip
    assert [(one.counter, one.content_count) for one in mailbox.root.descendants()] == before


def test_more_than_the_bound_is_not_read(quiet: Site) -> None:
    filled(quiet, items=12, body="x" * 500_000)
    report = measured(quiet)
    assert report.download is not None
    assert report.download.byte_count <= BYTES_MAX * 1.1, "a stream is a little more than its item"
    assert report.download.items < 12


def test_an_order_to_wait_is_obeyed_and_told(quiet: Site) -> None:
    filled(quiet).lab.exchange.faults = FaultPlan(
        [Fault(kind=FaultKind.BUSY, operation="GetFolder", nth=2, seconds=40)]
    )
    began_s = quiet.clock.monotonic_s()
    report = measured(quiet)
    assert quiet.clock.monotonic_s() - began_s >= 40
    assert "1 of" in finding(report, "throttled").text
    assert "asked 1 time(s) to go slower" in finding(report, "throttling-policy").text


def test_where_nothing_can_be_read_it_says_so_and_guesses_nothing(quiet: Site) -> None:
    report = measured(quiet)
    assert (report.download, report.bandwidth_bytes_s, report.rates) == (None, None, ())
    assert "has nothing in it" in finding(report, "nothing-read").text
    unknown = measured(quiet, "nobody@lab.example")
    assert [one.of for one in unknown.answers] == ["account"]
    assert "ErrorNonExistentMailbox" in finding(unknown, "nothing-read").text


def test_without_a_mailbox_the_accounts_own_is_looked_into_and_another_asked_for(
    quiet: Site,
) -> None:
    assert "--mailbox ADDRESS" in finding(measured(quiet, None), "nothing-read").text


def test_as_a_delegate_the_accounts_own_policy_is_told_of(quiet: Site) -> None:
    helper = quiet.estate.add_mailbox("helper@lab.example", "Helper", password=PASSWORD)
    filled(quiet).mailbox(TARGET).full_access.add(helper.address)
    report = measured(quiet, user=helper.address, access="delegate")
    assert report.download is not None
    assert "the account's own policy counts" in finding(report, "throttling-policy").text


def test_a_batch_that_had_to_be_asked_for_again_is_not_timed(quiet: Site) -> None:
    filled(quiet, items=10).lab.exchange.faults = FaultPlan(
        [Fault(kind=FaultKind.DROP, operation="ExportItems", nth=1)]
    )
    report = measured(quiet)
    assert (report.download, report.rates) == (None, ())
    assert "evenly enough" in finding(report, "nothing-read").text


def test_a_very_slow_server_is_asked_fewer_times_and_read_less(quiet: Site) -> None:
    filled(quiet).quirks(latency_s=6.0)
    report = measured(quiet)
    assert [one.whole.count for one in report.answers] == [3, 3]
    assert report.download is not None
    assert (report.download.requests, report.download.items) == (1, 20)
