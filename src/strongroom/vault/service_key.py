"""The service key: 32 random bytes in a file that only the service account may read."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from strongroom.disk import flush_folder
from strongroom.errors import IntegrityError, OperatorError
from strongroom.vault.sealing import KEY_BYTES

FILE_NAME = "service.key"
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def load_or_create(home: Path) -> bytes:
    """Read the home's service key, or make it if there is none yet.

    Args:
        home: The home directory; must exist.

    Returns:
        32 bytes.

    Raises:
        OperatorError: the file is readable by other accounts, or not ours to read.
        IntegrityError: the file does not hold a key.
    """
    path = home / FILE_NAME
    try:
        return _load(path)
    except FileNotFoundError:
        return _create(home, path)


def load(home: Path) -> bytes:
    """Read the home's service key, which must be there: things were sealed with it.

    Raises:
        OperatorError: the file is gone, readable by other accounts, or not ours to read.
        IntegrityError: the file does not hold a key.
    """
    path = home / FILE_NAME
    try:
        return _load(path)
    except FileNotFoundError as error:
        raise OperatorError(
            f"The service key {path} is gone.",
            why="The details of connections and storages in this home were sealed with it; a new "
            "one would not open them.",
            hint="Put it back from where it is kept safe. If it is lost, move control.db away and "
            "add connections, storages and jobs again; no backup is lost.",
        ) from error


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


def _create(home: Path, path: Path) -> bytes:
    """Write a new key, all or nothing: two processes that start together get the same one."""
    key = secrets.token_bytes(KEY_BYTES)
    fresh = path.with_name(f".{FILE_NAME}.{secrets.token_hex(8)}")
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
