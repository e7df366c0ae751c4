"""The SOAP form: GetUserSettings and GetDomainSettings.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/autodiscover-web-service-reference-for-exchange
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from strongroom.lab.autodiscover.kinds import AsksAt, Kind, LooksFor, MailboxFacts
from strongroom.lab.exchange.xml import SOAP, Element, NotXml, children, escape, name_of, parse

NAMESPACE = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
_ADDRESSING = "http://www.w3.org/2005/08/addressing"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_USERS_MAX = 100
_SCHEMAS = (
    "Exchange2007, Exchange2007_SP1, Exchange2010, Exchange2010_SP1, Exchange2010_SP2,"
    " Exchange2013, Exchange2013_SP1, Exchange2015, Exchange2016"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request.

    Attributes:
        operation: ``GetUserSettings`` or ``GetDomainSettings``.
        about: Addresses or domains.
        settings: Names of the settings that are wanted.
    """

    operation: str
    about: Sequence[str]
    settings: Sequence[str]


def read(body: bytes) -> Question:
    """Read a request.

    Raises:
        NotXml: it is no request of this service.
    """
    envelope = parse(body)
    soap_body = envelope.find(f"{{{SOAP}}}Body")
    message = None if soap_body is None else next(children(soap_body), None)
    if message is None or not name_of(message).endswith("RequestMessage"):
        raise NotXml("no request message")
    about = [*_texts(message, "Mailbox"), *_texts(message, "Domain")]
    return Question(
        operation=name_of(message).removesuffix("RequestMessage"),
        about=about,
        settings=_texts(message, "Setting"),
    )


def user_settings(
    question: Question,
    look_up: Callable[[str], MailboxFacts | Kind | None],
    version: tuple[int, int, int, int],
) -> bytes:
    """Answer GetUserSettings, UTF-8."""
    if not question.about or not question.settings:
        return refusal(question.operation, "InvalidRequest", "Nothing was asked.", version)
    if len(question.about) > _USERS_MAX:
        return refusal(question.operation, "InvalidRequest", "Too many users.", version)
    answers = "".join(_user(look_up(address), question.settings) for address in question.about)
    return _document(question.operation, f"<UserResponses>{answers}</UserResponses>", version)


def domain_settings(
    question: Question, domain: str, ews_url: str, version: tuple[int, int, int, int]
) -> bytes:
    """Answer GetDomainSettings, UTF-8."""
    values = {
        "ExternalEwsUrl": ews_url,
        "ExternalEwsVersion": ".".join(f"{number:02}" for number in version),
    }
    answers = []
    for asked in question.about:
        if asked.casefold() != domain:
            answers.append(_part("Domain", "InvalidDomain", f"The domain '{asked}' is unknown."))
            continue
        told = "".join(
            f'<DomainSetting i:type="DomainStringSetting"><Name>{name}</Name>'
            f"<Value>{escape(values[name])}</Value></DomainSetting>"
            for name in question.settings
            if name in values
        )
        answers.append(_part("Domain", "NoError", "", settings=told))
    inner = f"<DomainResponses>{''.join(answers)}</DomainResponses>"
    return _document(question.operation, inner, version)


def refusal(operation: str, code: str, message: str, version: tuple[int, int, int, int]) -> bytes:
    """Answer with an error of the whole request, UTF-8."""
    return _document(operation, "", version, code=code, message=message)


def _user(told: MailboxFacts | Kind | None, settings: Sequence[str]) -> str:
    if isinstance(told, LooksFor):
        return _part("User", "RedirectAddress", "Redirection address.", target=told.address)
    if isinstance(told, AsksAt):
        return _part("User", "RedirectUrl", "Redirection url.", target=told.url)
    if not isinstance(told, MailboxFacts):
        return _part("User", "InvalidUser", "Invalid user.")
    values = _values(told)
    known = "".join(values[name](name) for name in settings if name in values)
    unknown = "".join(
        f"<UserSettingError><ErrorCode>SettingIsNotAvailable</ErrorCode>"
        f"<ErrorMessage>Setting '{escape(name)}' is not available.</ErrorMessage>"
        f"<SettingName>{escape(name)}</SettingName></UserSettingError>"
        for name in settings
        if name not in values
    )
    return _part("User", "NoError", "No error.", settings=known, errors=unknown)


