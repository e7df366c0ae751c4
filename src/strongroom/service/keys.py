"""The keys of an open home: the service key, and keys of ours that are sealed under it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

from strongroom.control import (
    audit_sink,
    channels,
    connections,
    drafts,
    sealed_keys,
    storage_access,
    storages,
)
from strongroom.control.channels import Channel
from strongroom.control.database import Database
from strongroom.control.records import Connection, StorageRecord
from strongroom.control.sealed_keys import SealedKey
from strongroom.control.storage_access import StorageAccess
from strongroom.errors import IntegrityError, OperatorError
from strongroom.vault.key_holder import KeyHolder, stage_new, take_key
from strongroom.vault.sealing import KEY_BYTES, Identity, Sealed, record_key, rewrap, seal, unseal

T = TypeVar("T")
_AUDIT = "audit"


class Keys:
    """The keys. Safe in many threads."""

    def __init__(self, database: Database, holder: KeyHolder) -> None:
        self._database = database
        self._holder = holder
        self._known: bytes | None = None
        self._audit: bytes | None = None

    def to_seal(self) -> bytes:
        """Give the service key to seal something with: 32 bytes. A secret.

        The caller holds the control database's write lock, so that no rotation passes by.
        """
        self._known = self._take()
        return self._known

    def opened(self, open_with: Callable[[bytes], T]) -> T:
        """Open something with the service key.

        Args:
            open_with: Opens it with a key; raises ``IntegrityError`` if it is another.
        """
        key = self._known or self._current()
        self._known = key
        try:
            return open_with(key)
        except IntegrityError:
            # Another process may have put another key in its place.
            fresh = self._current()
            if fresh == key:
                raise
            self._known = fresh
            return open_with(fresh)

    def prove(self) -> None:
        """See to it that the service key is there and opens what is sealed; makes none.

        Raises:
            OperatorError: it is not, or it is another one.
        """
        key = self._holder.load()
        if key is not None and self._opens(key):
            return
        raise OperatorError(
            "The service key of this home does not open what is sealed in this database."
            if key is not None
            else "This home has no service key yet, and a new one would open nothing here.",
            why="All machines that share a database have the same one.",
            hint=f"Bring it from the home of another machine to {self._holder.place} (a copy of "
            "its service.key that its owner alone may read, or the same credential), and run this "
            "again.",
        )

    def audit_key(self, db: sa.Connection) -> bytes:
        """Give the key that links the audit log, making it if there is none: 32 bytes. A secret.

        Args:
            db: A transaction that holds the write lock.
        """
        if self._audit is None:
            record = sealed_keys.by_name(db, _AUDIT)
            self._audit = self._make_audit_key(db) if record is None else self._open(record)
        return self._audit

    def pseudonym(self, text: str) -> str:
        """Give a word that stands for a text: equal for equal texts, and tells nothing of it."""
        if self._audit is None:
            with self._database.write() as db:
                self.audit_key(db)
        assert self._audit is not None
        return hmac.new(self._audit, b"name\0" + text.encode(), hashlib.sha256).hexdigest()[:32]

    def rotate(self) -> None:
        """Put another service key in the place of this one, and rewrap everything for it.

        Nothing has to be entered again: every record's own key stays as it is.
        """
        with self._database.write() as db:
            old = self.to_seal()
            new = stage_new(self._holder)
            rewrap_everything(db, old=old, new=new)
        self._known = self._current()

    def _current(self) -> bytes:
        """Take the key while nobody in this thread holds the write lock."""
        key = self._holder.load()
        if key is not None and self._holder.staged() is None:
            return key
        with self._database.write():
            return self._take()

    def _take(self) -> bytes:
        return take_key(self._holder, is_needed=bool(self._wrapped()), opens=self._opens)

    def _opens(self, key: bytes) -> bool:
        for sealed, identity in self._wrapped()[:1]:
            try:
                record_key(sealed, identity, service_key=key)
            except IntegrityError:
                return False
        return True

    def _wrapped(self) -> list[tuple[Sealed, Identity]]:
        """Give what is sealed, as it was committed last."""
        with self._database.read() as db:
            return _everything(db)

    def _make_audit_key(self, db: sa.Connection) -> bytes:
        key = secrets.token_bytes(KEY_BYTES)
        sealed = seal(key, sealed_key_identity(_AUDIT), service_key=self.to_seal())
        sealed_keys.add(
            db, SealedKey(name=_AUDIT, sealed=sealed.record, wrapped_key=sealed.wrapped_key)
        )
        return key

    def _open(self, record: SealedKey) -> bytes:
        sealed = Sealed(record=record.sealed, wrapped_key=record.wrapped_key)
        return unseal(sealed, sealed_key_identity(record.name), service_key=self.to_seal())


def connection_identity(record: Connection) -> Identity:
    """Say what a connection's boxes are bound to."""
    return Identity(noun="connection", id=record.id, name=record.name, kind=record.kind)


