"""Writing answers to files: new ones, that nobody else may read."""

from __future__ import annotations

import os
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
