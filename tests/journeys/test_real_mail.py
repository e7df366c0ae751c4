"""Real messages of the public corpora: saved, checked by restic, restored and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from strongroom.lab.lab import Wishes
from tests.journeys.conftest import OpenLab
from tests.journeys.support import CORPUS, Strongroom, restic

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="NOT SHOWN: the corpora are not beside the checkout"
)
COUNTS = {"mail-real": 3000, "mail-odd": 183, "outlook-msg": 38}
WITHOUT: dict[str, tuple[str, ...]] = {"export": (), "mime": ("export",)}


def journey(strongroom: Strongroom, open_lab: OpenLab, archive: str, way: str) -> dict[str, Any]:
    """Back one archive's mailbox up and restore it into the empty mailbox."""
    lab = open_lab(Wishes(mail=(CORPUS / f"{archive}.zip",), without=WITHOUT[way]))
    address = f"{archive}@lab.example"
    saved: dict[str, Any] = strongroom.back_up("mail", address)
    assert saved["status"] == "complete", saved
    assert saved["totals"]["saved"] >= COUNTS[archive]
    back = strongroom(
        "restore", "disk", address, "--connection", "lab", "--to", "empty@lab.example",
        "--folder", "Back", "--wait",
    )  # fmt: skip
    assert back["status"] == "complete", back
    assert back["totals"]["saved"] == saved["totals"]["saved"]
    assert lab.outgoing == []
    return saved


@pytest.mark.restic
def test_restic_finds_3000_real_messages_sound_and_gives_the_bytes_that_export_gives(
    strongroom: Strongroom, open_lab: OpenLab, tmp_path: Path
) -> None:
    journey(strongroom, open_lab, "mail-real", "export")
    (repository,) = (tmp_path / "storage-disk" / "repositories" / "mailbox").iterdir()
    password = strongroom.storage_password
    assert "no errors were found" in restic(repository, password, "check", "--read-data")
    restic(repository, password, "restore", "latest", "--target", tmp_path / "by-restic")
    strongroom(
        "export", "disk", "mail-real@lab.example", "--format", "files",
        "--output", tmp_path / "by-export",
    )  # fmt: skip
    exported = files(tmp_path / "by-export")
    extracted = files(tmp_path / "by-restic")
    assert sum(name.endswith(".fts") for name in exported) >= 3000
    assert exported == {name: extracted.get(name) for name in exported}


def files(top: Path) -> dict[str, bytes]:
    """Read every stored item below a folder, by its path from ``folders`` on."""
    return {
        str(path).partition("folders/")[2]: path.read_bytes()
        for path in top.rglob("*")
        if path.is_file() and "/.items/" in str(path)
    }


def test_3000_real_messages_come_back_over_the_mime_way(
    strongroom: Strongroom, open_lab: OpenLab
) -> None:
    journey(strongroom, open_lab, "mail-real", "mime")


@pytest.mark.parametrize("way", WITHOUT)
@pytest.mark.parametrize("archive", ["mail-odd", "outlook-msg"])
def test_strange_mail_comes_back(
    archive: str, way: str, strongroom: Strongroom, open_lab: OpenLab
) -> None:
    journey(strongroom, open_lab, archive, way)
