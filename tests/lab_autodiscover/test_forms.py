"""SOAP, POX and JSON, as the protocol's documents show them."""

from __future__ import annotations

import orjson
import pytest
from lxml import etree

from strongroom.lab.autodiscover import AsksAt, IsMoved, LooksFor
from tests.lab_autodiscover.conftest import ANN, BEN, POX, SOAP, Client

A = "{http://schemas.microsoft.com/exchange/2010/Autodiscover}"
R = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
OTHER = "https://other.example/autodiscover/autodiscover.xml"


def soap(*about: str, settings: str, operation: str = "GetUserSettings") -> str:
    users = "".join(f"<a:User><a:Mailbox>{one}</a:Mailbox></a:User>" for one in about)
    if operation == "GetDomainSettings":
        users = "".join(f"<a:Domain>{one}</a:Domain>" for one in about)
    wanted = "".join(f"<a:Setting>{name}</a:Setting>" for name in settings.split())
    return (
        '<soap:Envelope xmlns:a="http://schemas.microsoft.com/exchange/2010/Autodiscover"'
        ' xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f"<a:{operation}RequestMessage><a:Request><a:Users>{users}</a:Users>"
        f"<a:RequestedSettings>{wanted}</a:RequestedSettings></a:Request>"
        f"</a:{operation}RequestMessage></soap:Body></soap:Envelope>"
    )


def pox(address: str) -> str:
    namespace = "http://schemas.microsoft.com/exchange/autodiscover/outlook"
    return (
        f'<Autodiscover xmlns="{namespace}/requestschema/2006"><Request>'
        f"<EMailAddress>{address}</EMailAddress><AcceptableResponseSchema>"
        f"{namespace}/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>"
    )


def told(document: str, name: str) -> list[str]:
    return [node.text or "" for node in etree.fromstring(document.encode()).iter(f"{A}{name}")]


def test_soap_tells_the_settings_that_were_asked_for(client: Client) -> None:
    answer = client.text(
        "POST", SOAP, soap(ANN, settings="UserDisplayName ExternalEwsUrl InternalEwsUrl")
    )

    assert told(answer, "Name") == ["UserDisplayName", "ExternalEwsUrl", "InternalEwsUrl"]
    assert told(answer, "Value") == [
        "Ann & Sons",
        "https://mail.lab.example/EWS/Exchange.asmx",
        "https://ex01.lab.example/EWS/Exchange.asmx",
    ]
    assert told(answer, "MajorVersion") == ["15"], "an element, unlike in EWS"


def test_soap_tells_of_an_archive_only_where_there_is_one(client: Client) -> None:
    assert client.ann.archive is not None
    answer = client.text("POST", SOAP, soap(ANN, BEN, settings="AlternateMailboxes"))

    assert told(answer, "SmtpAddress") == [f"{client.ann.archive.guid}@lab.example"]
    assert told(answer, "SettingName") == ["AlternateMailboxes"], "Ben's is not available"
    assert told(answer, "ErrorCode") == ["NoError", "NoError", "NoError", "SettingIsNotAvailable"]


def test_soap_does_not_know_everybody(client: Client) -> None:
    answer = client.text("POST", SOAP, soap("eve@lab.example", settings="ExternalEwsUrl"))

    assert told(answer, "ErrorCode") == ["NoError", "InvalidUser"]


def test_soap_takes_a_hundred_users_and_no_more(client: Client) -> None:
    answer = client.text("POST", SOAP, soap(*[ANN] * 101, settings="UserDN"))

    assert told(answer, "ErrorCode") == ["InvalidRequest"]


def test_soap_tells_a_domains_settings(client: Client) -> None:
    answer = client.text(
        "POST",
        SOAP,
        soap(
            "LAB.example",
            "other.example",
            settings="ExternalEwsUrl",
            operation="GetDomainSettings",
        ),
    )

    assert told(answer, "Value") == ["https://mail.lab.example/EWS/Exchange.asmx"]
    assert told(answer, "ErrorCode") == ["NoError", "NoError", "InvalidDomain"]


