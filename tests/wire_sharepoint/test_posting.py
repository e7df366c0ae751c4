"""What is posted: with a digest where one is needed, once, and a write never again on its own."""

from __future__ import annotations

import pytest

from strongroom.errors import OperatorError, OutcomeUnknown, TransientError
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.wire.reply import Body
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.rows import Row
from tests.fakes.hand_clock import HandClock
from tests.wire_sharepoint.asking import Scripted, by_cookie, by_token, connected, json, no

OLD = "-2130575252, Microsoft.SharePoint.SPException"
TARGET = "/sites/a/_api/web/lists"


def digest(value: bytes, seconds: int = 1800) -> Response:
    told = b'{"FormDigestTimeoutSeconds":%d,"FormDigestValue":"%s"}' % (seconds, value)
    return json(told)


def digests_of(heard: list[Request]) -> list[str]:
    return [
        one.headers.get("x-requestdigest", "") for one in heard if "contextinfo" not in one.path
    ]


def test_who_signs_in_by_a_token_needs_no_digest(server: LabServer, clock: HandClock) -> None:
    script = Scripted(json(b'{"Id":"1"}', 201))
    with connected(server, clock, script, by_token()) as rest:
        assert rest.post(TARGET, {"Title": "x"}).read(Row) == {"Id": "1"}
    assert [one.path for one in script.heard] == [TARGET]
    assert digests_of(script.heard) == [""]


def test_who_signs_in_by_a_cookie_gets_one_digest_for_many_writes(
    server: LabServer, clock: HandClock
) -> None:
    script = Scripted(digest(b"0xAA,now"), json(b"", 204))
    with connected(server, clock, script, by_cookie()) as rest:
        for _ in range(3):
            rest.post(TARGET, {"Title": "x"}, method="MERGE", etag='"1"')
    assert [one.path for one in script.heard] == ["/sites/a/_api/contextinfo", *[TARGET] * 3]
    assert digests_of(script.heard) == ["0xAA,now"] * 3
    assert script.heard[1].headers["x-http-method"] == "MERGE"
    assert script.heard[1].headers["if-match"] == '"1"'


def test_a_digest_is_asked_for_anew_before_it_ends(server: LabServer, clock: HandClock) -> None:
    script = Scripted(digest(b"0xAA"), json(b"", 204), digest(b"0xBB"), json(b"", 204))
    with connected(server, clock, script, by_cookie()) as rest:
        rest.post(TARGET)
        clock.sleep(1800 - 59)
        rest.post(TARGET)
    assert digests_of(script.heard) == ["0xAA", "0xBB"]


def test_a_digest_that_was_refused_is_replaced_once(server: LabServer, clock: HandClock) -> None:
    script = Scripted(digest(b"0xAA"), no(403, OLD), digest(b"0xBB"), json(b"", 204))
    with connected(server, clock, script, by_cookie()) as rest:
        rest.post(TARGET, {"Title": "x"})
    assert digests_of(script.heard) == ["0xAA", "0xBB"]


def test_a_digest_that_is_refused_twice_is_the_servers_no(
    server: LabServer, clock: HandClock
) -> None:
    refused = no(403, OLD)
    script = Scripted(digest(b"0xAA"), refused, digest(b"0xBB"), refused)
    with connected(server, clock, script, by_cookie()) as rest, pytest.raises(SiteDenied):
        rest.post(TARGET)
    assert len(script.heard) == 4


def test_pieces_that_are_used_up_are_asked_for_again_and_nothing_was_done(
    server: LabServer, clock: HandClock
) -> None:
    script = Scripted(digest(b"0xAA"), no(403, OLD), digest(b"0xBB"), json(b"", 204))
    with connected(server, clock, script, by_cookie()) as rest:
        with pytest.raises(TransientError, match="once more"):
            rest.post(TARGET, Body(pieces=iter([b"abc"]), length=3))
        rest.post(TARGET, Body(pieces=iter([b"abc"]), length=3))
    assert digests_of(script.heard) == ["0xAA", "0xBB"]
    assert script.heard[-1].body == b"abc"


@pytest.mark.parametrize("value", [b"", b"a\\u000d\\u000aX-Other: b", b"\\u00e4"])
def test_a_digest_that_no_header_can_carry_is_none(
    server: LabServer, clock: HandClock, value: bytes
) -> None:
    script = Scripted(digest(value))
    with (
        connected(server, clock, script, by_cookie()) as rest,
        pytest.raises(OperatorError, match="no digest") as caught,
    ):
        rest.post(TARGET)
    assert "Other" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Response(status=500), OutcomeUnknown),
        (Response(status=502), OutcomeUnknown),
        (Response(status=429, headers=[("Retry-After", "3")]), TransientError),
        (Response(status=503), TransientError),
        (no(409, "-2130575305, Microsoft.SharePoint.SPException"), SiteRefused),
        (no(423, "-2147018894, Microsoft.SharePoint.SPFileLockException"), SiteRefused),
        (no(404, "-1, System.ArgumentException"), SiteRefused),
    ],
)
def test_a_write_is_sent_once_and_its_no_says_whether_it_may_have_happened(
    server: LabServer, clock: HandClock, answer: Response, kind: type[Exception]
) -> None:
    script = Scripted(answer)
    with connected(server, clock, script) as rest, pytest.raises(kind) as caught:
        rest.post(TARGET, {"Title": "x"})
    assert len(script.heard) == 1
    if isinstance(caught.value, SiteRefused):
        assert caught.value.status == answer.status


def test_a_question_that_is_a_post_is_asked_again(server: LabServer, clock: HandClock) -> None:
    script = Scripted(Response(status=500), Response(status=503), json(b'{"value":[]}'))
    with connected(server, clock, script) as rest:
        assert rest.ask(f"{TARGET}/getchanges", {"query": {}}, Row) == {"value": []}
    assert len(script.heard) == 3


def test_a_server_that_knows_the_older_json_alone_is_asked_in_that_from_then_on(
    server: LabServer, clock: HandClock
) -> None:
    refused = no(406, "-1, Microsoft.SharePoint.Client.ClientServiceException")
    wordy = json(b'{"d":{"__metadata":{"type":"SP.Web"},"Title":"Home"}}')
    script = Scripted(refused, wordy)
    with connected(server, clock, script) as rest:
        for _ in range(2):
            assert rest.get("/sites/a/_api/web", Row) == {"Title": "Home"}
    asked = [one.headers["accept"].rpartition("=")[2] for one in script.heard]
    assert asked == ["nometadata", "verbose", "verbose"]
