"""The shared corpora of real and strange items, where they lie beside the repository."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def files_in(archive: str) -> Iterator[tuple[str, bytes]]:
    """Give name and bytes of each file in a corpus; skips the test, with a reason, without it."""
    path = _CORPUS / archive
    if not path.exists():
        pytest.skip(f"the shared corpus {archive} is not beside this repository")
    with zipfile.ZipFile(path) as opened:
        for entry in opened.infolist():
            if not entry.is_dir():
                yield entry.filename, opened.read(entry)
