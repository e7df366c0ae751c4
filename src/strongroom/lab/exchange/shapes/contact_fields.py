"""The fields of contacts."""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.content import tags
from strongroom.content.message import NamedTag, PropertyKey
from strongroom.lab.exchange.shapes.field import (
    Draft,
    Field,
    Reading,
    boolean,
    choice_field,
    computed_field,
    strings_field,
    text_field,
    time_field,
)
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import Element, children, element, name_of

_POSTAL_ADDRESS = NamedTag(tags.PSETID_ADDRESS, 0x8022, tags.INTEGER32)
_POSTAL_ADDRESSES = {0: "None", 1: "Home", 2: "Business", 3: "Other"}
_CHILDREN = 0x3A58101F

_PHONES: dict[str, PropertyKey] = {
    "AssistantPhone": 0x3A2E001F,
    "BusinessFax": tags.PidTagBusinessFaxNumber,
    "BusinessPhone": tags.PidTagBusinessTelephoneNumber,
    "BusinessPhone2": tags.PidTagBusiness2TelephoneNumber,
    "Callback": 0x3A02001F,
    "CarPhone": tags.PidTagCarTelephoneNumber,
    "CompanyMainPhone": 0x3A57001F,
    "HomeFax": tags.PidTagHomeFaxNumber,
    "HomePhone": tags.PidTagHomeTelephoneNumber,
    "HomePhone2": tags.PidTagHome2TelephoneNumber,
    "Isdn": 0x3A2D001F,
    "MobilePhone": tags.PidTagMobileTelephoneNumber,
    "OtherFax": 0x3A23001F,
    "OtherTelephone": tags.PidTagOtherTelephoneNumber,
    "Pager": tags.PidTagPagerTelephoneNumber,
    "PrimaryPhone": tags.PidTagPrimaryTelephoneNumber,
    "RadioPhone": 0x3A1D001F,
    "Telex": 0x3A2C001F,
    "TtyTddPhone": 0x3A4B001F,
}
_EMAILS: dict[str, tuple[PropertyKey, PropertyKey, PropertyKey]] = {
    "EmailAddress1": (
        tags.PidLidEmail1EmailAddress,
        tags.PidLidEmail1DisplayName,
        tags.PidLidEmail1AddressType,
    ),
    "EmailAddress2": (
        tags.PidLidEmail2EmailAddress,
        tags.PidLidEmail2DisplayName,
        tags.PidLidEmail2AddressType,
    ),
    "EmailAddress3": (
        tags.PidLidEmail3EmailAddress,
        tags.PidLidEmail3DisplayName,
        tags.PidLidEmail3AddressType,
    ),
}
_ORIGINAL_NAMES: dict[str, PropertyKey] = {
    "EmailAddress1": tags.PidLidEmail1OriginalDisplayName,
    "EmailAddress2": tags.PidLidEmail2OriginalDisplayName,
    "EmailAddress3": tags.PidLidEmail3OriginalDisplayName,
}
_PLACES: dict[str, dict[str, PropertyKey]] = {
    "Business": {
        "Street": tags.PidLidWorkAddressStreet,
        "City": tags.PidLidWorkAddressCity,
        "State": tags.PidLidWorkAddressState,
        "CountryOrRegion": tags.PidLidWorkAddressCountry,
        "PostalCode": tags.PidLidWorkAddressPostalCode,
    },
    "Home": {
        "Street": tags.PidTagHomeAddressStreet,
        "City": tags.PidTagHomeAddressCity,
        "State": tags.PidTagHomeAddressStateOrProvince,
        "CountryOrRegion": tags.PidTagHomeAddressCountry,
        "PostalCode": tags.PidTagHomeAddressPostalCode,
    },
    "Other": {
        "Street": 0x3A63001F,
        "City": 0x3A5F001F,
        "State": 0x3A62001F,
        "CountryOrRegion": 0x3A60001F,
        "PostalCode": 0x3A61001F,
    },
}
_IMS: dict[str, PropertyKey] = {
    "ImAddress1": tags.PidLidInstantMessagingAddress,
    "ImAddress2": NamedTag(tags.PS_PUBLIC_STRINGS, "IMAddress2", tags.STRING),
    "ImAddress3": NamedTag(tags.PS_PUBLIC_STRINGS, "IMAddress3", tags.STRING),
}


def _entry(name: str, key: str, attributes: str, inner: str) -> str:
    return f'<t:{name} Key="{key}"{attributes}>{inner}</t:{name}>'


def _dictionary(uri: str, keys: Mapping[str, PropertyKey]) -> Field:
    name = uri.rpartition(":")[2]

    def read(view: View, _reading: Reading) -> str:
        inner = "".join(
            _entry("Entry", key, "", _escaped(text))
            for key, tag in keys.items()
            if (text := view.text(tag))
        )
        return f"<t:{name}>{inner}</t:{name}>" if inner else ""

    def write(draft: Draft, node: Element | None) -> None:
        if node is None:
            draft.properties.update(dict.fromkeys(keys.values()))
            return
        for entry in children(node):
            draft.properties[keys[str(entry.get("Key"))]] = entry.text or None

    return computed_field(uri, read, write)


