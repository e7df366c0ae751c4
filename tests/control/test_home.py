"""The home directory: ours alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from strongroom.control.home import prepare
from strongroom.errors import OperatorError

posix_only = pytest.mark.skipif(os.name == "nt", reason="rights are kept elsewhere on Windows")


@posix_only
def test_a_new_home_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    home = prepare(tmp_path / "deep" / "home")
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    journal = home.journal("r1")
    assert stat.S_IMODE(journal.parent.stat().st_mode) == 0o700


@posix_only
def test_a_home_that_others_may_change_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o770)
    with pytest.raises(OperatorError, match="changed by other accounts") as caught:
        prepare(shared)
    assert "chmod 700" in caught.value.hint


def test_a_file_in_the_place_of_the_home_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OperatorError, match="cannot be used"):
        prepare(file)
