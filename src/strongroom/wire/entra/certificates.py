"""A certificate that an application proves itself with, made here: its key never travels."""

from __future__ import annotations

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from strongroom.clock import Clock
from strongroom.wire.entra.app_only import CertificateProof

_KEY_BITS = 3072
_CLOCK_SKEW = timedelta(minutes=10)


def make_certificate(name: str, *, clock: Clock, days: int = 730) -> CertificateProof:
    """Make a self-signed certificate and its key.

    Args:
        name: What it is called in the portal, at most 64 characters.
        clock: Says from when it is valid.
        days: For how long.
    """
    key = rsa.generate_private_key(65537, _KEY_BITS)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
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
