from __future__ import annotations

from strongroom.content import tags
from strongroom.content.message import FileTime, Message
from strongroom.content.mime import to_mime
from strongroom.content.vcard import card_of


def contact() -> Message:
    return Message(
        {
            tags.PidTagMessageClass: "IPM.Contact",
            tags.PidTagDisplayName: "Dr. Ada Example",
            tags.PidTagGivenName: "Ada",
            tags.PidTagSurname: "Example; née Test",
            tags.PidTagCompanyName: "Roofs, Ltd.",
            tags.PidTagBusinessTelephoneNumber: "+49 30 0000",
            tags.PidTagMobileTelephoneNumber: "+49 170 0000\r\nTEL:evil",
            tags.PidLidEmail1EmailAddress: "ada@example.test",
            tags.PidLidWorkAddressStreet: "Dachweg 1",
            tags.PidLidWorkAddressCity: "Berlin",
            tags.PidTagBusinessHomePage: "https://example.test/",
            tags.PidTagBirthday: FileTime(116_444_736_000_000_000),
            tags.PidNameKeywords: ["Friends"],
            tags.PidTagBody: "Note\r\nof two lines",
        }
    )


def test_a_contact_is_a_vcard() -> None:
    lines = card_of(contact()).replace("\r\n ", "").split("\r\n")
    assert lines == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "FN:Dr. Ada Example",
        "N:Example\\; née Test;Ada;;;",
        "ORG:Roofs\\, Ltd.;",
        "NOTE:Note\\nof two lines",
        "EMAIL;TYPE=INTERNET:ada@example.test",
        "TEL;TYPE=WORK,VOICE:+49 30 0000",
        "TEL;TYPE=CELL:+49 170 0000\\nTEL:evil",
        "ADR;TYPE=WORK:;;Dachweg 1;Berlin;;;",
        "URL;TYPE=WORK:https://example.test/",
        "BDAY:1970-01-01",
        "CATEGORIES:Friends",
        "END:VCARD",
        "",
    ]


def test_a_contact_in_a_mail_is_a_vcard_part() -> None:
    assert b"Content-Type: text/vcard; charset=utf-8" in to_mime(contact())


def test_mail_is_no_vcard() -> None:
    assert card_of(Message({tags.PidTagMessageClass: "IPM.Note"})) == ""
