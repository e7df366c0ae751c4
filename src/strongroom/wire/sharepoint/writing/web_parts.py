"""Web parts of classic pages, by the old service for web part pages.

REST can read them, and cannot put one onto a page. This service can, where one signs in by Windows
or by the old cookies; the client object model (``placing``) can by tokens as well.

Source:
    [MS-WPPS] Web Part Pages Web Service Protocol, 3.1.4 (namespace and operations)
"""

from __future__ import annotations

import re
from dataclasses import replace
from xml.sax.saxutils import escape

from strongroom.errors import ItemError, OutcomeUnknown
from strongroom.wire.autodiscover.xml import NotUnderstood, first, opened
from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.question import Question
from strongroom.wire.sharepoint.sites import api

NAMESPACE = "http://microsoft.com/sharepoint/webpartpages"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# What XML 1.0 has no way to say.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def service(web: str) -> str:
    """Give the path of the service."""
    return f"{api(web).removesuffix('/_api')}/_vti_bin/WebPartPages.asmx"


def add_web_part(web: str, *, page_url: str, xml: str, zone: str, index: int) -> Question:
    """Put a web part onto a page, for everybody.

    Args:
        web: Path of the web.
        page_url: Whole address of the page.
        xml: The web part, as it was exported.
        zone: Id of the zone.
        index: Its place in the zone, from 0.
    """
    values = (
        f"<pageUrl>{_text(page_url)}</pageUrl><webPartXml>{_text(xml)}</webPartXml>"
        f"<storage>Shared</storage><zoneId>{_text(zone)}</zoneId><zoneIndex>{index}</zoneIndex>"
    )
    return _call(web, "AddWebPartToZone", values)


def web_parts_of(web: str, *, page_url: str) -> Question:
    """Ask what is on a page; changes nothing."""
    values = f"<pageUrl>{_text(page_url)}</pageUrl><storage>Shared</storage>"
    return replace(_call(web, "GetWebPartProperties2", values), call=Call.ONE, is_write=False)


def delete_web_part(web: str, *, page_url: str, part_id: str) -> Question:
    """Take one away from a page."""
    values = (
        f"<pageUrl>{_text(page_url)}</pageUrl><storageKey>{_text(part_id)}</storageKey>"
        "<storage>Shared</storage>"
    )
    return _call(web, "DeleteWebPart", values)


def added_id(body: bytes) -> str:
    """Read the id of a web part that was added.

    Raises:
        ItemError: the server did not take it.
        OutcomeUnknown: the answer is none.
    """
    try:
        root = opened(body)
    except NotUnderstood as error:
        raise OutcomeUnknown("The answer about a web part cannot be read.") from error
    if first(root, "Body", "Fault") is not None:
        raise ItemError(
            "The server did not put a web part onto its page.",
            code="web-part-refused",
            is_permanent=True,
            why="It is of a kind that the server does not have, or does not allow there.",
        )
    found = first(root, "Body", "AddWebPartToZoneResponse", "AddWebPartToZoneResult")
    text = "" if found is None else (found.text or "").strip(" {}")
    if not _GUID.fullmatch(text):
        raise OutcomeUnknown("The answer about a web part names none.")
    return text.lower()


def _call(web: str, name: str, values: str) -> Question:
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soap:Envelope xmlns:soap="{_SOAP}"><soap:Body>'
        f'<{name} xmlns="{NAMESPACE}">{values}</{name}>'
        "</soap:Body></soap:Envelope>"
    )
    return Question(
        target=service(web),
        call=Call.WRITE,
        method="POST",
        body=body.encode(),
        headers={
            "Content-Type": "text/xml; charset=utf-8",
            "Accept": "text/xml",
            "SOAPAction": f'"{NAMESPACE}/{name}"',
        },
        is_write=True,
    )


def _text(value: str) -> str:
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", value))
