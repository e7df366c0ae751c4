"""The server over a real socket: loopback, its own authority, HTTP as clients expect it."""

from __future__ import annotations

import gzip
import http.client
import ssl
from collections.abc import Iterator

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.estate import Estate
from strongroom.lab.exchange import ids
from strongroom.lab.faults import Fault, FaultKind
from strongroom.lab.quirks import Quirks
from strongroom.lab.server import LabServer
from tests.fakes.face_client import (
    PATH,
    basic,
    envelope,
    folder_ref,
    item_ref,
    sync_items,
)
from tests.fakes.lab_people import ANN

SYNC = envelope(sync_items(folder_ref("inbox"))).encode()
HEADERS = {"Authorization": basic(ANN, "ann's"), "Content-Type": "text/xml; charset=utf-8"}


@pytest.fixture
def server(estate: Estate) -> Iterator[LabServer]:
    quirks = Quirks(request_bytes_max=100_000)
    with LabServer(estate, quirks=quirks, validates_answers=False) as running:
        yield running


def _connect(server: LabServer, host: str = "localhost") -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cadata=server.ca_pem.decode())
    return http.client.HTTPSConnection(host, server.port, context=context, timeout=20)


def test_one_connection_carries_many_requests(server: LabServer) -> None:
    connection = _connect(server)
    for _ in range(3):
        connection.request("POST", PATH, SYNC, HEADERS)
        response = connection.getresponse()
        assert response.status == 200
        assert b"NoError" in response.read()
    connection.close()


def test_the_certificate_is_good_for_the_address_too(server: LabServer) -> None:
    connection = _connect(server, "127.0.0.1")
    connection.request("POST", PATH, SYNC, HEADERS)
    assert connection.getresponse().read().startswith(b"<?xml")
    connection.close()


def test_who_does_not_know_the_authority_does_not_trust_the_server(server: LabServer) -> None:
    connection = http.client.HTTPSConnection("localhost", server.port, timeout=20)
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.request("POST", PATH, SYNC, HEADERS)


def test_a_start_makes_an_authority_of_its_own(estate: Estate, server: LabServer) -> None:
    assert LabServer(estate).ca_pem != server.ca_pem


def test_answers_are_compressed_only_if_asked(server: LabServer) -> None:
    connection = _connect(server)
    connection.request("POST", PATH, SYNC, {**HEADERS, "Accept-Encoding": "gzip"})
    response = connection.getresponse()
    assert response.getheader("Content-Encoding") == "gzip"
    assert b"NoError" in gzip.decompress(response.read())
    connection.request("POST", PATH, SYNC, HEADERS)
    response = connection.getresponse()
    assert response.getheader("Content-Encoding") is None
    response.read()
    connection.close()


def test_a_chunked_request_is_read(server: LabServer) -> None:
    connection = _connect(server)
    pieces = [SYNC[:100], SYNC[100:]]
    connection.request("POST", PATH, iter(pieces), HEADERS, encode_chunked=True)
    assert b"NoError" in connection.getresponse().read()
    connection.close()


@pytest.mark.parametrize("form", ["whole", "chunked"])
def test_a_too_large_request_is_refused_and_the_connection_ends(
    server: LabServer, form: str
) -> None:
    connection = _connect(server)
    pieces = [b"x" * 10_000] * 11
    if form == "chunked":
        connection.request("POST", PATH, iter(pieces), HEADERS, encode_chunked=True)
    else:
        connection.request("POST", PATH, b"".join(pieces), HEADERS)
    response = connection.getresponse()
    assert response.status == 413
    assert response.getheader("Connection") == "close"
    connection.close()


@pytest.mark.parametrize(("over", "status"), [(0, 200), (1, 413)])
def test_a_server_takes_64_mib_and_not_a_byte_more_by_default(
    estate: Estate, over: int, status: int
) -> None:
    body = SYNC + b" " * (64 * 1024 * 1024 + over - len(SYNC))
    with LabServer(estate) as server:
        connection = _connect(server)
        connection.request("POST", PATH, body, HEADERS)
        response = connection.getresponse()
        assert response.status == status
        response.read()
        connection.close()


def test_exports_come_in_chunks(server: LabServer, estate: Estate) -> None:
    mailbox = estate.mailbox(ANN)
    assert mailbox is not None
    big = Message({tags.PidTagSubject: "big", tags.PidTagBody: "x" * 200_000})
    item = mailbox.folder_by_role("inbox").add_item(big)
    reference = item_ref(ids.item_id(item))
    body = f"<m:ExportItems><m:ItemIds>{reference}</m:ItemIds></m:ExportItems>"
    connection = _connect(server)
    connection.request("POST", PATH, envelope(body).encode(), HEADERS)
    response = connection.getresponse()
    assert response.getheader("Transfer-Encoding") == "chunked"
    assert len(response.read()) > 400_000
    connection.close()


def test_a_cut_answer_ends_in_the_middle(server: LabServer) -> None:
    server.exchange.faults.add(Fault(kind=FaultKind.CUT))
    connection = _connect(server)
    connection.request("POST", PATH, SYNC, HEADERS)
    response = connection.getresponse()
    with pytest.raises((http.client.IncompleteRead, ssl.SSLError)):
        response.read()
    connection.close()


def test_a_dropped_answer_is_no_answer(server: LabServer) -> None:
    server.exchange.faults.add(Fault(kind=FaultKind.DROP))
    connection = _connect(server)
    connection.request("POST", PATH, SYNC, HEADERS)
    with pytest.raises((http.client.HTTPException, OSError)):
        connection.getresponse()
    connection.close()


def test_stopping_twice_does_no_harm(estate: Estate) -> None:
    server = LabServer(estate).start()
    server.stop()
    server.stop()
    with pytest.raises(OSError, match=r".*"):
        _connect(server).request("POST", PATH, SYNC, HEADERS)
