"""Names that attack run through every command: shown escaped, and no file outside ``--output``."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from strongroom.lab.lab import Wishes
from tests.journeys.conftest import OpenLab
from tests.journeys.support import Strongroom

BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def is_harmless(text: str) -> bool:
    """No control but the line feeds that end our own lines, no bidirectional mark."""
    return not any((unicodedata.category(c) == "Cc" and c != "\n") or c in BIDI for c in text)


@pytest.fixture
def hostile(strongroom: Strongroom, open_lab: OpenLab) -> str:
    """Back up the mailbox with the worst names and give its address."""
    lab = open_lab(Wishes(seed=6))
    worst = [
        mailbox.address
        for mailbox in lab.estate.mailboxes
        if any("\N{ESCAPE}" in item.subject for item in mailbox.items)
    ]
    strongroom.back_up("hostile", worst[0])
    return worst[0]


@pytest.mark.soak
def test_no_command_shows_a_control_character_or_a_bidirectional_mark(
    hostile: str, strongroom: Strongroom, tmp_path: Path
) -> None:
    paths = [folder["path"] for folder in strongroom("browse", "disk", hostile)]
    commands: list[tuple[object, ...]] = [
        ("resources", "lab"),
        ("points", "disk"),
        ("run", "list"),
        ("verify", "disk"),
        ("browse", "disk", hostile),
        *(("browse", "disk", hostile, path) for path in paths),
        ("export", "disk", hostile, "--format", "eml", "--output", tmp_path / "out"),
        ("restore", "disk", hostile, "--connection", "lab", "--to", "empty@lab.example", "--wait"),
        ("job", "run", "hostile", "--wait"),
    ]
    for words in commands:
        ended = strongroom.run(*words)
        assert ended.code == 0, (words, ended.stderr)
        assert is_harmless(ended.stdout), words
        assert is_harmless(ended.stderr), words


def test_an_export_writes_nothing_outside_its_output(
    hostile: str, strongroom: Strongroom, tmp_path: Path
) -> None:
    def outside() -> set[Path]:
        return {p for p in tmp_path.rglob("*") if "out" not in p.parts and "home" not in p.parts}

    before = outside()
    for form in ("eml", "files"):
        top = tmp_path / form
        document = strongroom("export", "disk", hostile, "--format", form, "--output", top / "out")
        assert document["status"] == "complete", document
        before.add(top)
        assert outside() == before
        written = [p for p in (top / "out").rglob("*") if p.is_file()]
        assert len(written) > 50
        assert not any(p.is_symlink() for p in top.rglob("*"))
        assert all(is_harmless(str(p.relative_to(tmp_path))) for p in written)
