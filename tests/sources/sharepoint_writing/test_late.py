"""What can be written only in the end is compared only then, and is signed as it was saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.values import Stamp
from strongroom.operations.restore import RestoreRequest
from strongroom.sources.sharepoint.writing import settling
from strongroom.sources.sharepoint.writing.columns import SYSTEM
from strongroom.sources.sharepoint.writing.finishing import write_values
from strongroom.sources.sharepoint.writing.means import Means
from strongroom.sources.sharepoint.writing.standing import TargetList
from strongroom.words.coverage import Coverage
from strongroom.words.json import Json
from strongroom.words.restoring import ConflictPolicy
from tests.sources.sharepoint_writing.test_restoring_a_site import missing
from tests.sources.sharepoint_writing.world import FULL, SiteWorld, make

ONES, OTHERS = ("Lists", "Ones"), ("Lists", "Others")
WHEN = datetime(2025, 3, 1, 17, 45, tzinfo=UTC)
LOOK = (
    '<Field ID="{{5d3c6f0e-0000-4000-8000-00000000001{number}}}" Type="Lookup" Name="Other"'
    ' DisplayName="Other" List="{{{list_id}}}" ShowField="Title" />'
)


@pytest.fixture(scope="module")
def filled(server: LabServer) -> Iterator[SiteWorld]:
    """A site with two lists that look into each other: one of them must wait for the other."""
    made = make(server)
    full = made.collection(FULL)
    with full.lock:
        by, root = full.owner_id, full.root
        ann = full.principals.ensure_user(full.login_of("ann@lab.example"), title="Ann")
        ones, others = (root.add_list(path[1], by=by) for path in (ONES, OTHERS))
        for number, (of, into) in enumerate(((ones, others), (others, ones))):
            of.parse_field(LOOK.format(number=number, list_id=into.id), by=by)
            for name in "ab":
                of.add_item({"Title": name}, by=by)
        stamp = Stamp(created=WHEN, modified=WHEN, author_id=ann.id, editor_id=ann.id)
        for of in (ones, others):
            for item in of.items.values():
                of.update_item(item, {"Other": 3 - item.id}, by=by, stamp=stamp)
    made.back_up()
    yield made
    made.close()


@pytest.fixture
def world(filled: SiteWorld) -> SiteWorld:
    filled.make_empty()
    return filled


def restored(world: SiteWorld, journal: Path) -> Coverage:
    paths = (ONES, OTHERS)
    request = RestoreRequest(folder=(), paths=paths, conflict=ConflictPolicy.REPLACE)
    return world.restore(journal, request)


def lists(world: SiteWorld) -> list[SpList]:
    found = [world.collection(world.empty).root.list_by_title(path[1]) for path in (ONES, OTHERS)]
    return [one for one in found if one is not None]


def test_lookups_that_waited_are_signed_by_whom_they_were_and_compared_at_the_end(
    world: SiteWorld, tmp_path: Path
) -> None:
    assert missing(restored(world, tmp_path / "journal")) == []
    users = world.collection(world.empty).principals.users
    for of in lists(world):
        for item in of.items.values():
            assert item.values["Other"] == 3 - item.id
            assert (item.modified, users[item.editor_id].title) == (WHEN, "ann@lab.example")


def test_what_is_not_written_in_the_end_is_a_difference(
    world: SiteWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "write_values", lambda *_: None)
    short = missing(restored(world, tmp_path / "journal"))
    assert len(short) == 2
    assert len({one.partition(": ")[0] for one in short}) == 1
    assert all("Other: " in one for one in short)


@pytest.mark.soak
def test_a_signature_that_is_not_written_in_the_end_is_a_difference(
    world: SiteWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsigned(
        means: Means, target: TargetList, number: int, fields: Mapping[str, Json], kind: str
    ) -> None:
        kept = {name: value for name, value in fields.items() if name not in SYSTEM}
        write_values(means, target, number, kept, kind)

    monkeypatch.setattr(settling, "write_values", unsigned)
    short = missing(restored(world, tmp_path / "journal"))
    assert len(short) == 2
    assert all("Editor: " in one or "Modified: " in one for one in short)
