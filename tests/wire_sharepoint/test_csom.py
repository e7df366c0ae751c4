"""The client object model: what is sent to the letter, and what the answers say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from strongroom.errors import TransientError
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.wire.sharepoint.csom import carry_out
from strongroom.wire.sharepoint.csom_query import Int32, Query
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from tests.fakes.hand_clock import HandClock
from tests.wire_sharepoint.asking import Scripted, by_cookie, connected, json

WEB = "/sites/a"
DONE = (
    b'[\r{\r"SchemaVersion":"15.0.0.0","LibraryVersion":"16.0.23814.12003","ErrorInfo":null,'
    b'"TraceCorrelationId":"5e98c1a0-80c1-6000-d125-c73a6d6642eb"\r}\r]'
)
"""As it was recorded from Online."""


def no(code: int, kind: str) -> Response:
    return json(
        b'[{"SchemaVersion":"15.0.0.0","LibraryVersion":"16.0.0.0","ErrorInfo":{"ErrorMessage":'
        b'"somebody@contoso.example","ErrorValue":null,"TraceCorrelationId":"x","ErrorCode":%d,'
        b'"ErrorTypeName":"%s"},"TraceCorrelationId":"x"}]' % (code, kind.encode())
    )


def filled() -> Query:
    query = Query()
    bag = query.property(query.web, "AllProperties")
    query.call(bag, "SetFieldValue", "Department", "R & <a>")
    query.call(bag, "SetFieldValue", "Floor", Int32(3))
    query.call(query.web, "Update")
    return query


def test_a_property_bag_is_filled_by_its_way_and_kept_by_update() -> None:
    assert filled().body().decode() == (
        '<Request xmlns="http://schemas.microsoft.com/sharepoint/clientquery/2009"'
        ' SchemaVersion="15.0.0.0" LibraryVersion="15.0.0.0" ApplicationName="Strongroom">'
        '<Actions><Method Name="SetFieldValue" Id="4" ObjectPathId="3"><Parameters>'
        '<Parameter Type="String">Department</Parameter>'
        '<Parameter Type="String">R &amp; &lt;a&gt;</Parameter></Parameters></Method>'
        '<Method Name="SetFieldValue" Id="5" ObjectPathId="3"><Parameters>'
        '<Parameter Type="String">Floor</Parameter><Parameter Type="Int32">3</Parameter>'
        '</Parameters></Method><Method Name="Update" Id="6" ObjectPathId="2"></Method></Actions>'
        '<ObjectPaths><StaticProperty Id="1" TypeId="{3747adcd-a3c3-41b9-bfab-4a64dd2f1e0a}"'
        ' Name="Current" /><Property Id="2" ParentId="1" Name="Web" />'
        '<Property Id="3" ParentId="2" Name="AllProperties" /></ObjectPaths></Request>'
    )


def test_an_object_is_a_value_by_its_way() -> None:
    query = Query()
    regional = query.property(query.web, "RegionalSettings")
    zone = query.found(query.property(regional, "TimeZones"), "GetById", 4)
    query.set(regional, "TimeZone", zone)
    query.set(regional, "Time24", True)
    query.set(regional, "LocaleId", 1031)
    body = query.body().decode()
    assert 'Name="TimeZone"><Parameter ObjectPathId="5" /></SetProperty>' in body
    assert 'Name="Time24"><Parameter Type="Boolean">true</Parameter></SetProperty>' in body
    assert 'Name="LocaleId"><Parameter Type="Number">1031</Parameter></SetProperty>' in body
    assert '<Method Id="5" ParentId="4" Name="GetById"><Parameters>' in body


@settings(max_examples=50)
@given(st.text(), st.text())
def test_no_text_gets_out_of_its_place(name: str, value: str) -> None:
    query = Query()
    query.call(query.web, "SetFieldValue", name, value)
    root = etree.fromstring(query.body())
    found = list(root.iter("{*}Parameter"))
    assert len(found) == 2
    assert len(list(root.iter())) == 9
    if value.isprintable():
        assert (found[1].text or "") == value


def test_a_change_carries_a_digest_where_cookies_sign_in(
    server: LabServer, clock: HandClock
) -> None:
    context = json(b'{"FormDigestValue":"0xA1,now","FormDigestTimeoutSeconds":1800}')
    script = Scripted(context, json(DONE))
    with connected(server, clock, script, by_cookie()) as rest:
        carry_out(rest, WEB, filled())
    sent = script.heard[-1]
    assert sent.path == f"{WEB}/_vti_bin/client.svc/ProcessQuery"
    assert sent.headers["x-requestdigest"] == "0xA1,now"
    assert sent.headers["content-type"].startswith("text/xml")


def test_a_digest_that_is_refused_inside_an_answer_is_got_anew_once(
    server: LabServer, clock: HandClock
) -> None:
    digests = iter(range(9))
    refusing = no(-2130575252, "Microsoft.SharePoint.SPException")

    def answer(request: Request) -> Response:
        if request.path.endswith("contextinfo"):
            value = b'{"FormDigestValue":"0xA%d,now","FormDigestTimeoutSeconds":1800}'
            return json(value % next(digests))
        return json(DONE) if request.headers["x-requestdigest"] == "0xA1,now" else refusing

    with connected(server, clock, answer, by_cookie()) as rest:
        carry_out(rest, WEB, filled())
        assert next(digests) == 2


def test_a_missing_right_is_told_without_the_servers_words(
    server: LabServer, clock: HandClock
) -> None:
    answer = no(-2147024891, "System.UnauthorizedAccessException")
    with connected(server, clock, Scripted(answer)) as rest, pytest.raises(SiteDenied) as told:
        carry_out(rest, WEB, filled())
    assert told.value.status == 403
    assert "contoso" not in f"{told.value} {told.value.why}"


def test_another_refusal_is_the_fate_of_this_change(server: LabServer, clock: HandClock) -> None:
    answer = no(-2146232832, "Microsoft.SharePoint.SPException")
    with connected(server, clock, Scripted(answer)) as rest, pytest.raises(SiteRefused) as told:
        carry_out(rest, WEB, filled())
    assert told.value.code == "-2146232832, Microsoft.SharePoint.SPException"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"[1]", b'[{"a":1}]', b"<html/>"])
def test_what_is_no_answer_is_none(server: LabServer, clock: HandClock, body: bytes) -> None:
    with (
        connected(server, clock, Scripted(json(body))) as rest,
        pytest.raises(TransientError, match="cannot be read"),
    ):
        carry_out(rest, WEB, filled())
