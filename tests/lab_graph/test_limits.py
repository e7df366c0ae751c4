"""What one application may ask of one mailbox; and what goes wrong when it was planned."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.faults import Fault, FaultKind
from strongroom.lab.graph.face import GraphFace
from strongroom.lab.graph.mailbox.limits import Busy
from strongroom.lab.https import Request, Response
from strongroom.lab.weather.model import BackEnd, Cap, Cost, Profile, Quota, Whose
from strongroom.lab.weather.weather import Weather
from tests.fakes.hand_clock import HandClock
from tests.lab_graph.client import Asker, read
from tests.lab_graph.conftest import ALL, Make
from tests.lab_graph.letters import fill


def _export(keeper: Asker, ids: list[str]) -> Response:
    """Ask for items and do not read the answer: the request stays under way."""
    request = Request(
        method="POST",
        path=f"/graph/v1.0/{keeper.place('exportItems')}",
        headers={"authorization": f"Bearer {keeper.token}"},
        body=orjson.dumps({"itemIds": ids}),
    )
    return keeper.face.answer(request)


def test_four_at_once_and_the_fifth_waits(keeper: Asker, ann: Mailbox, face: GraphFace) -> None:
    fill(ann.folder_by_role("inbox"), 1)
    ids = [row["id"] for row in keeper.all("folders/inbox/items")]
    under_way = [_export(keeper, ids) for _ in range(4)]
    assert [one.status for one in under_way] == [200] * 4
    told = keeper.get("folders")
    assert told.code == "429 ApplicationThrottled"
    assert told.body["error"]["message"] == "Application is over its MailboxConcurrency limit."
    assert told.headers["retry-after"] == "1"
    body = under_way[0].body
    assert not isinstance(body, bytes)
    assert b"".join(body).endswith(b"]}")
    assert keeper.get("folders").status == 200, "before its client can know that it was the end"
    sending = under_way[1].sending
    assert sending is not None
    sending.end()
    assert keeper.get("folders").status == 200
    assert (face.mail.limits.most_at_once, face.mail.limits.refused) == (
        4, {"MailboxConcurrency": 1},
    )  # fmt: skip


def test_another_mailbox_and_another_application_have_limits_of_their_own(
    keeper: Asker, asker: Make, ann: Mailbox, ben: Mailbox, face: GraphFace
) -> None:
    fill(ann.folder_by_role("inbox"), 1)
    ids = [row["id"] for row in keeper.all("folders/inbox/items")]
    face.mail.limits.at_once = 1
    held = _export(keeper, ids)
    assert keeper.get("folders").status == 429
    assert asker(*ALL, name="Other").get("folders").status == 200
    keeper.mailbox = keeper.mailbox.replace(str(ann.guid), str(ben.guid))
    assert keeper.get("folders").status == 200
    assert held.status == 200


def test_so_many_requests_in_ten_minutes(keeper: Asker, face: GraphFace, clock: HandClock) -> None:
    face.mail.limits.requests = 3
    assert [keeper.get("folders").status for _ in range(4)] == [200, 200, 200, 429]
    clock.move(minutes=4)
    told = keeper.get("folders")
    assert told.headers["retry-after"] == "360"
    assert "MailboxRequests" in told.body["error"]["message"]
    clock.move(minutes=6)
    assert keeper.get("folders").status == 200


def test_so_many_bytes_in_five_minutes(keeper: Asker, face: GraphFace, clock: HandClock) -> None:
    inbox = keeper.get("folders/inbox").body["id"]
    url = keeper.post("createImportSession", None).body["importUrl"]
    body = {"FolderId": inbox, "Mode": "create", "Data": "A" * 4000}
    face.mail.limits.upload_bytes = 10_000
    codes = [keeper.import_item(url, body).code for _ in range(4)]
    assert codes == ["400 ErrorCorruptData"] * 3 + ["429 ApplicationThrottled"]
    assert keeper.get("folders").status == 200, "reading brings nothing"
    clock.move(minutes=5)
    assert keeper.import_item(url, body).status == 400


def test_what_is_larger_than_the_limit_is_let_in_first(keeper: Asker, face: GraphFace) -> None:
    inbox = keeper.get("folders/inbox").body["id"]
    url = keeper.post("createImportSession", None).body["importUrl"]
    body = {"FolderId": inbox, "Mode": "create", "Data": "A" * 4000}
    face.mail.limits.upload_bytes = 100
    codes = [keeper.import_item(url, body).code for _ in range(2)]
    assert codes == ["400 ErrorCorruptData", "429 ApplicationThrottled"]


def test_a_planned_refusal_comes_next(keeper: Asker, face: GraphFace) -> None:
    face.mail.limits.planned += [Busy(wait_s=30), Busy(status=503, limit="", wait_s=None)]
    assert keeper.get("folders").headers["retry-after"] == "30"
    told = keeper.get("folders")
    assert told.code == "503 serviceNotAvailable"
    assert "retry-after" not in told.headers
    assert keeper.get("folders").status == 200


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FaultKind.BUSY, 429),
        (FaultKind.BUSY_IN_BODY, 503),
        (FaultKind.UNAVAILABLE, 503),
        (FaultKind.UNAUTHORIZED, 401),
        (FaultKind.SOAP_FAULT_200, 500),
        (FaultKind.INTERNAL_PAGE, 500),
        (FaultKind.REDIRECT, 302),
        (FaultKind.SLOW, 200),
    ],
)
def test_planned_faults(
    kind: FaultKind, status: int, keeper: Asker, face: GraphFace, clock: HandClock
) -> None:
    planned = Fault(kind=kind, operation="items", mailbox="ann@lab.example", seconds=3.0)
    face.mail.faults.add(planned)
    before = clock.now()
    assert keeper.get("folders").status == 200
    told = keeper.get("folders/inbox/items")
    assert told.status == status
    assert face.mail.faults.unfired == []
    if kind in {FaultKind.BUSY, FaultKind.UNAVAILABLE}:
        assert told.headers["retry-after"] == "3"
    if kind is FaultKind.SLOW:
        assert (clock.now() - before).total_seconds() == 3.0
    assert keeper.get("folders/inbox/items").status == 200


@pytest.mark.parametrize(
    ("kind", "broken"),
    [(FaultKind.DROP, "drops"), (FaultKind.CUT, "cuts"), (FaultKind.REFUSE, "drops")],
)
def test_connections_that_break(
    kind: FaultKind, broken: str, keeper: Asker, face: GraphFace, ann: Mailbox
) -> None:
    face.mail.faults.add(Fault(kind=kind, operation="create folder"))
    request = Request(
        method="POST",
        path=f"/graph/v1.0/{keeper.place('folders')}",
        headers={"authorization": f"Bearer {keeper.token}"},
        body=orjson.dumps({"displayName": "X", "type": "IPF.Note"}),
    )
    assert getattr(face.answer(request), broken)
    was_made = ann.folder_by_role("msgfolderroot").child("X") is not None
    assert was_made == (kind is not FaultKind.REFUSE)


@pytest.fixture
def weather_of(face: GraphFace) -> Callable[[Profile], Weather]:
    def make(profile: Profile) -> Weather:
        # A clock of its own, which begins with it.
        face.mail.weather = Weather(profile, clock=HandClock())
        return face.mail.weather

    return make


def test_weather_is_told_in_graphs_own_words(
    keeper: Asker, weather_of: Callable[[Profile], Weather], ann: Mailbox
) -> None:
    fill(ann.folder_by_role("inbox"), 2)
    ids = [row["id"] for row in keeper.all("folders/inbox/items")]
    quick = Cost(base_s=0.1, item_s=0.5, jitter=0.0)
    quota = Quota(limit=2, window_s=60.0, whose=Whose.PLACE)
    weather = weather_of(Profile(back_ends=(BackEnd(workers=1),), cost=quick, quotas=(quota,)))
    assert len(keeper.export(*ids)) == 2
    assert keeper.get("folders").status == 200
    told = keeper.get("folders")
    assert told.code == "429 ApplicationThrottled"
    assert 0 < int(told.headers["retry-after"]) <= 60
    tally = weather.tally()
    assert (tally.answered, sum(tally.refused.values())) == (2, 1)
    whole = Quota(limit=1, window_s=60.0, whose=Whose.CALLER)
    weather_of(Profile(back_ends=(BackEnd(workers=1),), cost=quick, quotas=(whole,)))
    keeper.get("folders")
    assert keeper.get("folders").code == "429 TooManyRequests"


def test_a_cap_of_the_weather_refuses_the_one_too_many(
    keeper: Asker, weather_of: Callable[[Profile], Weather], ann: Mailbox
) -> None:
    cap = Cap(limit=1, whose=Whose.PLACE, hint_s=2.0)
    weather_of(Profile(back_ends=(BackEnd(workers=4),), cost=Cost(base_s=0.1), caps=(cap,)))
    fill(ann.folder_by_role("inbox"), 1)
    held = _export(keeper, [row["id"] for row in keeper.all("folders/inbox/items")])
    told = keeper.get("folders")
    assert told.code == "429 ApplicationThrottled"
    assert told.headers["retry-after"] == "2"
    read(held)
    assert keeper.get("folders").status == 200
