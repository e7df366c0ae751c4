"""Authenticated encryption of one record under a key of its own, for several readers.

Small boxes of one format make up what is kept of a record:

=========  ==================  ==============================================
offset     length              what
=========  ==================  ==============================================
0          4                   ``SRV1``: the format of this table
4          12                  nonce, random
16         n + 16              AES-256-GCM of the content, its tag at the end
=========  ==================  ==============================================

*sealed* holds the record under the record's own random key; *wrapped* holds that key under the key
of a reader: the service, and for a guarded connection its password (see ``vault.password``). One
more reader is one more wrapping; the record itself is not touched. Random nonces are safe here: a
record key seals a handful of versions, and the service key wraps far fewer than the 2**32 keys at
which collisions become likely.

All are bound to what they belong to as associated data, so that a box that somebody copies to
another row of the database does not open there. That includes the name: a connection whose row was
renamed behind our back would otherwise lead those who type its name to another server.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongroom.errors import IntegrityError

MAGIC = b"SRV1"
KEY_BYTES = 32
_NONCE_BYTES = 12
_HEAD_BYTES = len(MAGIC) + _NONCE_BYTES
_SERVICE = b"key\0service\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a sealed record belongs to.

    Attributes:
        noun: ``connection`` or ``storage``.
        id: Its id in the control database.
        name: What the operator calls it.
        kind: Of which kind it is.
    """

    noun: str
    id: str
    name: str
    kind: str

    def associated_data(self) -> bytes:
        """Give the bytes that bind a box to this identity: UTF-8, fields told apart by NUL."""
        fields = (self.noun, self.id, self.name, self.kind)
        if any("\0" in field for field in fields):
            raise ValueError("a NUL would let two identities look the same")
        return "\0".join(fields).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A record as it rests: its box, and the box of its key."""

    record: bytes
    wrapped_key: bytes


def seal(
    content: bytes, identity: Identity, *, service_key: bytes, record_key: bytes | None = None
) -> Sealed:
    """Seal a record, and wrap its key for the service.

    Args:
        content: What to keep secret.
        identity: What it belongs to; needed again, unchanged, to open it.
        service_key: 32 bytes.
        record_key: The key it is under already, where other readers hold it too; None: a new one,
            which shuts every other reader out.
    """
    key = AESGCM.generate_key(bit_length=8 * KEY_BYTES) if record_key is None else record_key
    bound_to = identity.associated_data()
    return Sealed(
        record=box(content, key, b"record\0" + bound_to),
        wrapped_key=box(key, service_key, _SERVICE + bound_to),
    )


def unseal(sealed: Sealed, identity: Identity, *, service_key: bytes) -> bytes:
    """Open a record that ``seal`` made.

    Raises:
        IntegrityError: it was changed, belongs to something else, or another service key wrapped
            it.
    """
    return unseal_with(sealed, identity, record_key(sealed, identity, service_key=service_key))


def record_key(sealed: Sealed, identity: Identity, *, service_key: bytes) -> bytes:
    """Unwrap a record's own key for the service, to wrap it for one more reader.

    Raises:
        IntegrityError: as ``unseal``.
    """
    bound_to = _SERVICE + identity.associated_data()
    return unbox(sealed.wrapped_key, service_key, bound_to, what=identity)


def unseal_with(sealed: Sealed, identity: Identity, key: bytes) -> bytes:
    """Open a record by its own key, which some reader unwrapped.

    Raises:
        IntegrityError: it was changed, belongs to something else, or is under another key.
    """
    return unbox(sealed.record, key, b"record\0" + identity.associated_data(), what=identity)


def wrap(key: bytes, identity: Identity, *, service_key: bytes) -> bytes:
    """Wrap a record's own key, which some reader unwrapped, for the service."""
    return box(key, service_key, _SERVICE + identity.associated_data())


def rewrap(sealed: Sealed, identity: Identity, *, old_key: bytes, new_key: bytes) -> Sealed:
    """Wrap the record's key for another service key; the record and other readers stay.

    Raises:
        IntegrityError: the old key does not open it.
    """
    key = record_key(sealed, identity, service_key=old_key)
    wrapped = box(key, new_key, _SERVICE + identity.associated_data())
    return Sealed(record=sealed.record, wrapped_key=wrapped)


def box(content: bytes, key: bytes, bound_to: bytes) -> bytes:
    """Make one box of the format above.

    Args:
        content: What goes in.
        key: 32 bytes.
        bound_to: Needed again, unchanged, to open it.
    """
    nonce = os.urandom(_NONCE_BYTES)
    return MAGIC + nonce + AESGCM(key).encrypt(nonce, content, bound_to)


def unbox(sealed: bytes, key: bytes, bound_to: bytes, *, what: Identity) -> bytes:
    """Open one box.

    Raises:
        IntegrityError: the key is another, it is bound to something else, or it was changed.
    """
    if sealed[: len(MAGIC)] != MAGIC or len(sealed) < _HEAD_BYTES:
        raise _cannot_open(what)
    try:
        return AESGCM(key).decrypt(sealed[len(MAGIC) : _HEAD_BYTES], sealed[_HEAD_BYTES:], bound_to)
    except InvalidTag as error:
        raise _cannot_open(what) from error


def _cannot_open(identity: Identity) -> IntegrityError:
    return IntegrityError(
        f"The sealed details of {identity.noun} '{identity.name}' do not open.",
        why="They were changed or damaged, or the service key in the home is not the one that "
        "sealed them.",
        hint="Put back the home's service.key that belongs to this control database, or remove "
        f"the {identity.noun} and add it again; stored backups are not affected.",
    )
