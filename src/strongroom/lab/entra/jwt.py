"""JSON web tokens, signed with RSA, and the key set that proves them.

Source:
    RFC 7515, RFC 7517, RFC 7519
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_DIGEST_BYTES = 32


class NotAToken(Exception):
    """The text is not a JSON web token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token taken apart; nothing about it is proved yet."""

    header: Mapping[str, object]
    claims: Mapping[str, object]
    signed: bytes
    signature: bytes

    def is_signed_by(self, key: RSAPublicKey) -> bool:
        """Say whether the signature is that key's, by the algorithm that the header names."""
        algorithm = self.header.get("alg")
        way: padding.AsymmetricPadding
        if algorithm == "RS256":
            way = padding.PKCS1v15()
        elif algorithm == "PS256":
            way = padding.PSS(padding.MGF1(hashes.SHA256()), _DIGEST_BYTES)
        else:
            # "none" and HS256 with the public key as its secret are the classic forgeries.
            return False
        try:
            key.verify(self.signature, self.signed, way, hashes.SHA256())
        except InvalidSignature:
            return False
        return True


class Signer:
    """Signs the tokens of one start."""

    def __init__(self, key: RSAPrivateKey) -> None:
        self._key = key
        numbers = key.public_key().public_numbers()
        self._n = encode(_big_endian(numbers.n))
        self._e = encode(_big_endian(numbers.e))
        self.key_id = encode(hashlib.sha256(self._n.encode()).digest()[:20])

    def sign(self, claims: Mapping[str, object]) -> str:
        """Make a token, RS256."""
        header = {"typ": "JWT", "alg": "RS256", "kid": self.key_id, "x5t": self.key_id}
        signed = f"{encode(orjson.dumps(header))}.{encode(orjson.dumps(claims))}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encode(signature)}"

    def is_mine(self, token: Token) -> bool:
        """Say whether this signer made the token."""
        return token.header.get("alg") == "RS256" and token.is_signed_by(self._key.public_key())

    def key_set(self, issuer: str) -> dict[str, object]:
        """Give the JSON web key set."""
        key = {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.key_id,
            "x5t": self.key_id,
            "n": self._n,
            "e": self._e,
            "issuer": issuer,
        }
        return {"keys": [key]}


def read(text: str) -> Token:
    """Take a token apart.

    Raises:
        NotAToken: it is none.
    """
    parts = text.split(".")
    if len(parts) != 3:
        raise NotAToken
    try:
        header, claims = (orjson.loads(decode(part)) for part in parts[:2])
        signature = decode(parts[2])
    except (binascii.Error, ValueError) as error:
        raise NotAToken from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise NotAToken
    signed = f"{parts[0]}.{parts[1]}".encode()
    return Token(header=header, claims=claims, signed=signed, signature=signature)


def encode(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read base64url, with or without padding.

    Raises:
        binascii.Error: it is none.
    """
    bare = text.rstrip("=").encode()
    return base64.b64decode(bare + b"=" * (-len(bare) % 4), altchars=b"-_", validate=True)


def _big_endian(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
