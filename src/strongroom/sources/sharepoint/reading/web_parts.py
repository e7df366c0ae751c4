"""Web parts of classic pages: which, where, how they are set, and the XML they are put back by.

Not every part may be exported; its settings are kept in any case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from strongroom.wire.sharepoint import page_parts
from strongroom.wire.sharepoint.each import ask_each
from strongroom.wire.sharepoint.question import Answer, Question
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from strongroom.wire.sharepoint.rows import Row, guid, number, row_of, text, within
from strongroom.words.json import Json

Exported = Mapping[str, str]
"""XML by the id of the web part."""


def read_exports(
    rest: RestConnection, web: str, pages: Sequence[tuple[str, Sequence[Row]]]
) -> Exported:
    """Ask for the XML of the web parts of some pages.

    Args:
        rest: The connection.
        web: Path of their web.
        pages: Path of each page, and its web parts as they were told.
    """
    asked: list[tuple[str, Question]] = [
        (part_id, page_parts.export(file, part_id))
        for file, rows in pages
        for row in rows
        if (part_id := guid(row, "Id"))
    ]
    answers = ask_each(rest, web, [question for _, question in asked])
    found: dict[str, str] = {}
    for (part_id, _), answer in zip(asked, answers, strict=True):
        if isinstance(answer, Answer):
            found[part_id] = text(row_of(answer), "value")
        elif not isinstance(answer, SiteRefused):
            raise answer
    return found


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
    return {
        "id": guid(row, "Id"),
        "zone": text(row, "ZoneId"),
        "index": number(part, "ZoneIndex"),
        "title": text(part, "Title"),
        "hidden": part.get("Hidden") is True,
        "properties": properties,
        "xml": exported.get(guid(row, "Id"), ""),
    }
