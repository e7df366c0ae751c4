"""Where storages are: a URL becomes the place that it names."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from strongroom.errors import OperatorError
from strongroom.store.backend import BlobBackend
from strongroom.store.files import FileBackend


def open_backend(url: str) -> BlobBackend:
    """Open the place that a storage's URL names.

    Raises:
        OperatorError: it is of a kind that is not known.
    """
    return FileBackend(_directory(url))


def normal_url(url: str) -> str:
    """Write the URL of a storage in the one form that is kept: ``file:///absolute/directory``.

    Raises:
        OperatorError: it is of a kind that is not known.
    """
    return _directory(url).absolute().as_uri()


def _directory(url: str) -> Path:
    """Read a directory's path or ``file://`` URL. A drive letter is no scheme."""
    if not url.strip():
        # An empty path would be the directory that we happen to be in.
        raise OperatorError("The storage's place is empty.", hint="Give a directory.")
    parts = urlsplit(url)
    if len(parts.scheme) <= 1:
        return Path(url)
    if parts.scheme == "file" and not parts.netloc:
        return Path(unquote(parts.path))
    raise OperatorError(
        "This kind of storage is not known.",
        why=f"{parts.scheme}:// is neither a directory nor file://.",
        hint="Give a directory of this machine.",
    )
