"""restic's key files: a repository's master key, sealed under a password.

``keys/ID`` is plain JSON; its ``data`` is the master key's JSON, sealed with the 64 bytes that
scrypt makes of the password and the file's salt. Strongroom runs scrypt once per *storage* and
password: all repositories share its salt, so the derived bytes (the user key) can be kept sealed
under the storage key and no password is needed to make the next repository.

Source:
    https://restic.readthedocs.io/en/stable/100_references.html#keys-encryption-and-mac
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import socket
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import orjson

from strongroom.errors import IntegrityError
from strongroom.store.backend import BlobBackend
from strongroom.store.crypto import MasterKey, Sealer, Unauthenticated
from strongroom.store.gojson import dumps, format_time

FOLDER = "keys"
SALT_BYTES = 64
MEMORY_BYTES_MAX = 4 << 30
LANES_MAX = 64
USERNAME = "strongroom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrypt:
    """How a password becomes a user key.

    Attributes:
        n: Cost, a power of two; memory is ``128 · n · r`` bytes.
        r: Block size.
        p: How many times over.
        salt: 64 random bytes.

    Source:
        RFC 7914
    """

    n: int
    r: int
    p: int
    salt: bytes

    def __post_init__(self) -> None:
        is_sane = self.n >= 2 and not self.n & self.n - 1 and self.r >= 1 and self.p >= 1
        # Nor may a record that somebody else wrote ask for any amount of memory or time.
        if not is_sane or 128 * self.n * self.r > MEMORY_BYTES_MAX or self.p > LANES_MAX:
            raise ValueError("scrypt's parameters make no sense")

    @classmethod
    def with_new_salt(cls, *, n: int, r: int, p: int) -> Self:
        """Draw a salt."""
        return cls(n=n, r=r, p=p, salt=os.urandom(SALT_BYTES))

    def user_key(self, password: str) -> MasterKey:
        """Derive; takes as long as the parameters say."""
        memory_max = 256 * self.n * self.r + (1 << 20)  # OpenSSL refuses its own needs otherwise
        raw = hashlib.scrypt(
            password.encode(),
            salt=self.salt,
            n=self.n,
            r=self.r,
            p=self.p,
            maxmem=memory_max,
            dklen=64,
        )
        return MasterKey.from_bytes(raw)


@dataclass(frozen=True, slots=True)
class UserKey:
    """A password that was already made into a key."""

    scrypt: Scrypt
    key: MasterKey = field(repr=False)


def save_key(backend: BlobBackend, master: MasterKey, user: UserKey, created: datetime) -> None:
    """Store the master key for restic, sealed under the user key."""
    box = Sealer(user.key).box(master.to_json())
    document = dumps(
        {
            "created": format_time(created),
            "username": USERNAME,
            "hostname": socket.gethostname(),
            "kdf": "scrypt",
            "N": user.scrypt.n,
            "r": user.scrypt.r,
            "p": user.scrypt.p,
            "salt": base64.b64encode(user.scrypt.salt).decode(),
            "data": base64.b64encode(box).decode(),
        }
    )
    backend.save(f"{FOLDER}/{hashlib.sha256(document).hexdigest()}", document)


def open_key(document: bytes, user: UserKey) -> MasterKey | None:
    """Read a key file; None if it belongs to another password, or makes no sense."""
    try:
        fields: Any = orjson.loads(document)
        if base64.b64decode(fields["salt"]) != user.scrypt.salt:
            return None
        return MasterKey.from_json(Sealer(user.key).open(base64.b64decode(fields["data"])))
    except (KeyError, TypeError, ValueError, binascii.Error, Unauthenticated):
        return None


def find_key(backend: BlobBackend, user: UserKey, *, sound: bool = False) -> MasterKey | None:
    """Look for a key file that the user key opens.

    Args:
        backend: The repository.
        user: The password, derived.
        sound: Only one that is as it was stored; else a scratch that spares the key is forgiven.
    """
    for name, _ in backend.list(f"{FOLDER}/"):
        try:
            document = backend.load(name)
        except IntegrityError:
            continue
        if sound and not name.endswith(hashlib.sha256(document).hexdigest()):
            continue
        if (master := open_key(document, user)) is not None:
            return master
    return None


def other_keys(backend: BlobBackend, users: Collection[UserKey]) -> list[str]:
    """Name the key files of ours that none of these user keys opens: another password's.

    Those that a person added with restic are not ours, and not among them.
    """
    found: list[str] = []
    for name, _ in list(backend.list(f"{FOLDER}/")):
        try:
            document = backend.load(name)
            is_ours = orjson.loads(document)["username"] == USERNAME
        except (IntegrityError, KeyError, TypeError, ValueError):
            continue
        if is_ours and all(open_key(document, user) is None for user in users):
            found.append(name)
    return found
