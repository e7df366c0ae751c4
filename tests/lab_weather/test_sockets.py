"""Over real sockets: connections that are refused, cut in the middle of an answer, or left."""

from __future__ import annotations

import http.client
import socket
import ssl

import pytest

from strongroom.lab.server import LabServer
from strongroom.lab.weather.model import Away, Cap, Whose
from tests.fakes.face_client import PATH, basic, envelope
from tests.fakes.lab_people import ANN
from tests.lab_weather import refusals
from tests.lab_weather.conftest import ITEM_BYTES, PASSWORD, Serve
from tests.lab_weather.hand import profile

HEADERS = {"Authorization": basic(ANN, PASSWORD), "Content-Type": "text/xml; charset=utf-8"}
PATIENCE_S = 60.0


def _connect(server: LabServer) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cadata=server.ca_pem.decode())
    return http.client.HTTPSConnection(
        "localhost", server.port, context=context, timeout=PATIENCE_S
    )


def _ask(connection: http.client.HTTPSConnection, body: str) -> http.client.HTTPResponse:
    connection.request("POST", PATH, envelope(body).encode(), HEADERS)
    return connection.getresponse()


def test_answers_arrive_whole_and_a_connection_carries_many(serve: Serve, export: str) -> None:
    only_one = Cap(limit=1, whose=Whose.SERVER)
    server = serve(profile(cost=refusals.BREAKS.cost, caps=(only_one,)))
    connection = _connect(server)
    for _ in range(3):
        assert len(_ask(connection, export).read()) > 3 * ITEM_BYTES
    connection.close()
    server.stop()

    assert server.weather is not None
    assert server.weather.tally().answered == 3
    assert server.weather.tally().at_once_max == 1, "each is forgotten when it is sent"


def test_a_broken_line_cuts_an_answer_in_the_middle(serve: Serve, export: str) -> None:
    server = serve(refusals.BREAKS)
    connection = _connect(server)
    response = _ask(connection, export)
    with response, pytest.raises(http.client.IncompleteRead) as cut:
        response.read()
    connection.close()
    server.stop()

    assert response.status == 200
    assert len(cut.value.partial) > 0
    assert cut.value.expected is not None
    assert cut.value.expected > 0
    assert server.weather is not None
    assert server.weather.tally().broken == 1


def test_a_server_that_is_away_takes_no_connection(serve: Serve, export: str) -> None:
    server = serve(refusals.always(Away.REFUSES))
    assert server.weather is not None
    server.weather.begin()
    for _ in range(2):
        connection = _connect(server)
        with pytest.raises(OSError, match=r".*"):
            _ask(connection, export)
        connection.close()

    assert server.exchange.requests == {}
    with socket.create_connection(("localhost", server.port), timeout=5) as plain:
        assert plain.recv(1) == b"", "not even a handshake is waited for"


def test_an_outage_meets_whoever_is_connected_already_before_they_sign_in(
    serve: Serve, export: str
) -> None:
    server = serve(refusals.always(Away.BUSY, 30.0))
    assert server.weather is not None
    server.weather.begin()
    connection = _connect(server)
    connection.request("POST", PATH, b"", {})
    response = connection.getresponse()
    response.read()
    connection.close()

    assert (response.status, response.getheader("Retry-After")) == (503, "30")


def test_a_server_stops_at_once_although_requests_hang(serve: Serve, export: str) -> None:
    server = serve(refusals.always(Away.HANGS))
    assert server.weather is not None
    server.weather.begin()
    connection = _connect(server)
    connection.request("POST", PATH, envelope(export).encode(), HEADERS)
    server.stop()

    with pytest.raises((http.client.HTTPException, OSError)):
        connection.getresponse()
    connection.close()
