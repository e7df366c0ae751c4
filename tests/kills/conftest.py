"""Where workers come from, once in each test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kills.nursery import Nursery, nursery


@pytest.fixture(scope="session")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Have a nursery of workers."""
    with nursery(tmp_path_factory.mktemp("nursery")) as one:
        yield one
