"""What SharePoint says in bad weather: Online in units and orders, a farm by how it feels."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from strongroom.lab.https import Request
from strongroom.lab.sharepoint.weathered import asked_of
from strongroom.lab.weather import Profile, Weather
from strongroom.lab.weather.model import Away, BackEnd, Cap, Cost, Link, Outage, Quota, Whose
from tests.lab_sharepoint_rest.conftest import Answer, Asker, Profiled

_AT_ONCE = Cost(base_s=0.0, item_s=0.0, jitter=0.0)
_NEAR = Link(rtt_s=0.0, handshake_s=0.0)
_HOUR_S = 3600.0
_PART = b"--b\r\nContent-Type: application/http\r\n"
_PERMISSIONS = b"GET https://x/_api/web/roleassignments HTTP/1.1"


def _weather(**limits: object) -> Weather:
    return Weather(Profile(**{"cost": _AT_ONCE, "link": _NEAR, **limits}))  # type: ignore[arg-type]


def _units(limit: int, announced_from: float | None = None) -> Weather:
    quota = Quota(
        limit=limit, window_s=_HOUR_S, whose=Whose.CALLER, announced_from=announced_from
    )  # fmt: skip
    return _weather(quotas=(quota,))


def _told(answer: Answer) -> tuple[str | None, ...]:
    names = ("RateLimit-Limit", "RateLimit-Remaining")
    return tuple(answer.headers.get(name) for name in names)


def test_most_of_the_units_gone_is_told_and_more_is_refused_until_the_window_ends(
    ask: Asker,
) -> None:
    ask.face.weather = weather = _units(10, 0.8)
    answers = [ask.get("web") for _ in range(6)]
    assert [one.status for one in answers] == [200] * 5 + [429]
    assert [_told(one) for one in answers[2:]] == [
        (None, None), ("10", "2"), ("10", "0"), ("10", "0"),
    ]  # fmt: skip
    wait = answers[-1].headers["Retry-After"]
    assert _HOUR_S - 60 < int(wait) <= _HOUR_S
    assert answers[-1].headers["RateLimit-Reset"] == wait
    assert weather.tally().requests == 6


def test_another_application_has_units_of_its_own(ask: Asker) -> None:
    ask.face.weather = _units(2)
    assert [ask.get("web").status for _ in range(2)] == [200, 429]
    ask.login = "bo@lab.example"
    assert ask.get("web").status == 200


@pytest.mark.parametrize(
    ("path", "body", "units"),
    [
        ("/sites/a/_api/web", b"", 2),
        ("/sites/a/_api/web/lists(guid'1')/items(1)/RoleAssignments?$expand=Member", b"", 5),
        (
            "/sites/a/_api/$batch",
            b"\r\n".join(
                [_PART, b"GET https://x/_api/web HTTP/1.1", _PART, _PERMISSIONS, b"--b--"]
            ),
            7,
        ),
        ("/sites/a/_api/$batch", b"nonsense", 2),
    ],
)
def test_a_request_costs_what_it_asks_for(path: str, body: bytes, units: int) -> None:
    request = Request(method="POST", path=path, headers={}, body=body)
    assert asked_of(request, caller="A", place="/Sites/A").units == units


def test_a_farm_that_has_too_many_is_busy_and_names_no_time(profiled: Profiled) -> None:
    farm = profiled("se")
    cap = Cap(limit=0, whose=Whose.CALLER, hint_s=3.0)
    farm.face.weather = _weather(caps=(cap,))
    busy = farm.get("web")
    assert (busy.status, "Retry-After" in busy.headers) == (503, False)
    assert b"The server is busy now" in busy.body
    online = profiled("online")
    online.face.weather = _weather(caps=(cap,))
    told = online.get("web")
    assert (told.status, told.headers["Retry-After"]) == (429, "3")


def test_a_farm_rates_itself_by_who_waits_for_its_workers(profiled: Profiled) -> None:
    farm = profiled("se")
    farm.face.weather = weather = _weather(back_ends=(BackEnd(workers=1),))
    assert farm.get("web").headers["X-SharePointHealthScore"] == "0"
    held = threading.Event()
    collection, busy = farm.collection, ThreadPoolExecutor(3)
    with collection.lock:
        # The first of them has the worker and waits for the lock, the others for the worker.
        answers = [busy.submit(farm.get, "web") for _ in range(3)]
        while weather.crowd() < 2.0:
            held.wait(0.001)
        assert farm.face._health() == 10
    assert {one.result().status for one in answers} == {200}
    assert farm.get("web").headers["X-SharePointHealthScore"] == "0"
    busy.shutdown()


def test_online_rates_itself_well_whatever_happens(ask: Asker) -> None:
    ask.face.weather = _units(2)
    answers = [ask.get("web") for _ in range(2)]
    assert [one.headers["X-SharePointHealthScore"] for one in answers] == ["0", "0"]


def test_a_server_that_is_away_says_so(ask: Asker) -> None:
    away = Outage(start_s=0.0, end_s=_HOUR_S, away=Away.BUSY, hint_s=9.0)
    ask.face.weather = _weather(outages=(away,))
    answer = ask.get("web")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "9")


def test_a_mistake_of_the_lab_leaves_no_request_inside(ask: Asker) -> None:
    ask.face.weather = _weather(caps=(Cap(limit=1, whose=Whose.CALLER),))
    ask.face.rest.throttle = None  # type: ignore[assignment]
    assert ask.get("web").status == 500
    assert ask.get("web").status == 500, "the next one is let in, and is not one too many"
    assert len(ask.face.crashes) == 2
    ask.face.crashes.clear()
