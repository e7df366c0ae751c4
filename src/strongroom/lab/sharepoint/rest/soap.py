"""The older services beside ``/_api`` that it cannot do without: SOAP, and a page that exports.

``WebPartPages.asmx`` puts web parts onto a page, which REST cannot; ``Lists.asmx`` tells what a
column held before, which REST of older farms cannot.

Source:
    [MS-WPPS] Web Part Pages Web Service Protocol
    [MS-LISTSWS] Lists Web Service Protocol, 3.1.4.18 GetVersionCollection
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import unquote, urlsplit

from strongroom.lab.exchange.xml import Element, NotXml, children, escape, name_of, parse
from strongroom.lab.https import Response
from strongroom.lab.sharepoint.content import classic_pages
from strongroom.lab.sharepoint.content.items import ListItem, Version
from strongroom.lab.sharepoint.content.refusals import Refused
from strongroom.lab.sharepoint.content.values import TermValue, UrlValue, Value
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.columns import LOOKUPS, PEOPLE, lookup_texts
from strongroom.lab.sharepoint.rest.entities.files import file_at
from strongroom.lab.sharepoint.rest.entities.web_files import root_file
from strongroom.lab.sharepoint.rest.entities.web_parts import exported
from strongroom.lab.sharepoint.rest.errors import ApiError
from strongroom.lab.sharepoint.rest.whole import whole
from strongroom.lab.sharepoint.rights import Level

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_LISTS = "http://schemas.microsoft.com/sharepoint/soap/"
_PAGES = "http://microsoft.com/sharepoint/webpartpages"

Given = Mapping[str, str]
Operation = Callable[[Call, Given], str]


def answer(call: Call, service: str) -> Response:
    """Answer a SOAP request.

    Args:
        call: The request.
        service: ``lists.asmx`` or ``webpartpages.asmx``.
    """
    try:
        body = next(one for one in children(parse(call.body)) if name_of(one) == "Body")
        asked = next(iter(children(body)))
    except (NotXml, StopIteration):
        return _fault("The request is not well formed.")
    name = name_of(asked)
    known = _SERVICES[service].get(name)
    if known is None:
        return _fault(f"Server did not recognize the value of HTTP Header SOAPAction: {name}.")
    try:
        told = known(call, _given(asked))
    except (ApiError, Refused) as error:
        return _fault(str(error))
    namespace = _LISTS if service == "lists.asmx" else _PAGES
    return _enveloped(
        f'<{name}Response xmlns="{namespace}"><{name}Result>{told}</{name}Result></{name}Response>'
    )


def export(call: Call) -> Response:
    """Answer ``exportwp.aspx?pageurl=…&guidstring=…``."""
    page = _page(call, call.query.get("pageurl", ""))
    assert page.file is not None
    xml = exported(page.file, call.query.get("guidstring", ""))
    return Response(headers=[("Content-Type", "text/xml; charset=utf-8")], body=xml.encode())


def _given(asked: Element) -> Given:
    return {name_of(one).casefold(): "".join(map(str, one.itertext())) for one in children(asked)}


def _page(call: Call, url: str) -> classic_pages.Page:
    path = unquote(urlsplit(url).path) if url.startswith("http") else unquote(url)
    path = path if path.startswith("/") else call.web.inside(path)
    own = root_file(call.web, path)
    return own.held if own is not None else file_at(call, path)


def _versions(call: Call, given: Given) -> str:
    web = call.web
    name = given.get("strlistid", "")
    of = web.list_by_title(name) or web.list_by_id(name)
    number = given.get("strlistitemid", "")
    item = of.item(whole(number))
    column = of.column(given.get("strfieldname", "")).name
    rows = (_version(call, item, one, column) for one in reversed(item.versions))
    return f"<Versions>{''.join(rows)}</Versions>"


def _version(call: Call, item: ListItem, version: Version, column: str) -> str:
    users = call.collection.principals.users
    who = users.get(version.editor_id)
    editor = f"{who.id},#{who.login},#{who.email},#,#{who.title}" if who else ""
    modified = f"{version.created:%Y-%m-%dT%H:%M:%SZ}"
    own: Mapping[str, str] = {"Modified": modified, "Editor": editor}
    text = own.get(column) or _stored(call, item, column, version.values.get(column))
    said = {column: text, **own}
    told = " ".join(f'{name}="{escape(value)}"' for name, value in said.items())
    return f"<Version {told} />"


def _stored(  # noqa: PLR0911 - one line per kind of value
    call: Call, item: ListItem, column: str, value: Value
) -> str:
    """Write a value as the database keeps it."""
    if value is None:
        return ""
    known = item.parent_list.fields[column]
    if known.type in PEOPLE | LOOKUPS and isinstance(value, int | tuple):
        pairs = lookup_texts(call, item, known, value)
        return ";#".join(f"{number};#{text}" for number, text in pairs)
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, UrlValue):
        return f"{value.url}, {value.description}"
    if isinstance(value, TermValue):
        return f"{value.label}|{value.guid}"
    if isinstance(value, tuple):
        inner = ";#".join(
            f"{one.label}|{one.guid}" if isinstance(one, TermValue) else str(one) for one in value
        )
        return f";#{inner};#"
    return str(value)


def _add(call: Call, given: Given) -> str:
    call.need(Level.EDIT)
    page = _page(call, given.get("pageurl", ""))
    index = given.get("zoneindex", "0")
    made = classic_pages.add_web_part(
        page,
        given.get("webpartxml", ""),
        by=call.user_id,
        zone_id=given.get("zoneid", ""),
        zone_index=whole(index, 0),
    )
    return made.id


def _get(call: Call, given: Given) -> str:
    page = _page(call, given.get("pageurl", ""))
    assert page.file is not None
    return escape(exported(page.file, given.get("storagekey", "")))


def _all(call: Call, given: Given) -> str:
    page = _page(call, given.get("pageurl", ""))
    assert page.file is not None
    rows = "".join(
        f'<WebPart ID="{one.id}" ZoneID="{escape(one.zone_id)}" PartOrder="{one.zone_index}">'
        f"<Title>{escape(one.title)}</Title></WebPart>"
        for one in page.file.web_parts
    )
    return f"<WebParts>{rows}</WebParts>"


def _save(call: Call, given: Given) -> str:
    call.need(Level.EDIT)
    page = _page(call, given.get("pageurl", ""))
    part = classic_pages.find_web_part(page, given.get("storagekey", ""))
    classic_pages.replace_web_part(page, part, given.get("webpartxml", ""), by=call.user_id)
    return ""


def _delete(call: Call, given: Given) -> str:
    call.need(Level.EDIT)
    page = _page(call, given.get("pageurl", ""))
    part = classic_pages.find_web_part(page, given.get("storagekey", ""))
    classic_pages.delete_web_part(page, part, by=call.user_id)
    return ""


def _document(call: Call, given: Given) -> str:
    page = _page(call, given.get("documentname", ""))
    own = page.content_for(call.user_id) if isinstance(page, ListItem) else page.file.content
    return escape(own.decode("utf-8", "replace"))


_SERVICES: Mapping[str, Mapping[str, Operation]] = {
    "lists.asmx": {"GetVersionCollection": _versions},
    "webpartpages.asmx": {
        "AddWebPartToZone": _add,
        "DeleteWebPart": _delete,
        "GetWebPart2": _get,
        "GetWebPartPage": _document,
        "GetWebPartProperties2": _all,
        "SaveWebPart2": _save,
    },
}
SERVICES = frozenset(_SERVICES)


def _fault(text: str) -> Response:
    told = _enveloped(
        "<soap:Fault><faultcode>soap:Server</faultcode><faultstring>Exception of type"
        " 'Microsoft.SharePoint.SoapServer.SoapServerException' was thrown.</faultstring><detail>"
        f'<errorstring xmlns="{_LISTS}">{escape(text)}</errorstring></detail></soap:Fault>'
    )
    told.status = 500
    return told


def _enveloped(inner: str) -> Response:
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{_SOAP}"><soap:Body>'
        f"{inner}</soap:Body></soap:Envelope>"
    )
    return Response(headers=[("Content-Type", "text/xml; charset=utf-8")], body=text.encode())
