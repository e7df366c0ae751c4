"""Tokens for the application itself, unattended: by certificate (better) or by secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import msal
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from strongroom.errors import OperatorError
from strongroom.wire.entra.place import Place, read_token, understood
from strongroom.wire.entra.tokens import Token, Tokens, Want


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateProof:
    """A certificate and its private key.

    Attributes:
        pem: Both in one PEM text, the key without a password.
    """

    pem: str = field(repr=False)

    def for_msal(self) -> dict[str, str]:
        """Give what MSAL signs with: PS256, the certificate named by its SHA-256.

        Raises:
            OperatorError: it is not a certificate with its own key.
        """
        try:
            certificate = x509.load_pem_x509_certificate(self.pem.encode())
            key = load_pem_private_key(self.pem.encode(), password=None)
        except (ValueError, TypeError):
            # Nothing of the cause is kept: it might quote the text.
            raise _unusable(
                "It holds no certificate, or no private key without a password."
            ) from None
        if not isinstance(key, RSAPrivateKey):
            raise _unusable("Its key is not RSA, and Entra ID takes no other.")
        if key.public_key() != certificate.public_key():
            raise _unusable("The private key belongs to another certificate.")
        way = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return {
            "private_key": key.private_bytes(*way).decode(),
            "public_certificate": certificate.public_bytes(Encoding.PEM).decode(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretProof:
    """A client secret. SharePoint Online takes no token that was had for one."""

    secret: str = field(repr=False)

    def for_msal(self) -> str:
        """Give what MSAL sends."""
        return self.secret


Proof = CertificateProof | SecretProof


class AppOnly:
    """One application in one tenant. Safe in many threads.

    Args:
        place: Where to sign in.
        client_id: The application's id.
        proof: How it proves itself.
    """

    def __init__(self, place: Place, client_id: str, proof: Proof) -> None:
        self._place = place
        self._client_id = client_id
        self._proof = proof
        self._lock = Lock()
        self._client: Any = None

    def __repr__(self) -> str:
        return f"AppOnly({self._client_id!r})"

    def tokens(self, resource: str) -> Tokens:
        """Give the tokens for one resource, with all that the application was allowed there.

        Args:
            resource: ``https://outlook.office365.com``, ``https://graph.microsoft.com``, or a
                SharePoint host.
        """
        scope = f"{resource.rstrip('/')}/.default"
        return Tokens(self._place.clock, lambda want: self._fetch(scope, want))

    def _fetch(self, scope: str, want: Want) -> Token:
        with self._lock:
            return read_token(understood(lambda: self._ask(scope, want)))

    def _ask(self, scope: str, want: Want) -> Mapping[str, object]:
        if self._client is None:
            self._client = self._place.client(
                msal.ConfidentialClientApplication,
                self._client_id,
                client_credential=self._proof.for_msal(),
            )
        if want.is_new:
            self._client.remove_tokens_for_client()
        answer: Mapping[str, object] = self._client.acquire_token_for_client(
            [scope], claims_challenge=want.claims
        )
        return answer


def _unusable(why: str) -> OperatorError:
    return OperatorError(
        "The connection's certificate cannot be used.",
        why=why,
        hint="Give one PEM file that holds the certificate and its own RSA private key.",
    )
