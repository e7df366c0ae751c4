"""Self-signed certificates for applications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from strongroom.clock import SystemClock


@dataclass(frozen=True, slots=True)
class KeyPair:
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def modern(self) -> dict[str, str]:
        """As MSAL takes it for PS256 and x5t#S256."""
        certificate = self.certificate.public_bytes(Encoding.PEM).decode()
        return {"private_key": self._pem(), "public_certificate": certificate}

    @property
    def old(self) -> dict[str, str]:
        """As MSAL takes it for RS256 and x5t."""
        thumbprint = self.certificate.fingerprint(hashes.SHA1()).hex()  # noqa: S303 - the protocol's word
        return {"private_key": self._pem(), "thumbprint": thumbprint}

    def _pem(self) -> str:
        way = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self.key.private_bytes(*way).decode()


def make_key_pair(name: str, *, days: float) -> KeyPair:
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = SystemClock().now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return KeyPair(key, certificate)
