"""Where the service key is kept: one small interface, and how a key is taken from it.

A file in the home (``vault.service_key``), the operating system's keyring (``vault.keyring_key``),
or a credential that the service manager hands over (``vault.credential_key``); never the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Protocol

from strongroom.errors import OperatorError
from strongroom.vault.sealing import KEY_BYTES


class KeyHolder(Protocol):
    """Keeps one service key of 32 bytes, and for a while the one that is to follow it.

    Every method raises ``OperatorError`` where the place cannot be used, and ``IntegrityError``
    where what lies there is no key.
    """

    @property
    def place(self) -> str:
        """Say where it is, for messages."""

    def load(self) -> bytes | None:
        """Read the key in use, if there is one."""

    def create(self) -> bytes:
        """Make a key, durably, before it is given; if somebody made one meanwhile, give theirs."""

    def stage(self, key: bytes) -> None:
        """Keep another key beside the one in use, durably; it replaces one staged earlier."""

    def staged(self) -> bytes | None:
        """Read the staged key, if there is one."""

    def promote(self) -> None:
        """Put the staged key in the place of the one in use, all or nothing."""

    def discard_staged(self) -> None:
        """Forget the staged key, if there is one."""


def take_key(holder: KeyHolder, *, is_needed: bool, opens: Callable[[bytes], bool]) -> bytes:
    """Take the service key, ending a rotation that was cut short one way or the other.

    Where a key is staged or none is there, the caller holds the control database's write lock: so
    does who rotates, and a key that is in the middle of being staged is not mistaken for left over.

    Args:
        holder: Where it is kept.
        is_needed: Something is sealed already, which a new key would not open.
        opens: Says whether a key opens what is sealed.

    Raises:
        OperatorError: there is no key, and one is needed.
    """
    staged = holder.staged()
    if staged is not None:
        # A rotation rewraps everything in one transaction, between staging and promoting: the key
        # that opens one thing opens all.
        if is_needed and opens(staged):
            holder.promote()
            return staged
        holder.discard_staged()
    key = holder.load()
    if key is not None:
        return key
    if is_needed:
        raise OperatorError(
            f"The service key {holder.place} is gone.",
            why="The details of connections and storages in this home were sealed with it; a new "
            "one would not open them.",
            hint="Put it back from where it is kept safe. If it is lost, move control.db away and "
            "add connections, storages and jobs again; no backup is lost.",
        )
    return holder.create()


def stage_new(holder: KeyHolder) -> bytes:
    """Begin a rotation: make a new key and keep it beside the old one.

    The caller holds the control database's write lock, wraps for the new key all that the old one
    opens, and takes the key once that is committed. Killed anywhere, ``take_key`` finds the key
    that opens what is sealed.
    """
    key = secrets.token_bytes(KEY_BYTES)
    holder.stage(key)
    return key
