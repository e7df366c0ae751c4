from __future__ import annotations

import pytest

from strongroom.content.compare_mime import mime_differences
from tests.content.strange_mail import SIGNED
from tests.content.test_mime_read import LETTER


def test_a_mail_means_the_same_as_itself() -> None:
    assert mime_differences(LETTER, LETTER) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"boundary=m", b'boundary="m"'),
        (
            b"Subject: Re: Offer for the new roof",
            b"SUBJECT: =?utf-8?Q?Re=3A_Offer_for?=\r\n the new roof",
        ),
        (b"To: Bob <bob@example.test>, carol", b'To: "Bob" <bob@example.test>,\r\n\tcarol'),
        (b"5 Mar 2024 11:15:00 +0100", b"5 Mar 2024 05:15:00 -0500"),
        (b"Gr=FC=DFe\r\nAda", b"Gr=FC=DFe  \r\nAda\r\n\r\n"),
        (b"X-Own: kept\r\n", b"X-Other: added\r\n"),
        (b"Bcc: eve@example.test\r\n", b""),
        (b"iVBORw0KGgo=", b"iVBO\r\nRw0K\r\nGgo="),
        (b"filename*=utf-8''D%C3%A4cher.pdf", b'filename="=?utf-8?Q?D=C3=A4cher.pdf?="'),
    ],
)
def test_other_bytes_may_mean_the_same(old: bytes, new: bytes) -> None:
    assert old in LETTER
    assert mime_differences(LETTER, LETTER.replace(old, new)) == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b"new roof\r\nDate", b"old roof\r\nDate", "subject: saved 'Re: Offer for the new roof', "),
        (b"<ada@", b"<eva@", "from: saved 'Ada Example <ada@example.test>', "),
        (b"carol@", b"karl@", "to: saved 'Bob <bob@example.test>, carol@example.test', "),
        (b"dan@", b"don@", "cc: "),
        (b"11:15:00", b"11:15:01", "date: saved '2024-03-05T10:15:00Z', "),
        (b"<1@", b"<2@", "message id: saved '<1@example.test>', "),
        (b"e\r\nAda\r\n", b"e\r\nEva\r\n", "text: saved 'Grüße\\nAda', "),
        (b"<p>Gr", b"<b>Gr", "HTML text: "),
        (b"D%C3%A4cher", b"Dach", "attachment 'Dächer.pdf', 4 bytes"),
        (b"JVBERg==", b"JVBERi0=", "attachment 'Dächer.pdf', 4 bytes"),
        (b"Subject: Enclosed", b"Subject: Changed", "attachment '', message 'Enclosed'"),
        (b"Inside", b"Outside", "attachment '', message 'Enclosed'"),
    ],
)
def test_what_a_person_would_miss_is_told(old: bytes, new: bytes, told: str) -> None:
    assert old in LETTER
    assert mime_differences(LETTER, LETTER.replace(old, new))[0].startswith(told)


def test_signed_bytes_must_be_the_same() -> None:
    assert mime_differences(SIGNED, SIGNED.replace(b"micalg", b" micalg")) == ()
    (told,) = mime_differences(SIGNED, SIGNED.replace(b"Ada.  \r\n", b"Ada.\r\n"))[:1]
    assert told.startswith("attachment 'smime.p7m'")


def test_a_date_that_was_missing_may_be_added() -> None:
    undated = LETTER.replace(b"Date: Tue, 5 Mar 2024 11:15:00 +0100\r\n", b"")
    assert mime_differences(undated, LETTER) == ()
    assert mime_differences(LETTER, undated)[0].startswith("date: ")
