"""Certificates that somebody gives: whether they can be used, and what they are."""

from __future__ import annotations

from datetime import datetime

from strongroom.errors import OperatorError
from strongroom.service.wizard.answers import Answers, Given
from strongroom.service.wizard.words import Notice, NoticeKind, Upload
from strongroom.vault.secret import Secret

_PEM_HINT = (
    "It must be in PEM form: text with a line -----BEGIN CERTIFICATE-----. A .cer or .der file is "
    "turned into one by: openssl x509 -inform der -in FILE -out FILE.pem"
)


def authority(_: Answers, upload: Upload) -> Given:
    """Take the certificates of an authority.

    Raises:
        OperatorError: there are none, or a private key is in there too.
    """
    from cryptography import x509  # noqa: PLC0415 - slow to load, and few ask for it

    pem = upload.text.reveal()
    if "PRIVATE KEY-----" in pem:
        raise OperatorError(
            "This file holds a private key, which must not leave the authority.",
            hint="Give a file with the authority's certificate alone.",
        )
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        found = []
    if not found:
        raise OperatorError("This file holds no certificate that can be used.", hint=_PEM_HINT)
    return Given(value=pem, shown=upload.name)


def told_of_authority(answers: Answers) -> tuple[Notice, ...]:
    """Describe the authority's certificates, so that a person can compare them."""
    from cryptography import x509  # noqa: PLC0415 - see above

    pem = answers.text("ca_pem")
    if not pem:
        return ()
    lines: list[str] = []
    for one in x509.load_pem_x509_certificates(pem.encode()):
        ends = one.not_valid_after_utc
        lines += [
            f"for {one.subject.rfc4514_string()}",
            f"  valid until {ends:%Y-%m-%d}" + _ended(ends, answers.setting.now),
            f"  SHA-256 {fingerprint(one)}",
        ]
    text = "Trusted for this connection, and nothing else:"
    return (Notice(kind=NoticeKind.NOTE, text=text, lines=tuple(lines)),)


def application(answers: Answers, upload: Upload) -> Given:
    """Take an application's certificate with its private key.

    Raises:
        OperatorError: one of them is missing or does not fit, or it has ended.
    """
    from cryptography import x509  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    content = upload.text.reveal().encode()
    try:
        certificate = x509.load_pem_x509_certificate(content)
    except ValueError:
        raise OperatorError("This file holds no certificate.", hint=_PEM_HINT) from None
    try:
        key = load_pem_private_key(content, None)
    except TypeError:
        raise OperatorError(
            "The private key in this file is locked by a password.",
            hint="Unlock it (openssl pkey -in KEY -out PLAIN); here it is sealed at once, and you "
            "can delete the plain file after that.",
        ) from None
    except ValueError:
        raise OperatorError(
            "This file holds a certificate, and no private key with it.",
            hint="Put both into one file: cat certificate.pem key.pem > both.pem",
        ) from None
    if not isinstance(key, RSAPrivateKey) or key.public_key() != certificate.public_key():
        raise OperatorError(
            "The private key in this file is not that of the certificate in it.",
            why="It belongs to another certificate, or it is not an RSA key.",
            hint="Give the key that the certificate was made with.",
        )
    if certificate.not_valid_after_utc <= answers.setting.now:
        raise OperatorError(
            f"This certificate ended on {certificate.not_valid_after_utc:%Y-%m-%d}.",
            hint="Make a new one, and upload it to the application in the Entra admin center.",
        )
    return Given(value=Secret(upload.text.reveal()), shown=upload.name)


def fingerprint(certificate: object) -> str:
    """Write a certificate's SHA-256 fingerprint as tools and portals do."""
    from cryptography import x509  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    assert isinstance(certificate, x509.Certificate)
    return certificate.fingerprint(SHA256()).hex(":").upper()


def _ended(ends: datetime, now: datetime) -> str:
    return " (it has ended: servers with it are not believed)" if ends <= now else ""
