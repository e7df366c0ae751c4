"""A site with a little of everything, and a way to ask it without a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from strongroom.lab.https import Request, Response
from strongroom.lab.sharepoint import Farm, SharePointFace
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.webs import Web
from tests.fakes.hand_clock import HandClock

ANN = "ann@lab.example"
SITE = "/sites/a"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def value(self) -> Any:
        return self.json["value"]

    @property
    def code(self) -> str:
        told = self.json.get("odata.error") or self.json["error"]
        return str(told["code"]).partition(",")[0]


class Asker:
    """Asks one farm, as one person with a cookie."""

    def __init__(self, farm: Farm, clock: HandClock) -> None:
        self.farm = farm
        self.clock = clock
        self.face = SharePointFace(farm, url=lambda: "https://localhost:1")
        self.form = "verbose" if farm.profile == "2013" else "nometadata"
        self.login = ANN

    @property
    def collection(self) -> SiteCollection:
        found = self.face.content.collection(SITE)
        assert found is not None
        return found

    @property
    def web(self) -> Web:
        return self.collection.root

    @property
    def ann(self) -> int:
        return self.collection.principals.ensure_user(self.face.content.login(ANN)).id

    def list(self, title: str) -> SpList:
        found = self.web.list_by_title(title)
        assert found is not None
        return found

    def __call__(
        self,
        method: str,
        path: str,
        body: object = b"",
        *,
        site: str = SITE,
        form: str = "",
        signs: bool = True,
        **headers: str,
    ) -> Answer:
        sent = {"accept": f"application/json;odata={form or self.form}"}
        sent["cookie"] = f"FedAuth={self.farm.give(self.login)}"
        if method != "GET" and signs:
            digests = self.face.rest.digests
            sent["x-requestdigest"] = digests.give(self.face.content.login(self.login))
        if not isinstance(body, bytes):
            sent["content-type"] = "application/json;odata=nometadata"
            body = orjson.dumps(body)
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        where = path if path.startswith("/") else f"{site}/_api/{path}"
        answer = self.face.answer(Request(method=method, path=where, headers=sent, body=body))
        return _whole(answer)

    def get(self, path: str, **more: Any) -> Answer:
        return self("GET", path, **more)

    def post(self, path: str, body: object = b"", **more: Any) -> Answer:
        return self("POST", path, body, **more)

    def merge(self, path: str, body: object, **more: Any) -> Answer:
        return self("POST", path, body, x_http_method="MERGE", **{"if_match": "*", **more})

    def delete(self, path: str, **more: Any) -> Answer:
        return self("POST", path, x_http_method="DELETE", **{"if_match": "*", **more})


def _whole(answer: Response) -> Answer:
    body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
    return Answer(answer.status, dict(answer.headers), body)


Profiled = Callable[[str], Asker]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def profiled(clock: HandClock) -> Iterator[Profiled]:
    made: list[Asker] = []

    def make(profile: str) -> Asker:
        farm = Farm(kind="online" if profile == "online" else "forms", clock=clock, profile=profile)
        farm.add_site(SITE, "A")
        farm.add_site(f"{SITE}/hr", "HR")
        made.append(Asker(farm, clock))
        return made[-1]

    yield make
    assert [one.face.crashes for one in made if one.face.crashes] == []


@pytest.fixture
def ask(profiled: Profiled) -> Asker:
    return profiled("online")
