"""Web parts of classic pages: which, where, how they are set, and the XML they are put back by.

Not every part may be exported; its settings are kept in any case.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from strongroom.wire.origins import Origin
from strongroom.wire.sharepoint import page_parts
from strongroom.wire.sharepoint.each import ask_each, has_batch
from strongroom.wire.sharepoint.question import Answer
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.rows import Row, guid, number, row_of, text, within
from strongroom.words.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page and its web parts.

    Attributes:
        file: Where it is asked for.
        path: Its path on the server.
        rows: The web parts as they were told.
    """

    file: str
    path: str
    rows: Sequence[Row]

    def part_ids(self) -> Iterator[str]:
        """Give the GUIDs of its web parts."""
        for row in self.rows:
            if part_id := guid(row, "Id"):
                yield part_id


Exported = Mapping[str, str]
"""XML by the id of the web part."""


def read_exports(rest: RestConnection, web: str, pages: Sequence[Page]) -> Exported:
    """Ask for the XML of the web parts of some pages, in either way that servers give it.

    Args:
        rest: The connection.
        web: Path of their web.
        pages: The pages.
    """
    asked = [(page, part_id) for page in pages for part_id in page.part_ids()]
    questions = [page_parts.export(page.file, part_id) for page, part_id in asked]
    found: dict[str, str] = {}
    refused: list[tuple[Page, str]] = []
    for one, answer in zip(asked, ask_each(rest, web, questions), strict=True):
        if isinstance(answer, Answer):
            found[one[1]] = text(row_of(answer), "value")
        else:
            refused.append(one)
    if has_batch(rest):
        # From 2016 on ``_api`` exports whatever may be exported.
        return found
    origin = Origin.of(rest.transport.url)
    for page, part_id in refused:
        with contextlib.suppress(SiteRefused, SiteDenied):
            answered = rest.read(page_parts.old_export(web, f"{origin}{page.path}", part_id))
            found[part_id] = _xml(answered.body)
    return found


def _xml(body: bytes) -> str:
    """Give what is XML; a page that explains why not is none."""
    told = body.decode("utf-8-sig", "replace").strip()
    return told if told.startswith("<") and "<html" not in told[:1000].lower() else ""


def web_parts_document(rows: Sequence[Row], exported: Exported) -> dict[str, Json]:
    """Write the web parts of a page, in the order of their places; nothing if there are none."""
    found = [_web_part(row, exported) for row in rows]
    found.sort(key=lambda one: (str(one["zone"]), int(str(one["index"])), str(one["id"])))
    parts: list[Json] = [*found]
    return {"web_parts": parts} if parts else {}


def _web_part(row: Row, exported: Exported) -> dict[str, Json]:
    part = within(row, "WebPart")
    properties: Json = {
        name: value
        for name, value in within(part, "Properties").items()
        if not name.startswith("odata.")
    }
    found: dict[str, Json] = {
        "id": guid(row, "Id"),
        "zone": text(row, "ZoneId"),
        "index": number(part, "ZoneIndex"),
        "title": text(part, "Title"),
        "hidden": part.get("Hidden") is True,
        "properties": properties,
        "xml": exported.get(guid(row, "Id"), ""),
    }
    return {**found, "closed": True} if part.get("IsClosed") is True else found
