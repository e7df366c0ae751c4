"""Collections page by page: from the same host only, and to their end."""

from __future__ import annotations

import pytest

from strongroom.errors import OperatorError
from strongroom.lab.server import LabServer
from strongroom.wire.origins import ForbiddenOrigin
from strongroom.wire.sharepoint.rows import Row
from tests.fakes.hand_clock import HandClock
from tests.wire_sharepoint.asking import Scripted, connected, json
from tests.wire_sharepoint.conftest import Stranger

TARGET = "/sites/a/_api/web/lists"
WORDY = b'{"d":{"results":[{"__metadata":{"type":"x"},"Id":2}],"__next":"%s"}}'
LIGHT = b'{"value":[{"Id":1}],"odata.nextLink":"%s"}'
LAST = json(b'{"value":[{"Id":3}]}')


def test_pages_are_followed_in_either_form(server: LabServer, clock: HandClock) -> None:
    url = server.url.encode()
    script = Scripted(
        json(LIGHT % (url + b"/sites/a/_api/next?$skiptoken=Paged%3DTRUE")),
        json(WORDY % (url + b"/sites/a/_api/last")),
        LAST,
    )
    with connected(server, clock, script) as rest:
        pages = list(rest.rows(TARGET, Row))
    assert pages == [({"Id": 1},), ({"Id": 2},), ({"Id": 3},)]
    assert [one.path for one in script.heard] == [
        TARGET,
        "/sites/a/_api/next?$skiptoken=Paged%3DTRUE",
        "/sites/a/_api/last",
    ]


def test_a_page_on_another_host_is_not_asked_for(
    server: LabServer, clock: HandClock, stranger: Stranger
) -> None:
    for where in (stranger.url, "http://localhost", "//localhost:1", f"{server.url}@evil.example"):
        script = Scripted(json(LIGHT % f"{where}/sites/a".encode()), LAST)
        with connected(server, clock, script) as rest, pytest.raises(ForbiddenOrigin):
            list(rest.rows(TARGET, Row))
        assert len(script.heard) == 1
    assert stranger.heard == []


def test_a_list_without_an_end_ends(server: LabServer, clock: HandClock) -> None:
    script = Scripted(json(LIGHT % TARGET.encode()))
    with connected(server, clock, script) as rest, pytest.raises(OperatorError, match="no end"):
        list(rest.rows(TARGET, Row))
    assert len(script.heard) == 1
