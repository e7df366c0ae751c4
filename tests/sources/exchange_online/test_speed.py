"""Exchange Online measured: where a mailbox is, how far behind its front end, whose the limits are.

Our side's clock stands still but for what the lab makes of it, so every time is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.lab.https import Request, Response
from strongroom.lab.lab import Lab, count_items
from strongroom.pace.paces import Paces
from strongroom.service import ports
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.sources.exchange_online.places import Places, place_findings
from strongroom.sources.exchange_online.speed import POLICY
from strongroom.words.speed import Line, SpeedReport, Spread
from tests.fakes.hand_clock import HandClock
from tests.sources.exchange_online.conftest import LARGE, OWN

NEAR = Line(at="ews", connect=Spread(median_ms=8, lowest_ms=7.5, highest_ms=9, count=5))
Measure = Callable[..., SpeedReport]


@pytest.fixture
def measure(
    lab: Lab, details: ConnectionDetails, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Measure]:
    """Measure over a line on which answers about mailboxes are 132 ms late, and others 10 ms."""
    clock = HandClock(SystemClock().now())
    face = lab.cloud.server.exchange
    answer = face._answer

    def late(request: Request) -> Response:
        clock.sleep(0.14 if request.headers.get("x-anchormailbox") else 0.01)
        return answer(request)

    monkeypatch.setattr(face, "_answer", late)

    def measured(
        mailbox: str | None = LARGE, other: ConnectionDetails | None = None
    ) -> SpeedReport:
        use = Use(purpose=Purpose.TEST)
        server = compose.open_server(other or details, use, clock, Paces(clock))
        try:
            assert isinstance(server, ports.Measurable)
            return server.speed(mailbox, [NEAR], clock)
        finally:
            server.close()

    yield measured
    assert face.crashes == []


def codes(report: SpeedReport) -> list[str]:
    return [one.code for one in report.findings]


def test_a_near_front_end_with_a_far_mailbox_is_told_with_where_it_lies(measure: Measure) -> None:
    report = measure()
    assert [(one.at, one.of) for one in report.answers] == [
        ("ews", "account"), ("ews", "mailbox"), ("graph", "account"),
    ]  # fmt: skip
    assert report.answers[1].whole.median_ms == 140
    assert codes(report)[0] == "far-mailbox"
    assert "a connection to it takes 8 ms" in report.findings[0].text
    region = next(one for one in report.findings if one.code == "region")
    assert "lies in Europe (eurprd04)" in region.text
    assert "Graph answers from West Europe" in region.text
    assert region.private == ("The tenant's address is in CH.",)


def test_the_region_where_it_was_bought_is_said_not_to_be_where_the_data_lies() -> None:
    (found,) = place_findings(
        Places(back_end="PH7PR13MB4482.namprd42.PROD.OUTLOOK.COM", country="CH")
    )
    assert "The mailbox lies in North America (namprd42)" in found.text
    assert "Where the subscription was bought" in found.text
    assert "are not where its data lies" in found.text
    assert "CH" not in found.text
    (unknown,) = place_findings(Places(country="CH", graph="West Europe", edge="AMSxyz"))
    assert unknown.code == "region-unknown"
    assert "are not where its data lies" in unknown.text
    assert "entered at AMS, and Graph answers from West Europe: that is near us" in unknown.text


def test_a_front_end_in_another_part_of_the_world_is_told() -> None:
    far = Places(
        back_end="VI1PR04MB4192.eurprd04.prod.outlook.com",
        front_end="BL1PR13CA0291.namprd13.PROD.OUTLOOK.COM",
    )
    found = place_findings(far)
    assert [one.code for one in found] == ["region", "front-end-elsewhere"]
    assert "front end in North America (namprd13), and the mailbox lies in Europe" in found[1].text
    beside = replace(far, front_end="AM0PR01CA0015.eurprd01.prod.outlook.com")
    assert [one.code for one in place_findings(beside)] == ["region"], "of forests there are many"


def test_it_says_that_microsoft_does_not_allow_to_change_its_limits(measure: Measure) -> None:
    report = measure()
    assert report.findings[-1] == POLICY
    assert "Microsoft does not allow administrators to change them" in POLICY.text
    assert "throttling-policy" not in codes(report)
    assert all(one.commands == () for one in report.findings)


def test_the_likely_speed_counts_on_the_fewest_slots_that_are_spoken_of(measure: Measure) -> None:
    report = measure()
    assert report.download is not None
    assert report.download.items == 12
    assert [one.slots for one in report.rates] == [1, 16]


def test_an_application_without_a_mailbox_reads_nobodys_mail(measure: Measure, lab: Lab) -> None:
    before = lab.cloud.server.exchange.requests["ExportItems"]
    report = measure(None)
    assert report.download is None
    assert "--mailbox ADDRESS" in report.findings[-3].text
    assert lab.cloud.server.exchange.requests["ExportItems"] == before


def test_a_person_is_measured_in_their_own_mailbox(
    measure: Measure, as_person: Callable[[str], ConnectionDetails], lab: Lab
) -> None:
    mailbox = lab.estate.mailbox(OWN)
    assert mailbox is not None
    report = measure(None, as_person(OWN))
    assert report.download is not None
    # Others restore into it, so there may be more by now, and in more folders than are measured.
    assert 0 < report.download.items <= count_items(mailbox)
