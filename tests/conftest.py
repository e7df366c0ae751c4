"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# The same examples every time: a test that fails today fails tomorrow. ``--hypothesis-seed=random``
# looks for new ones. And no deadline: a shared machine may stop for a second anywhere.
settings.register_profile("strongroom", deadline=None, derandomize=True)
settings.load_profile("strongroom")

# Every run is searched for the secrets that its tests used; databases, both restics and object
# stores are there for all rooms.
pytest_plugins = [
    "tests.secrecy.run_search",
    "tests.fakes.databases",
    "tests.fakes.object_stores",
    "tests.fakes.restics",
]
