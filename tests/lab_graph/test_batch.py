"""$batch: up to twenty questions, answered each for itself, in any order."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.faults import Fault, FaultKind
from strongroom.lab.graph.face import GraphFace
from strongroom.lab.graph.mailbox.limits import Busy
from strongroom.lab.weather.model import Cap, Profile, Whose
from strongroom.lab.weather.weather import Weather
from tests.fakes.hand_clock import HandClock
from tests.lab_graph.client import Asker
from tests.lab_graph.letters import fill


def _ask(keeper: Asker, *questions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    rows = [{"id": str(number), "method": "GET", **one} for number, one in enumerate(questions)]
    told = keeper.post("/$batch", {"requests": rows})
    assert told.status == 200, told.body
    return {one["id"]: one for one in told.body["responses"]}


def test_every_question_has_its_own_answer(keeper: Asker, ann: Mailbox) -> None:
    fill(ann.folder_by_role("inbox"), 2)
    [first, _] = keeper.all("folders/inbox/items")
    told = _ask(
        keeper,
        {"url": f"/{keeper.place('folders/inbox/items/delta')}"},
        {"url": keeper.place("folders/nothing")},
        {
            "url": keeper.place("exportItems"),
            "method": "POST",
            "headers": {"Content-Type": "application/json"},
            "body": {"itemIds": [first["id"]]},
        },
        {
            "url": keeper.place(f"folders/inbox/items/{first['id']}?disposalType=softDelete"),
            "method": "DELETE",
        },
        {
            "url": keeper.place("folders/inbox/items"),
            "headers": {"Prefer": 'IdType="ImmutableId"'},
        },
    )
    assert [told[str(n)]["status"] for n in range(5)] == [200, 400, 200, 204, 200]
    assert len(told["0"]["body"]["value"]) == 2
    assert "data" in told["2"]["body"]["value"][0]
    assert "body" not in told["3"]
    assert told["4"]["headers"]["Preference-Applied"] == 'IdType="ImmutableId"'
    *inside, batch = keeper.face.visits[-6:]
    assert all(one.is_in_batch for one in inside)
    assert (batch.path, batch.is_in_batch) == ("/graph/v1.0/$batch", False)


def test_the_answers_come_in_any_order(keeper: Asker) -> None:
    rows = [{"id": str(n), "method": "GET", "url": keeper.place("folders")} for n in range(20)]
    orders = {
        tuple(one["id"] for one in keeper.post("/$batch", {"requests": rows}).body["responses"])
        for _ in range(3)
    }
    assert len(orders) == 3
    assert {frozenset(order) for order in orders} == {frozenset(str(n) for n in range(20))}


def test_what_depends_on_a_failure_is_not_asked(keeper: Asker, face: GraphFace) -> None:
    told = _ask(
        keeper,
        {"url": keeper.place("folders/nothing")},
        {"url": keeper.place("folders"), "dependsOn": ["0"]},
        {"url": keeper.place("folders"), "dependsOn": ["1"]},
        {"url": keeper.place("folders/inbox")},
    )
    assert [told[str(n)]["status"] for n in range(4)] == [400, 424, 424, 200]
    assert face.mail.requests["folders"] == 0


def test_one_of_them_can_be_told_to_wait(keeper: Asker, face: GraphFace) -> None:
    face.mail.limits.planned_inside.append(Busy(wait_s=7))
    told = _ask(keeper, {"url": keeper.place("folders")}, {"url": keeper.place("folders")})
    assert told["0"]["status"] == 429
    assert told["0"]["headers"]["Retry-After"] == "7"
    assert told["0"]["body"]["error"]["code"] == "ApplicationThrottled"
    assert told["1"]["status"] == 200


def test_exporting_inside_may_be_refused(keeper: Asker, ann: Mailbox, face: GraphFace) -> None:
    fill(ann.folder_by_role("inbox"), 1)
    face.mail.store.habits.exports_in_batch = False
    told = _ask(
        keeper,
        {
            "url": keeper.place("exportItems"),
            "method": "POST",
            "headers": {"Content-Type": "application/json"},
            "body": {"itemIds": ["x"]},
        },
    )
    assert told["0"]["status"] == 400


def test_a_question_whose_answer_broke_says_so(keeper: Asker, face: GraphFace) -> None:
    face.mail.faults.add(Fault(kind=FaultKind.CUT, operation="folder"))
    told = _ask(
        keeper, {"url": keeper.place("folders/inbox")}, {"url": keeper.place("folders/drafts")}
    )
    assert [told[str(n)]["status"] for n in range(2)] == [504, 200]


def test_questions_go_through_the_weather_four_at_a_time(keeper: Asker, face: GraphFace) -> None:
    cap = Cap(limit=4, whose=Whose.PLACE)
    face.mail.weather = weather = Weather(Profile(caps=(cap,)), clock=HandClock())
    told = _ask(keeper, *({"url": keeper.place("folders")} for _ in range(5)))
    assert {one["status"] for one in told.values()} == {200}
    assert weather.tally().answered == 5
    assert keeper.get("folders").status == 200


@pytest.mark.parametrize(
    "batch",
    [
        {},
        {"requests": []},
        {"requests": [{"id": str(n), "method": "GET", "url": "/me"} for n in range(21)]},
        {"requests": [{"id": "1", "method": "GET", "url": "/me"}] * 2},
        {"requests": [{"id": "1", "method": "GET", "url": "/$batch"}]},
        {"requests": [{"id": "1", "method": "GET", "url": "https://elsewhere.example/me"}]},
        {"requests": [{"id": "1", "method": "TRACE", "url": "/me"}]},
        {"requests": [{"id": "1", "method": "GET", "url": "/me", "dependsOn": ["2"]}]},
        {"requests": [{"id": "1", "method": "POST", "url": "/me", "body": {}}]},
        {"requests": ["x"]},
    ],
)
def test_what_is_no_batch_is_refused(batch: dict[str, Any], keeper: Asker) -> None:
    assert keeper.post("/$batch", batch).status == 400
