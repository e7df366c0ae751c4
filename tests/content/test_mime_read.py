from __future__ import annotations

from datetime import UTC, datetime

import pytest

from strongroom.content import fts, tags
from strongroom.content.message import FileTime, Message, moment
from strongroom.content.mime import from_mime
from strongroom.content.protection import protection_of
from tests.content.corpus import files_in
from tests.content.strange_mail import SIGNED, STRANGE

LETTER = b"""Received: from a.test by b.test; Tue, 5 Mar 2024 10:16:30 +0000
Received: from c.test by a.test; Tue, 5 Mar 2024 10:15:40 +0000
From: Ada Example <ada@example.test>
Sender: Desk <desk@example.test>
To: Bob <bob@example.test>, carol@example.test
Cc: "Dan, Dr." <dan@example.test>
Bcc: eve@example.test
Subject: Re: Offer for the new roof
Date: Tue, 5 Mar 2024 11:15:00 +0100
Message-ID: <1@example.test>
In-Reply-To: <0@example.test>
References: <a@example.test>
 <0@example.test>
Importance: High
Sensitivity: Private
Keywords: House, =?utf-8?Q?D=C3=A4cher?=
Disposition-Notification-To: ada@example.test
X-Own: kept
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe
Ada
--a
Content-Type: multipart/related; boundary=r

--r
Content-Type: text/html; charset=windows-1252
Content-Transfer-Encoding: quoted-printable

<p>Gr=FC=DFe <img src=3D"cid:pic@example.test"></p>
--r
Content-Type: image/png
Content-ID: <pic@example.test>
Content-Disposition: inline; filename=roof.png
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--r--
--a--
--m
Content-Type: application/pdf
Content-Disposition: attachment; filename*=utf-8''D%C3%A4cher.pdf
Content-Transfer-Encoding: base64

JVBERg==
--m
Content-Type: message/rfc822

Subject: Enclosed
Content-Type: text/plain

Inside
--m--
""".replace(b"\n", b"\r\n")


@pytest.fixture
def letter() -> Message:
    return from_mime(LETTER)


def test_who_wrote_what_when(letter: Message) -> None:
    bag = letter.properties
    assert bag[tags.PidTagMessageClass] == "IPM.Note"
    assert bag[tags.PidTagSubject] == "Re: Offer for the new roof"
    assert bag[tags.PidTagSubjectPrefix] == "Re: "
    assert bag[tags.PidTagNormalizedSubject] == "Offer for the new roof"
    assert bag[tags.PidTagConversationTopic] == "Offer for the new roof"
    assert bag[tags.PidTagSentRepresentingName] == "Ada Example"
    assert bag[tags.PidTagSentRepresentingSmtpAddress] == "ada@example.test"
    assert bag[tags.PidTagSenderSmtpAddress] == "desk@example.test"
    assert moment(bag, tags.PidTagClientSubmitTime) == datetime(2024, 3, 5, 10, 15, tzinfo=UTC)
    assert bag[tags.PidTagMessageDeliveryTime] == FileTime.from_datetime(
        datetime(2024, 3, 5, 10, 16, 30, tzinfo=UTC)
    )
    assert bag[tags.PidTagInternetMessageId] == "<1@example.test>"
    assert bag[tags.PidTagInReplyToId] == "<0@example.test>"
    assert bag[tags.PidTagInternetReferences] == "<a@example.test> <0@example.test>"


def test_marks_and_categories(letter: Message) -> None:
    bag = letter.properties
    assert bag[tags.PidTagImportance] == 2
    assert bag[tags.PidTagSensitivity] == 2
    assert bag[tags.PidTagReadReceiptRequested] is True
    assert bag[tags.PidNameKeywords] == ["House", "Dächer"]


def test_recipients_have_their_kinds(letter: Message) -> None:
    assert [
        (r[tags.PidTagRecipientType], r[tags.PidTagDisplayName], r[tags.PidTagSmtpAddress])
        for r in letter.recipients
    ] == [
        (1, "Bob", "bob@example.test"),
        (1, "carol@example.test", "carol@example.test"),
        (2, "Dan, Dr.", "dan@example.test"),
        (3, "eve@example.test", "eve@example.test"),
    ]
    assert letter.properties[tags.PidTagDisplayTo] == "Bob; carol@example.test"


def test_bodies_keep_their_code_page(letter: Message) -> None:
    assert letter.properties[tags.PidTagBody] == "Grüße\r\nAda"
    assert letter.properties[tags.PidTagHtml] == (
        b'<p>Gr\xfc\xdfe <img src="cid:pic@example.test"></p>'
    )
    assert letter.properties[tags.PidTagInternetCodepage] == 1252
    assert letter.properties[tags.PidTagNativeBody] == tags.NATIVE_HTML


