"""The same over real connections: four clients at once are never refused, a fifth may be."""

from __future__ import annotations

import base64
import http.client
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import orjson
import pytest
import urllib3

from strongroom.clock import SystemClock
from strongroom.content import fts
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.graph.face import GraphFace
from strongroom.lab.https import Authority
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.server import LabServer
from tests.lab_graph.client import Asker
from tests.lab_graph.conftest import ALL, Make
from tests.lab_graph.letters import fill, letter


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@contextmanager
def _connection(url: str, authority: Authority) -> Iterator[http.client.HTTPSConnection]:
    """Connect without anything that writes addresses down."""
    context = ssl.create_default_context(cadata=authority.ca_pem.decode())
    place = urlsplit(url)
    made = http.client.HTTPSConnection(place.hostname or "", place.port, context=context)
    with closing(made):
        yield made


@pytest.fixture
def servers(face: GraphFace, estate: Estate, authority: Authority) -> Iterator[list[LabServer]]:
    made = [LabServer(estate, authority=authority) for _ in range(2)]
    for server, page, answer in zip(
        made, ("/graph/", "/api/"), (face.answer, face.answer_import), strict=True
    ):
        server.pages = {page: answer}
        server.start()
    graph, imports = made
    face._server_url = lambda: graph.url
    face.mail.importer.origin = lambda: imports.url
    yield made
    for server in made:
        server.stop()


@pytest.fixture
def pool(authority: Authority) -> Iterator[urllib3.PoolManager]:
    context = ssl.create_default_context(cadata=authority.ca_pem.decode())
    with urllib3.PoolManager(ssl_context=context, retries=False, maxsize=8) as made:
        yield made


def test_four_at_once_are_let_in_however_quick_they_are(
    keeper: Asker,
    ann: Mailbox,
    face: GraphFace,
    servers: list[LabServer],
    pool: urllib3.PoolManager,
) -> None:
    fill(ann.folder_by_role("inbox"), 40)
    ids = [row["id"] for row in keeper.all("folders/inbox/items", top="40")]
    url = f"{face.url}/v1.0/{keeper.place('exportItems')}"
    headers = {"Authorization": f"Bearer {keeper.token}", "Accept-Encoding": "gzip"}

    def work(begin: int) -> list[int]:
        found = []
        for _ in range(25):
            answer = pool.request(
                "POST", url, json={"itemIds": ids[begin : begin + 10]}, headers=headers
            )
            found += [answer.status]
            assert len(answer.json()["value"]) == 10
        return found

    with ThreadPoolExecutor(4) as crew:
        told = [status for some in crew.map(work, (0, 10, 20, 30)) for status in some]
    assert told == [200] * 100
    assert face.mail.limits.refused == {}
    assert len(servers) == 2


def test_items_are_imported_through_another_origin(
    keeper: Asker,
    ann: Mailbox,
    face: GraphFace,
    servers: list[LabServer],
    pool: urllib3.PoolManager,
    authority: Authority,
) -> None:
    graph, imports = servers
    url = keeper.post("createImportSession", None).body["importUrl"]
    assert url.startswith(f"{imports.url}/api/")
    folder = keeper.get("folders/inbox").body["id"]
    data = base64.b64encode(fts.build(letter(PidTagBody="x" * 5_000_000))).decode()
    body = orjson.dumps({"FolderId": folder, "Mode": "create", "Data": data})
    with _connection(url, authority) as connection:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", url.partition(imports.url)[2], body, headers)
        answer = connection.getresponse()
        assert answer.status == 200
        assert orjson.loads(answer.read())["itemId"]
    [item] = ann.folder_by_role("inbox").items
    assert item.size > 9_000_000
    assert pool.request("POST", f"{graph.url}/api/x", body=b"{}").status == 404


def test_a_session_of_four_is_counted_by_what_is_not_yet_sent(
    asker: Make, ann: Mailbox, face: GraphFace, servers: list[LabServer], authority: Authority
) -> None:
    """A client that does not read its answer is still under way."""
    keeper = asker(*ALL)
    face.mail.limits.at_once = 1
    ann.folder_by_role("inbox").add_item(letter(PidTagBody="x" * 20_000_000))
    ids = [row["id"] for row in keeper.all("folders/inbox/items")]
    url = f"{face.url}/v1.0/{keeper.place('exportItems')}"
    headers = {"Authorization": f"Bearer {keeper.token}", "Content-Type": "application/json"}
    with _connection(url, authority) as slow:
        slow.request("POST", urlsplit(url).path, orjson.dumps({"itemIds": ids}), headers)
        with slow.getresponse() as answer:
            assert answer.status == 200
            assert keeper.get("folders").status == 429
    # The server notices on its own next write that nobody listens.
    clock = SystemClock()
    for _ in range(200):
        if keeper.get("folders").status == 200:
            break
        clock.sleep(0.05)
    assert keeper.get("folders").status == 200
    assert len(servers) == 2


def test_a_whole_lab_serves_it() -> None:
    with Lab(Wishes(weather="breezy")) as lab:
        told = lab.cloud.describe()
        assert told["graph"] == {"url": lab.cloud.graph.url, "imports": lab.cloud.outlook.url}
        assert lab.cloud.graph.mail.weather is not None
        assert lab.cloud.graph.mail.store.estate is lab.estate
