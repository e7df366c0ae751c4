"""The real program at a terminal, and one lab for all conversations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.lab.lab import Lab, Wishes


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=1)) as running:
        yield running
        assert running.outgoing == []


@pytest.fixture
def ca_file(lab: Lab, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    path.write_bytes(lab.ca_pem)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"
