"""One site, one storage, and the stories between them, for the tests of the operations."""

from __future__ import annotations

from pathlib import Path

from strongroom.operations.backup import back_up
from strongroom.operations.interfaces import Quiet, Stop, never
from strongroom.operations.journal import FileJournal
from strongroom.operations.layout import FOLDERS, ITEMS, RESERVED
from strongroom.operations.restore import RestoreRequest, restore
from strongroom.operations.saved import SavedTree, read_all
from strongroom.pace.crew import Crew
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from strongroom.store.trees import FileNode, Tally, walk
from strongroom.words.coverage import Coverage
from strongroom.words.resource import Resource, ResourceKind
from tests.fakes.hand_clock import HandClock
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.site import FakeSite, FakeSiteSource
from tests.fakes.site_target import FakeSiteTarget
from tests.fakes.storages import PASSWORD
from tests.operations.support import CHEAP

TEAM = Resource(kind=ResourceKind.SITE, id="5a1e", address="https://lab.example/sites/team")


class SiteWorld:
    """A site on a server, and a storage that it is backed up to."""

    def __init__(self) -> None:
        self.site = FakeSite()
        self.source = FakeSiteSource(self.site)
        self.target = FakeSiteTarget(self.site)
        self.backend = MemoryBackend()
        self.clock = HandClock()
        self.storage, _ = Storage.create(self.backend, PASSWORD, cost=CHEAP, clock=self.clock)
        self.storage.repository(TEAM.kind, TEAM.id, create=True)

    def repository(self) -> Repository:
        """Open the repository as a new process would."""
        return self.storage.repository(TEAM.kind, TEAM.id)

    def back_up(self, *, stop: Stop = never) -> Coverage:
        """Make a restore point."""
        with Crew(self.source.pacing.may_begin) as crew:
            return back_up(
                self.source,
                TEAM,
                self.repository(),
                crew=crew,
                clock=self.clock,
                progress=Quiet(),
                host="team",
                stop=stop,
            )

    def restore(
        self, journal: Path, request: RestoreRequest | None = None, *, stop: Stop = never
    ) -> Coverage:
        """Put things back, going on with the journal if it is there."""
        with Crew(self.target.pacing.may_begin) as crew, FileJournal(journal) as opened:
            return restore(
                self.target,
                self.repository(),
                request or RestoreRequest(folder=()),
                journal=opened,
                crew=crew,
                clock=self.clock,
                progress=Quiet(),
                stop=stop,
            )

    def tree(self, position: int = -1) -> SavedTree:
        """Open the newest snapshot, be it a point or a checkpoint."""
        repository = self.repository()
        return SavedTree(repository.reader(), repository.snapshots()[position].tree)

    def saved_files(self) -> dict[tuple[str, ...], dict[tuple[str, ...], bytes]]:
        """Give each library's files by the real paths in their rows, as readers find them."""
        tree = self.tree()
        return {
            folder.folder.path: {
                tuple(item.item.state["path"]): b"".join(  # type: ignore[arg-type]
                    read_all(tree.reader, part.file.content)
                    for part in item.parts
                    if part.name == "file" and part.file
                )
                for item in tree.items(folder)
                if item.item.kind == "file"
            }
            for folder in tree.folders()
            if folder.folder.kind == "library"
        }

    def real_files(self, position: int = -1) -> dict[tuple[str, ...], bytes]:
        """Give all files that lie in real folders: what a person with restic sees."""
        tree = self.tree(position)
        return {
            path[1:]: read_all(tree.reader, node.content)
            for path, node in walk(tree.reader, tree.root)
            if path[0] == FOLDERS and ITEMS not in path and path[-1] not in RESERVED
            if isinstance(node, FileNode)
        }

    def is_counted_as_restic_counts(self) -> bool:
        """Count the newest snapshot's files as ``restic rewrite`` does; compare its summary."""
        repository = self.repository()
        snapshot = repository.snapshots()[-1]
        tally = Tally()
        tally.add_tree(repository.reader(), snapshot.tree)
        summary = snapshot.summary
        assert summary is not None
        return Tally(summary.total_files_processed, summary.total_bytes_processed) == tally


def drop_locks_of_the_dead(world: SiteWorld) -> None:
    """The killed process was ours, which lives: take its locks away as its death would."""
    for name in [name for name in world.backend.files if "/locks/" in name]:
        world.backend.delete(name)