def storage_identity(record: StorageRecord) -> Identity:
    """Say what a storage's boxes are bound to."""
    return Identity(noun="storage", id=record.id, name=record.name, kind="storage")


def access_identity(record: StorageAccess) -> Identity:
    """Say what a storage's access is bound to: it opens for no other place than its own."""
    return Identity(
        noun="access to storage", id=record.storage_id, name=record.name, kind=record.url
    )


def channel_identity(record: Channel) -> Identity:
    """Say what the place is bound to that a channel leads to."""
    return Identity(noun="channel", id=record.id, name=record.name, kind="channel")


def draft_identity(account: str) -> Identity:
    """Say what an account's draft is bound to: nobody else's row opens as theirs."""
    return Identity(noun="draft", id=account, name=account, kind="draft")


AUDIT_SINK_IDENTITY = Identity(noun="sink", id="audit", name="audit", kind="syslog")
"""What the place is bound to that the audit log is sent to."""


def sealed_key_identity(name: str) -> Identity:
    """Say what a key or a password of our own is bound to."""
    return Identity(noun="key", id=name, name=name, kind="key")


def _everything(db: sa.Connection) -> list[tuple[Sealed, Identity]]:
    keys = [
        (Sealed(record=one.sealed, wrapped_key=one.wrapped_key), sealed_key_identity(one.name))
        for one in sealed_keys.everything(db)
    ]
    details = [
        (Sealed(record=one.sealed, wrapped_key=one.wrapped_key), connection_identity(one))
        for one in connections.everything(db)
        if one.wrapped_key
    ]
    places = [
        (Sealed(record=one.sealed, wrapped_key=one.wrapped_key), storage_identity(one))
        for one in storages.everything(db)
    ]
    let_in = [
        (Sealed(record=one.sealed, wrapped_key=one.wrapped_key), access_identity(one))
        for one in storage_access.everything(db)
    ]
    begun = [
        (Sealed(record=one.sealed, wrapped_key=one.wrapped_key), draft_identity(one.account))
        for one in drafts.everything(db)
    ]
    told = [
        (Sealed(record=one.sealed, wrapped_key=one.wrapped_key), channel_identity(one))
        for one in channels.everything(db)
    ]
    sink = audit_sink.get(db)
    sent_to = (
        []
        if sink is None
        else [(Sealed(record=sink.sealed, wrapped_key=sink.wrapped_key), AUDIT_SINK_IDENTITY)]
    )
    return [*keys, *details, *places, *let_in, *begun, *told, *sent_to]


def rewrap_everything(db: sa.Connection, *, old: bytes, new: bytes) -> None:
    """Wrap for another key all that is wrapped for this one; what waits for a password stays so.

    Args:
        db: A transaction that holds the write lock.
        old: The key that opens it now.
        new: The key that is to open it.

    Raises:
        IntegrityError: the old key does not open it.
    """
    for key in sealed_keys.everything(db):
        boxes = Sealed(record=key.sealed, wrapped_key=key.wrapped_key)
        again = rewrap(boxes, sealed_key_identity(key.name), old_key=old, new_key=new)
        sealed_keys.rewrap(db, key.name, again.wrapped_key)
    for one in connections.everything(db):
        if not one.wrapped_key:  # of a home brought back: it waits for its own password
            continue
        boxes = Sealed(record=one.sealed, wrapped_key=one.wrapped_key)
        again = rewrap(boxes, connection_identity(one), old_key=old, new_key=new)
        connections.rewrap(db, one.id, again.wrapped_key)
    for storage in storages.everything(db):
        boxes = Sealed(record=storage.sealed, wrapped_key=storage.wrapped_key)
        again = rewrap(boxes, storage_identity(storage), old_key=old, new_key=new)
        storages.rewrap(db, storage.id, again.wrapped_key)
    for access in storage_access.everything(db):
        boxes = Sealed(record=access.sealed, wrapped_key=access.wrapped_key)
        again = rewrap(boxes, access_identity(access), old_key=old, new_key=new)
        storage_access.rewrap(db, access.storage_id, again.wrapped_key)
    for draft in drafts.everything(db):
        boxes = Sealed(record=draft.sealed, wrapped_key=draft.wrapped_key)
        again = rewrap(boxes, draft_identity(draft.account), old_key=old, new_key=new)
        drafts.rewrap(db, draft.account, again.wrapped_key)
    for channel in channels.everything(db):
        boxes = Sealed(record=channel.sealed, wrapped_key=channel.wrapped_key)
        again = rewrap(boxes, channel_identity(channel), old_key=old, new_key=new)
        channels.rewrap(db, channel.id, again.wrapped_key)
    sink = audit_sink.get(db)
    if sink is not None:
        boxes = Sealed(record=sink.sealed, wrapped_key=sink.wrapped_key)
        again = rewrap(boxes, AUDIT_SINK_IDENTITY, old_key=old, new_key=new)
        audit_sink.rewrap(db, again.wrapped_key)
