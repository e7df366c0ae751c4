"""The same over real HTTPS, by many at once."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from strongroom.lab.estate.estate import Estate
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace
from tests.fakes.hand_clock import HandClock
from tests.lab_sharepoint_rest.conftest import ANN, SITE

_THREADS = 6
_EACH = 15


class Client:
    """One connection, and a digest."""

    def __init__(self, server: LabServer, farm: Farm) -> None:
        context = ssl.create_default_context(cadata=server.ca_pem.decode())
        self._connection = http.client.HTTPSConnection(
            "localhost", server.port, context=context, timeout=20
        )
        self._cookie = f"FedAuth={farm.give(ANN)}"
        self._digest = ""
        self.site = SITE
        told = json.loads(self.ask("POST", "contextinfo")[1])
        self._digest = told["FormDigestValue"]

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        sent = {
            "Accept": "application/json;odata=nometadata",
            "Cookie": self._cookie,
            "X-RequestDigest": self._digest,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        where = path if path.startswith("/") else f"{self.site}/_api/{path}"
        self._connection.request(method, where, body, sent)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def json(self, method: str, path: str, body: object = None) -> Any:
        data = json.dumps(body).encode() if body is not None else b""
        told = self.ask(method, path, data, Content_Type="application/json;odata=nometadata")[1]
        return json.loads(told)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def farm() -> Farm:
    made = Farm(kind="online", clock=HandClock())
    made.add_site(SITE, "A")
    return made


@pytest.fixture
def server(farm: Farm) -> Iterator[LabServer]:
    with LabServer(Estate(seed=1)) as running:
        face = SharePointFace(farm, url=lambda: running.url)
        for beginning in face.beginnings:
            running.pages[beginning] = face.answer
        yield running
        assert face.crashes == []


@pytest.fixture
def client(server: LabServer, farm: Farm) -> Iterator[Client]:
    made = Client(server, farm)
    yield made
    made.close()


def test_every_method_of_http_that_clients_use_is_heard(client: Client) -> None:
    made = client.json("POST", "web/lists", {"Title": "X", "BaseTemplate": 101})
    where = f"web/lists(guid'{made['Id']}')"
    kind = {"Content_Type": "application/json;odata=nometadata", "If_Match": "*"}
    assert client.ask("MERGE", where, b'{"Description":"d"}', **kind)[0] == 204
    assert client.ask("PATCH", where, b'{"Title":"Y"}', **kind)[0] == 204
    add = f"{where}/RootFolder/Files/add(url='a.bin',overwrite=true)"
    assert client.ask("POST", add, b"0123456789")[0] == 200
    file = "web/GetFileByServerRelativeUrl('/sites/a/X/a.bin')/$value"
    assert client.ask("PUT", file, b"abcdefghij")[0] == 204
    assert client.ask("GET", file, Range="bytes=2-4") == (206, b"cde")
    assert client.ask("DELETE", where, If_Match="*")[0] == 200
    assert client.ask("GET", where)[0] == 404


def test_a_file_of_the_site_at_the_top_is_found_at_its_address(client: Client) -> None:
    client.site = ""
    add = "web/lists/getbytitle('Documents')/RootFolder/Files/add(url='a.txt',overwrite=true)"
    digest = client.json("POST", "contextinfo")["FormDigestValue"]
    assert client.ask("POST", add, b"x", X_RequestDigest=digest)[0] == 200
    assert client.ask("GET", "/Shared%20Documents/a.txt") == (200, b"x")


def test_many_write_at_once_and_nothing_is_lost(
    client: Client, server: LabServer, farm: Farm
) -> None:
    made = client.json("POST", "web/lists", {"Title": "X", "BaseTemplate": 100})
    where = f"web/lists(guid'{made['Id']}')"
    begun = threading.Barrier(_THREADS)

    def write(number: int) -> list[int]:
        one = Client(server, farm)
        begun.wait(timeout=20)
        rows = [one.json("POST", f"{where}/items", {"Title": f"{number}"}) for _ in range(_EACH)]
        one.close()
        return [row["Id"] for row in rows]

    with ThreadPoolExecutor(_THREADS) as pool:
        ids = [one for each in pool.map(write, range(_THREADS)) for one in each]
    assert sorted(ids) == list(range(1, _THREADS * _EACH + 1))
    told = client.json("GET", f"{where}/items?$select=Id&$top=5000")["value"]
    assert [one["Id"] for one in told] == sorted(ids)
    query = {"query": {"Item": True, "Add": True}}
    changes = client.json("POST", f"{where}/getchanges", query)["value"]
    assert sorted(one["ItemId"] for one in changes) == sorted(ids)
