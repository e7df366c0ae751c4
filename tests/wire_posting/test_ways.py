"""Every way that is allowed sends through our door, by https, and adds nothing of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import pytest

from strongroom.wire.http import HttpAnswer
from strongroom.wire.posting import door
from strongroom.wire.posting.destination import Destination, Letter
from strongroom.wire.posting.post import AppriseOffice
from strongroom.wire.posting.ways import MAIL, WAYS
from tests.fakes.hand_clock import HandClock
from tests.wire_posting.addresses import OF_EACH_SORT

LETTER = Letter(title="Strongroom: a title", body="- o_brien@example.org\nlast", tone="warning")
HTTP = [way.sort for way in WAYS if way is not MAIL]


class Line:
    """Stands for the one client that sends by https."""

    sent: list[tuple[str, str, Mapping[str, str], Any]]
    proxies: list[str | None]

    def __init__(self, *, clock: object, trust: object, proxy: str | None) -> None:
        self.proxies.append(proxy)

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes
    ) -> HttpAnswer:
        self.sent.append((method, url, headers, json.loads(body)))
        # What each of them says when it has taken a message.
        answer = b"ok" if "slack" in url else b'{"ok": true, "status": "success"}'
        status = 202 if "pagerduty" in url else 200
        return HttpAnswer(
            status=status, headers={}, header_values={}, body=answer, round_trip_s=0.0
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> type[Line]:
    Line.sent, Line.proxies = [], []
    monkeypatch.setattr(door, "HttpsClient", Line)
    return Line


@pytest.mark.parametrize("sort", HTTP)
def test_each_sends_once_through_the_door_by_https(line: type[Line], sort: str) -> None:
    destination = Destination(address=OF_EACH_SORT[sort], proxy="http://proxy.example:3128")
    AppriseOffice(HandClock()).send(destination, LETTER)
    ((method, url, headers, document),) = line.sent
    assert line.proxies == ["http://proxy.example:3128"]
    assert method == "POST"
    assert url.startswith("https://")
    assert headers["User-Agent"] == "Strongroom"
    told = json.dumps(document, ensure_ascii=False)
    assert LETTER.title in told
    assert "- o_brien@example.org" in told, "as it was written, without a backslash"
    others = [word for word in told.split('"') if "://" in word and "adaptivecards" not in word]
    assert others == [], "no pictures, no advertising"
    assert "pprise" not in told


@pytest.mark.parametrize("sort", HTTP)
@pytest.mark.parametrize("tone", ["failure", "warning", "success", "info"])
def test_each_knows_every_tone(line: type[Line], sort: str, tone: str) -> None:
    letter = Letter(title=LETTER.title, body=LETTER.body, tone=tone)
    AppriseOffice(HandClock()).send(Destination(address=OF_EACH_SORT[sort]), letter)
    assert len(line.sent) == 1
