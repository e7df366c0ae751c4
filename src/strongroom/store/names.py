"""Names of what lies in a storage: relative paths with forward slashes that lead nowhere else."""

from __future__ import annotations

import re

_NAME = re.compile(r"[^/\\\0]+(/[^/\\\0]+)*")


def checked_name(name: str) -> str:
    """Give a name back if it is one.

    Raises:
        ValueError: it is not, which is a mistake of ours.
    """
    if not _NAME.fullmatch(name) or not {".", ".."}.isdisjoint(name.split("/")):
        raise ValueError(f"not a name in a storage: {name!r}")
    return name
