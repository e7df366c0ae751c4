"""The service key in the operating system's keyring, for those who ask for it."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import Protocol

from strongroom.errors import IntegrityError, OperatorError
from strongroom.vault.sealing import KEY_BYTES

SERVICE = "strongroom"
_NEXT = " (next)"


class Keyring(Protocol):
    """The part of the ``keyring`` library that is used."""

    def get_password(self, service: str, username: str) -> str | None:
        """Read an entry, if there is one."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Write an entry."""

    def delete_password(self, service: str, username: str) -> None:
        """Remove an entry that is there."""


@dataclass(frozen=True, slots=True)
class KeyringKey:
    """Keeps the service key in a keyring (see ``vault.key_holder.KeyHolder``).

    Attributes:
        keyring: The system's.
        home: Path of the home, which tells one home's key from another's.
    """

    keyring: Keyring
    home: str

    @property
    def place(self) -> str:
        """Say where it is, for messages."""
        return f"in the keyring, '{SERVICE}' of '{self.home}',"

    def load(self) -> bytes | None:
        """Read the key, if there is one."""
        return self._get(self.home)

    def create(self) -> bytes:
        """Make the key. A keyring cannot say that somebody else was first; so look again."""
        self._set(self.home, secrets.token_bytes(KEY_BYTES))
        made = self._get(self.home)
        if made is None:
            raise self._cannot("it forgets what it is given")
        return made

    def stage(self, key: bytes) -> None:
        """Keep another key beside the one in use."""
        self._set(self.home + _NEXT, key)

    def staged(self) -> bytes | None:
        """Read the staged key, if there is one."""
        return self._get(self.home + _NEXT)

    def promote(self) -> None:
        """Put the staged key in the place of the one in use."""
        staged = self.staged()
        if staged is not None:
            self._set(self.home, staged)
            self.discard_staged()

    def discard_staged(self) -> None:
        """Forget the staged key."""
        if self.staged() is not None:
            self.keyring.delete_password(SERVICE, self.home + _NEXT)

    def _get(self, username: str) -> bytes | None:
        try:
            text = self.keyring.get_password(SERVICE, username)
        except Exception as error:  # every back end has errors of its own
            raise self._cannot(type(error).__name__) from error
        if text is None:
            return None
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_BYTES:
            raise IntegrityError(
                f"The service key {self.place} is damaged.",
                why=f"It should hold exactly {KEY_BYTES} bytes.",
                hint="Put it back from where it is kept safe; without it, connections and storages "
                "must be added again. Stored backups are not affected.",
            )
        return key

    def _set(self, username: str, key: bytes) -> None:
        try:
            self.keyring.set_password(SERVICE, username, base64.b64encode(key).decode("ascii"))
        except Exception as error:  # every back end has errors of its own
            raise self._cannot(type(error).__name__) from error

    def _cannot(self, why: str) -> OperatorError:
        return OperatorError(
            f"The service key {self.place} cannot be reached.",
            why=f"The keyring says: {why}.",
            hint="Unlock the keyring, or keep the key in the home (leave STRONGROOM_SERVICE_KEY "
            "out of the environment).",
        )
