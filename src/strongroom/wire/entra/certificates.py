"""A certificate that an application proves itself with, made here: its key never travels."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from strongroom.clock import Clock
from strongroom.errors import OperatorError
from strongroom.wire.entra.app_only import CertificateProof

_KEY_BITS = 3072
_CLOCK_SKEW = timedelta(minutes=10)
_NAME_CHARS_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPart:
    """What may be told of a certificate.

    Attributes:
        name: Its subject (``CN=…``).
        fingerprint: SHA-256 of it, hexadecimal.
        ends: Until when it is valid.
        key_id: The id under which we register it: drawn from the certificate, so that one which
            was registered before is known again.
        thumbprint: SHA-1 of it as base64, by which Microsoft's portal names it.
        der: The certificate itself, DER as base64.
        pem: The same as PEM text.
    """

    name: str
    fingerprint: str
    ends: datetime
    key_id: str
    thumbprint: str
    der: str
    pem: str

    def credential(self) -> dict[str, str]:
        """Give it as Graph registers it."""
        return {
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
            "key": self.der,
            "keyId": self.key_id,
            "displayName": self.name[:90],
        }


def make_certificate(name: str, *, clock: Clock, days: int = 730) -> CertificateProof:
    """Make a self-signed certificate and its key.

    Args:
        name: What it is called in the portal; what is longer than 64 characters is cut.
        clock: Says from when it is valid.
        days: For how long.
    """
    key = rsa.generate_private_key(65537, _KEY_BITS)
    called = x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:_NAME_CHARS_MAX])
    subject = x509.Name([called])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - _CLOCK_SKEW)
        .not_valid_after(clock.now() + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return CertificateProof(pem=(made.public_bytes(Encoding.PEM) + secret).decode())


def public_part(proof: CertificateProof) -> PublicPart:
    """Read what may be told of a certificate; its key is not looked at and need not be there.

    Raises:
        OperatorError: there is no certificate in it.
    """
    try:
        certificate = x509.load_pem_x509_certificate(proof.pem.encode())
    except ValueError:
        # Nothing of the cause is kept: it might quote the text.
        raise OperatorError(
            "There is no certificate in what was given.",
            hint="Give a PEM file: text that begins with -----BEGIN CERTIFICATE-----.",
        ) from None
    digest = certificate.fingerprint(hashes.SHA256())
    sha1 = certificate.fingerprint(hashes.SHA1())  # noqa: S303 - the portal's word for it
    return PublicPart(
        name=certificate.subject.rfc4514_string(),
        fingerprint=digest.hex().upper(),
        ends=certificate.not_valid_after_utc,
        key_id=str(uuid.UUID(bytes=digest[:16], version=4)),
        thumbprint=base64.b64encode(sha1).decode(),
        der=base64.b64encode(certificate.public_bytes(Encoding.DER)).decode(),
        pem=certificate.public_bytes(Encoding.PEM).decode().strip(),
    )
