"""A SharePoint measured: what of an answer is distance, and what is the server's own work."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.lab.https import Request, Response
from strongroom.lab.lab import Lab
from strongroom.lab.sharepoint import Farm
from strongroom.pace.paces import Paces
from strongroom.service import ports
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.sources.sharepoint.speed import TRIES
from strongroom.words.speed import Line, SpeedReport, Spread
from tests.fakes.hand_clock import HandClock

NEAR = Line(at="site", connect=Spread(median_ms=8, lowest_ms=7.5, highest_ms=9, count=5))
Measure = Callable[[float], SpeedReport]


@pytest.fixture
def measure(
    lab: Lab, online: Farm, details: ConnectionDetails, monkeypatch: pytest.MonkeyPatch
) -> Measure:
    """Measure over a line on which answers are so many seconds late."""
    face = lab.cloud.farm_face
    answer = face._route

    def measured(late_s: float) -> SpeedReport:
        clock = HandClock(SystemClock().now())

        def late(request: Request) -> Response:
            clock.sleep(late_s)
            return answer(request)

        monkeypatch.setattr(face, "_route", late)
        use = Use(purpose=Purpose.TEST)
        server = compose.open_server(details, use, clock, Paces(clock))
        try:
            assert isinstance(server, ports.Measurable)
            return server.speed(None, [NEAR], clock)
        finally:
            server.close()

    return measured


def test_a_near_entrance_with_a_far_site_is_told_by_what_the_server_says_that_it_worked(
    measure: Measure,
) -> None:
    report = measure(0.14)
    (answers,) = report.answers
    assert (answers.whole.median_ms, answers.whole.count) == (140, TRIES)
    assert answers.server is not None
    assert answers.server.median_ms == 13, "12 ms of work, and 1 ms in the queue"
    far = report.findings[0]
    assert far.code == "far-site"
    assert "a connection to it takes 8 ms" in far.text
    assert "takes 140 ms" in far.text
    assert far.private == ("The entrance is FRA31EDGE0716.",)


def test_an_answer_that_comes_at_once_is_near(measure: Measure) -> None:
    assert measure(0.015).findings[0].code == "near"


def test_what_is_not_known_is_not_guessed(measure: Measure) -> None:
    report = measure(0.14)
    assert (report.download, report.rates, report.bandwidth_bytes_s) == (None, (), None)
    codes = [one.code for one in report.findings]
    assert codes == ["far-site", "nothing-read", "file-by-file", "region-unknown", "policy-fixed"]
    assert "at most 7.1 files per second" in report.findings[2].text
    assert "are not where its data lies" in report.findings[3].text
    assert "Microsoft does not allow" in report.findings[4].text


def test_it_says_how_many_requests_it_took(measure: Measure) -> None:
    assert measure(0.01).requests == TRIES + 1
