"""How a storage in an object store is reached, from files that commands name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.service.storage_access import Access

_AMBIENT = "ambient"
_BYTES_MAX = 256 * 1024
"""More than any key file or list of authorities has."""


def given(
    credentials_file: str | None,
    credentials: str | None,
    ca_file: str | None,
    *,
    is_needed: bool = False,
) -> Access | None:
    """Read what somebody gave; None if they gave nothing.

    Args:
        credentials_file: Path, or ``-`` for standard input.
        credentials: Nothing, or the word ``ambient``.
        ca_file: Path.
        is_needed: Whether one of the first two must be there.

    Raises:
        OperatorError: a file cannot be read, or both were given, or what is needed is missing.
    """
    if credentials not in {None, _AMBIENT}:
        raise OperatorError(
            "--credentials takes the word 'ambient' alone.",
            why="What stands on a command line is seen by others on this machine.",
            hint="Put credentials into a file for --credentials-file.",
        )
    if credentials is not None and credentials_file is not None:
        raise OperatorError(
            "--credentials ambient and --credentials-file exclude each other.", hint="Give one."
        )
    if is_needed and credentials is None and credentials_file is None:
        raise OperatorError(
            "What the storage is to be reached with is missing.",
            hint="Give --credentials-file F, or --credentials ambient for what this machine has.",
        )
    if (credentials_file, credentials, ca_file) == (None, None, None):
        return None
    return _access(credentials_file, ca_file)


def _access(credentials_file: str | None, ca_file: str | None) -> Access:
    from strongroom.service.storage_access import Access  # noqa: PLC0415 - `--help` needs none
    from strongroom.vault.secret import Secret  # noqa: PLC0415

    text = None if credentials_file is None else _read(credentials_file, "credentials")
    return Access(
        credentials=None if text is None else Secret(text),
        ca_pem="" if ca_file is None else _read(ca_file, "certificate"),
    )


def _read(file: str, noun: str) -> str:
    try:
        if file == "-":
            return sys.stdin.read(_BYTES_MAX)
        with Path(file).open(encoding="utf-8") as stream:
            return stream.read(_BYTES_MAX)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "It is not UTF-8 text."
        raise OperatorError(f"The {noun} file {file} cannot be read.", why=why or "") from None
