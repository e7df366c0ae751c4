"""Web parts of a classic page: which, where, and how they are set.

``ExportWebPart`` gives the XML that they are put back by; the settings are kept beside it, since
not every part may be exported.
"""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.wire.sharepoint.rows import Row, guid, number, text, within
from strongroom.words.json import Json


def web_parts_document(rows: Sequence[Row]) -> dict[str, Json]:
    """Write the web parts of a page, in the order of their places; nothing if there are none."""
    found = [_web_part(row) for row in rows]
    found.sort(key=lambda one: (str(one["zone"]), int(str(one["index"])), str(one["id"])))
    parts: list[Json] = [*found]
    return {"web_parts": parts} if parts else {}


def _web_part(row: Row) -> dict[str, Json]:
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
    }