def _escaped(text: str) -> str:
    return element("x", text)[len("<t:x>") : -len("</t:x>")]


def _emails(view: View, _reading: Reading) -> str:
    inner = ""
    for key, (address_key, name_key, type_key) in _EMAILS.items():
        address = view.text(address_key)
        if not address:
            continue
        name, routing = view.text(name_key), view.text(type_key)
        attributes = f' Name="{_escaped(name)}"' if name else ""
        attributes += f' RoutingType="{_escaped(routing)}"' if routing else ""
        inner += _entry("Entry", key, attributes, _escaped(address))
    return f"<t:EmailAddresses>{inner}</t:EmailAddresses>" if inner else ""


def _write_emails(draft: Draft, node: Element | None) -> None:
    for key, tags_of in _EMAILS.items():
        if node is None:
            draft.properties.update(dict.fromkeys((*tags_of, _ORIGINAL_NAMES[key])))
    for entry in children(node) if node is not None else ():
        key = str(entry.get("Key"))
        address_key, name_key, type_key = _EMAILS[key]
        address = entry.text or None
        draft.properties[address_key] = address
        draft.properties[_ORIGINAL_NAMES[key]] = address
        draft.properties[name_key] = str(entry.get("Name")) if entry.get("Name") else address
        draft.properties[type_key] = "SMTP" if address else None


def _places(view: View, _reading: Reading) -> str:
    inner = ""
    for key, parts in _PLACES.items():
        lines = "".join(
            element(name, text) for name, tag in parts.items() if (text := view.text(tag))
        )
        inner += _entry("Entry", key, "", lines) if lines else ""
    return f"<t:PhysicalAddresses>{inner}</t:PhysicalAddresses>" if inner else ""


def _write_places(draft: Draft, node: Element | None) -> None:
    if node is None:
        for parts in _PLACES.values():
            draft.properties.update(dict.fromkeys(parts.values()))
        return
    for entry in children(node):
        parts = _PLACES[str(entry.get("Key"))]
        for line in children(entry):
            draft.properties[parts[name_of(line)]] = line.text or None


def _complete_name(view: View, _reading: Reading) -> str:
    parts = (
        ("Title", tags.PidTagDisplayNamePrefix),
        ("FirstName", tags.PidTagGivenName),
        ("MiddleName", tags.PidTagMiddleName),
        ("LastName", tags.PidTagSurname),
        ("Suffix", tags.PidTagGeneration),
        ("Initials", tags.PidTagInitials),
        ("FullName", tags.PidTagDisplayName),
        ("Nickname", tags.PidTagNickname),
    )
    inner = "".join(element(name, text) for name, key in parts if (text := view.text(key)))
    return f"<t:CompleteName>{inner}</t:CompleteName>" if inner else ""


def _has_picture(view: View, _reading: Reading) -> str:
    return boolean("HasPicture", flag=view.get(tags.PidLidHasPicture) is True)


CONTACT_FIELDS: tuple[Field, ...] = (
    text_field("contacts:FileAs", tags.PidLidFileUnder),
    text_field("contacts:DisplayName", tags.PidTagDisplayName),
    text_field("contacts:GivenName", tags.PidTagGivenName),
    text_field("contacts:Initials", tags.PidTagInitials),
    text_field("contacts:MiddleName", tags.PidTagMiddleName),
    text_field("contacts:Nickname", tags.PidTagNickname),
    computed_field("contacts:CompleteName", _complete_name),
    text_field("contacts:CompanyName", tags.PidTagCompanyName),
    computed_field("contacts:EmailAddresses", _emails, _write_emails),
    computed_field("contacts:PhysicalAddresses", _places, _write_places),
    _dictionary("contacts:PhoneNumbers", _PHONES),
    text_field("contacts:AssistantName", tags.PidTagAssistant),
    time_field("contacts:Birthday", tags.PidTagBirthday),
    text_field("contacts:BusinessHomePage", tags.PidTagBusinessHomePage),
    strings_field("contacts:Children", _CHILDREN),
    strings_field("contacts:Companies", tags.PidLidCompanies),
    text_field("contacts:Department", tags.PidTagDepartmentName),
    text_field("contacts:Generation", tags.PidTagGeneration),
    _dictionary("contacts:ImAddresses", _IMS),
    text_field("contacts:JobTitle", tags.PidTagTitle),
    text_field("contacts:Manager", tags.PidTagManagerName),
    text_field("contacts:Mileage", tags.PidLidMileage),
    text_field("contacts:OfficeLocation", tags.PidTagOfficeLocation),
    choice_field("contacts:PostalAddressIndex", _POSTAL_ADDRESS, _POSTAL_ADDRESSES),
    text_field("contacts:Profession", tags.PidTagProfession),
    text_field("contacts:SpouseName", tags.PidTagSpouseName),
    text_field("contacts:Surname", tags.PidTagSurname),
    time_field("contacts:WeddingAnniversary", tags.PidTagWeddingAnniversary),
    computed_field("contacts:HasPicture", _has_picture),
)
