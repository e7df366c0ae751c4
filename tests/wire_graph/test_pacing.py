"""What Graph says of its pace reaches the slots as what it was: of one mailbox, or of Graph."""

from __future__ import annotations

import pytest

from strongroom.errors import TransientError
from strongroom.slots.api import Outcome, Sample, Scope
from strongroom.wire.graph.lanes import Asked, asked_for
from strongroom.wire.graph.refusals import GraphRefused
from strongroom.wire.http import HttpAnswer
from tests.wire_graph.conftest import GRAPH, Tokens, answer, refused, scripted

MAILBOX = "admin/exchange/mailboxes/MBX%3Aone"
OTHER = "admin/exchange/mailboxes/MBX%3Atwo"
WELL = answer(200, {"id": "1"})
TOO_LONG = {"retry_after": "400"}
"""Longer than the patience of a connection, so that whoever is concerned is told at once."""


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("GET", f"{MAILBOX}/folders", Asked("MBX%3Aone", "GET folders")),
        ("GET", f"{MAILBOX}/folders/inbox/items", Asked("MBX%3Aone", "GET items")),
        ("POST", f"{MAILBOX}/exportItems", Asked("MBX%3Aone", "POST exportItems")),
        ("GET", "sites/lab.example,1,2/lists", Asked("lab.example,1,2", "GET sites")),
        ("GET", "sites/getAllSites", Asked("", "GET getAllSites")),
        ("GET", "users", Asked("", "GET users")),
        ("GET", "users/ann%40lab.example/settings/exchange", Asked("", "GET exchange")),
        ("GET", "something/new", Asked("", "GET ")),
    ],
)
def test_a_path_says_whom_it_is_about_and_of_what_kind_it_is(
    method: str, path: str, asked: Asked
) -> None:
    assert asked_for(method, path) == asked


def over(limit: str) -> HttpAnswer:
    said = {"code": "ApplicationThrottled", "message": f"Application is over its {limit} limit."}
    return answer(429, {"error": said}, **TOO_LONG)


@pytest.mark.parametrize(
    ("limit", "outcome"),
    [
        ("MailboxConcurrency", Outcome.CONNECTION_LIMIT),
        ("IncomingBytes", Outcome.THROTTLED),
    ],
)
def test_a_refusal_of_one_mailbox_leaves_the_others_alone(limit: str, outcome: Outcome) -> None:
    heard: list[Sample] = []
    graph, _, clock = scripted(over(limit), WELL, heard=heard)
    with pytest.raises(TransientError):
        graph.get(f"{MAILBOX}/folders")
    graph.get(f"{OTHER}/folders")
    assert clock.monotonic_s() == 0.0
    refusal, success = heard
    assert (refusal.outcome, refusal.scope, refusal.retry_after) == (outcome, Scope.LANE, 400.0)
    assert (refusal.lane, refusal.kind) == ("MBX%3Aone", "GET folders")
    assert (success.outcome, success.lane) == (Outcome.OK, "MBX%3Atwo")


def test_a_refusal_of_graph_shuts_every_mailbox() -> None:
    heard: list[Sample] = []
    graph, script, _ = scripted(refused(429, "TooManyRequests", **TOO_LONG), WELL, heard=heard)
    for mailbox in (MAILBOX, OTHER):
        with pytest.raises(TransientError):
            graph.get(f"{mailbox}/folders")
    assert len(script.sent) == 1
    (refusal,) = heard
    assert (refusal.outcome, refusal.scope) == (Outcome.THROTTLED, Scope.SERVER)


def test_an_item_that_was_refused_inside_a_success_is_heard() -> None:
    busy = {"code": "ErrorServerBusy", "message": "Busy."}
    heard: list[Sample] = []
    graph, _, _ = scripted(
        answer(200, {"value": [{"itemId": "1", "data": "AQ=="}, {"itemId": "2", "Error": busy}]}),
        heard=heard,
    )
    graph.ask(f"{MAILBOX}/exportItems", {"itemIds": ["1", "2"]})
    (sample,) = heard
    assert (sample.outcome, sample.kind) == (Outcome.THROTTLED, "POST exportItems")


def test_a_success_tells_its_rows_its_bytes_and_what_is_left_of_a_quota() -> None:
    heard: list[Sample] = []
    page = answer(
        200,
        {"value": [{"id": "1"}, {"id": "2"}, {"id": "3"}]},
        ratelimit_limit="100",
        ratelimit_remaining="25",
        ratelimit_reset="9",
    )
    graph, _, _ = scripted(page, heard=heard)
    assert len(list(graph.rows("sites/getAllSites"))) == 3
    (sample,) = heard
    assert (sample.items, sample.size, sample.lane) == (3, len(page.body), "")
    assert (sample.quota_left, sample.quota_reset) == (0.25, 9.0)


def test_a_page_that_follows_belongs_to_the_same_mailbox() -> None:
    heard: list[Sample] = []
    graph, _, _ = scripted(
        answer(200, {"value": [], "@odata.nextLink": f"{GRAPH}/v1.0/elsewhere?$skip=1"}),
        answer(200, {"value": []}),
        heard=heard,
    )
    list(graph.rows(f"{MAILBOX}/folders"))
    assert [(one.lane, one.kind) for one in heard] == [("MBX%3Aone", "GET folders")] * 2


def test_half_an_answer_is_trouble_and_a_plain_no_is_none() -> None:
    heard: list[Sample] = []
    graph, _, _ = scripted(answer(200, b"{"), refused(404, "ErrorItemNotFound"), heard=heard)
    with pytest.raises(GraphRefused):
        graph.get(f"{MAILBOX}/folders")
    assert [one.outcome for one in heard] == [Outcome.BROKEN, Outcome.OK]
    assert heard[1].items == 0, "a quick no is no measure of what listing costs"


def test_a_token_is_renewed_between_two_turns() -> None:
    heard: list[Sample] = []
    graph, _, _ = scripted(
        refused(401, "InvalidAuthenticationToken"), WELL, tokens=Tokens("old", "new"), heard=heard
    )
    graph.get("me")
    assert [(one.outcome, one.in_flight) for one in heard] == [(Outcome.OK, 1)] * 2
