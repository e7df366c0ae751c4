"""What a SharePoint says of its pace reaches the slots as what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import msgspec
import pytest

from strongroom.errors import OperatorError, TransientError
from strongroom.lab.https import Response
from strongroom.lab.server import LabServer
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget
from strongroom.slots.api import Outcome, Sample, Scope
from strongroom.wire.sharepoint import CookieSignIn
from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.rest import ALWAYS, RestConnection, site_of
from strongroom.wire.tls import Trust
from strongroom.wire.transport import Transport
from tests.fakes.hand_clock import HandClock
from tests.fakes.heard_samples import hearing

Ask = Callable[..., RestConnection]
BODY = b'{"Title":"Marketing"}'
WELL = Response(body=BODY)


class _Any(msgspec.Struct):
    pass


@pytest.fixture
def heard() -> list[Sample]:
    return []


@pytest.fixture
def answering(server: LabServer, clock: HandClock, heard: list[Sample]) -> Iterator[Ask]:
    """Give a connection to a server that answers just that, one after the other."""
    opened: list[Transport] = []

    def make(*answers: Response) -> RestConnection:
        left = list(answers)
        server.pages["/sites/"] = lambda _: left.pop(0)
        transport = Transport(
            f"{server.url}/sites/a/_api/contextinfo",
            CookieSignIn("ann", lambda: {"FedAuth": "c00kie"}),
            clock=clock,
            trust=Trust(ca_pem=server.ca_pem.decode()),
            headers=ALWAYS,
        )
        opened.append(transport)
        return RestConnection(
            transport,
            clock=clock,
            pace=Pace(clock, deciders=hearing(heard)),
            random=Random(1),
            budget=Budget(wait_s=60, tries=2),
        )

    yield make
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("target", "site"),
    [
        ("/sites/Team/_api/web?$select=Id", "/sites/team"),
        ("/sites/team/sub/_api/web", "/sites/team/sub"),
        ("/_api/web", ""),
        ("/sites/a/_api/search/query?querytext='/_api'", "/sites/a"),
    ],
)
def test_each_site_is_a_lane(target: str, site: str) -> None:
    assert site_of(target) == site


def test_a_refusal_shuts_all_sites_of_the_server_for_the_longer_order(
    answering: Ask, heard: list[Sample]
) -> None:
    named = {"Retry-After": "7", "RateLimit-Limit": "1250", "RateLimit-Remaining": "0"}
    named["RateLimit-Reset"] = "100"
    rest = answering(Response(status=429, headers=list(named.items())))
    for site in ("a", "b"):
        with pytest.raises(TransientError):
            rest.get(f"/sites/{site}/_api/web", _Any)
    (refusal,) = heard
    assert (refusal.outcome, refusal.scope, refusal.lane) == (
        Outcome.THROTTLED,
        Scope.SERVER,
        "/sites/a",
    )
    assert (refusal.retry_after, refusal.quota_left, refusal.quota_reset) == (100.0, 0.0, 100.0)


def test_a_redirect_to_the_page_that_explains_is_a_refusal(
    answering: Ask, heard: list[Sample]
) -> None:
    page = [("Location", "/_layouts/15/throttle.htm"), ("Retry-After", "100")]
    with pytest.raises(TransientError, match="asks us to go slower") as caught:
        answering(Response(status=302, headers=page)).get("/sites/a/_api/web", _Any)
    assert caught.value.is_throttle
    assert heard[0].outcome == Outcome.THROTTLED


def test_a_success_tells_its_bytes_its_cost_and_what_is_left(
    answering: Ask, heard: list[Sample]
) -> None:
    named = {"RateLimit-Limit": "1250", "RateLimit-Remaining": "250", "RateLimit-Reset": "12"}
    rest = answering(Response(headers=list(named.items()), body=BODY))
    rest.get("/sites/a/_api/web", _Any, call=Call.PERMISSIONS)
    (sample,) = heard
    assert (sample.outcome, sample.kind) == (Outcome.OK, "permissions")
    assert (sample.items, sample.size) == (5, len(BODY))
    assert (sample.quota_left, sample.quota_reset) == (0.2, 12.0)


def test_a_server_that_is_ill_is_given_a_rest_and_its_answer_counts(
    answering: Ask, heard: list[Sample]
) -> None:
    rest = answering(Response(headers=[("X-SharePointHealthScore", "10")], body=BODY), WELL)
    for _ in range(2):
        rest.get("/sites/a/_api/web", _Any)
    ill, well = heard
    assert (ill.outcome, well.outcome) == (Outcome.THROTTLED, Outcome.OK)
    assert well.started - ill.finished >= 5.0


def test_a_considered_no_is_no_trouble(answering: Ask, heard: list[Sample]) -> None:
    body = b'{"odata.error":{"code":"-2130575342, Microsoft.SharePoint.SPException"}}'
    with pytest.raises(OperatorError):
        answering(Response(status=500, body=body)).get("/sites/a/_api/web", _Any)
    assert (heard[0].outcome, heard[0].items) == (Outcome.OK, 0)


def test_a_sign_in_that_ended_is_renewed_between_two_turns(
    answering: Ask, heard: list[Sample]
) -> None:
    wanted = Response(status=403, headers=[("X-Forms_Based_Auth_Required", "/_forms/")])
    answering(wanted, WELL).get("/sites/a/_api/web", _Any)
    assert [(one.outcome, one.in_flight) for one in heard] == [(Outcome.OK, 1)] * 2
    assert heard[0].items == 0
