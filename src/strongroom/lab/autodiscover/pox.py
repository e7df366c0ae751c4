"""The POX form.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/pox-autodiscover-web-service-reference-for-exchange
    https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxdscli
"""

from __future__ import annotations

from datetime import datetime

from strongroom.lab.autodiscover.kinds import AsksAt, Kind, LooksFor, MailboxFacts
from strongroom.lab.exchange.xml import NotXml, escape, parse

_REQUEST = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
_ROOT = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
_RESPONSE = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"


def read(body: bytes) -> str:
    """Read whom a request is about.

    Raises:
        NotXml: it is no request of this service, or wants an answer in another schema.
    """
    root = parse(body)
    address = root.findtext(f"{{{_REQUEST}}}Request/{{{_REQUEST}}}EMailAddress")
    schema = root.findtext(f"{{{_REQUEST}}}Request/{{{_REQUEST}}}AcceptableResponseSchema")
    if not address or schema != _RESPONSE:
        raise NotXml("no address, or another schema")
    return address.strip()


def answer(told: MailboxFacts | Kind | None, now: datetime) -> bytes:
    """Answer, UTF-8."""
    if isinstance(told, LooksFor):
        address = escape(told.address)
        return _account(f"<Action>redirectAddr</Action><RedirectAddr>{address}</RedirectAddr>")
    if isinstance(told, AsksAt):
        return _account(
            f"<Action>redirectUrl</Action><RedirectUrl>{escape(told.url)}</RedirectUrl>"
        )
    if not isinstance(told, MailboxFacts):
        return error(500, "The email address can't be found.", now)
    return _settings(told)


def error(code: int, message: str, now: datetime) -> bytes:
    """Answer with an error, UTF-8."""
    return _document(
        f'<Error Time="{now:%H:%M:%S.%f}0" Id="4130155072"><ErrorCode>{code}</ErrorCode>'
        f"<Message>{escape(message)}</Message><DebugData/></Error>",
        namespace=_ROOT,
    )


def version_word(version: tuple[int, int, int, int]) -> str:
    """Write a version as eight hexadecimal digits: 4 bits of structure, 6, 6, a flag, 15 build."""
    major, minor, build, _ = version
    return f"{7 << 28 | major << 22 | minor << 16 | 1 << 15 | build:08X}"


def _settings(facts: MailboxFacts) -> bytes:
    word = version_word(facts.version)
    inner = (
        "<AccountType>email</AccountType><Action>settings</Action>"
        "<MicrosoftOnline>False</MicrosoftOnline>"
        + _protocol("EXCH", facts.server, word, facts.internal_ews_url)
        + _protocol("EXPR", facts.server, word, facts.external_ews_url)
    )
    if facts.archive_guid:
        domain = escape(facts.address.rpartition("@")[2])
        inner += (
            "<AlternativeMailbox><Type>Archive</Type>"
            f"<DisplayName>{escape(f'Online Archive - {facts.name}')}</DisplayName>"
            f"<SmtpAddress>{facts.archive_guid}@{domain}</SmtpAddress>"
            f"<OwnerSmtpAddress>{escape(facts.address)}</OwnerSmtpAddress></AlternativeMailbox>"
        )
    folders = escape(facts.public_folder_mailbox)
    inner += (
        f"<PublicFolderInformation><SmtpAddress>{folders}</SmtpAddress></PublicFolderInformation>"
    )
    user = (
        f"<User><DisplayName>{escape(facts.name)}</DisplayName>"
        f"<LegacyDN>{escape(facts.legacy_dn)}</LegacyDN>"
        f"<AutoDiscoverSMTPAddress>{escape(facts.address)}</AutoDiscoverSMTPAddress></User>"
    )
    return _account(inner, user=user)


def _protocol(kind: str, server: str, version: str, ews_url: str) -> str:
    url = escape(ews_url)
    return (
        f"<Protocol><Type>{kind}</Type><Server>{escape(server)}</Server>"
        f"<ServerVersion>{version}</ServerVersion><ASUrl>{url}</ASUrl><EwsUrl>{url}</EwsUrl>"
        "</Protocol>"
    )


def _account(inner: str, *, user: str = "") -> bytes:
    return _document(f"{user}<Account>{inner}</Account>", namespace=_RESPONSE)


def _document(inner: str, *, namespace: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="{_ROOT}">'
        f'<Response xmlns="{namespace}">{inner}</Response></Autodiscover>'
    ).encode()
