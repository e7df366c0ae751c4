"""Several questions in one request: written as the server wants it, read as it was recorded."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.errors import TransientError
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.wire.sharepoint.batch import NotReadable, composed, parts_of
from strongroom.wire.sharepoint.each import ask_each, write_each
from strongroom.wire.sharepoint.question import Answer, Question, writing
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from strongroom.wire.sharepoint.rows import Row
from tests.fakes.hand_clock import HandClock
from tests.wire_sharepoint.asking import Scripted, connected, json

WEB = "/sites/a"
ASKED = [Question(target=f"{WEB}/_api/web/lists(guid'{n}')") for n in range(3)]

RECORDED = (
    b"--batchresponse_97cb8b93-2851-4a00-a5ee-4b4c7041d5f3\r\n"
    b"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    b"HTTP/1.1 204 No Content\r\n"
    b"CONTENT-TYPE: application/json;odata=nometadata;streaming=true;charset=utf-8\r\n"
    b'ETAG: "2"\r\n\r\n\r\n'
    b"--batchresponse_97cb8b93-2851-4a00-a5ee-4b4c7041d5f3\r\n"
    b"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    b"HTTP/1.1 200 OK\r\n"
    b"CONTENT-TYPE: application/json;odata=nometadata;streaming=true;charset=utf-8\r\n\r\n"
    b'{"Name":"Contact"}\r\n'
    b"--batchresponse_97cb8b93-2851-4a00-a5ee-4b4c7041d5f3--\r\n"
)
"""The shape of an answer of Online."""


def batch(*parts: tuple[int, bytes]) -> Response:
    body = b"".join(
        b"--b_1\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 %d X\r\n"
        b"CONTENT-TYPE: application/json\r\nRetry-After: 5\r\n\r\n%s\r\n" % (status, content)
        for status, content in parts
    )
    return json(body + b"--b_1--\r\n")


def test_a_recorded_answer_is_read() -> None:
    first, second = parts_of(RECORDED, 2)
    assert (first.status, first.body, first.header("ETag")) == (204, b"", '"2"')
    assert (second.status, second.body) == (200, b'{"Name":"Contact"}')


@pytest.mark.parametrize("count", [0, 1, 3])
def test_as_many_answers_as_questions_or_none(count: int) -> None:
    with pytest.raises(NotReadable):
        parts_of(RECORDED, count)


@pytest.mark.parametrize("cut", [10, 100, 300, len(RECORDED) - 60])
def test_an_answer_that_was_cut_short_is_none(cut: int) -> None:
    with pytest.raises(NotReadable):
        parts_of(RECORDED[:cut], 2)


@given(st.binary())
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    for document in (body, b"--b\r\n" + body + b"\r\n--b--"):
        with contextlib.suppress(NotReadable):
            assert len(parts_of(document, 1)) == 1


def test_what_is_no_get_goes_in_a_set_of_changes_of_its_own() -> None:
    asked = [ASKED[0], writing(f"{WEB}/_api/web/lists", {"Title": "x"}), ASKED[1]]
    document = composed(asked, origin="https://a.example", boundary="batch_1", accept="x/y")
    assert document.count(b"\r\n--changeset_1_batch_1\r\n") == 1
    assert document.count(b"--batch_1\r\n") == 3
    assert document.endswith(b"--batch_1--\r\n")
    assert b"GET https://a.example/sites/a/_api/web/lists(guid'0') HTTP/1.1\r\n" in document
    assert b"POST https://a.example/sites/a/_api/web/lists HTTP/1.1\r\n" in document
    assert b'\r\n\r\n{"Title":"x"}\r\n--changeset' in document


def test_answers_stand_in_the_order_of_the_questions_and_a_no_is_one(
    server: LabServer, clock: HandClock
) -> None:
    missing = b'{"odata.error":{"code":"-1, System.ArgumentException"}}'
    script = Scripted(json(b"{}"), batch((200, b'{"n":0}'), (404, missing), (200, b'{"n":2}')))
    with connected(server, clock, script) as rest:
        rest.get(f"{WEB}/_api/web", Row)
        first, second, third = ask_each(rest, WEB, ASKED)
    assert isinstance(first, Answer)
    assert isinstance(third, Answer)
    assert (first.read(Row), third.read(Row)) == ({"n": 0}, {"n": 2})
    assert isinstance(second, SiteRefused)
    assert second.status == 404
    assert [one.path for one in script.heard[1:]] == [f"{WEB}/_api/$batch"]


def test_what_time_heals_inside_is_asked_again_and_nothing_else(
    server: LabServer, clock: HandClock
) -> None:
    script = Scripted(
        json(b"{}"),
        batch((200, b'{"n":0}'), (429, b""), (200, b'{"n":2}')),
        batch((200, b'{"n":1}')),
    )
    before = clock.monotonic_s()
    with connected(server, clock, script) as rest:
        rest.get(f"{WEB}/_api/web", Row)
        found = ask_each(rest, WEB, ASKED)
    assert [one.read(Row)["n"] for one in found if isinstance(one, Answer)] == [0, 1, 2]
    assert script.heard[-1].body.count(b"GET https") == 1
    assert clock.monotonic_s() - before >= 5, "the part's own order to wait is obeyed"


def test_a_hundred_at_most_go_together(server: LabServer, clock: HandClock) -> None:
    def answer(request: Request) -> Response:
        count = request.body.count(b"GET https")
        return batch(*[(200, b"{}")] * count) if count else json(b"{}")

    script = Scripted(answer)
    with connected(server, clock, script) as rest:
        rest.get(f"{WEB}/_api/web", Row)
        assert len(ask_each(rest, WEB, ASKED * 70)) == 210
    assert [one.body.count(b"GET https") for one in script.heard] == [0, 100, 100, 10]


@pytest.mark.parametrize("version", ["15.0.0.4571", ""])
def test_a_server_that_has_no_batches_is_asked_one_by_one(
    server: LabServer, clock: HandClock, version: str
) -> None:
    script = Scripted(Response(headers=[("MicrosoftSharePointTeamServices", version)], body=b"{}"))
    with connected(server, clock, script) as rest:
        rest.get(f"{WEB}/_api/web", Row)
        assert len(ask_each(rest, WEB, ASKED)) == 3
    assert [one.path for one in script.heard[1:]] == [one.target for one in ASKED]


def test_changes_that_go_together_are_sent_once(server: LabServer, clock: HandClock) -> None:
    script = Scripted(batch((204, b""), (429, b"")))
    with connected(server, clock, script) as rest:
        done, refused = write_each(rest, WEB, [writing(f"{WEB}/_api/web/lists", {})] * 2)
    assert isinstance(done, Answer)
    assert isinstance(refused, SiteRefused)
    assert refused.status == 429
    assert len(script.heard) == 1


def test_an_answer_that_cannot_be_read_is_asked_for_again(
    server: LabServer, clock: HandClock
) -> None:
    script = Scripted(json(b"{}"), batch((200, b"{}")))
    with connected(server, clock, script, tries=2) as rest:
        rest.get(f"{WEB}/_api/web", Row)
        with pytest.raises(TransientError):
            ask_each(rest, WEB, ASKED)
    assert len(script.heard) == 3


def test_questions_refused_together_are_asked_in_halves(
    server: LabServer, clock: HandClock
) -> None:
    poison = b"guid'5'"

    def answer(request: Request) -> Response:
        if poison in request.body or poison in request.path.encode():
            return json(b'{"odata.error":{"code":"-1, System.ArgumentException"}}', 400)
        return (
            batch(*[(200, b"{}")] * request.body.count(b"GET https"))
            if request.body
            else json(b"{}")
        )

    asked = [Question(target=f"{WEB}/_api/web/lists(guid'{n}')") for n in range(8)]
    with connected(server, clock, answer) as rest:
        rest.get(f"{WEB}/_api/web", Row)
        found = ask_each(rest, WEB, asked)
    assert [number for number, one in enumerate(found) if not isinstance(one, Answer)] == [5]


def test_questions_that_a_server_fails_at_together_are_asked_in_halves(
    server: LabServer, clock: HandClock
) -> None:
    sizes: list[int] = []

    def answer(request: Request) -> Response:
        count = request.body.count(b"GET https")
        sizes.append(count)
        if count > 3:
            return json(b"out of memory", 500)
        return batch(*[(200, b"{}")] * count) if count else json(b"{}")

    asked = [Question(target=f"{WEB}/_api/web/lists(guid'{n}')") for n in range(8)]
    with connected(server, clock, answer) as rest:
        rest.get(f"{WEB}/_api/web", Row)
        found = ask_each(rest, WEB, asked)
    assert all(isinstance(one, Answer) for one in found)
    assert sizes[1:] == [8, 8, 4, 4, 2, 2, 4, 4, 2, 2]
