"""The passwords of a storage, as its record keeps them.

Each opens everything alone. Several administrators have one each, so that one can be taken away
without telling the others a new one. A password is known by a name, and its boxes are bound to an
id of its own, so that none opens in another's place.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from strongroom.errors import OperatorError
from strongroom.store.crypto import MasterKey
from strongroom.store.gojson import format_time, parse_time
from strongroom.store.keys import Scrypt, UserKey
from strongroom.store.wrapping import PasswordHash, WrongKey, seal, unseal

MAIN = "main"
"""Name of the password that a storage is made with."""

PASSWORDS_MAX = 32
"""Each is tried when somebody types one, and each has a file in every repository."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordCost:
    """How much work it is to try one password.

    Attributes:
        argon2_memory_kib: Argon2id, for Strongroom.
        argon2_iterations: Argon2id.
        argon2_lanes: Argon2id.
        scrypt_n: scrypt, for plain restic.
        scrypt_r: scrypt.
        scrypt_p: scrypt.
    """

    argon2_memory_kib: int
    argon2_iterations: int
    argon2_lanes: int
    scrypt_n: int
    scrypt_r: int
    scrypt_p: int


STRONG = PasswordCost(
    argon2_memory_kib=64 * 1024,
    argon2_iterations=3,
    argon2_lanes=4,
    scrypt_n=1 << 16,
    scrypt_r=8,
    scrypt_p=2,
)
"""RFC 9106's second recommendation, and scrypt as strong: half a second and 64 MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """One password's part of a record.

    Attributes:
        name: What people call it.
        id: 16 hexadecimal digits; empty for one that the first version of the format knew.
        created: When it was set: aware, UTC.
        hash: Makes the password's key.
        storage_key: The storage key, sealed under that.
        scrypt: Makes restic's user key of the password.
        user_key: That user key, sealed under the storage key.
    """

    name: str
    id: str
    created: datetime
    hash: PasswordHash
    storage_key: bytes
    scrypt: Scrypt
    user_key: bytes

    def opens(self, storage_id: str, password: str) -> bytes | None:
        """Give the storage key if this is the password; takes as long as trying it costs."""
        purpose = purpose_of(storage_id, "storage key by password", self.id)
        try:
            return unseal(self.hash.key(password), self.storage_key, purpose)
        except WrongKey:
            return None

    def user(self, storage_id: str, storage_key: bytes) -> UserKey:
        """Give restic's user key.

        Raises:
            WrongKey: this is not the storage key.
        """
        purpose = purpose_of(storage_id, "restic user key", self.id)
        return UserKey(
            self.scrypt, MasterKey.from_bytes(unseal(storage_key, self.user_key, purpose))
        )

    def to_json(self) -> dict[str, Any]:
        """Write it for a record."""
        return {
            "name": self.name,
            "id": self.id,
            "created": format_time(self.created),
            "password": {**self.hash.to_json(), "storage_key": _text(self.storage_key)},
            "restic": {
                "kdf": "scrypt",
                "n": self.scrypt.n,
                "r": self.scrypt.r,
                "p": self.scrypt.p,
                "salt": _text(self.scrypt.salt),
                "user_key": _text(self.user_key),
            },
        }

    @classmethod
    def from_json(cls, document: Any) -> Password:  # noqa: ANN401 - JSON
        """Read it from a record.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        password, restic = document["password"], document["restic"]
        return cls(
            name=checked_name(document["name"]),
            id=document["id"],
            created=parse_time(document["created"]),
            hash=PasswordHash.from_json(password),
            storage_key=base64.b64decode(password["storage_key"]),
            scrypt=Scrypt(
                n=restic["n"], r=restic["r"], p=restic["p"], salt=base64.b64decode(restic["salt"])
            ),
            user_key=base64.b64decode(restic["user_key"]),
        )


def new_password(
    storage_id: str,
    name: str,
    password: str,
    storage_key: bytes,
    *,
    created: datetime,
    cost: PasswordCost,
) -> tuple[Password, UserKey]:
    """Make a password's part of a record, with new salts; and the key that restic makes of it.

    Raises:
        OperatorError: the password is empty, or its name is none.
    """
    if not password:
        raise OperatorError(
            "A storage needs a password.", hint="Give one with --password-file, or type it."
        )
    own_id = secrets.token_hex(8)
    password_hash = PasswordHash.with_new_salt(
        memory_kib=cost.argon2_memory_kib,
        iterations=cost.argon2_iterations,
        lanes=cost.argon2_lanes,
    )
    scrypt = Scrypt.with_new_salt(n=cost.scrypt_n, r=cost.scrypt_r, p=cost.scrypt_p)
    user = UserKey(scrypt, scrypt.user_key(password))
    made = Password(
        name=_typed_name(name),
        id=own_id,
        created=created,
        hash=password_hash,
        storage_key=seal(
            password_hash.key(password),
            storage_key,
            purpose_of(storage_id, "storage key by password", own_id),
        ),
        scrypt=scrypt,
        user_key=seal(
            storage_key,
            user.key.to_bytes(),
            purpose_of(storage_id, "restic user key", own_id),
        ),
    )
    return made, user


def purpose_of(storage_id: str, what: str, password_id: str = "") -> str:
    """Say what a box is for; it opens for nothing else."""
    return f"strongroom storage {storage_id}: {what}{' ' if password_id else ''}{password_id}"


def checked_name(name: str) -> str:
    """Take a password's name.

    Raises:
        ValueError: it is none.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("not the name of a password")
    return name


def _typed_name(name: str) -> str:
    try:
        return checked_name(name)
    except ValueError:
        raise OperatorError(
            "This cannot be the name of a password.",
            why="It begins with a letter or digit and goes on with letters, digits, . _ @ and - "
            "(64 at most).",
            hint="Take the name of whoever has it: ann, for example.",
        ) from None


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
