"""What each verdict sounds like in EWS, and that the rest of the way is unchanged."""

from __future__ import annotations

import pytest

from strongroom.lab.estate.estate import Estate
from strongroom.lab.exchange.face import ExchangeFace
from strongroom.lab.exchange.weathered import through
from strongroom.lab.exchange.xml import parse
from strongroom.lab.https import Request, Response
from strongroom.lab.weather import Profile, Weather
from strongroom.lab.weather.model import Away, Cost, Whose
from strongroom.lab.weather.visit import Asked, Reason
from tests.fakes.face_client import (
    PATH,
    FaceClient,
    basic,
    envelope,
    folder_ref,
    sync_items,
    text,
)
from tests.fakes.hand_clock import HandClock
from tests.fakes.lab_people import ANN
from tests.lab_weather import refusals
from tests.lab_weather.conftest import PASSWORD
from tests.lab_weather.hand import profile, workers

SYNC = sync_items(folder_ref("inbox"))
VALUES = ".//{*}MessageXml/{*}Value[@Name='%s']"


def _face(estate: Estate, server: Profile) -> ExchangeFace:
    return ExchangeFace(estate, weather=Weather(server, clock=HandClock()), validates_answers=True)


def _raw(face: ExchangeFace, body: str) -> Response:
    headers = {"authorization": basic(ANN, PASSWORD)}
    data = envelope(body).encode()
    return face.answer(Request(method="POST", path=PATH, headers=headers, body=data))


@pytest.mark.parametrize(
    ("server", "code", "values"),
    [
        (
            refusals.CONNECTIONS,
            "ErrorExceededConnectionCount",
            {"Policy": "MaxConcurrency", "MaxConcurrencyLimit": "0", "BackOffMilliseconds": None},
        ),
        (
            refusals.MAILBOX,
            "ErrorServerBusy",
            {"Policy": "MaxConcurrency", "BackOffMilliseconds": "1000"},
        ),
        (
            refusals.SYNCHRONISING,
            "ErrorServerBusy",
            {"Policy": "ConcurrentSyncCalls", "BackOffMilliseconds": "5000"},
        ),
        (refusals.BUDGET, "ErrorServerBusy", {"Policy": None, "BackOffMilliseconds": "9000"}),
        (refusals.LONG_BATCH, "ErrorTimeoutExpired", {"BackOffMilliseconds": None}),
    ],
)
def test_exchange_refuses_by_a_fault_with_its_policys_words(
    estate: Estate, server: Profile, code: str, values: dict[str, str | None]
) -> None:
    client = FaceClient(_face(estate, server), ANN, PASSWORD)
    answer = client.post(SYNC)

    assert client.status == 500
    assert text(answer, ".//{*}detail/{*}ResponseCode") == code
    told = {name: answer.findtext(VALUES % name) for name in values}
    assert told == values


def test_the_policys_text_names_the_part_its_value_and_the_wait(estate: Estate) -> None:
    answer = FaceClient(_face(estate, refusals.SYNCHRONISING), ANN, PASSWORD).post(SYNC)

    assert answer.findtext(VALUES % "ErrorMessage") == (
        "This operation exceeds the throttling budget for policy part 'ConcurrentSyncCalls', policy"
        " value '0',  Budget type: 'Ews'.  Suggested backoff time 5000 ms."
    )


def test_a_limit_on_synchronising_stops_nothing_else(estate: Estate, export: str) -> None:
    face = _face(estate, refusals.SYNCHRONISING)

    assert FaceClient(face, ANN, PASSWORD).codes(export) == ["NoError"] * 3


@pytest.mark.parametrize(
    ("server", "told"),
    [
        (refusals.QUEUE, []),
        (refusals.QUEUE_WITH_HINT, [("Retry-After", "3")]),
        (refusals.always(Away.BUSY, 30.0), [("Retry-After", "30")]),
    ],
)
def test_a_full_queue_is_a_503_that_may_tell_a_wait(
    estate: Estate, server: Profile, told: list[tuple[str, str]]
) -> None:
    response = _raw(_face(estate, server), SYNC)

    assert (response.status, response.body) == (503, b"")
    assert [one for one in response.headers if one[0] == "Retry-After"] == told


def test_a_request_that_an_outage_takes_has_no_answer(estate: Estate) -> None:
    assert _raw(_face(estate, refusals.always(Away.REFUSES)), SYNC).drops


def test_what_is_refused_is_not_carried_out(estate: Estate) -> None:
    made = (
        "<m:CreateFolder><m:ParentFolderId><t:DistinguishedFolderId Id='inbox'/></m:ParentFolderId>"
        "<m:Folders><t:Folder><t:DisplayName>New</t:DisplayName></t:Folder></m:Folders>"
        "</m:CreateFolder>"
    )
    face = _face(estate, refusals.CONNECTIONS)
    mailbox = estate.mailbox(ANN)
    assert mailbox is not None
    FaceClient(face, ANN, PASSWORD).post(made)

    assert mailbox.folder_by_role("inbox").children == []


def test_the_work_is_counted_in_items_and_bytes_and_takes_the_clocks_time(
    estate: Estate, export: str
) -> None:
    clock = HandClock()
    cost = Cost(base_s=0.5, item_s=2.0, rate=10_000, jitter=0.0)
    weather = Weather(profile(cost=cost), clock=clock)
    face = ExchangeFace(estate, weather=weather)
    FaceClient(face, ANN, PASSWORD).post(SYNC)
    before = clock.monotonic_s()
    response = _raw(face, export)
    took_s = clock.monotonic_s() - before
    assert isinstance(response.body, bytes)
    assert response.sending is not None
    sent = b"".join(response.sending.pieces(response.body))
    response.sending.end()

    assert took_s == pytest.approx(0.5 + 3 * 2.0 + len(response.body) / 10_000)
    assert sent == response.body
    assert (weather.tally().answered, weather.tally().items) == (1, 3)


def test_a_request_that_exchange_itself_refuses_frees_its_worker(estate: Estate) -> None:
    weather = Weather(profile(), clock=HandClock())
    face = ExchangeFace(estate, weather=weather)
    client = FaceClient(face, ANN, PASSWORD)
    for _ in range(20):
        assert client.fault("<m:ExportItems/>") == "ErrorSchemaValidation"

    assert weather.tally().refused == {}


def test_an_operation_that_fails_half_way_through_its_answer_frees_its_worker() -> None:
    def fail() -> Response:
        raise ValueError("half way")

    weather = Weather(profile(back_ends=workers(1)), clock=HandClock())
    request = Request(method="POST", path=PATH, headers={}, body=b"")
    asked = Asked(caller=ANN, place=ANN)
    for _ in range(2):
        with pytest.raises(ValueError, match="half way"):
            through(weather, request, asked, parse(b"<GetItem/>"), fail)

    assert weather.tally().requests == 2
    assert weather.tally().at_once_max == 1


def test_service_accounts_have_a_budget_for_each_mailbox(estate: Estate) -> None:
    """The owner's requests and the service's are counted apart: only the service's are refused."""
    estate.add_account("keeper", password=PASSWORD, may_impersonate=True)
    weather = Weather(refusals.MAILBOX, clock=HandClock())
    face = ExchangeFace(estate, weather=weather)
    keeper = FaceClient(face, "keeper", PASSWORD, acting_as=ANN)
    owner = FaceClient(face, ANN, PASSWORD)
    keeper.post(SYNC)
    keeper.post(SYNC)
    owner.post(SYNC)
    tally = weather.tally()

    assert tally.refused == {Reason.TOO_MANY: 3}
    assert Whose.SERVER not in tally.disobedient
