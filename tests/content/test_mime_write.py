from __future__ import annotations

import email
import email.policy
from collections import Counter
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.content import tags
from strongroom.content.compare_mime import mime_differences
from strongroom.content.message import Attachment, FileTime, Message, Properties
from strongroom.content.mime import from_mime, to_mime
from tests.content.corpus import files_in
from tests.content.message_strategies import messages
from tests.content.strange_mail import SIGNED, STRANGE
from tests.content.test_mime_read import LETTER


def judged(data: bytes) -> EmailMessage:
    """Read a mail with the standard library's modern, strict parser."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def recipient(kind: int, name: str, address: str, *, address_type: str = "SMTP") -> Properties:
    return {
        tags.PidTagRecipientType: kind,
        tags.PidTagDisplayName: name,
        tags.PidTagAddressType: address_type,
        tags.PidTagEmailAddress: address,
    }


def test_a_letter_means_the_same_when_written_anew() -> None:
    written = to_mime(from_mime(LETTER))
    assert mime_differences(LETTER, written) == ()
    assert written != LETTER


def test_writing_gives_the_same_bytes_each_time() -> None:
    assert to_mime(from_mime(LETTER)) == to_mime(from_mime(LETTER))


def test_another_program_reads_what_was_written() -> None:
    mail = judged(to_mime(from_mime(LETTER)))
    assert mail["subject"] == "Re: Offer for the new roof"
    assert mail["from"] == "Ada Example <ada@example.test>"
    assert mail["sender"] == "Desk <desk@example.test>"
    assert mail["to"] == "Bob <bob@example.test>, carol@example.test"
    assert mail["cc"] == '"Dan, Dr." <dan@example.test>'
    assert mail["message-id"] == "<1@example.test>"
    assert mail["keywords"] == "House, Dächer"
    assert mail["x-own"] == "kept"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["Grüße", "Ada"]
    html = mail.get_body(("html",))
    assert html is not None
    assert "Grüße" in html.get_content()
    names = [part.get_filename() for part in mail.walk() if part.get_filename()]
    assert names == ["roof.png", "Dächer.pdf"]
    enclosed = next(p for p in mail.walk() if p.get_content_type() == "message/rfc822")
    assert enclosed.get_content()["subject"] == "Enclosed"
    assert not [part.defects for part in mail.walk() if part.defects]


def test_hidden_recipients_and_receipts_are_left_out() -> None:
    written = to_mime(from_mime(LETTER)).lower()
    assert b"eve@example.test" not in written
    assert b"disposition-notification-to" not in written


def test_signed_content_is_written_to_the_byte() -> None:
    written = to_mime(from_mime(SIGNED))
    assert written.endswith(SIGNED[SIGNED.index(b"This is a signed message.") :])
    assert judged(written).get_content_type() == "multipart/signed"
    assert mime_differences(SIGNED, written) == ()


def test_encrypted_content_is_written_as_it_was() -> None:
    mail = judged(to_mime(from_mime(STRANGE["encrypted"])))
    assert mail.get_content_type() == "application/pkcs7-mime"
    assert mail.get_param("smime-type") == "enveloped-data"
    assert mail.get_payload(decode=True) == b"\1\2\3\4"


HOSTILE = "x\r\nBcc: victim@example.test\r\n\r\n--evil\n\x00\x1b[2J\u2028\ud800"


def test_no_value_leaves_its_field() -> None:
    message = Message(
        {
            tags.PidTagSubject: HOSTILE,
            tags.PidTagInternetMessageId: HOSTILE,
            tags.PidTagInternetReferences: HOSTILE,
            tags.PidTagConversationTopic: HOSTILE,
            tags.PidNameKeywords: [HOSTILE],
            tags.PidTagSentRepresentingName: HOSTILE,
            tags.PidTagSentRepresentingEmailAddress: HOSTILE,
            tags.PidTagSenderEmailAddress: HOSTILE + "@other",
            tags.PidTagBody: HOSTILE,
            tags.PidTagTransportMessageHeaders: f"X-Kept: {HOSTILE}\r\nX-Other: {HOSTILE}",
        },
        [recipient(1, HOSTILE, HOSTILE), recipient(2, HOSTILE, HOSTILE, address_type="EX")],
        [
            Attachment(
                {
                    tags.PidTagAttachLongFilename: HOSTILE,
                    tags.PidTagAttachMimeTag: HOSTILE,
                    tags.PidTagAttachContentId: HOSTILE,
                    tags.PidTagAttachContentLocation: HOSTILE,
                    tags.PidTagTextAttachmentCharset: HOSTILE,
                    tags.PidTagAttachDataBinary: b"data",
                }
            )
        ],
    )
    head, _, _ = to_mime(message).partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name = line.partition(b":")[0].lower()
        assert line[:1] in b" \t" or name in {
            *(b"from", b"sender", b"to", b"cc", b"subject", b"message-id", b"references"),
            *(b"thread-topic", b"keywords", b"x-kept", b"mime-version", b"content-type"),
        }
    mail = judged(to_mime(message))
    assert mail["bcc"] is None
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "text/plain",
        "application/octet-stream",
    ]


@given(messages)
def test_any_message_can_be_written_and_read(message: Message) -> None:
    from_mime(to_mime(message))
    assert to_mime(message).startswith((b"Subject:", b"From:", b"To:", b"Cc:", b"Sender:"))


fields = st.text(st.characters() | st.sampled_from('\r\n\t:;,<>@"\\=?()'), max_size=80)


@settings(max_examples=60)
@given(fields, fields, fields, fields)
def test_text_comes_back_from_its_field(
    subject: str, name: str, file_name: str, topic: str
) -> None:
    bag: Properties = {tags.PidTagSubject: subject, tags.PidTagConversationTopic: topic}
    attachment = Attachment(
        {tags.PidTagAttachLongFilename: file_name, tags.PidTagAttachDataBinary: b"data"}
    )
    message = Message(bag, [recipient(1, name, "a@example.test")], [attachment])
    back = from_mime(to_mime(message))
    assert flat(back.properties[tags.PidTagSubject]) == flat(subject)
    assert len(back.recipients) == 1
    assert back.recipients[0][tags.PidTagSmtpAddress] == "a@example.test"
    assert flat(back.recipients[0][tags.PidTagDisplayName]) == (flat(name) or "a@example.test")
    assert len(back.attachments) == 1
    if file_name.strip():
        kept = back.attachments[0].properties[tags.PidTagAttachLongFilename]
        assert flat(kept) == flat(file_name)


def flat(value: object) -> str:
    assert isinstance(value, str)
    spaced = "".join(c if c >= " " and c != "\x7f" else " " for c in value)
    return " ".join(spaced.encode("utf-8", "replace").decode().split(" ")).strip()


@pytest.mark.parametrize("name", STRANGE)
def test_strange_mail_means_the_same_when_written_anew(name: str) -> None:
    assert mime_differences(STRANGE[name], to_mime(from_mime(STRANGE[name]))) == ()


@pytest.mark.parametrize("archive", ["mail-odd.zip", "mail-real.zip"])
def test_mail_of_the_corpus_means_the_same_when_written_anew(archive: str) -> None:
    for name, data in files_in(archive):
        assert mime_differences(data, to_mime(from_mime(data))) == (), name


def test_another_program_finds_the_files_of_the_corpus() -> None:
    compared = 0
    for name, data in files_in("mail-odd.zip"):
        message = from_mime(data)
        written = email.message_from_bytes(to_mime(message))
        if "SMIME" in str(message.properties[tags.PidTagMessageClass]):
            continue  # as strange as it came, to the byte
        assert not written.defects, name
        if any(part.get_content_maintype() == "message" for part in written.walk()):
            continue  # the standard library takes those apart
        files = [p.get_payload(decode=True) for p in written.walk() if p.get_content_disposition()]
        ours = [a.properties[tags.PidTagAttachDataBinary] for a in message.attachments]
        assert Counter(files) == Counter(ours), name
        compared += 1
    assert compared > 150


def test_recipients_of_other_systems_are_wrapped() -> None:
    address = "/O=EXAMPLE/OU=Desk/CN=ada"
    message = Message({}, [recipient(1, "Ada", address, address_type="EX")])
    assert judged(to_mime(message))["to"] == (
        "Ada <IMCEAEX-_O=EXAMPLE_OU=Desk_CN=ada@unknown.invalid>"
    )


def test_without_recipients_the_displayed_ones_are_named() -> None:
    message = Message({tags.PidTagDisplayTo: "Ada Example; Bob"})
    assert from_mime(to_mime(message)).properties[tags.PidTagDisplayTo] == "Ada Example; Bob"


def test_a_draft_says_that_it_is_one() -> None:
    message = Message({tags.PidTagMessageFlags: tags.FLAG_UNSENT})
    assert judged(to_mime(message))["x-unsent"] == "1"


def test_times_are_written_in_utc() -> None:
    message = Message({tags.PidTagMessageDeliveryTime: FileTime(133_541_109_000_000_001)})
    assert judged(to_mime(message))["date"] == "Tue, 05 Mar 2024 11:15:00 +0000"


def test_a_task_is_text_with_its_fields() -> None:
    message = Message(
        {
            tags.PidTagMessageClass: "IPM.Task",
            tags.PidTagBody: "Call the roofer",
            tags.PidLidTaskStatus: 1,
            tags.PidLidPercentComplete: 0.5,
            tags.PidLidTaskDueDate: FileTime(133_541_109_000_000_000),
            tags.PidLidTaskStartDate: FileTime(0x0CB34557A3DD4000),  # Outlook's "none"
        }
    )
    body = judged(to_mime(message)).get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == [
        "Status: in progress",
        "Complete: 50%",
        "Due: 2024-03-05 11:15 UTC",
        "",
        "Call the roofer",
    ]


def test_a_linked_file_is_named_with_its_place() -> None:
    link = Attachment(
        {
            tags.PidTagAttachMethod: tags.ATTACH_BY_WEB_REFERENCE,
            tags.PidTagAttachLongFilename: "plan.docx",
            tags.PidTagAttachLongPathname: "https://files.example.test/plan.docx",
        }
    )
    part = judged(to_mime(Message({}, [], [link])))
    assert part.is_attachment()
    assert part.get_filename() == "plan.docx"
    assert part.get_content().strip() == "https://files.example.test/plan.docx"
