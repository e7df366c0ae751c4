"""Sites to test against: one with a story in it, one with an empty target only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.exchange import Site, site


@pytest.fixture
def populated(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path / "ca.pem", is_populated=True) as made:
        yield made
        assert made.lab.exchange.crashes == []


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path / "ca.pem") as made:
        yield made
        assert made.lab.exchange.crashes == []
