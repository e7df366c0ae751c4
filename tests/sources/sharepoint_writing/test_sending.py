"""What is sent together: in halves where it is refused, in less where the server fails."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from strongroom.errors import OutcomeUnknown
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.sources.sharepoint.writing.sending import send_each
from strongroom.wire.sharepoint.question import Answer, Question, writing
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from strongroom.wire.sharepoint.rows import Row
from tests.fakes.hand_clock import HandClock
from tests.wire_sharepoint.asking import connected, json, no

WEB = "/sites/a"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def writes(count: int) -> list[Question]:
    return [writing(f"{WEB}/_api/web/lists", {"Title": f"list {n}"}) for n in range(count)]


class Taker:
    """A server that writes down what it made, and does not bear one of the things.

    Args:
        poison: In whose body this stands.
        answer: How it answers a request that holds it.
    """

    def __init__(self, poison: bytes, answer: Response) -> None:
        self.made: list[str] = []
        self.requests = 0
        self._poison, self._answer = poison, answer

    def __call__(self, request: Request) -> Response:
        self.requests += 1
        if request.method == "GET":
            return json(b"{}")
        if self._poison in request.body:
            return self._answer
        names = re.findall(rb'"Title":"(list \d+)"', request.body)
        self.made += [one.decode() for one in names]
        if not request.path.endswith("$batch"):
            return json(b"{}", 201)
        part = b"--b_1\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 201 X\r\n\r\n{}\r\n"
        return json(part * len(names) + b"--b_1--\r\n")


def test_what_is_refused_as_a_whole_goes_in_halves_down_to_the_one(
    server: LabServer, clock: HandClock
) -> None:
    taker = Taker(
        b"list 37", no(400, "-1, Microsoft.SharePoint.Client.InvalidClientQueryException")
    )
    with connected(server, clock, taker) as rest:
        rest.get(f"{WEB}/_api/web", Row)
        answers = send_each(rest, WEB, writes(100))
    refused = [number for number, one in enumerate(answers) if not isinstance(one, Answer)]
    assert refused == [37]
    assert sorted(taker.made) == sorted(f"list {n}" for n in range(100) if n != 37)
    assert taker.requests <= 2 + 2 * 7


def test_where_it_fails_less_is_sent_after_each_look_and_one_thing_fails_in_the_end(
    server: LabServer, clock: HandClock
) -> None:
    taker = Taker(b"list 37", json(b"out of order", 500))
    with connected(server, clock, taker) as rest:
        rest.get(f"{WEB}/_api/web", Row)
        looks = 0
        while True:
            open_ = [one for one in writes(100) if not _is_made(one, taker)]
            try:
                answers = send_each(rest, WEB, open_)
            except OutcomeUnknown:
                looks += 1
                continue
            break
    (failed,) = [one for one in answers if not isinstance(one, Answer)]
    assert isinstance(failed, SiteRefused)
    assert failed.code == "no-answer"
    assert sorted(taker.made) == sorted(f"list {n}" for n in range(100) if n != 37)
    assert looks <= 4, "a restore looks five times at the most"


def test_a_missing_right_is_not_asked_for_again_in_halves(
    server: LabServer, clock: HandClock
) -> None:
    taker = Taker(b"list", no(403, "-2147024891, System.UnauthorizedAccessException"))
    with connected(server, clock, taker) as rest:
        rest.get(f"{WEB}/_api/web", Row)
        with pytest.raises(Exception, match="may not"):
            send_each(rest, WEB, writes(50))
    assert taker.requests == 2


def by_old_server(body: bytes | Iterable[bytes], status: int = 200) -> Response:
    version = [("MicrosoftSharePointTeamServices", "15.0.0.4420")]
    return Response(status=status, headers=version, body=body)


def test_a_server_that_takes_one_at_a_time_stops_at_no_poison_either(
    server: LabServer, clock: HandClock
) -> None:
    taker = Taker(b"list 2", by_old_server(b"out of order", 500))

    def old(request: Request) -> Response:
        answer = taker(request)
        return by_old_server(answer.body, answer.status)

    with connected(server, clock, old) as rest:
        rest.get(f"{WEB}/_api/web", Row)
        looks = 0
        while looks < 5:
            open_ = [one for one in writes(5) if not _is_made(one, taker)]
            try:
                answers = send_each(rest, WEB, open_)
            except OutcomeUnknown:
                looks += 1
                continue
            break
    assert looks < 4
    (failed,) = [one for one in answers if not isinstance(one, Answer)]
    assert isinstance(failed, SiteRefused)
    assert failed.code == "no-answer"
    assert sorted(taker.made) == [f"list {n}" for n in range(5) if n != 2]


def _is_made(question: Question, taker: Taker) -> bool:
    assert isinstance(question.body, bytes)
    return any(f'"{name}"'.encode() in question.body for name in taker.made)