def _part(
    kind: str, code: str, message: str, *, target: str = "", settings: str = "", errors: str = ""
) -> str:
    redirect = (
        f"<RedirectTarget>{escape(target)}</RedirectTarget>"
        if target
        else ('<RedirectTarget i:nil="true"/>')
    )
    return (
        f"<{kind}Response><ErrorCode>{code}</ErrorCode>"
        f"<ErrorMessage>{escape(message)}</ErrorMessage>"
        f"<{kind}SettingErrors>{errors}</{kind}SettingErrors>"
        f"<{kind}Settings>{settings}</{kind}Settings>{redirect}</{kind}Response>"
    )


def _values(facts: MailboxFacts) -> Mapping[str, Callable[[str], str]]:
    texts = {
        "UserDisplayName": facts.name,
        "UserDN": facts.legacy_dn,
        "InternalEwsUrl": facts.internal_ews_url,
        "ExternalEwsUrl": facts.external_ews_url,
        "InternalRpcClientServer": facts.server,
        "CasVersion": ".".join(str(number) for number in facts.version),
        "EwsSupportedSchemas": _SCHEMAS,
        "AutoDiscoverSMTPAddress": facts.address,
        "PublicFolderInformation": facts.public_folder_mailbox,
    }
    known: dict[str, Callable[[str], str]] = {
        name: _string(value) for name, value in texts.items() if value
    }
    if facts.archive_guid:
        known["AlternateMailboxes"] = lambda name: _alternates(name, facts)
    return known


def _string(value: str) -> Callable[[str], str]:
    return lambda name: (
        f'<UserSetting i:type="StringSetting"><Name>{name}</Name>'
        f"<Value>{escape(value)}</Value></UserSetting>"
    )


def _alternates(name: str, facts: MailboxFacts) -> str:
    domain = facts.address.rpartition("@")[2]
    return (
        f'<UserSetting i:type="AlternateMailboxCollectionSetting"><Name>{name}</Name>'
        "<AlternateMailboxes><AlternateMailbox><Type>Archive</Type>"
        f"<DisplayName>{escape(f'Online Archive - {facts.name}')}</DisplayName>"
        f"<LegacyDN>{escape(facts.legacy_dn)}/guid={facts.archive_guid}</LegacyDN>"
        f"<Server>{facts.archive_guid}@{escape(domain)}</Server>"
        f"<SmtpAddress>{facts.archive_guid}@{escape(domain)}</SmtpAddress>"
        f"<OwnerSmtpAddress>{escape(facts.address)}</OwnerSmtpAddress>"
        "</AlternateMailbox></AlternateMailboxes></UserSetting>"
    )


def _document(
    operation: str,
    inner: str,
    version: tuple[int, int, int, int],
    *,
    code: str = "NoError",
    message: str = "",
) -> bytes:
    major, minor, build, revision = version
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}"'
        f' xmlns:a="{_ADDRESSING}"><s:Header><a:Action s:mustUnderstand="1">'
        f"{NAMESPACE}/Autodiscover/{escape(operation)}Response</a:Action>"
        f'<h:ServerVersionInfo xmlns:h="{NAMESPACE}" xmlns:i="{_INSTANCE}">'
        f"<h:MajorVersion>{major}</h:MajorVersion><h:MinorVersion>{minor}</h:MinorVersion>"
        f"<h:MajorBuildNumber>{build}</h:MajorBuildNumber>"
        f"<h:MinorBuildNumber>{revision}</h:MinorBuildNumber>"
        "<h:Version>Exchange2016</h:Version></h:ServerVersionInfo></s:Header><s:Body>"
        f'<{escape(operation)}ResponseMessage xmlns="{NAMESPACE}"><Response xmlns:i="{_INSTANCE}">'
        f"<ErrorCode>{code}</ErrorCode><ErrorMessage>{escape(message)}</ErrorMessage>{inner}"
        f"</Response></{escape(operation)}ResponseMessage></s:Body></s:Envelope>"
    ).encode()


def _texts(parent: Element, name: str) -> list[str]:
    return [(node.text or "").strip() for node in parent.iter(f"{{{NAMESPACE}}}{name}")]
