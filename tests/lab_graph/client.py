"""Asks the lab's Graph in this process, and holds every answer against Graph's own schema."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from strongroom.lab.graph.face import GraphFace
from strongroom.lab.https import Request, Response
from tests.lab_entra.csdl import Csdl

Headers = Mapping[str, str]
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One answer.

    Attributes:
        headers: Names in lower case.
        body: JSON as read, or None.
    """

    status: int
    headers: Headers
    body: Any

    @property
    def rows(self) -> list[dict[str, Any]]:
        assert self.status == 200, self.body
        found: list[dict[str, Any]] = self.body["value"]
        return found

    @property
    def code(self) -> str:
        """Of an error: what it is, once its envelope is looked at."""
        told = self.body["error"]
        assert set(told["innerError"]) == {"date", "request-id", "client-request-id"}
        assert told["message"]
        return f"{self.status} {told['code']}"


@dataclass(slots=True, kw_only=True)
class Asker:
    """Asks in the name of one application or person."""

    face: GraphFace
    csdl: Csdl
    token: str = field(repr=False)
    mailbox: str
    version: str = "v1.0"

    def ask(
        self, method: str, path: str, body: object = None, headers: Headers | None = None
    ) -> Told:
        """Ask, and judge the answer. ``path`` is below the version, or a whole address."""
        if path.startswith("https://"):
            assert path.startswith(self.face.url), path
            path = path.removeprefix(self.face.url)
        else:
            path = f"/{self.version}/{path}"
        return self.at(f"/graph{path}", method, body, headers)

    def at(self, path: str, method: str, body: object, headers: Headers | None) -> Told:
        told = {name.casefold(): value for name, value in (headers or {}).items()}
        request = Request(
            method=method,
            path=path,
            headers={"authorization": f"Bearer {self.token}", **told},
            body=b"" if body is None else orjson.dumps(body),
        )
        found = read(self.face.answer(request))
        self.judge(found)
        return found

    def judge(self, told: Told) -> None:
        if told.body is None:
            return
        if "responses" in told.body:
            for one in told.body["responses"]:
                self.judge(Told(status=one["status"], headers={}, body=one.get("body")))
        elif told.status < 300:
            self.csdl.check(told.body)
        elif "Message" not in told.body:
            assert told.body["error"]["code"]

    def get(self, path: str, headers: Headers | None = None, /, **query: str) -> Told:
        """Ask for something in this mailbox, or below the version if ``path`` begins with ``/``."""
        options = "&".join(f"${name}={quote(value)}" for name, value in query.items())
        return self.ask("GET", self.place(path) + (f"?{options}" if options else ""), None, headers)

    def post(self, path: str, body: object, headers: Headers | None = None) -> Told:
        return self.ask("POST", self.place(path), body, headers)

    def place(self, path: str) -> str:
        if path.startswith("/"):
            return path[1:]
        return f"admin/exchange/mailboxes/{self.mailbox}/{path}"

    def pages(self, path: str, headers: Headers | None = None, /, **query: str) -> Iterator[Told]:
        """Ask for all pages of a list, or of a round of ``delta``."""
        page = self.ask("GET", path, None, headers) if "://" in path else None
        page = page or self.get(path, headers, **query)
        while True:
            assert page.status == 200, page.body
            yield page
            link = page.body.get("@odata.nextLink")
            if link is None:
                return
            page = self.ask("GET", link, None, headers)

    def all(self, path: str, headers: Headers | None = None, /, **query: str) -> Rows:
        return [row for page in self.pages(path, headers, **query) for row in page.rows]

    def export(self, *ids: str) -> list[dict[str, Any]]:
        return self.post("exportItems", {"itemIds": list(ids)}).rows

    def import_item(self, url: str, body: Mapping[str, object], **headers: str) -> Told:
        """Bring an item to a session; without the token, which belongs to Graph."""
        place = urlsplit(url)
        request = Request(
            method="POST",
            path=f"{place.path}?{place.query}",
            headers={"content-type": "application/json", **headers},
            body=orjson.dumps(body),
        )
        return read(self.face.answer_import(request))

    def bring(self, folder_id: str, stream: bytes, **more: str) -> Told:
        url = self.post("createImportSession", None).body["importUrl"]
        data = base64.b64encode(stream).decode()
        body = {"FolderId": folder_id, "Mode": "create", "Data": data, **more}
        return self.import_item(url, body)


def read(response: Response) -> Told:
    whole = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    if response.sending is not None:
        # As the server of HTTPS does: pieces that are made late are not parted again.
        if isinstance(response.body, bytes):
            whole = b"".join(response.sending.pieces(whole))
        response.sending.end()
    headers = {name.casefold(): value for name, value in response.headers}
    is_json = "json" in headers.get("content-type", "")
    body = orjson.loads(whole) if is_json and whole else None
    return Told(status=response.status, headers=headers, body=body)
