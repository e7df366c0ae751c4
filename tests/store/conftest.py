"""What several tests of the store begin with."""

from __future__ import annotations

import pytest

from tests.fakes.copied_storage import ONE, Places


@pytest.fixture
def places() -> Places:
    """Give a storage with one restore point, and an empty place for its copy."""
    made = Places()
    made.back_up(ONE)
    return made
