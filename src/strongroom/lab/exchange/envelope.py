"""The SOAP envelope: what a request's header says, and what stands around every answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from strongroom.lab.exchange.errors import SoapFault
from strongroom.lab.exchange.xml import SOAP, TYPES, Element, children, find, name_of

_IMPERSONATION = "s:Header/t:ExchangeImpersonation"
_VERSION = "s:Header/t:RequestServerVersion"
_SCHEMA_VERSION = "V2017_07_11"

# What a server of version 15.2 lets a client ask for.
_VERSIONS = frozenset(
    {
        "Exchange2007",
        "Exchange2007_SP1",
        "Exchange2010",
        "Exchange2010_SP1",
        "Exchange2010_SP2",
        "Exchange2013",
        "Exchange2013_SP1",
        "Exchange2015",
        "Exchange2016",
        "V2015_10_05",
        "V2016_01_06",
        "V2016_04_13",
        "V2016_07_13",
        "V2016_10_10",
        "V2017_01_07",
        "V2017_04_14",
        "V2017_07_11",
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request taken out of its envelope.

    Attributes:
        body: The operation's element.
        impersonated: Address of the user to act as, or None.
    """

    body: Element
    impersonated: str | None


def read(document: Element) -> Asked:
    """Take a request out of its envelope.

    Raises:
        SoapFault: it is no SOAP request of a version that we speak.
    """
    body = find(document, "s:Body")
    operation = None if body is None else next(children(body), None)
    if document.tag != f"{{{SOAP}}}Envelope" or operation is None:
        raise SoapFault("ErrorInvalidRequest", "There is no operation in the request.")
    version = find(document, _VERSION)
    if version is not None and version.get("Version") not in _VERSIONS:
        raise SoapFault("ErrorInvalidServerVersion")
    return Asked(operation, _impersonated(document))


def _impersonated(document: Element) -> str | None:
    header = find(document, _IMPERSONATION)
    if header is None:
        return None
    sid = next(children(header), None)
    who = None if sid is None else next(children(sid), None)
    if who is None or not (who.text or "").strip():
        raise SoapFault("ErrorInvalidExchangeImpersonationHeaderData")
    if name_of(who) not in {"PrincipalName", "PrimarySmtpAddress", "SmtpAddress"}:
        raise SoapFault("ErrorImpersonationFailed", "The lab knows nobody by SID.")
    return (who.text or "").strip()


@lru_cache(maxsize=8)
def around(version: tuple[int, int, int, int]) -> tuple[str, str]:
    """Give what stands before and after the operation's answer."""
    major, minor, build, revision = version
    head = (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}"><s:Header>'
        f'<h:ServerVersionInfo MajorVersion="{major}" MinorVersion="{minor}"'
        f' MajorBuildNumber="{build}" MinorBuildNumber="{revision}" Version="{_SCHEMA_VERSION}"'
        f' xmlns:h="{TYPES}" xmlns="{TYPES}" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/></s:Header>'
        '<s:Body xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
    )
    return head, "</s:Body></s:Envelope>"
