"""What is kept at hand of repositories that nobody uses any more goes from this machine.

A repository that was removed or given another master key, or whose storage was removed, leaves its
index and its notes (``ID.index``, ``ID.days``) behind, and which those are nobody can tell while a
storage cannot be reached. So it goes by use: whatever is deleted wrongly is made anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

UNUSED = timedelta(days=60)


def drop_unused(folder: Path, now: datetime) -> int:
    """Remove the files of repositories of which none was used for a long time.

    Args:
        folder: Where they lie; it may not be there.
        now: Aware, UTC.

    Returns:
        How many were removed.
    """
    known: dict[str, list[tuple[float, Path]]] = defaultdict(list)
    for used, path in _files(folder):
        known[path.name.partition(".")[0]].append((used, path))
    oldest = (now - UNUSED).timestamp()
    dropped = 0
    for files in known.values():
        if max(used for used, _ in files) < oldest:
            for _, path in files:
                with suppress(OSError):  # another process was quicker, or has it open (Windows)
                    path.unlink()
                    dropped += 1
    return dropped


def _files(folder: Path) -> Iterator[tuple[float, Path]]:
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                if path.is_file() and not path.is_symlink():
                    yield path.stat().st_mtime, path
