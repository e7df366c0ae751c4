"""A contact as a vCard.

Source:
    RFC 6350; version 3.0 (RFC 2426) is written, which every program reads.
"""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.content import tags
from strongroom.content.contentlines import escaped, joined, plain
from strongroom.content.message import Message, Properties, PropertyKey, moment, text

_PHONES: tuple[tuple[str, PropertyKey], ...] = (
    ("WORK,VOICE", tags.PidTagBusinessTelephoneNumber),
    ("WORK,VOICE", tags.PidTagBusiness2TelephoneNumber),
    ("HOME,VOICE", tags.PidTagHomeTelephoneNumber),
    ("HOME,VOICE", tags.PidTagHome2TelephoneNumber),
    ("CELL", tags.PidTagMobileTelephoneNumber),
    ("VOICE", tags.PidTagOtherTelephoneNumber),
    ("PREF", tags.PidTagPrimaryTelephoneNumber),
    ("CAR", tags.PidTagCarTelephoneNumber),
    ("PAGER", tags.PidTagPagerTelephoneNumber),
    ("WORK,FAX", tags.PidTagBusinessFaxNumber),
    ("HOME,FAX", tags.PidTagHomeFaxNumber),
)
_MAILS: tuple[PropertyKey, ...] = (
    tags.PidLidEmail1EmailAddress,
    tags.PidLidEmail2EmailAddress,
    tags.PidLidEmail3EmailAddress,
)
_NAME: tuple[PropertyKey, ...] = (
    tags.PidTagSurname,
    tags.PidTagGivenName,
    tags.PidTagMiddleName,
    tags.PidTagDisplayNamePrefix,
    tags.PidTagGeneration,
)
_ADDRESSES: tuple[tuple[str, tuple[PropertyKey, ...]], ...] = (
    (
        "WORK",
        (
            tags.PidLidWorkAddressStreet,
            tags.PidLidWorkAddressCity,
            tags.PidLidWorkAddressState,
            tags.PidLidWorkAddressPostalCode,
            tags.PidLidWorkAddressCountry,
        ),
    ),
    (
        "HOME",
        (
            tags.PidTagHomeAddressStreet,
            tags.PidTagHomeAddressCity,
            tags.PidTagHomeAddressStateOrProvince,
            tags.PidTagHomeAddressPostalCode,
            tags.PidTagHomeAddressCountry,
        ),
    ),
)
_PAGES: tuple[tuple[str, PropertyKey], ...] = (
    ("WORK", tags.PidTagBusinessHomePage),
    ("HOME", tags.PidTagPersonalHomePage),
)
_TEXTS: tuple[tuple[str, PropertyKey], ...] = (
    ("NICKNAME", tags.PidTagNickname),
    ("TITLE", tags.PidTagTitle),
    ("ROLE", tags.PidTagProfession),
    ("X-MS-IMADDRESS", tags.PidLidInstantMessagingAddress),
    ("X-MS-MANAGER", tags.PidTagManagerName),
    ("X-MS-ASSISTANT", tags.PidTagAssistant),
    ("X-MS-SPOUSE", tags.PidTagSpouseName),
    ("NOTE", tags.PidTagBody),
)


def card_of(message: Message) -> str:
    """Write a contact as a vCard with CRLF line ends; other kinds of item give ``""``."""
    bag = message.properties
    if not text(bag, tags.PidTagMessageClass).lower().startswith("ipm.contact"):
        return ""
    lines = ["BEGIN:VCARD", "VERSION:3.0", *_lines(bag), "END:VCARD"]
    return joined(lines)


def _lines(bag: Properties) -> Iterator[str]:
    shown = text(bag, tags.PidTagDisplayName, tags.PidTagSubject, tags.PidLidFileUnder)
    yield f"FN:{escaped(shown)}"
    yield "N:" + ";".join(escaped(text(bag, key)) for key in _NAME)
    company, department = text(bag, tags.PidTagCompanyName), text(bag, tags.PidTagDepartmentName)
    if company or department:
        yield f"ORG:{escaped(company)};{escaped(department)}"
    for name, key in _TEXTS:
        if value := text(bag, key):
            yield f"{name}:{escaped(value)}"
    yield from _ways_to_reach(bag)
    birthday = moment(bag, tags.PidTagBirthday)
    if birthday:
        yield f"BDAY:{birthday:%Y-%m-%d}"
    keywords = bag.get(tags.PidNameKeywords)
    if isinstance(keywords, list) and keywords:
        yield "CATEGORIES:" + ",".join(escaped(str(word)) for word in keywords)


def _ways_to_reach(bag: Properties) -> Iterator[str]:
    for key in _MAILS:
        if value := text(bag, key):
            yield f"EMAIL;TYPE=INTERNET:{plain(value)}"
    for kind, key in _PHONES:
        if value := text(bag, key):
            yield f"TEL;TYPE={kind}:{escaped(value)}"
    for kind, keys in _ADDRESSES:
        values = [text(bag, key) for key in keys]
        if any(values):
            yield f"ADR;TYPE={kind}:;;" + ";".join(map(escaped, values))
    for kind, key in _PAGES:
        if value := text(bag, key):
            yield f"URL;TYPE={kind}:{plain(value)}"
