"""Writing answers to files: new ones that nobody else may read, or in place of older ones."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from strongroom.errors import OperatorError


def write_new(file: Path, pieces: Iterable[str]) -> None:
    """Write a file that nobody else may read, whole or not at all, and never over another one.

    Args:
        file: Its name.
        pieces: What is in it, with its own ends of lines.

    Raises:
        OperatorError: it is there already, or cannot be written.
    """
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as opened:
                opened.writelines(pieces)
        except BaseException:
            file.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "This is no name of a file."
        raise OperatorError(
            f"The file {file} cannot be written.", why=why or "", hint="Name a new file."
        ) from error


def replace_whole(file: Path, content: str) -> None:
    """Write a file that everybody may read, in place of an older one: at any moment one is whole.

    Args:
        file: Its name.
        content: All that is in it.

    Raises:
        OperatorError: it cannot be written; what was there before still is.
    """
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(6)}.tmp")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
            fresh.chmod(0o644)  # whoever reads it is another account, whatever our umask says
            fresh.replace(file)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "This is no name of a file."
        raise OperatorError(
            f"The file {file} cannot be written.",
            why=why or "",
            hint="Name a file in a folder that this account may write to.",
        ) from error
