"""The older form, plain XML (``autodiscover.xml``, since Exchange 2007).

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/pox-autodiscover-web-service-reference-for-exchange
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from strongroom.wire.autodiscover import xml
from strongroom.wire.autodiscover.answers import Answer, NotHere, OtherAddress, OtherUrl, Settings
from strongroom.wire.autodiscover.soap import alternate
from strongroom.wire.ews.xml import text as escaped

SUFFIX = ".xml"
_REQUEST = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
_RESPONSE = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
_HEX_VERSION = re.compile("[0-9A-Fa-f]{8}")
# From inside the organisation EXCH is right, from outside EXPR; EXHTTP came in their place in 2013.
_OUTSIDE, _INSIDE = ("EXPR", "EXHTTP"), ("EXCH",)


def headers() -> Mapping[str, str]:
    """Give the headers that belong to the request."""
    return {"Content-Type": "text/xml; charset=utf-8"}


def request(address: str, url: str) -> bytes:  # noqa: ARG001 - as the SOAP form's
    """Write the request, UTF-8."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<Autodiscover xmlns="{_REQUEST}"><Request>'
        f"<EMailAddress>{escaped(address)}</EMailAddress>"
        f"<AcceptableResponseSchema>{_RESPONSE}</AcceptableResponseSchema>"
        "</Request></Autodiscover>"
    ).encode()


def answer(body: bytes) -> Answer:
    """Read the answer.

    Raises:
        NotUnderstood: it is something else.
    """
    response = xml.first(xml.opened(body), "Response")
    if response is None:
        raise xml.NotUnderstood("The answer is no Autodiscover response.")
    error = xml.first(response, "Error")
    if error is not None:
        return NotHere(
            code=xml.text(error, "ErrorCode") or "no code",
            message=xml.text(error, "Message")[:200],
        )
    account = xml.first(response, "Account")
    action = xml.text(account, "Action").casefold()
    if action == "redirectaddr":
        return OtherAddress(xml.text(account, "RedirectAddr"))
    if action == "redirecturl":
        return OtherUrl(xml.text(account, "RedirectUrl"))
    if account is None or action not in {"settings", ""}:
        raise xml.NotUnderstood("The answer says neither settings nor where else to ask.")
    return _settings(response, account)


def _settings(response: xml.Element, account: xml.Element) -> Settings:
    protocols = list(xml.named(account, "Protocol"))
    outside, inside = _ews_url(protocols, _OUTSIDE), _ews_url(protocols, _INSIDE)
    versions = [xml.text(protocol, "ServerVersion") for protocol in protocols]
    return Settings(
        ews_urls=tuple(dict.fromkeys(url for url in (outside, inside) if url)),
        internal_ews_url=inside,
        address=xml.text(response, "User", "AutoDiscoverSMTPAddress"),
        server_version=next((v for text in versions if (v := version_of(text))), ""),
        alternate_mailboxes=tuple(
            alternate(node) for node in xml.named(account, "AlternativeMailbox")
        ),
        public_folder_mailbox=xml.text(account, "PublicFolderInformation", "SmtpAddress"),
    )


def _ews_url(protocols: list[xml.Element], kinds: tuple[str, ...]) -> str:
    for kind in kinds:
        for protocol in protocols:
            url = xml.text(protocol, "EwsUrl") or xml.text(protocol, "ASUrl")
            if xml.text(protocol, "Type") == kind and url:
                return url
    return ""


def version_of(text: str) -> str:
    """Read ``73C18800`` as ``15.1.2048``: 4 bits of structure, 6 major, 6 minor, a flag, 15 build.

    Source:
        https://learn.microsoft.com/exchange/client-developer/web-service-reference/serverversion-pox
    """
    if not _HEX_VERSION.fullmatch(text):
        return ""
    bits = int(text, 16)
    return f"{bits >> 22 & 0x3F}.{bits >> 16 & 0x3F}.{bits & 0x7FFF}"
