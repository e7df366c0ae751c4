"""A mailbox by Graph keeps what every source promises, however Graph answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.lab.graph.mailbox.habits import Habits
from strongroom.lab.lab import Lab
from strongroom.sources.exchange_online.server import OnlineServer
from strongroom.wire.graph.mailbox import folders, items
from tests.contracts.source import (
    COUNT,
    HERE,
    Place,
    SourceContract,
    find_folder,
    items_of,
    listed,
)
from tests.sources.exchange_online.conftest import OWN
from tests.sources.exchange_online.graph_place import GraphPlace
from tests.sources.exchange_online.graph_world import GraphWorld


@pytest.fixture
def habits(lab: Lab) -> Iterator[Habits]:
    """Give the lab's habits; they are as they were when the test ends."""
    store = lab.cloud.graph.mail.store
    before, store.habits = store.habits, Habits()
    yield store.habits
    store.habits = before
    assert lab.cloud.graph.crashes == []


@pytest.fixture(scope="class")
def server(lab: Lab) -> Iterator[OnlineServer]:
    """Sign in once for a class; what it finds out of Graph's habits is that class's own."""
    opened = GraphWorld(lab, OWN).open()
    yield opened
    opened.close()


@pytest.mark.usefixtures("habits")
class _OnGraph(SourceContract):
    @pytest.fixture
    def place(
        self,
        lab: Lab,
        server: OnlineServer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> GraphPlace:
        monkeypatch.setattr(items, "AT_ONCE", 5)
        monkeypatch.setattr(folders, "AT_ONCE", 5)
        return GraphPlace(lab, OWN, server)


class TestByDelta(_OnGraph):
    """Lists of changes tell everything."""


class TestByDeltaWithTraps(_OnGraph):
    """Pages that are empty, entities that come twice, ids that change with their folder."""

    @pytest.fixture(autouse=True)
    def _trapped(self, habits: Habits) -> None:
        habits.empty_pages, habits.repeated = 0.3, 0.3
        habits.honours_immutable_ids = habits.echoes_preferences = False
        habits.hidden_items, habits.time_digits = True, 7
        habits.well_known_names = False

    def test_every_page_gives_a_cursor_to_go_on_from(self, place: Place) -> None:
        """Whoever goes on from a cursor may be told again what stood before it, and of all else."""
        source = place.source()
        folder = find_folder(source, *HERE)
        first, *others = source.changes(folder, None)
        told = set(items_of(list(first.changes)))
        rest = set(items_of(listed(source, folder, first.cursor)[0]))
        assert rest >= {name for page in others for name in items_of(list(page.changes))}
        assert told | rest == {f"letter {number}" for number in range(COUNT)}


class TestByDeltaAndList(_OnGraph):
    """Lists of changes tell no extended properties, so the plain list does."""

    @pytest.fixture(autouse=True)
    def _plain(self, habits: Habits) -> None:
        habits.expands_in_delta = False
