"""The service key, in a file: 32 random bytes that only the service account may read.

While the key is changed, the new one lies beside it as ``service.key.next``: whoever finds both
after a crash tries which of them opens what is sealed (see ``vault.rotation``).
"""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from strongroom.disk import flush_folder
from strongroom.errors import IntegrityError, OperatorError
from strongroom.vault.sealing import KEY_BYTES

FILE_NAME = "service.key"
NEXT_NAME = "service.key.next"
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class FileKey:
    """Keeps the service key in the home (see ``vault.key_holder.KeyHolder``)."""

    home: Path

    @property
    def place(self) -> str:
        """Say where it is, for messages."""
        return str(self.home / FILE_NAME)

    def load(self) -> bytes | None:
        """Read the key, if there is one.

        Raises:
            OperatorError: the file is readable by other accounts, or not ours to read.
            IntegrityError: the file does not hold a key.
        """
        return self._read(FILE_NAME)

    def create(self) -> bytes:
        """Make the key; if somebody made one meanwhile, take theirs."""
        return _create(self.home, self.home / FILE_NAME, secrets.token_bytes(KEY_BYTES))

    def stage(self, key: bytes) -> None:
        """Keep another key beside the one in use, durably."""
        (self.home / NEXT_NAME).unlink(missing_ok=True)
        _create(self.home, self.home / NEXT_NAME, key)

    def staged(self) -> bytes | None:
        """Read the key that waits to be used, if there is one."""
        return self._read(NEXT_NAME)

    def promote(self) -> None:
        """Put the staged key in the place of the one in use."""
        (self.home / NEXT_NAME).replace(self.home / FILE_NAME)
        flush_folder(self.home)

    def discard_staged(self) -> None:
        """Forget the staged key."""
        (self.home / NEXT_NAME).unlink(missing_ok=True)

    def _read(self, name: str) -> bytes | None:
        try:
            return _load(self.home / name)
        except FileNotFoundError:
            return None


def _load(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OperatorError(
            f"The service key {path} cannot be read.",
            why=f"{error.strerror}.",
            hint="Run the command as the account that the home belongs to.",
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        _refuse_if_open_to_others(path, os.fstat(file.fileno()))
        key = file.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        raise IntegrityError(
            f"The service key {path} is damaged.",
            why=f"It should hold exactly {KEY_BYTES} bytes.",
            hint="Put it back from where it is kept safe; without it, connections and storages "
            "must be added again. Stored backups are not affected.",
        )
    return key


def _create(home: Path, path: Path, key: bytes) -> bytes:
    """Write a new key, all or nothing: two processes that start together get the same one."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, unlike a rename, refuses to replace a key that somebody made meanwhile.
            os.link(fresh, path)
            flush_folder(home)  # before anything is sealed that only this key opens
        except FileExistsError:
            return _load(path)
    finally:
        fresh.unlink()
    return key


def _refuse_if_open_to_others(path: Path, state: os.stat_result) -> None:
    """Refuse a key that other accounts can read. Windows keeps rights elsewhere (its ACLs)."""
    if os.name == "posix" and state.st_mode & _OPEN_TO_OTHERS:
        raise OperatorError(
            f"The service key {path} can be read by other accounts, so it is not used.",
            why=f"Its rights are {stat.S_IMODE(state.st_mode):04o}.",
            hint=f"If nobody can have read it: chmod 600 {path}. Otherwise change the passwords "
            "of the connections, delete the file and add connections and storages again.",
        )
