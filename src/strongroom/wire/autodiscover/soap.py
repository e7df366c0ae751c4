"""GetUserSettings, the SOAP form (``autodiscover.svc``, since Exchange 2010).

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getusersettings-operation-soap
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.wire.autodiscover import xml
from strongroom.wire.autodiscover.answers import Answer, NotHere, OtherAddress, OtherUrl, Settings
from strongroom.wire.autodiscover.told import AlternateMailbox
from strongroom.wire.ews.xml import text as escaped

SUFFIX = ".svc"
_ACTION = "http://schemas.microsoft.com/exchange/2010/Autodiscover/Autodiscover/GetUserSettings"
_SETTINGS = (
    "ExternalEwsUrl",
    "InternalEwsUrl",
    "CasVersion",
    "AutoDiscoverSMTPAddress",
    "AlternateMailboxes",
    "PublicFolderInformation",
    "InternalRpcClientServer",
)


def headers() -> Mapping[str, str]:
    """Give the headers that belong to the request."""
    return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{_ACTION}"'}


def request(address: str, url: str) -> bytes:
    """Write the request, UTF-8."""
    wanted = "".join(f"<a:Setting>{name}</a:Setting>" for name in _SETTINGS)
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soap:Envelope xmlns:a="http://schemas.microsoft.com/exchange/2010/Autodiscover"'
        ' xmlns:wsa="http://www.w3.org/2005/08/addressing"'
        ' xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>'
        "<a:RequestedServerVersion>Exchange2010</a:RequestedServerVersion>"
        f"<wsa:Action>{_ACTION}</wsa:Action><wsa:To>{escaped(url)}</wsa:To></soap:Header><soap:Body>"
        "<a:GetUserSettingsRequestMessage><a:Request><a:Users><a:User>"
        f"<a:Mailbox>{escaped(address)}</a:Mailbox></a:User></a:Users>"
        f"<a:RequestedSettings>{wanted}</a:RequestedSettings></a:Request>"
        "</a:GetUserSettingsRequestMessage></soap:Body></soap:Envelope>"
    ).encode()


def answer(body: bytes) -> Answer:
    """Read the answer.

    Raises:
        NotUnderstood: it is something else.
    """
    envelope = xml.opened(body)
    response = xml.first(envelope, "Body", "GetUserSettingsResponseMessage", "Response")
    if response is None:
        raise xml.NotUnderstood("The answer is no GetUserSettings response.")
    user = xml.first(response, "UserResponses", "UserResponse")
    told = response if user is None or not _is_well(response) else user
    code = xml.text(told, "ErrorCode")
    target = xml.text(told, "RedirectTarget")
    if code == "RedirectAddress" and target:
        return OtherAddress(target)
    if code == "RedirectUrl" and target:
        return OtherUrl(target)
    if code != "NoError" or user is None:
        return NotHere(code=code or "no code", message=xml.text(told, "ErrorMessage")[:200])
    return _settings(envelope, user)


def _is_well(response: xml.Element) -> bool:
    return xml.text(response, "ErrorCode") in {"NoError", ""}


def _settings(envelope: xml.Element, user: xml.Element) -> Settings:
    found = {
        xml.text(setting, "Name"): setting
        for setting in xml.named(xml.first(user, "UserSettings"), "UserSetting")
    }
    external = xml.text(found.get("ExternalEwsUrl"), "Value")
    internal = xml.text(found.get("InternalEwsUrl"), "Value")
    return Settings(
        ews_urls=tuple(url for url in (external, internal) if url),
        internal_ews_url=internal,
        address=xml.text(found.get("AutoDiscoverSMTPAddress"), "Value"),
        server_version=_version(envelope) or xml.text(found.get("CasVersion"), "Value"),
        alternate_mailboxes=tuple(
            alternate(node)
            for node in xml.named(
                xml.first(found.get("AlternateMailboxes"), "AlternateMailboxes"),
                "AlternateMailbox",
            )
        ),
        public_folder_mailbox=xml.text(found.get("PublicFolderInformation"), "Value"),
        public_folder_server=xml.text(found.get("InternalRpcClientServer"), "Value"),
    )


def alternate(node: xml.Element) -> AlternateMailbox:
    """Read one mailbox beside this one; both forms write it the same way."""
    return AlternateMailbox(
        kind=xml.text(node, "Type"),
        name=xml.text(node, "DisplayName"),
        address=xml.text(node, "SmtpAddress"),
        server=xml.text(node, "Server"),
        legacy_dn=xml.text(node, "LegacyDN"),
    )


def _version(envelope: xml.Element) -> str:
    """Read the header; in this form the numbers are elements, in EWS attributes."""
    info = xml.first(envelope, "Header", "ServerVersionInfo")
    names = ("MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber")
    numbers = [xml.text(info, name) for name in names]
    return ".".join(numbers) if all(number.isdigit() for number in numbers) else ""
