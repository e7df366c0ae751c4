"""ZIP archives that somebody gives the lab, read within bounds: they are strangers' files."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from strongroom.errors import ItemError, OperatorError

# These stop one that unpacks to more than a machine holds.
MEMBERS_MAX = 200_000
MEMBER_BYTES_MAX = 160 << 20
ARCHIVE_BYTES_MAX = 4 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Something in an archive that did not become an item."""

    name: str
    why: str


def members(archive: Path, *, wanted: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Give the files of an archive in its own order: name, and how to read it within bounds.

    Reading one raises ``ItemError`` if it is too large, damaged, encrypted or packed unknown.

    Args:
        archive: The ZIP file.
        wanted: What would have been right, for whoever gave something else.

    Raises:
        OperatorError: there is no such file, it is no ZIP archive, or it is too large.
    """
    try:
        package = zipfile.ZipFile(archive)
    except (OSError, zipfile.BadZipFile) as error:
        raise OperatorError(
            f"{archive} cannot be read as a ZIP archive.",
            why=str(error),
            hint=f"Give {wanted}.",
        ) from error
    with package:
        infos = [info for info in package.infolist() if not info.is_dir()]
        _check_bounds(archive, infos)
        for info in infos:
            yield info.filename, partial(_read, package, info)


def _check_bounds(archive: Path, infos: list[zipfile.ZipInfo]) -> None:
    total = sum(info.file_size for info in infos)
    if len(infos) > MEMBERS_MAX or total > ARCHIVE_BYTES_MAX:
        raise OperatorError(
            f"{archive} is too large for the lab.",
            why=f"It holds {len(infos)} files of {total} bytes together.",
            hint=f"At most {MEMBERS_MAX} files and {ARCHIVE_BYTES_MAX} bytes are loaded.",
        )


def _read(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Read one file, never more than the limit: the directory may lie about its size.

    Raises:
        ItemError: it is larger than that, damaged, encrypted or packed in an unknown way.
    """
    try:
        with package.open(info) as file:
            data = file.read(MEMBER_BYTES_MAX + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        # RuntimeError: encrypted, or (as NotImplementedError) packed by a method it does not know.
        raise ItemError(
            "It cannot be unpacked.", code="unpack", why=str(error), is_permanent=True
        ) from error
    if len(data) > MEMBER_BYTES_MAX:
        raise ItemError(
            f"It is larger than {MEMBER_BYTES_MAX} bytes.", code="too-large", is_permanent=True
        )
    return data
