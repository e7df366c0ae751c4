"""One mailbox, one storage, and the stories between them, for the tests of the operations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from strongroom.operations.backup import back_up
from strongroom.operations.interfaces import Progress, Quiet, Stop, never
from strongroom.operations.journal import FileJournal
from strongroom.operations.restore import RestoreRequest, restore
from strongroom.operations.saved import SavedTree, read_all
from strongroom.pace.crew import Crew
from strongroom.store.passwords import PasswordCost
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from strongroom.store.trees import FileNode, Tally, walk
from strongroom.words.coverage import Coverage, FolderCoverage
from strongroom.words.resource import Resource, ResourceKind
from tests.fakes.hand_clock import HandClock
from tests.fakes.mailbox import FakeMailbox, FakeSource, FakeTarget
from tests.fakes.memory_backend import MemoryBackend

CHEAP = PasswordCost(
    argon2_memory_kib=64,
    argon2_iterations=1,
    argon2_lanes=4,
    scrypt_n=1 << 4,
    scrypt_r=8,
    scrypt_p=1,
)
"""Trying a password costs nothing here: the tests make hundreds of storages."""

ADA = Resource(
    kind=ResourceKind.MAILBOX, id="0b8c7d2e", address="ada@lab.example", name="Ada Example"
)


class World:
    """A mailbox on a server, and a storage that it is backed up to."""

    def __init__(self) -> None:
        self.mailbox = FakeMailbox()
        self.source = FakeSource(self.mailbox)
        self.target = FakeTarget(self.mailbox)
        self.backend = MemoryBackend()
        self.clock = HandClock()
        self.storage, _ = Storage.create(
            self.backend, "password of a test", cost=CHEAP, clock=self.clock
        )
        self.storage.repository(ADA.kind, ADA.id, create=True)

    def repository(self) -> Repository:
        """Open the repository as a new process would."""
        return self.storage.repository(ADA.kind, ADA.id)

    def back_up(
        self,
        *,
        progress: Progress | None = None,
        stop: Stop = never,
        job: str | None = None,
    ) -> Coverage:
        """Make a restore point."""
        with Crew(self.source.pacing.may_begin) as crew:
            return back_up(
                self.source,
                ADA,
                self.repository(),
                crew=crew,
                clock=self.clock,
                progress=progress or Quiet(),
                host="exchange",
                job=job,
                stop=stop,
            )

    def restore(
        self,
        journal: Path,
        request: RestoreRequest | None = None,
        *,
        progress: Progress | None = None,
        stop: Stop = never,
    ) -> Coverage:
        """Put things back, going on with the journal if it is there."""
        with Crew(self.target.pacing.may_begin) as crew, FileJournal(journal) as opened:
            return restore(
                self.target,
                self.repository(),
                request or RestoreRequest(),
                journal=opened,
                crew=crew,
                clock=self.clock,
                progress=progress or Quiet(),
                stop=stop,
            )

    def saved(self, position: int = -1) -> dict[tuple[str, ...], list[tuple[str, bytes, str]]]:
        """Give what a snapshot holds, in the shape of ``FakeMailbox.contents``."""
        repository = self.repository()
        tree = SavedTree(repository.reader(), repository.snapshots()[position].tree)
        held = {}
        for folder in tree.folders():
            items = sorted(
                (
                    item.item.name,
                    b"".join(
                        read_all(tree.reader, part.file.content) for part in item.parts if part.file
                    ),
                    repr(sorted(item.item.state.items())),
                )
                for item in tree.items(folder)
            )
            if items:
                held[folder.folder.path] = items
        return held

    def is_counted_as_restic_counts(self) -> bool:
        """Count the newest snapshot's files as ``restic rewrite`` does; compare its summary."""
        repository = self.repository()
        snapshot = repository.snapshots()[-1]
        tally = Tally()
        tally.add_tree(repository.reader(), snapshot.tree)
        summary = snapshot.summary
        assert summary is not None
        told = Tally(summary.total_files_processed, summary.total_bytes_processed)
        return told == tally

    def names(self) -> list[str]:
        """Name every file in the newest snapshot."""
        repository = self.repository()
        root = repository.snapshots()[-1].tree
        return [
            "/".join(path)
            for path, node in walk(repository.reader(), root)
            if isinstance(node, FileNode)
        ]


def line(coverage: Coverage, *path: str) -> FolderCoverage:
    """Find one folder's line of the ledger."""
    (found,) = [folder for folder in coverage.folders if folder.path == path]
    return found


class WorldEnded(BaseException):
    """A process was killed, as far as the test is concerned."""


def end_at(number: int) -> Callable[[str], None]:
    """Make a hook that ends the world when it is called the n-th time, counted from 1."""
    calls = 0

    def hook(_: str) -> None:
        nonlocal calls
        calls += 1
        if calls >= number:
            raise WorldEnded

    return hook
