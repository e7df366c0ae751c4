"""Files of names: one a line, as directories and spreadsheets give them out."""

from __future__ import annotations

from codecs import BOM_UTF8
from pathlib import Path

from strongroom.errors import OperatorError

_BYTES_MAX = 32 * 1024 * 1024


def names_in(file: Path) -> tuple[str, ...]:
    """Read the names in a file, each once.

    Empty lines and lines that begin with ``#`` are left out, and so are quotes around a name.

    Raises:
        OperatorError: it cannot be read, is no text, or names nobody.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "This is no name of a file."
        raise OperatorError(f"The file {file} cannot be read.", why=why or "") from error
    text = _text(content)
    if text is None:
        raise OperatorError(
            f"The file {file} holds no names.",
            why="It should be text, in UTF-8, one name a line.",
        )
    lines = (line.strip().strip('"') for line in text.splitlines())
    names = tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if not names:
        raise OperatorError(f"The file {file} names nobody.", hint="Write one name a line.")
    return names


def _text(content: bytes) -> str | None:
    if len(content) > _BYTES_MAX or b"\0" in content:
        return None
    try:
        return content.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        return None
