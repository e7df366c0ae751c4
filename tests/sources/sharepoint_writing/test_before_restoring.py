"""What is looked at before anything is written: locks, quota, holds, labels, records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from strongroom.errors import Interrupted, OperatorError
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.operations.defined import defined
from strongroom.operations.restore import RestoreRequest
from strongroom.sources.sharepoint.gone import Lost
from strongroom.words.restoring import ConflictPolicy
from tests.sources.sharepoint_writing.world import FULL, SiteWorld, Told, make

LABEL = "0a7c5a6e-8f1d-4b43-9a1b-2f6f3c0d7e55"
LIBRARY = RestoreRequest(paths=(("Shared Documents",),), folder=())
REPLACE = RestoreRequest(paths=(("Shared Documents",),), folder=(), conflict=ConflictPolicy.REPLACE)


@pytest.fixture(scope="module")
def world(server: LabServer) -> Iterator[SiteWorld]:
    """A site with a library and a list, backed up once."""
    made = make(server, profile="online")
    site = made.collection(FULL)
    with site.lock:
        by = site.principals.ensure_user(site.login_of("LAB\\ann")).id
        papers(site).upload("Roof.txt", b"roof" * 500, by=by)
        papers(site).upload("Wall.txt", b"wall", by=by)
        below = site.root.add_web("below", "Below", by=by)
        shelf = below.list_by_title("Documents")
        assert shelf is not None
        shelf.settings.has_versioning = True
        plan = shelf.upload("Plan.txt", b"1", by=by)
        for number in range(4):
            shelf.save_content(plan, f"{number}".encode(), by=by)
    made.back_up()
    yield made
    made.close()


@pytest.fixture
def site(world: SiteWorld) -> SiteCollection:
    """An empty site to restore to."""
    return world.collection(world.make_empty())


def papers(site: SiteCollection) -> SpList:
    found = site.root.list_by_title("Documents")
    assert found is not None
    return found


class Leaving(Told):
    """Hears what is told before anything is written, and leaves."""

    def expect(self, items: int, byte_count: int) -> None:
        raise Interrupted(f"{items} items, {byte_count} bytes: not now.")


def told(world: SiteWorld, journal: Path, request: RestoreRequest | None = None) -> str:
    """Begin a restore, and give all that a person was told before it writes."""
    told = Leaving()
    with pytest.raises(Interrupted):
        world.restore(journal, request or LIBRARY, told=told, is_online=True)
    return "\n".join(told.notes)


def lock(site: SiteCollection) -> None:
    site.is_read_only, site.lock_issue = True, "moved by the lab"


def fill_up(site: SiteCollection) -> None:
    site.quota_bytes, site.used_bytes = 10_000, 11_000


def test_what_a_site_was_made_from_is_read_out_of_its_backup(world: SiteWorld) -> None:
    resource = world.resource(FULL)
    kept = defined(world.storage.repository(resource.kind, resource.id))
    lost = Lost.of(resource.address, kept, is_below=False)
    assert (lost.kind, lost.title, lost.language) == ("STS", "Team", 1033)


@pytest.mark.parametrize("is_online", [True, False])
@pytest.mark.parametrize(
    ("hinder", "what", "verb"),
    [(lock, "is locked", "-LockState Unlock"), (fill_up, "is full", "recycle bin")],
)
def test_what_cannot_be_written_to_is_refused_with_the_command_that_helps(
    world: SiteWorld,
    site: SiteCollection,
    tmp_path: Path,
    hinder: Callable[[SiteCollection], None],
    what: str,
    verb: str,
    is_online: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    world.resource(site.path)  # whoever comes there first is noted
    hinder(site)
    before = site.current_token.number
    with pytest.raises(OperatorError, match=what) as caught:
        world.restore(tmp_path / "journal", is_online=is_online)
    assert verb in caught.value.hint
    command = "Set-SPOSite" if is_online else "Set-SPSite"
    assert f"{command} -Identity '{world.server.url}{site.path}'" in caught.value.hint
    assert site.current_token.number == before


def test_a_quota_that_leaves_too_little_is_told_with_the_numbers(
    world: SiteWorld, site: SiteCollection, tmp_path: Path
) -> None:
    site.quota_bytes = site.used_bytes + 1_500
    found = told(world, tmp_path / "journal")
    assert "The site's quota leaves 1,500 bytes" in found


def test_a_list_that_keeps_fewer_versions_is_told_in_every_web(
    world: SiteWorld, site: SiteCollection, tmp_path: Path
) -> None:
    with site.lock:
        below = site.root.add_web("below", "Below", by=1)
        shelf = below.list_by_title("Documents")
        assert shelf is not None
        shelf.settings.has_versioning, shelf.settings.major_limit = True, 3
    request = RestoreRequest(paths=(("below",),), folder=())
    note = "'Documents' keeps 3 versions, and up to 5 were saved"
    assert note in told(world, tmp_path / "few", request)
    shelf.settings.major_limit = 5
    assert note not in told(world, tmp_path / "enough", request)


def test_a_site_under_a_hold_is_told(
    world: SiteWorld, site: SiteCollection, tmp_path: Path
) -> None:
    assert "Preservation Hold" not in told(world, tmp_path / "without")
    with site.lock:
        made = site.root.add_list("Preservation Hold Library", by=1)
        made.base_template = 1310
    assert "Preservation Hold" in told(world, tmp_path / "journal")


def test_a_label_that_a_library_gives_to_all_that_comes_is_told(
    world: SiteWorld, site: SiteCollection, tmp_path: Path
) -> None:
    papers(site).settings.default_retention_label = "Seven years"
    found = told(world, tmp_path / "journal")
    assert found.count("the retention label 'Seven years'") == 1


def test_items_that_a_label_or_record_locks_are_counted_where_they_would_be_replaced(
    world: SiteWorld, site: SiteCollection, tmp_path: Path
) -> None:
    with site.lock:
        for name in ("Roof.txt", "Wall.txt", "Door.txt"):
            made = papers(site).upload(name, b"older", by=1)
            made.compliance_tag = "" if name == "Door.txt" else "Record"
            made.is_record = name == "Roof.txt"
    note = "In the list 'Documents' 2 items have a retention label"
    assert note not in told(world, tmp_path / "copies")
    told_then = Told()
    ledger = world.restore(tmp_path / "replacing", REPLACE, told=told_then, is_online=True)
    assert any(note in one for one in told_then.notes)
    # And so it is: both stay as they were, and are no success.
    line = next(one for one in ledger.folders if one.path == ("Shared Documents",))
    assert {one.name for one in line.skipped} == {"Roof.txt", "Wall.txt"}


def test_people_who_left_are_named_with_the_number_of_values_and_so_is_a_wrong_heir(
    world: SiteWorld, site: SiteCollection, tmp_path: Path
) -> None:
    ann = site.login_of("LAB\\ann")
    gone = world.face.content.gone
    gone |= {ann.casefold(), "lab\\nobody"}
    # Two files, each with who made it and who changed it last.
    assert f"{ann} (4): not known in the target" in told(world, tmp_path / "left")
    to_nobody = replace(LIBRARY, people={ann: "LAB\\nobody"})
    found = told(world, tmp_path / "nobody", to_nobody)
    assert f"{ann} is LAB\\nobody in the target, which does not know that one: 4 values" in found
    heir = replace(LIBRARY, people={ann: "LAB\\bo"})
    assert ann not in told(world, tmp_path / "heir", heir)
    gone.clear()
    assert ann not in told(world, tmp_path / "known")


@pytest.mark.parametrize("label", ["", LABEL])
def test_a_site_without_a_sensitivity_label_is_not_said_to_have_one(
    world: SiteWorld, site: SiteCollection, tmp_path: Path, label: str
) -> None:
    site.sensitivity_label = label
    found = told(world, tmp_path / "journal")
    assert ("The site has the label" in found) == bool(label)
