"""Every way that is allowed sends through our door, by https, and adds nothing of its own."""

from __future__ import annotations

import json

import pytest

from strongroom.wire.posting import door
from strongroom.wire.posting.destination import Destination, Letter
from strongroom.wire.posting.post import AppriseOffice
from strongroom.wire.posting.ways import MAIL, WAYS
from tests.fakes.hand_clock import HandClock
from tests.fakes.posting_line import PostingLine
from tests.wire_posting.addresses import OF_EACH_SORT

LETTER = Letter(title="Strongroom: a title", body="- o_brien@example.org\nlast", tone="warning")
HTTP = [way.sort for way in WAYS if way is not MAIL]


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> type[PostingLine]:
    PostingLine.sent, PostingLine.proxies = [], []
    monkeypatch.setattr(door, "HttpsClient", PostingLine)
    return PostingLine


@pytest.mark.parametrize("sort", HTTP)
def test_each_sends_once_through_the_door_by_https(line: type[PostingLine], sort: str) -> None:
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
def test_each_knows_every_tone(line: type[PostingLine], sort: str, tone: str) -> None:
    letter = Letter(title=LETTER.title, body=LETTER.body, tone=tone)
    AppriseOffice(HandClock()).send(Destination(address=OF_EACH_SORT[sort]), letter)
    assert len(line.sent) == 1
