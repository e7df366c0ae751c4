"""A record's key, wrapped for whoever knows a password.

=========  ======  =============================================================
offset     length  what
=========  ======  =============================================================
0          4       ``SRP1``: the format of this table
4          4       Argon2id memory in KiB, big-endian
8          4       Argon2id iterations, big-endian
12         4       Argon2id lanes, big-endian
16         16      salt, random
32         n       a box (see ``vault.sealing``) under the key that Argon2id makes,
                   bound to the first 32 bytes and to what it belongs to
=========  ======  =============================================================

The password is UTF-8 in normal form C, so that it does not matter how a keyboard composes letters.
"""

from __future__ import annotations

import os
import struct
import unicodedata
from dataclasses import dataclass

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from strongroom.errors import AccessDenied, IntegrityError, OperatorError
from strongroom.vault.sealing import KEY_BYTES, MAGIC, Identity, box, unbox
from strongroom.vault.secret import Secret

PASSWORD_MAGIC = b"SRP1"
_HEAD = struct.Struct(">4sIII16s")
_SALT_BYTES = 16


class WrongPassword(AccessDenied):
    """The password is not the one that guards this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordCost:
    """How much it costs to try one password.

    Attributes:
        memory_kib: Memory, in KiB.
        iterations: Passes over it.
        lanes: Threads.
    """

    memory_kib: int
    iterations: int
    lanes: int

    def __post_init__(self) -> None:
        if not (
            1 <= self.lanes <= _LANES_MAX
            and 1 <= self.iterations <= _ITERATIONS_MAX
            and 8 * self.lanes <= self.memory_kib <= _MEMORY_MAX_KIB
        ):
            raise ValueError("these parameters of Argon2id are out of bounds")


# A row that somebody rewrote must not make us take all memory, or compute for ever.
_MEMORY_MAX_KIB = 1 << 20
_ITERATIONS_MAX = 16
_LANES_MAX = 16

TUNED = PasswordCost(memory_kib=64 * 1024, iterations=3, lanes=4)
"""RFC 9106's choice for machines where memory is shared: about 0.1 s here, and 64 MiB a guess.

Enough to make guessing from a stolen database dear, and little enough that a service with small
memory can still open connections, whose wrong passwords are slowed down beside it.
"""


def wrap_for_password(
    record_key: bytes, password: Secret, identity: Identity, *, cost: PasswordCost = TUNED
) -> bytes:
    """Wrap a record's key for a password.

    Raises:
        OperatorError: the password is empty.
    """
    if not password.reveal():
        raise OperatorError("The password is empty.", hint="Choose one.")
    head = _HEAD.pack(
        PASSWORD_MAGIC, cost.memory_kib, cost.iterations, cost.lanes, os.urandom(_SALT_BYTES)
    )
    return head + box(record_key, _key(head, password), _bound_to(head, identity))


def unwrap_with_password(wrapped: bytes, password: Secret, identity: Identity) -> bytes:
    """Give the record's key to whoever knows the password.

    Raises:
        WrongPassword: it is another one (or the box was moved or changed: nothing can tell).
        IntegrityError: this is no such box.
    """
    head, rest = wrapped[: _HEAD.size], wrapped[_HEAD.size :]
    if not head.startswith(PASSWORD_MAGIC) or not rest.startswith(MAGIC):
        raise _damaged(identity)
    try:
        key = _key(head, password)
    except ValueError as error:
        raise _damaged(identity) from error
    try:
        return unbox(rest, key, _bound_to(head, identity), what=identity)
    except IntegrityError as error:
        raise WrongPassword(
            f"This is not the password of {identity.noun} '{identity.name}'.",
            hint="Try again. If it is lost, an administrator can give the connection a new one "
            f"with `strongroom connection reset {identity.name}`, which discards its secrets.",
        ) from error


def _key(head: bytes, password: Secret) -> bytes:
    _, memory_kib, iterations, lanes, salt = _HEAD.unpack(head)
    cost = PasswordCost(memory_kib=memory_kib, iterations=iterations, lanes=lanes)
    text = unicodedata.normalize("NFC", password.reveal())
    return Argon2id(
        salt=salt,
        length=KEY_BYTES,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    ).derive(text.encode())


def _bound_to(head: bytes, identity: Identity) -> bytes:
    return b"key\0password\0" + head + identity.associated_data()


def _damaged(identity: Identity) -> IntegrityError:
    return IntegrityError(
        f"The password's part of {identity.noun} '{identity.name}' is damaged.",
        hint="Put the control database back from its backup, or reset the connection's password.",
    )
