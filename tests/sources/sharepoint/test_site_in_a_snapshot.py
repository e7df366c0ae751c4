"""A site of the lab backed up into a repository: the ledger meets, and the second time is cheap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strongroom.lab.entra.jwt import Signer
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint.content.seed import Amounts, Seeded, fill
from strongroom.operations.backup import back_up
from strongroom.operations.interfaces import Quiet
from strongroom.operations.layout import FOLDERS, ITEMS, RESERVED
from strongroom.operations.saved import SavedTree, read_all
from strongroom.pace.crew import Crew
from strongroom.store.storage import Storage
from strongroom.store.trees import FileNode, walk
from strongroom.words.coverage import Coverage
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import PASSWORD
from tests.lab_sharepoint.conftest import server, signer
from tests.operations.support import CHEAP
from tests.sources.sharepoint.lab_site import LabSite, lab_site

__all__ = ["server", "signer"]


class Kept:
    """A site of the lab, and a storage that it is backed up to."""

    def __init__(self, site: LabSite) -> None:
        self.site = site
        self.storage, _ = Storage.create(MemoryBackend(), PASSWORD, cost=CHEAP, clock=site.clock)
        resource = site.resource
        self.repository = self.storage.repository(resource.kind, resource.id, create=True)

    def back_up(self) -> Coverage:
        source = self.site.source()
        with Crew(source.pacing.may_begin) as crew:
            return back_up(
                source,
                self.site.resource,
                self.repository,
                crew=crew,
                clock=self.site.clock,
                progress=Quiet(),
                host="lab",
            )

    def documents(self) -> dict[tuple[str, ...], bytes]:
        """Give the files that lie in real folders, as a person with plain restic finds them."""
        tree = SavedTree(self.repository.reader(), self.repository.snapshots()[-1].tree)
        return {
            path[1:]: read_all(tree.reader, node.content)
            for path, node in walk(tree.reader, tree.root)
            if path[0] == FOLDERS and ITEMS not in path and path[-1] not in RESERVED
            if isinstance(node, FileNode)
        }


@pytest.fixture
def kept(server: LabServer, signer: Signer) -> Iterator[Kept]:
    with lab_site(server, signer) as site:
        yield Kept(site)


@pytest.fixture
def seeded(kept: Kept) -> Seeded:
    with kept.site.collection.lock:
        return fill(kept.site.collection, Amounts(items=40, files=4, people=4, pages=2), seed=9)


def test_a_site_is_a_complete_restore_point_with_its_documents_as_plain_files(
    kept: Kept, seeded: Seeded
) -> None:
    coverage = kept.back_up()
    assert coverage.is_complete, coverage
    items = sum(len(of.items) for web in kept.site.collection.webs() for of in web.lists.values())
    ours = {("_list",), ("_web",), ("_files",)}
    counted = [one for one in coverage.folders if one.path[-1:] not in ours]
    assert sum(one.on_server for one in counted) == sum(one.saved for one in counted) == items
    documents = kept.documents()
    root = kept.site.collection.root
    for item in seeded.documents.items.values():
        if item.file is not None:
            inner = item.path.removeprefix(root.path).strip("/").split("/")
            assert documents[tuple(inner)] == bytes(item.file.content)


def test_the_second_time_only_what_changed_is_saved(kept: Kept, seeded: Seeded) -> None:
    kept.back_up()
    kept.site.clock.sleep(60)
    before = kept.site.requests
    assert sum(one.saved for one in kept.back_up().folders) == 0
    assert kept.site.requests - before <= 10
    by = seeded.crew.users[0].id
    with kept.site.collection.lock:
        seeded.orders.add_item({"Title": "new"}, by=by)
        papers = [one for one in seeded.documents.items.values() if one.file]
        seeded.documents.save_content(papers[0], b"another", by=by)
        seeded.documents.delete_item(papers[1], by=by)
    kept.site.clock.sleep(60)
    coverage = kept.back_up()
    assert coverage.is_complete, coverage
    assert sum(one.saved for one in coverage.folders) == 2
    inner = papers[0].path.removeprefix(kept.site.collection.root.path).strip("/").split("/")
    assert kept.documents()[tuple(inner)] == b"another"


def test_after_the_log_forgot_everything_is_listed_and_nothing_is_read_twice(
    kept: Kept, seeded: Seeded
) -> None:
    kept.back_up()
    kept.site.clock.sleep(61 * 86_400)
    downloads = kept.site.face.rest.asked["$value"]
    by = seeded.crew.users[0].id
    with kept.site.collection.lock:
        rows = [one for one in seeded.orders.items.values() if not one.is_folder]
        seeded.orders.delete_item(rows[0], by=by)
        seeded.orders.update_item(rows[1], {"Title": "other"}, by=by)
    coverage = kept.back_up()
    assert coverage.is_complete, coverage
    assert sum(one.saved for one in coverage.folders) == 1
    assert kept.site.face.rest.asked["$value"] == downloads


@pytest.mark.parametrize("tells_below", [pytest.param(True, marks=pytest.mark.soak), False])
def test_a_folder_that_went_takes_all_below_it_along_and_brings_it_back(
    kept: Kept, seeded: Seeded, *, tells_below: bool
) -> None:
    kept.site.collection.log.tells_below = tells_below
    kept.back_up()
    papers, by = seeded.documents, seeded.crew.users[0].id
    with kept.site.collection.lock:
        folder = next(
            one
            for one in papers.items.values()
            if one.is_folder and one.parent is None and any(below.file for below in one.below())
        )
        inside = ("Shared Documents", folder.leaf_name)
        before = {path for path in kept.documents() if path[:2] == inside}
        entry = papers.recycle_item(folder, by=by)
    kept.site.clock.sleep(60)
    coverage = kept.back_up()
    assert coverage.is_complete, coverage
    assert before
    assert not before & kept.documents().keys()
    with kept.site.collection.lock:
        kept.site.collection.recycle_bin.restore(entry.id)
    kept.site.clock.sleep(60)
    coverage = kept.back_up()
    assert coverage.is_complete, coverage
    assert before <= kept.documents().keys()
