"""A web part is put onto a page by the client object model: to the letter, once, with its id."""

from __future__ import annotations

import pytest

from strongroom.errors import OutcomeUnknown
from strongroom.lab.https import Response
from strongroom.lab.server import LabServer
from strongroom.wire.sharepoint.rest_refusals import SOAP_FAULT, SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.placing import place_web_part
from strongroom.wire.sharepoint.writing.web_parts import add_web_part
from tests.fakes.hand_clock import HandClock
from tests.wire_sharepoint.asking import Scripted, connected, json
from tests.wire_sharepoint.test_csom import no

WEB, PAGE = "/sites/a", "/sites/a/SitePages/Desk & more.aspx"
ID = "0c7ab3d1-5a5e-4f0e-9d3c-8f7c1f0b2a11"
DONE = (
    b'[{"SchemaVersion":"15.0.0.0","LibraryVersion":"16.0.0.0","ErrorInfo":null,'
    b'"TraceCorrelationId":"x"},8,{"_ObjectType_":"SP.WebParts.WebPartDefinition","Id":'
    b'"\\/Guid(' + ID.encode() + b')\\/"}]'
)


def placed(server: LabServer, clock: HandClock, script: Scripted) -> str:
    with connected(server, clock, script) as rest:
        return place_web_part(rest, WEB, PAGE, xml="<x a='1'>&amp;</x>", zone="Left", index=2)


def test_it_is_understood_and_put_there_in_one_request(server: LabServer, clock: HandClock) -> None:
    script = Scripted(json(DONE))
    assert placed(server, clock, script) == ID
    (sent,) = script.heard
    assert sent.path == f"{WEB}/_vti_bin/client.svc/ProcessQuery"
    body = sent.body.decode()
    assert (
        '<Method Id="3" ParentId="2" Name="GetFileByServerRelativeUrl"><Parameters>'
        '<Parameter Type="String">/sites/a/SitePages/Desk &amp; more.aspx</Parameter>'
        '</Parameters></Method><Method Id="4" ParentId="3" Name="GetLimitedWebPartManager">'
        '<Parameters><Parameter Type="Enum">1</Parameter></Parameters></Method>'
        '<Method Id="5" ParentId="4" Name="ImportWebPart"><Parameters><Parameter Type="String">'
        "&lt;x a='1'&gt;&amp;amp;&lt;/x&gt;</Parameter></Parameters></Method>"
        '<Property Id="6" ParentId="5" Name="WebPart" />'
        '<Method Id="7" ParentId="4" Name="AddWebPart"><Parameters>'
        '<Parameter ObjectPathId="6" /><Parameter Type="String">Left</Parameter>'
        '<Parameter Type="Int32">2</Parameter></Parameters></Method>'
    ) in body
    assert '<Query Id="8" ObjectPathId="7">' in body


def test_where_it_may_not_be_there_twice_an_answer_that_is_none_leaves_it_unknown(
    server: LabServer, clock: HandClock
) -> None:
    for answer in (json(b"{}"), json(b'[{"ErrorInfo":null}]'), Response(status=500)):
        script = Scripted(answer)
        with pytest.raises(OutcomeUnknown):
            placed(server, clock, script)
        assert len(script.heard) == 1


def test_a_site_without_scripts_refuses_it(server: LabServer, clock: HandClock) -> None:
    with pytest.raises(SiteDenied):
        placed(server, clock, Scripted(no(-2147024891, "System.UnauthorizedAccessException")))


def test_a_fault_of_the_old_service_is_a_no_and_not_a_server_out_of_order(
    server: LabServer, clock: HandClock
) -> None:
    body = (
        b'<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
        b"<soap:Body><soap:Fault><faultcode>soap:Server</faultcode></soap:Fault></soap:Body>"
        b"</soap:Envelope>"
    )
    script = Scripted(Response(status=500, headers=[("Content-Type", "text/xml")], body=body))
    url = f"https://sites.example{PAGE}"
    with connected(server, clock, script) as rest, pytest.raises(SiteRefused) as told:
        rest.write(add_web_part(WEB, page_url=url, xml="<x/>", zone="Left", index=0))
    assert (told.value.code, len(script.heard)) == (SOAP_FAULT, 1)
