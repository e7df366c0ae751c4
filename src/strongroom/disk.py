"""What it takes until a name, and not only a file's content, survives a power cut."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable: what was created, linked, renamed or removed there.

    Flushing a file keeps its content; the name by which it is found lies in the folder, which has
    to be flushed by itself.
    """
    if os.name == "nt":  # Windows cannot open a folder; NTFS journals its names by itself
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems know no fsync of folders
            raise
    finally:
        os.close(descriptor)
