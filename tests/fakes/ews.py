"""Envelopes, the schema and literal answers for tests of the EWS client."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from lxml import etree

from strongroom.wire.ews.answers import Answer, open_answer
from strongroom.wire.ews.xml import ERRORS, MESSAGES, SOAP, TYPES

GOLDEN = Path(__file__).parent.parent / "golden" / "ews"
_VERSION = (
    '<h:ServerVersionInfo MajorVersion="15" MinorVersion="2" MajorBuildNumber="2562"'
    f' MinorBuildNumber="17" Version="V2018_01_08" xmlns:h="{TYPES}"/>'
)


def golden(name: str) -> str:
    """Read a literal request or reply: the child of the SOAP body."""
    return (GOLDEN / f"{name}.xml").read_text(encoding="utf-8").strip()


def soap(body: str, *, header: str = _VERSION) -> bytes:
    """Put a reply into the envelope that Exchange writes."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}">'
        f"<s:Header>{header}</s:Header>"
        f'<s:Body xmlns:m="{MESSAGES}" xmlns:t="{TYPES}">{body}</s:Body></s:Envelope>'
    ).encode()


def answer(body: str) -> Answer:
    """Open a reply."""
    return open_answer(soap(body))


def golden_answer(name: str) -> Answer:
    """Open a literal reply."""
    return answer(golden(f"{name}.reply"))


def fault(code: str, text: str = "", *, back_off_ms: int | None = None) -> bytes:
    """Make a SOAP fault as Exchange writes it."""
    message_xml = (
        ""
        if back_off_ms is None
        else f'<t:MessageXml xmlns:t="{TYPES}">'
        f'<t:Value Name="BackOffMilliseconds">{back_off_ms}</t:Value></t:MessageXml>'
    )
    return (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault>'
        f'<faultcode xmlns:a="{TYPES}">a:{code}</faultcode>'
        f'<faultstring xml:lang="en-US">{text}</faultstring>'
        f'<detail><e:ResponseCode xmlns:e="{ERRORS}">{code}</e:ResponseCode>'
        f'<e:Message xmlns:e="{ERRORS}">{text}</e:Message>{message_xml}</detail>'
        "</s:Fault></s:Body></s:Envelope>"
    ).encode()


@cache
def schema() -> etree.XMLSchema:
    """Load Microsoft's schema of messages and types, which the lab carries."""
    with as_file(files("strongroom.lab") / "schemas") as folder:
        return etree.XMLSchema(etree.parse(folder / "ews-messages.xsd"))


def violations(body: str) -> list[str]:
    """Say what is wrong with the child of a SOAP body by Microsoft's schema."""
    bound = f'<r xmlns:m="{MESSAGES}" xmlns:t="{TYPES}">{body}</r>'
    document = etree.ElementTree(etree.fromstring(bound)[0])
    try:
        schema().assertValid(document)
    except etree.DocumentInvalid as error:
        return [str(error)]
    return []
