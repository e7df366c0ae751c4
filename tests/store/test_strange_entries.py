"""What somebody put into a storage's directory, and the operating system cannot follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.errors import OperatorError
from strongroom.store.files import FileBackend


def test_a_link_that_leads_to_itself_is_told_as_an_error_of_the_storage(tmp_path: Path) -> None:
    backend = FileBackend(tmp_path)
    backend.save("data/one", b"1")
    (tmp_path / "data" / "loop").symlink_to("loop")
    with pytest.raises(OperatorError, match="data/loop"):
        list(backend.list("data/"))
