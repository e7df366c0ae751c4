"""Sealing one secret under another, bound to what it is for.

AES-256-GCM with a random nonce. What the box is for (which storage, which secret) is authenticated
with it, so that no box can be put in another's place.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from dataclasses import dataclass
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from strongroom.errors import OperatorError

KEY_BYTES = 32
MEMORY_KIB_MAX = 4 * 1024 * 1024
ITERATIONS_MAX = 1_000
LANES_MAX = 64
"""Whoever may write to a storage must not be able to bring down who opens it: 4 GiB at most."""

_NONCE_BYTES = 12
_SALT_BYTES = 16
_RECOVERY_BYTES = 20
_CHECK_BYTES = 5
_GROUP = 5


class WrongKey(Exception):
    """The box does not open with this key for this purpose. Named for the caller to explain."""


def seal(key: bytes, secret: bytes, purpose: str) -> bytes:
    """Seal a secret: ``nonce (12) ‖ ciphertext ‖ tag (16)``."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, purpose.encode())


def unseal(key: bytes, box: bytes, purpose: str) -> bytes:
    """Open what ``seal`` made.

    Raises:
        WrongKey: another key, another purpose, or changed bytes.
    """
    try:
        return AESGCM(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise WrongKey from error


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordHash:
    """How a password becomes a key: Argon2id.

    Attributes:
        memory_kib: Memory it must take, in KiB.
        iterations: Passes over it.
        lanes: Threads that can share the work.
        salt: 16 random bytes.

    Source:
        RFC 9106
    """

    memory_kib: int
    iterations: int
    lanes: int
    salt: bytes

    def __post_init__(self) -> None:
        if not (
            0 < self.memory_kib <= MEMORY_KIB_MAX
            and 0 < self.iterations <= ITERATIONS_MAX
            and 0 < self.lanes <= LANES_MAX
        ):
            raise ValueError("Argon2's parameters make no sense")

    @classmethod
    def with_new_salt(cls, *, memory_kib: int, iterations: int, lanes: int) -> Self:
        """Draw a salt."""
        salt = os.urandom(_SALT_BYTES)
        return cls(memory_kib=memory_kib, iterations=iterations, lanes=lanes, salt=salt)

    def key(self, password: str) -> bytes:
        """Derive 32 bytes; takes as long as the parameters say.

        Raises:
            ValueError: the parameters are impossible.
        """
        derivation = Argon2id(
            salt=self.salt,
            length=KEY_BYTES,
            iterations=self.iterations,
            lanes=self.lanes,
            memory_cost=self.memory_kib,
        )
        return derivation.derive(password.encode())

    def to_json(self) -> dict[str, Any]:
        """Write it for a record."""
        return {
            "kdf": "argon2id",
            "memory_kib": self.memory_kib,
            "iterations": self.iterations,
            "lanes": self.lanes,
            "salt": base64.b64encode(self.salt).decode(),
        }

    @classmethod
    def from_json(cls, document: Any) -> Self:  # noqa: ANN401 - JSON
        """Read it from a record.

        Raises:
            ValueError: it is none.
        """
        if document["kdf"] != "argon2id":
            raise ValueError(f"unknown key derivation {document['kdf']}")
        return cls(
            memory_kib=document["memory_kib"],
            iterations=document["iterations"],
            lanes=document["lanes"],
            salt=base64.b64decode(document["salt"]),
        )


def new_recovery_key() -> str:
    """Draw a recovery key: 160 random bits and 40 that tell typing errors, in base32 by fives."""
    raw = os.urandom(_RECOVERY_BYTES)
    letters = base64.b32encode(raw + _check(raw)).decode()
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def recovery_wrapping_key(typed: str) -> bytes:
    """Make the wrapping key of a recovery key as typed: any case, dashes and blanks or none.

    160 random bits need no slow derivation; nobody guesses them.

    Raises:
        OperatorError: it is mistyped.
    """
    letters = "".join(typed.upper().replace("-", "").split())
    try:
        # The alphabet has no 0, 1 and 8: whoever types one means the letter that looks like it.
        raw = base64.b32decode(letters.translate(str.maketrans("018", "OIB")))
    except ValueError:
        raw = b""
    secret, check = raw[:_RECOVERY_BYTES], raw[_RECOVERY_BYTES:]
    if len(raw) != _RECOVERY_BYTES + _CHECK_BYTES or not secrets.compare_digest(
        check, _check(secret)
    ):
        raise OperatorError(
            "This is not a recovery key.",
            why="A character is wrong or missing.",
            hint="Type it as it was shown when the storage was made: eight groups of five.",
        )
    hkdf = HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=b"strongroom: recovery key")
    return hkdf.derive(secret)


def _check(secret: bytes) -> bytes:
    return hashlib.sha256(b"strongroom: recovery key" + secret).digest()[:_CHECK_BYTES]