def test_pox_tells_inside_and_outside(client: Client) -> None:
    root = etree.fromstring(client.text("POST", POX, pox(ANN)).encode())

    account = root.find(f"{R}Response/{R}Account")
    assert account is not None
    assert account.findtext(f"{R}Action") == "settings"
    assert [
        (p.findtext(f"{R}Type"), p.findtext(f"{R}EwsUrl"), p.findtext(f"{R}ServerVersion"))
        for p in account.iter(f"{R}Protocol")
    ] == [
        ("EXCH", "https://ex01.lab.example/EWS/Exchange.asmx", "73C28A02"),
        ("EXPR", "https://mail.lab.example/EWS/Exchange.asmx", "73C28A02"),
    ]
    assert account.findtext(f"{R}AlternativeMailbox/{R}Type") == "Archive"


@pytest.mark.parametrize(
    ("body", "code"), [("<x/>", "600"), ("", "600"), (pox("eve@lab.example"), "500")]
)
def test_pox_tells_what_is_wrong(client: Client, body: str, code: str) -> None:
    assert f"<ErrorCode>{code}</ErrorCode>" in client.text("POST", POX, body)


def test_another_address_is_told_in_both_forms(client: Client) -> None:
    client.face.kinds[ANN] = LooksFor("ann@other.example")

    answer = client.text("POST", SOAP, soap(ANN, settings="UserDN"))
    assert told(answer, "ErrorCode") == ["NoError", "RedirectAddress"]
    assert told(answer, "RedirectTarget") == ["ann@other.example"]
    assert "<RedirectAddr>ann@other.example</RedirectAddr>" in client.text("POST", POX, pox(ANN))


def test_another_place_is_told_in_both_forms(client: Client) -> None:
    client.face.kinds[ANN] = AsksAt(OTHER)

    assert told(client.text("POST", SOAP, soap(ANN, settings="UserDN")), "RedirectTarget") == [
        OTHER
    ]
    assert f"<RedirectUrl>{OTHER}</RedirectUrl>" in client.text("POST", POX, pox(ANN))


@pytest.mark.parametrize(("path", "body"), [(SOAP, soap(ANN, settings="UserDN")), (POX, pox(ANN))])
def test_another_place_can_be_told_in_http(client: Client, path: str, body: str) -> None:
    client.face.kinds[ANN] = IsMoved(OTHER)

    response = client.send("POST", path, body)

    assert response.status == 302
    assert ("Location", OTHER) in response.headers


@pytest.mark.parametrize("password", [None, "wrong"])
@pytest.mark.parametrize("path", [SOAP, POX])
def test_nobody_is_told_anything_without_a_sign_in(
    client: Client, path: str, password: str | None
) -> None:
    response = client.send("GET", path, password=password)

    assert response.status == 401
    assert [value.split()[0] for _, value in response.headers] == ["Negotiate", "NTLM", "Basic"]


@pytest.mark.parametrize(
    "path",
    [
        f"/autodiscover/autodiscover.json/v1.0/{ANN}?Protocol=ews",
        f"/Autodiscover/Autodiscover.json?Email={ANN}&Protocol=Ews&RedirectCount=1",
        "/autodiscover/autodiscover.json?Email=nobody@lab.example&Protocol=Ews",
    ],
)
def test_json_tells_everybody_and_hides_who_exists(client: Client, path: str) -> None:
    response = client.send("GET", path, password=None)

    assert orjson.loads(_body(response.body)) == {
        "Protocol": "Ews",
        "Url": "https://mail.lab.example/EWS/Exchange.asmx",
    }


def test_json_refuses_what_it_does_not_know(client: Client) -> None:
    response = client.send("GET", f"/autodiscover/autodiscover.json?Email={ANN}&Protocol=XYZ")

    assert response.status == 400
    assert ("jsonerror", "true") in response.headers
    assert orjson.loads(_body(response.body))["ErrorCode"] == "ProtocolNotSupported"


def test_json_can_lead_elsewhere(client: Client) -> None:
    client.face.kinds[ANN] = IsMoved("https://other.example/autodiscover/autodiscover.json")

    response = client.send("GET", f"/autodiscover/autodiscover.json?Email={ANN}&Protocol=Ews")

    assert response.status == 302


def test_the_health_page_names_the_server(client: Client) -> None:
    response = client.send("GET", "/autodiscover/healthcheck.htm", password=None)

    assert response.body == b"200 OK<br/>EX01.lab.example"


def test_other_paths_are_not_there(client: Client) -> None:
    assert client.send("GET", "/autodiscover/other").status == 404


def _body(body: object) -> bytes:
    assert isinstance(body, bytes)
    return body
