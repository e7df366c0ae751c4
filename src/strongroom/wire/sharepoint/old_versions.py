"""Older values of a column on servers whose ``_api`` does not tell them: 2013 and 2016.

Source:
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-listsws (3.1.4.21)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from strongroom.errors import ItemError
from strongroom.wire.autodiscover.xml import NotUnderstood, opened
from strongroom.wire.sharepoint.question import PAGE_BYTES_MAX, Question
from strongroom.wire.sharepoint.rows import moment
from strongroom.wire.sharepoint.sites import api

_NAMESPACE = "http://schemas.microsoft.com/sharepoint/soap/"


@dataclass(frozen=True, slots=True, kw_only=True)
class OldValue:
    """What a column held once.

    Attributes:
        value: As the server writes it.
        modified: When it was written; None if it is not told.
        editor: Who wrote it, as the server tells it: id, login, name.
    """

    value: str
    modified: datetime | None
    editor: str


def column_history(web: str, list_id: str, item_id: int, column: str) -> Question:
    """Ask what a column of an item held, version by version."""
    call = (
        f'<GetVersionCollection xmlns="{_NAMESPACE}"><strlistID>{{{list_id}}}</strlistID>'
        f"<strlistItemID>{item_id}</strlistItemID><strFieldName>{escape(column)}</strFieldName>"
        "</GetVersionCollection>"
    )
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<soap:Body>{call}</soap:Body></soap:Envelope>"
    )
    return Question(
        target=f"{api(web).removesuffix('/_api')}/_vti_bin/Lists.asmx",
        method="POST",
        body=body.encode(),
        headers={
            "Accept": "text/xml",
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{_NAMESPACE}GetVersionCollection"',
        },
        bytes_max=PAGE_BYTES_MAX,
        needs_digest=False,
    )


def history_in(body: bytes, column: str) -> list[OldValue]:
    """Read the answer, newest first.

    Raises:
        ItemError: it is none.
    """
    try:
        return list(_values(body, column))
    except NotUnderstood:
        raise ItemError(
            f"The server gave no history of the column {column} that can be read.",
            code="no-history",
        ) from None


def _values(body: bytes, column: str) -> Iterator[OldValue]:
    for element in opened(body).iter():
        if str(element.tag).endswith("}Version"):
            yield OldValue(
                value=element.get(column, ""),
                modified=moment(element.get("Modified", "")),
                editor=element.get("Editor", ""),
            )
