"""restic's sealing: AES-256 in counter mode, authenticated by Poly1305-AES.

A box is ``nonce (16) ‖ ciphertext ‖ tag (16)``. The tag is Poly1305 over the ciphertext with the
one-time key ``r ‖ AES_k(nonce)``.

Source:
    https://restic.readthedocs.io/en/stable/100_references.html#keys-encryption-and-mac
    D. J. Bernstein, "The Poly1305-AES message-authentication code" (2005)
"""

from __future__ import annotations

import base64
import os
import threading
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any, Self

import orjson
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

from strongroom.store.backend import Data
from strongroom.store.compression import Compressor

NONCE_BYTES = 16
TAG_BYTES = 16
OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES
_NONCES_AT_ONCE = 1024


class Unauthenticated(Exception):
    """The box was sealed with another key, or changed since. For the caller to explain."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The three keys of a repository.

    Attributes:
        encrypt: Key of AES-256-CTR, 32 bytes.
        mac_k: Key of the AES inside Poly1305-AES, 16 bytes.
        mac_r: Its r, 16 bytes; Poly1305 clears the bits that must be clear.
    """

    encrypt: bytes = field(repr=False)
    mac_k: bytes = field(repr=False)
    mac_r: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if (len(self.encrypt), len(self.mac_k), len(self.mac_r)) != (32, 16, 16):
            raise ValueError("a master key is 32 + 16 + 16 bytes")

    @classmethod
    def random(cls) -> Self:
        """Draw a new one."""
        return cls.from_bytes(os.urandom(64))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Split 64 bytes, for example scrypt's, the way restic does."""
        return cls(raw[:32], raw[32:48], raw[48:])

    def to_bytes(self) -> bytes:
        """Join the three keys; the inverse of ``from_bytes``."""
        return self.encrypt + self.mac_k + self.mac_r

    @classmethod
    def from_json(cls, raw: bytes) -> Self:
        """Read restic's form.

        Raises:
            ValueError: it is not that.
        """
        try:
            document: Any = orjson.loads(raw)
            mac = document["mac"]
            return cls(*(base64.b64decode(v) for v in (document["encrypt"], mac["k"], mac["r"])))
        except (KeyError, TypeError) as error:
            raise ValueError("not a master key") from error

    def to_json(self) -> bytes:
        """Write restic's form."""
        k, r, encrypt = (
            base64.b64encode(v).decode() for v in (self.mac_k, self.mac_r, self.encrypt)
        )
        return orjson.dumps({"mac": {"k": k, "r": r}, "encrypt": encrypt})


class Sealer:
    """Seals and opens boxes. Belongs to one thread: it keeps one counter-mode context for all.

    Making a context for each blob costs three times as much as setting a new nonce in a kept one,
    and drawing nonces and their pads a thousand at a time saves another half microsecond each.
    """

    def __init__(self, key: MasterKey) -> None:
        counter = Cipher(algorithms.AES(key.encrypt), modes.CTR(bytes(NONCE_BYTES)))
        # In counter mode the same operation goes both ways; an encryptor therefore serves for both.
        self._stream = counter.encryptor()
        # Electronic codebook, because Poly1305-AES is defined by single AES blocks of nonces that
        # never repeat.
        self._pads = Cipher(algorithms.AES(key.mac_k), modes.ECB()).encryptor()  # noqa: S305
        self._r = key.mac_r
        self._drawn: list[tuple[bytes, bytes]] = []

    def seal(self, plain: Data) -> tuple[bytes, bytes, bytes]:
        """Encrypt; give nonce, ciphertext and tag, to be stored in this order."""
        if not self._drawn:
            self._draw()
        nonce, one_time_key = self._drawn.pop()
        self._stream.reset_nonce(nonce)
        ciphertext = self._stream.update(plain)
        return nonce, ciphertext, Poly1305.generate_tag(one_time_key, ciphertext)

    def box(self, plain: Data) -> bytes:
        """Encrypt into one byte string."""
        return b"".join(self.seal(plain))

    def open(self, box: Data) -> bytes:
        """Decrypt a box.

        Raises:
            Unauthenticated: wrong key, or not the bytes that were sealed.
        """
        view = memoryview(box)
        if len(view) < OVERHEAD_BYTES:
            raise Unauthenticated
        return self.open_parts(bytes(view[:16]), view[16:-16], bytes(view[-16:]))

    def open_parts(self, nonce: bytes, ciphertext: Data, tag: bytes) -> bytes:
        """Decrypt what ``seal`` gave, without joining it first.

        Raises:
            Unauthenticated: wrong key, or not the bytes that were sealed.
        """
        one_time_key = self._r + self._pads.update(nonce)
        if not compare_digest(Poly1305.generate_tag(one_time_key, ciphertext), tag):
            raise Unauthenticated
        self._stream.reset_nonce(nonce)
        return self._stream.update(ciphertext)

    def _draw(self) -> None:
        nonces = os.urandom(NONCE_BYTES * _NONCES_AT_ONCE)
        pads = self._pads.update(nonces)
        self._drawn = [
            (nonces[at : at + 16], self._r + pads[at : at + 16]) for at in range(0, len(nonces), 16)
        ]


class Tools(threading.local):
    """What each thread has of its own: a sealer and a compressor, made when it first asks."""

    def __init__(self, key: MasterKey) -> None:
        super().__init__()
        self.sealer = Sealer(key)
        self.compressor = Compressor()