def test_attachments_keep_name_bytes_and_place(letter: Message) -> None:
    picture, paper, enclosed = letter.attachments
    assert picture.properties[tags.PidTagAttachContentId] == "pic@example.test"
    assert picture.properties[tags.PidTagAttachmentHidden] is True
    assert picture.properties[tags.PidTagAttachDataBinary] == b"\x89PNG\r\n\x1a\n"
    assert paper.properties[tags.PidTagAttachLongFilename] == "Dächer.pdf"
    assert paper.properties[tags.PidTagAttachExtension] == ".pdf"
    assert paper.properties[tags.PidTagAttachMimeTag] == "application/pdf"
    assert tags.PidTagAttachmentHidden not in paper.properties
    assert enclosed.properties[tags.PidTagAttachMethod] == tags.ATTACH_EMBEDDED_MESSAGE
    assert enclosed.embedded is not None
    assert enclosed.embedded.properties[tags.PidTagSubject] == "Enclosed"
    assert enclosed.embedded.properties[tags.PidTagBody] == "Inside"
    assert [a.properties[tags.PidTagAttachNumber] for a in letter.attachments] == [0, 1, 2]
    assert letter.properties[tags.PidTagHasAttachments] is True


def test_headers_are_kept_whole(letter: Message) -> None:
    headers = letter.properties[tags.PidTagTransportMessageHeaders]
    assert isinstance(headers, str)
    assert headers.encode() + b"\r\n" == LETTER[: LETTER.index(b"--m\r\n")]


def test_signed_mail_is_kept_to_the_byte() -> None:
    message = from_mime(SIGNED)
    assert message.properties[tags.PidTagMessageClass] == "IPM.Note.SMIME.MultipartSigned"
    assert message.properties[tags.PidTagBody] == "I, Ada.  "
    (attachment,) = message.attachments
    assert attachment.properties[tags.PidTagAttachMimeTag] == "multipart/signed"
    data = attachment.properties[tags.PidTagAttachDataBinary]
    assert data == SIGNED[SIGNED.index(b"MIME-Version") :]
    assert protection_of(message) == "signed"


def test_encrypted_mail_stays_closed() -> None:
    message = from_mime(STRANGE["encrypted"])
    assert message.properties[tags.PidTagMessageClass] == "IPM.Note.SMIME"
    (attachment,) = message.attachments
    assert attachment.properties[tags.PidTagAttachDataBinary] == b"\1\2\3\4"
    assert protection_of(message) == "encrypted"


@pytest.mark.parametrize(
    ("mail", "protection"),
    [
        (b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\nx", "signed"),
        (b"Content-Class: rpmsg.message\r\n\r\nx", "rights-protected"),
        (
            b"Content-Type: application/x-microsoft-rpmsg-message; name=message.rpmsg\r\n\r\nx",
            "rights-protected",
        ),
        (b"Content-Disposition: attachment; filename=Message.RPMSG\r\n\r\nx", "rights-protected"),
        (LETTER, ""),
    ],
)
def test_protection_is_named(mail: bytes, protection: str) -> None:
    assert protection_of(from_mime(mail)) == protection


def test_a_message_sent_as_base64_is_opened() -> None:
    (attachment,) = from_mime(STRANGE["a message in base64"]).attachments
    assert attachment.embedded is not None
    assert attachment.embedded.properties[tags.PidTagSubject] == "inside"


def test_only_the_first_text_is_the_text() -> None:
    message = from_mime(STRANGE["text after text"])
    assert message.properties[tags.PidTagHtml] == b"<p>1</p>"
    assert tags.PidTagBody not in message.properties
    (footer,) = message.attachments
    assert footer.properties[tags.PidTagAttachDataBinary] == b"footer"


def test_invitations_keep_their_calendar() -> None:
    message = from_mime(STRANGE["calendar inside"])
    assert message.properties[tags.PidTagBody] == "text"
    assert message.attachments[0].properties[tags.PidTagAttachMimeTag] == "text/calendar"


def test_text_that_is_not_what_it_says_is_still_read() -> None:
    assert from_mime(STRANGE["UTF-16"]).properties[tags.PidTagInternetCodepage] == 65001
    html = from_mime(STRANGE["unknown charset"]).properties
    assert (html[tags.PidTagHtml], html[tags.PidTagInternetCodepage]) == (b"<p>\xe4</p>\n", 1252)
    assert from_mime(STRANGE["a word cut in two"]).properties[tags.PidTagSubject] == "äöüäöü"


def deepest(message: Message) -> int:
    return 1 + max((deepest(a.embedded) for a in message.attachments if a.embedded), default=0)


def test_messages_within_messages_end_somewhere() -> None:
    message = from_mime(STRANGE["messages for ever"])
    assert deepest(message) == fts.EMBEDDED_DEPTH_MAX + 1
    assert fts.parse(fts.build(message)) == message


@pytest.mark.parametrize("name", STRANGE)
def test_strange_mail_becomes_a_message(name: str) -> None:
    message = from_mime(STRANGE[name])
    assert fts.parse(fts.build(message)) == message


@pytest.mark.parametrize(("archive", "count"), [("mail-odd.zip", 183), ("mail-real.zip", 3000)])
def test_all_mail_of_the_corpus_becomes_a_message(archive: str, count: int) -> None:
    read = 0
    for name, data in files_in(archive):
        message = from_mime(data)
        assert fts.parse(fts.build(message)) == message, name
        read += 1
    assert read == count
