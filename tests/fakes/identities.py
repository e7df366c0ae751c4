"""Certificates with their keys as administrators have them in files: PEM, locked PEM, PFX."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

LOCK = "lock-of-the-key"


@dataclass(frozen=True)
class Identity:
    """One certificate and its key, in the forms that files have.

    Attributes:
        plain: PEM, the key unlocked.
        locked: PEM, the key locked by ``LOCK``.
        pfx: PKCS #12, locked by ``LOCK``.
        certificate: The public part, PEM.
    """

    plain: bytes
    locked: bytes
    pfx: bytes
    certificate: bytes


@cache
def identity(name: str = "backup", *, is_rsa: bool = True) -> Identity:
    """Make one; asked again for the same name, the same one."""
    key = rsa.generate_private_key(65537, 2048) if is_rsa else ec.generate_private_key(_CURVE)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2049, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    lock = BestAvailableEncryption(LOCK.encode())

    def written(by: KeySerializationEncryption) -> bytes:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, by)

    certificate = made.public_bytes(Encoding.PEM)
    return Identity(
        plain=certificate + written(NoEncryption()),
        locked=written(lock) + certificate,
        pfx=pkcs12.serialize_key_and_certificates(name.encode(), key, made, None, lock),
        certificate=certificate,
    )


_CURVE = ec.SECP256R1()
