"""How long a file of a storage may be that is read whole; a longer one is told as damage, unread.

Somebody may have put it there, or a disk or a service tells nonsense: what is read whole is held in
memory whole. Each limit is far above the longest file of its kind that Strongroom or restic writes.
"""

from __future__ import annotations

import re

from strongroom.errors import IntegrityError

CONFIG_BYTES_MAX = 1 << 20
"""155 bytes in truth."""

KEY_BYTES_MAX = 1 << 20
"""Half a kilobyte in truth: numbers, names, and a box of 64 bytes in base64."""

LOCK_BYTES_MAX = 1 << 20
"""Some 200 bytes in truth."""

SNAPSHOT_BYTES_MAX = 64 << 20
"""Mostly 1 KB. restic writes down every path that it was given, and that may be a list of them."""

INDEX_BYTES_MAX = 128 << 20
"""At most 8 MB for 50,000 blobs, compressed a third of it. Early restics put more into one file and
did not compress: this is room for a million."""

OWN_BYTES_MAX = 64 << 20
"""Records, sealed keys and holds have a few KB; what a copy knows has 100 bytes for each of its
restore points."""

BYTES_MAX = 512 << 20
"""Packs: restic's ``--pack-size`` ends at 128 MB, and the last blob comes on top, which may be the
tree of a folder with a million files. Likewise a home's sealed copy, and whatever is not ours."""

_LIMITS = (
    (re.compile(r"(?:.*/)?config"), CONFIG_BYTES_MAX),
    (re.compile(r"(?:.*/)?keys/[^/]+"), KEY_BYTES_MAX),
    (re.compile(r"(?:.*/)?locks/[^/]+"), LOCK_BYTES_MAX),
    (re.compile(r"(?:.*/)?snapshots/[^/]+"), SNAPSHOT_BYTES_MAX),
    (re.compile(r"(?:.*/)?index/[^/]+"), INDEX_BYTES_MAX),
    (re.compile(r"(?:.*/)?strongroom/(?!home/|set-aside/|probe/).+"), OWN_BYTES_MAX),
)


class TooLong(IntegrityError):
    """A file is longer than any of its kind; it was not read."""


def bytes_max(name: str) -> int:
    """Say how long a file may be.

    Args:
        name: From the root of a storage, of a repository, or of anything between them.
    """
    return next((limit for pattern, limit in _LIMITS if pattern.fullmatch(name)), BYTES_MAX)


def refuse_long(name: str, size: int) -> None:
    """Refuse to read a file whole that is longer than any of its kind.

    Raises:
        TooLong: it is.
    """
    if size > (limit := bytes_max(name)):
        raise TooLong(
            f"{name} is damaged: it has {size:,} bytes.",
            why=f"No such file has more than {limit:,}, so it was not read.",
            hint="Put the file back from a copy of the storage; `strongroom storage repair` makes "
            "the storage work again without it.",
        )
