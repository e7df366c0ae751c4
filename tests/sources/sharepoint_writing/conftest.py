"""One server for all farms of these tests, one after another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.lab.estate.estate import Estate
from strongroom.lab.https import Authority
from strongroom.lab.server import LabServer


@pytest.fixture(scope="module")
def server() -> Iterator[LabServer]:
    with LabServer(Estate(seed=1), authority=Authority()) as running:
        yield running
