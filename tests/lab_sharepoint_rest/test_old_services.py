"""Web parts, and the services from before REST."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest
from lxml import etree

from strongroom.lab.sharepoint.content import classic_pages
from strongroom.lab.sharepoint.content.items import ListItem
from tests.lab_sharepoint_rest.conftest import Answer, Asker, Profiled

_PAGES = "http://microsoft.com/sharepoint/webpartpages"
_LISTS = "http://schemas.microsoft.com/sharepoint/soap/"
_URL = "https://localhost:1/sites/a/SitePages/Parts.aspx"


def _soap(ask: Asker, service: str, name: str, **given: str) -> Answer:
    namespace = _PAGES if service == "WebPartPages" else _LISTS
    inner = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in given.items())
    body = (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f'<{name} xmlns="{namespace}">{inner}</{name}></soap:Body></soap:Envelope>'
    )
    return ask.post(f"/sites/a/_vti_bin/{service}.asmx", body.encode(), content_type="text/xml")


def _result(answer: Answer, name: str) -> str:
    assert answer.status == 200, answer.body
    found = next(etree.fromstring(answer.body).iter(f"{{*}}{name}Result"))
    return "".join(str(one) for one in found.itertext())


@pytest.fixture
def page(ask: Asker) -> ListItem:
    layout = classic_pages.layout_page("Left", "Right")
    library = ask.list("Site Pages")
    return classic_pages.add_web_part_page(library, "Parts.aspx", by=ask.ann, layout=layout)


def _add(ask: Asker, xml: str, zone: str = "Left", index: int = 0) -> str:
    answer = _soap(
        ask, "WebPartPages", "AddWebPartToZone", pageUrl=_URL, webPartXml=xml, storage="Shared",
        zoneId=zone, zoneIndex=str(index),
    )  # fmt: skip
    return _result(answer, "AddWebPartToZone")


def test_a_web_part_is_put_onto_a_page_and_read_by_rest(ask: Asker, page: ListItem) -> None:
    xml = classic_pages.content_editor("Notes", "<b>a & b</b>")
    first, second = _add(ask, xml), _add(ask, xml, "Right", 1)
    file = f"web/GetFileByServerRelativePath(decodedurl='{page.path}')"
    manager = f"{file}/getLimitedWebPartManager(scope=1)"
    told = ask.get(f"{manager}/webparts?$expand=WebPart,WebPart/Properties").value
    assert [(one["Id"], one["ZoneId"]) for one in told] == [(first, "Left"), (second, "Right")]
    assert told[0]["WebPart"]["Properties"]["Title"] == "Notes"
    exported = ask.post(f"{manager}/ExportWebPart", {"webPartId": first}).json["value"]
    assert exported == xml
    by_page = ask.get(f"/sites/a/_vti_bin/exportwp.aspx?pageurl={_URL}&guidstring={first}")
    assert by_page.body.decode() == xml
    old = _soap(ask, "WebPartPages", "GetWebPart2", pageurl=_URL, storageKey=first)
    assert _result(old, "GetWebPart2") == xml


def test_a_web_part_that_must_not_be_exported_is_not(ask: Asker, page: ListItem) -> None:
    number = _add(ask, classic_pages.script_editor("Script", "x", export_mode="None"))
    file = f"web/GetFileByServerRelativePath(decodedurl='{page.path}')"
    manager = f"{file}/getlimitedwebpartmanager(scope=1)"
    refused = ask.post(f"{manager}/ExportWebPart", {"webPartId": number})
    assert refused.status == 500


def test_a_web_part_is_changed_and_taken_off(ask: Asker, page: ListItem) -> None:
    number = _add(ask, classic_pages.content_editor("One", "1"))
    other = classic_pages.content_editor("Two", "2")
    _soap(ask, "WebPartPages", "SaveWebPart2", pageurl=_URL, storageKey=number, webPartXml=other)
    assert page.file is not None
    assert [one.title for one in page.file.web_parts] == ["Two"]
    _soap(ask, "WebPartPages", "DeleteWebPart", pageurl=_URL, storageKey=number)
    assert page.file.web_parts == []


def test_older_farms_tell_what_a_column_held_before(profiled: Profiled) -> None:
    ask = profiled("2013")
    of = ask.web.add_list("Things", by=ask.ann)
    of.change_settings(by=ask.ann, has_versioning=True)
    item = of.add_item({"Title": "one"}, by=ask.ann)
    of.update_item(item, {"Title": 'two & "three"'}, by=ask.ann)
    answer = _soap(
        ask, "Lists", "GetVersionCollection", strlistID=of.id, strlistItemID="1",
        strFieldName="Title",
    )  # fmt: skip
    rows = list(etree.fromstring(answer.body).iter("{*}Version"))
    assert [one.get("Title") for one in rows] == ['two & "three"', "one"]
    assert rows[0].get("Editor", "").startswith(f"{ask.ann},#i:0#.f|lab|")


@pytest.mark.parametrize(
    "body",
    [
        b"<x",
        b"<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'/>",
        b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    ],
)
def test_what_is_no_soap_is_a_fault(ask: Asker, body: bytes) -> None:
    answer = ask.post("/sites/a/_vti_bin/Lists.asmx", body, content_type="text/xml")
    assert answer.status == 500
    assert b"soap:Fault" in answer.body


def test_a_page_that_is_not_there_and_xml_that_is_no_web_part_are_faults(
    ask: Asker, page: ListItem
) -> None:
    for url, xml in ((_URL.replace("Parts", "Nothing"), "<x/>"), (_URL, "<x/>")):
        answer = _soap(
            ask, "WebPartPages", "AddWebPartToZone", pageUrl=url, webPartXml=xml, zoneId="Left"
        )
        assert answer.status == 500
    assert page.file is not None
    assert page.file.web_parts == []
