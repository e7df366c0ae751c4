"""A certificate and its key, from the file that an administrator has: PEM or PFX, locked or not.

What comes out is in one form, with the key unlocked: the vault seals it, and unattended runs have
nobody to ask for a password.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from strongroom.errors import OperatorError
from strongroom.wire.entra.app_only import CertificateProof

_LOCKED = b"ENCRYPTED"
_DER_SEQUENCE = b"0"


def read_identity(content: bytes, ask: Callable[[], str]) -> CertificateProof:
    """Read a certificate with its private key.

    Args:
        content: The file: PEM with both in any order, or PFX (PKCS #12).
        ask: Gives the password of the key; called only if it is locked.

    Raises:
        OperatorError: it holds no certificate with its own RSA key, or the password is another.
            Nothing of the content is repeated.
    """
    proof = CertificateProof(pem=_pem(content, ask))
    proof.for_msal()
    return proof


def _pem(content: bytes, ask: Callable[[], str]) -> str:
    if b"-----BEGIN" not in content:
        return _of_pfx(content, ask)
    try:
        certificate = x509.load_pem_x509_certificate(content)
        password = ask().encode() if _LOCKED in content else None
        key = load_pem_private_key(content, password)
    except (ValueError, TypeError):
        raise _unreadable() from None
    return _written(certificate, key)


def _of_pfx(content: bytes, ask: Callable[[], str]) -> str:
    if not content.startswith(_DER_SEQUENCE):
        raise _unreadable()
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(content, None)
    except (ValueError, TypeError):
        # Unlocked ones are rare; whether it is locked or none at all, only the password shows.
        try:
            key, certificate, _ = pkcs12.load_key_and_certificates(content, ask().encode())
        except (ValueError, TypeError):
            raise _unreadable() from None
    if key is None or certificate is None:
        raise _unreadable()
    return _written(certificate, key)


def _written(certificate: x509.Certificate, key: object) -> str:
    if not isinstance(key, RSAPrivateKey):
        raise OperatorError(
            "The certificate's file cannot be used.",
            why="Its key is not RSA, and Entra ID takes no other.",
            hint="Make one with an RSA key of 2048 bits or more.",
        )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (certificate.public_bytes(Encoding.PEM) + secret).decode()


def _unreadable() -> OperatorError:
    return OperatorError(
        "The certificate's file cannot be used.",
        why="It is no PEM or PFX file with a certificate and its private key, or the password of"
        " the key is another one.",
        hint="Give one file that holds both; for a locked key, --certificate-password-file.",
    )
