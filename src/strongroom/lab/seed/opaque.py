"""Mail that nobody without a key can read: signed, encrypted, rights-protected.

The bytes are plausible and meaningless. A backup has to keep them as they are and to say so.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from random import Random

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.seed import mail, shapes
from strongroom.lab.seed.files import File
from strongroom.lab.seed.mail import Letter
from strongroom.lab.seed.people import Person

_SIGNED_DATA = bytes.fromhex("06092A864886F70D010702")  # OID 1.2.840.113549.1.7.2
_ENVELOPED_DATA = bytes.fromhex("06092A864886F70D010703")  # OID 1.2.840.113549.1.7.3


def signed(rng: Random, letter: Letter, owner: Person) -> Message:
    """Make a clear-signed mail: one attachment holds the whole multipart/signed entity.

    Source:
        [MS-OXOSMIME] 2.1.3.1
    """
    boundary = f"signed-{rng.randbytes(8).hex()}"
    text = "\r\n\r\n".join(letter.texts)
    seal = _base64_lines(_cms(_SIGNED_DATA, rng.randbytes(700)))
    entity = (
        f'Content-Type: multipart/signed; boundary="{boundary}";\r\n'
        '\tprotocol="application/pkcs7-signature"; micalg=sha-256\r\n\r\n'
        f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
        f"--{boundary}\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{seal}\r\n--{boundary}--\r\n"
    )
    file = File(name="smime.p7m", mime_type="multipart/signed", data=entity.encode())
    return _sealed(rng, letter, owner, "IPM.Note.SMIME.MultipartSigned", file)


def encrypted(rng: Random, letter: Letter, owner: Person) -> Message:
    """Make an encrypted mail: one attachment holds the CMS message."""
    file = File(
        name="smime.p7m",
        mime_type="application/pkcs7-mime",
        data=_cms(_ENVELOPED_DATA, rng.randbytes(3000)),
    )
    return _sealed(rng, letter, owner, "IPM.Note.SMIME", file)


def rights_protected(rng: Random, letter: Letter, owner: Person) -> Message:
    """Make a mail that only a rights server opens: ``message.rpmsg`` and a notice as its body.

    Source:
        [MS-OXORMMS] 2.1
    """
    magic = bytes.fromhex("76E8046001C411E38A0D00AA006FAED0")
    file = File(
        name="message.rpmsg",
        mime_type="application/x-microsoft-rpmsg-message",
        data=magic + rng.randbytes(2400),
    )
    notice = ("This message is protected. You need a program that supports protected messages.",)
    message = mail.copy(
        rng,
        replace(letter, texts=notice, files=(file,), is_html=False, picture=None),
        owner,
        mail.RECEIVED,
    )
    message.properties[tags.PidNameContentClass] = "rpmsg.message"
    return message


def _sealed(rng: Random, letter: Letter, owner: Person, item_class: str, file: File) -> Message:
    bare = replace(letter, files=(), is_html=False, picture=None)
    message = mail.copy(rng, bare, owner, mail.RECEIVED)
    for body in (tags.PidTagBody, tags.PidTagNativeBody):
        message.properties.pop(body, None)
    message.properties[tags.PidTagMessageClass] = item_class
    message.properties[tags.PidNameContentType] = file.mime_type
    message.attachments = [shapes.file_attachment(0, file, letter.sent)]
    return message


def _cms(kind: bytes, body: bytes) -> bytes:
    """Wrap bytes as a CMS ContentInfo in DER: SEQUENCE { OID, [0] content }."""
    return _der(0x30, kind + _der(0xA0, _der(0x30, body)))


def _der(tag: int, body: bytes) -> bytes:
    length = len(body)
    if length < 0x80:
        return bytes([tag, length]) + body
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def _base64_lines(data: bytes) -> str:
    return base64.encodebytes(data).decode("ascii").replace("\n", "\r\n").rstrip()
