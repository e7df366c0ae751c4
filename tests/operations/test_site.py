"""The same stories serve a site, which is nothing like a mailbox."""

from __future__ import annotations

from pathlib import Path

from strongroom.operations.backup import back_up
from strongroom.operations.browse import browse
from strongroom.operations.interfaces import Quiet
from strongroom.operations.journal import FileJournal
from strongroom.operations.restore import RestoreRequest, restore
from strongroom.pace.crew import Crew
from strongroom.store.storage import Storage
from strongroom.words.resource import Resource, ResourceKind
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.site import FakeSite, FakeSiteSource, FakeSiteTarget
from tests.operations.support import CHEAP

TEAM = Resource(kind=ResourceKind.SITE, id="5a1e", address="https://lab.example/sites/team")


def test_a_site_is_restored_columns_before_lists_before_lookups_before_items(
    tmp_path: Path,
) -> None:
    site = FakeSite(
        columns={"Colour": b"red or blue"},
        lists={"Tasks": {"first": b"1", "second": b"2"}, "People": {"ada": b"lovelace"}},
        lookups={"Who": b"People"},
    )
    clock = HandClock()
    storage, _ = Storage.create(MemoryBackend(), "password of a test", cost=CHEAP, clock=clock)
    repository = storage.repository(TEAM.kind, TEAM.id, create=True)
    with Crew(lambda undone: undone < 4) as crew:
        coverage = back_up(
            FakeSiteSource(site),
            TEAM,
            repository,
            crew=crew,
            clock=clock,
            progress=Quiet(),
            host="team",
        )
    assert coverage.is_complete
    assert coverage.totals.saved == 5
    assert [item.item.name for item in browse(repository, ("Lists", "Tasks")).items] == [
        "first",
        "second",
    ]
    empty = FakeSite()
    with (
        Crew(lambda undone: undone < 4) as crew,
        FileJournal(tmp_path / "journal") as journal,
    ):
        coverage = restore(
            FakeSiteTarget(empty),
            repository,
            RestoreRequest(folder=()),
            journal=journal,
            crew=crew,
            clock=clock,
            progress=Quiet(),
        )
    assert coverage.is_complete
    assert (empty.columns, empty.lists, empty.lookups) == (site.columns, site.lists, site.lookups)
    kinds = [step.partition(" ")[0].partition("/")[0].rstrip(":") for step in empty.order]
    assert kinds == ["columns", "list", "list", "lookups", "Lists", "Lists", "Lists"]
