"""One write, as it goes over the line: pure, so that what is sent can be looked at.

Bodies are always ``odata=verbose`` with the type of every thing in them: it is the one dialect that
every version from 2013 on understands. Answers come without metadata where the server can.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/complete-basic-operations-using-sharepoint-rest-endpoints
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

import orjson

from strongroom.wire.reply import Body
from strongroom.wire.sharepoint.odata import VERBOSE
from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.sites import api
from strongroom.words.json import Json

BINARY = "application/octet-stream"


def post(
    target: str, document: Mapping[str, Json] | None = None, *, call: Call = Call.WRITE
) -> Question:
    """Make something, or call a method of something."""
    return _write(target, document, {}, call)


def merge(
    target: str, document: Mapping[str, Json], *, etag: str = "*", call: Call = Call.WRITE
) -> Question:
    """Change some properties of something. To do it twice changes nothing more."""
    return twice(_write(target, document, {"X-HTTP-Method": "MERGE", "If-Match": etag}, call))


def delete(target: str, *, etag: str = "*", call: Call = Call.WRITE) -> Question:
    """Take something away."""
    return _write(target, None, {"X-HTTP-Method": "DELETE", "If-Match": etag}, call)


def twice(question: Question) -> Question:
    """Let a write be sent again when its outcome is not known: doing it twice is doing it once."""
    return replace(question, is_write=False)


def upload(target: str, body: bytes | Body) -> Question:
    """Send bytes."""
    return Question(
        target=target,
        call=Call.WRITE,
        method="POST",
        body=body,
        headers={"Content-Type": BINARY},
        is_write=True,
    )


def _write(
    target: str, document: Mapping[str, Json] | None, headers: Mapping[str, str], call: Call
) -> Question:
    has_body = document is not None
    return Question(
        target=target,
        call=call,
        method="POST",
        body=orjson.dumps(document) if has_body else b"",
        headers={**headers, "Content-Type": VERBOSE} if has_body else headers,
        is_write=True,
    )


def typed(kind: str, properties: Mapping[str, Json]) -> dict[str, Json]:
    """Say what a document is, in the verbose dialect."""
    return {"__metadata": {"type": kind}, **properties}


def quoted(text: str) -> str:
    """Write a text as an argument in a URL: quotes doubled, all that is special escaped."""
    doubled = text.replace("'", "''")
    return f"'{quote(doubled, safe='/')}'"


def list_api(web: str, list_id: str) -> str:
    """Give the path of a list."""
    return f"{api(web)}/web/lists(guid'{list_id}')"


def item_api(web: str, list_id: str, item_id: int) -> str:
    """Give the path of a list's item."""
    return f"{list_api(web, list_id)}/items({item_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """How files and folders are named to a server.

    Attributes:
        web: Path of the web: ``/sites/a``.
        is_decoded: It takes names as they are (``…ByServerRelativePath(decodedurl=…)``), those with
            ``%`` and ``#`` among them; 2013 and 2016 know the older way only.
    """

    web: str
    is_decoded: bool = True

    def file(self, path: str) -> str:
        """Give the path of a file, which is named by its own path on the server."""
        return f"{api(self.web)}/web/{self._named('File', path)}"

    def folder(self, path: str) -> str:
        """Give the path of a folder likewise."""
        return f"{api(self.web)}/web/{self._named('Folder', path)}"

    def _named(self, kind: str, path: str) -> str:
        if self.is_decoded:
            return f"Get{kind}ByServerRelativePath(decodedurl={quoted(path)})"
        return f"Get{kind}ByServerRelativeUrl({quoted(path)})"
