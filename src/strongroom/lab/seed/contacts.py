"""Contacts with everything a card can hold, and distribution lists."""

from __future__ import annotations

import struct
import zlib
from datetime import datetime
from random import Random

from strongroom.content import tags
from strongroom.content.message import Attachment, FileTime, Message, NamedTag, Properties
from strongroom.lab.seed import files, shapes
from strongroom.lab.seed.files import File
from strongroom.lab.seed.people import Person

_STREETS = ("Weir Lane", "Plane-Tree Row", "Rue du Vieux Moulin", "Große Straße", "Harbour Steps")
_TOWNS = (("Nethermoor", "NM1 2AB"), ("Oberaltstadt", "09999"), ("Sainte-Brume", "00042"))

_PidTagAttachmentContactPhoto = 0x7FFF000B
_PidLidFileUnderId = NamedTag(tags.PSETID_ADDRESS, 0x8006, tags.INTEGER32)
_PidLidWorkAddress = NamedTag(tags.PSETID_ADDRESS, 0x801B, tags.STRING)
_PidLidHtml = NamedTag(tags.PSETID_ADDRESS, 0x802B, tags.STRING)
_PidLidAddressBookProviderEmailList = NamedTag(
    tags.PSETID_ADDRESS, 0x8028, tags.MULTIPLE | tags.INTEGER32
)
_PidLidAddressBookProviderArrayType = NamedTag(tags.PSETID_ADDRESS, 0x8029, tags.INTEGER32)
_PidLidDistributionListChecksum = NamedTag(tags.PSETID_ADDRESS, 0x804C, tags.INTEGER32)
_LAST_NAME_FIRST = 0x8017

# LIDs of display name, address type, address, original name and entry id of the three addresses.
_ADDRESS_LIDS = (
    (0x8080, 0x8082, 0x8083, 0x8084, 0x8085),
    (0x8090, 0x8092, 0x8093, 0x8094, 0x8095),
    (0x80A0, 0x80A2, 0x80A3, 0x80A4, 0x80A5),
)


def contact(
    rng: Random, person: Person, made: datetime, *, has_photo: bool, addresses: int = 1
) -> Message:
    """Make the card of a person.

    Args:
        rng: Draws street, town, birthday.
        person: Whose card.
        made: When it was made: aware, UTC.
        has_photo: With a picture.
        addresses: How many e-mail addresses, 1 to 3.
    """
    properties = shapes.common(rng, "IPM.Contact", person.name, made)
    properties |= _names(person) | _places(rng) | _addresses(person, addresses)
    properties |= {
        tags.PidTagBusinessTelephoneNumber: person.phone,
        tags.PidTagMobileTelephoneNumber: f"+44 7700 900{rng.randrange(1000):03d}",
        tags.PidTagBirthday: FileTime.from_datetime(
            made.replace(year=rng.randrange(1955, 2004), month=rng.randrange(1, 13), day=12, hour=0,
                         minute=0, second=0, microsecond=0)
        ),
        tags.PidTagBusinessHomePage: f"https://{person.address.rpartition('@')[2]}/",
        tags.PidTagIconIndex: 0x200,
        tags.PidLidHasPicture: has_photo,
        tags.PidLidInstantMessagingAddress: f"sip:{person.address}",
        **shapes.text_body(f"Met {person.first} at the trade fair.\r\n"),
    }  # fmt: skip
    return Message(properties=properties, attachments=[_photo(rng, made)] if has_photo else [])


def distribution_list(rng: Random, name: str, people: list[Person], made: datetime) -> Message:
    """Make a private list of people.

    Source:
        [MS-OXOCNTC] 2.2.2: members as one-off entry ids, twice, with a checksum over them.
    """
    members = [shapes.one_off_entry_id(person) for person in people]
    properties = shapes.common(rng, "IPM.DistList", name, made)
    properties |= {
        tags.PidTagDisplayName: name,
        tags.PidLidDistributionListName: name,
        tags.PidLidDistributionListMembers: members,
        tags.PidLidDistributionListOneOffMembers: list(members),
        _PidLidDistributionListChecksum: _checksum(members),
        tags.PidLidFileUnder: name,
        tags.PidTagIconIndex: 0x202,
    }
    return Message(properties=properties)


def _names(person: Person) -> Properties:
    file_under = f"{person.last}, {person.first}"
    return {
        tags.PidTagDisplayName: person.name,
        tags.PidTagGivenName: person.first,
        tags.PidTagSurname: person.last,
        tags.PidTagInitials: f"{person.first[0]}.{person.last[0]}.",
        tags.PidTagCompanyName: "Made-up Builders" if "lab" in person.address else "Elsewhere Ltd",
        tags.PidTagDepartmentName: person.department,
        tags.PidTagTitle: person.title,
        tags.PidLidFileUnder: file_under,
        _PidLidFileUnderId: _LAST_NAME_FIRST,
    }


def _places(rng: Random) -> Properties:
    street = f"{rng.randrange(1, 200)} {rng.choice(_STREETS)}"
    town, code = rng.choice(_TOWNS)
    return {
        tags.PidLidWorkAddressStreet: street,
        tags.PidLidWorkAddressCity: town,
        tags.PidLidWorkAddressPostalCode: code,
        tags.PidLidWorkAddressCountry: "Nowhere",
        _PidLidWorkAddress: f"{street}\r\n{town} {code}\r\nNowhere",
        tags.PidTagStreetAddress: street,
        tags.PidTagLocality: town,
        tags.PidTagPostalCode: code,
        tags.PidTagCountry: "Nowhere",
        tags.PidTagHomeAddressStreet: f"{rng.randrange(1, 90)} {rng.choice(_STREETS)}",
        tags.PidTagHomeAddressCity: rng.choice(_TOWNS)[0],
        _PidLidHtml: "https://lab.example/",
    }


def _addresses(person: Person, count: int) -> Properties:
    local, _, domain = person.address.partition("@")
    variants = (person.address, f"{local}@home.{domain}", f"{local}+list@{domain}")
    properties: Properties = {
        _PidLidAddressBookProviderEmailList: list(range(count)),
        _PidLidAddressBookProviderArrayType: (1 << count) - 1,
    }
    for address, (display, kind, mail, original, entry) in zip(
        variants[:count], _ADDRESS_LIDS[:count], strict=True
    ):
        properties |= {
            _text(display): f"{person.name} ({address})",
            _text(kind): "SMTP",
            _text(mail): address,
            _text(original): address,
            NamedTag(tags.PSETID_ADDRESS, entry, tags.BINARY): shapes.one_off_entry_id(person),
        }
    return properties


def _text(lid: int) -> NamedTag:
    return NamedTag(tags.PSETID_ADDRESS, lid, tags.STRING)


def _photo(rng: Random, made: datetime) -> Attachment:
    picture = File(
        name="ContactPicture.png", mime_type="image/png", data=files.png(rng, width=48, height=48)
    )
    attachment = shapes.file_attachment(0, picture, made)
    attachment.properties |= {
        _PidTagAttachmentContactPhoto: True,
        tags.PidTagAttachmentHidden: True,
    }
    return attachment


def _checksum(members: list[bytes]) -> int:
    # [MS-OXOCNTC] 2.2.2.2.3: a CRC over all members, kept in a signed property.
    (signed,) = struct.unpack("<i", struct.pack("<I", zlib.crc32(b"".join(members))))
    assert isinstance(signed, int)
    return signed
