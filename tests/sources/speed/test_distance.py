"""Where the time of an answer goes, on literal numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strongroom.sources.speed.distance import distance_findings
from strongroom.words.speed import Answers, Finding, Line, Spread


def spread(*each_ms: float) -> Spread:
    found = Spread.of(one / 1000 for one in each_ms)
    assert found is not None
    return found


NEAR = Line(at="server", connect=spread(7, 8, 9), tls=spread(9, 10, 12))
FAR = Line(at="server", connect=spread(148, 150, 152), tls=spread(150, 151, 160))
ACCOUNT = Answers(at="server", of="account", whole=spread(10, 11, 12))
MAILBOX = Answers(
    at="server", of="mailbox", whole=spread(138, 139, 140, 142, 145), is_elsewhere=True
)


def codes(found: list[Finding]) -> list[str]:
    return [one.code for one in found]


def test_a_near_front_end_with_a_far_mailbox_says_so_with_its_numbers() -> None:
    (found,) = distance_findings(NEAR, [MAILBOX])
    assert found.code == "far-mailbox"
    assert "The front end is near: a connection to it takes 8 ms, TLS 10 ms." in found.text
    assert "140 ms (138 to 145 in 5), so 131 ms of every answer lie behind" in found.text
    assert "would gain 8 ms per request and no more" in found.remedy


def test_what_the_same_front_end_answers_quickly_is_held_beside_it() -> None:
    (found,) = distance_findings(NEAR, [ACCOUNT, MAILBOX])
    assert "what is about no mailbox is answered in 11 ms (10 to 12 in 3)" in found.text
    slow = replace(ACCOUNT, whole=MAILBOX.whole)
    assert "about no mailbox" not in distance_findings(NEAR, [slow, MAILBOX])[0].text


def test_answers_that_vary_are_work_and_not_distance() -> None:
    busy = replace(MAILBOX, whole=spread(60, 110, 190, 260, 420))
    (found,) = distance_findings(NEAR, [busy])
    assert found.code == "slow-server"
    assert "It varies by 130 ms" in found.text


def test_a_front_end_that_has_the_mailbox_itself_is_slow_and_not_far() -> None:
    assert codes(distance_findings(NEAR, [replace(MAILBOX, is_elsewhere=False)])) == ["slow-server"]
    unknown = replace(MAILBOX, is_elsewhere=None)
    assert codes(distance_findings(NEAR, [unknown])) == ["far-mailbox"]


def test_what_a_server_says_that_it_worked_decides() -> None:
    works = replace(MAILBOX, of="site", server=spread(120, 121, 125), is_elsewhere=None)
    rests = replace(works, server=spread(4, 5, 6))
    assert codes(distance_findings(NEAR, [works])) == ["slow-server"]
    (found,) = distance_findings(NEAR, [rests])
    assert found.code == "far-site"
    assert "about the site" in found.text


def test_a_far_front_end_is_told_alone_where_the_mailbox_is_beside_it() -> None:
    beside = replace(MAILBOX, whole=spread(156, 158, 170))
    assert codes(distance_findings(FAR, [beside])) == ["far-front-end"]


def test_a_far_front_end_and_a_mailbox_that_is_as_far_again_are_both_told() -> None:
    further = replace(MAILBOX, whole=spread(310, 312, 315))
    found = distance_findings(FAR, [further])
    assert codes(found) == ["far-front-end", "far-mailbox"]
    assert "is near" not in found[1].text


def test_where_nothing_is_far_nothing_is_made_of_it() -> None:
    (found,) = distance_findings(NEAR, [replace(MAILBOX, whole=spread(14, 15, 40))])
    assert (found.code, found.remedy) == ("near", "")


@pytest.mark.parametrize("line", [None, Line(at="server")])
def test_without_the_line_nothing_is_guessed(line: Line | None) -> None:
    assert codes(distance_findings(line, [MAILBOX])) == ["line-unknown"]


def test_without_an_answer_nothing_is_said() -> None:
    assert distance_findings(NEAR, []) == []


def test_a_spread_refuses_nonsense_and_is_nothing_without_measurements() -> None:
    assert Spread.of([]) is None
    with pytest.raises(ValueError, match="not a spread"):
        Spread(median_ms=1, lowest_ms=2, highest_ms=3, count=1)
