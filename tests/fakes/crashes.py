"""A repository with a past, and what may be cut short in it: backup, prune, consolidation.

The past: two restore points on top of each other, one more that is to be forgotten, a pack that a
killed run left, a blob that two writers stored. So a prune has everything to do that there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from strongroom.store.backend import BlobBackend
from strongroom.store.repository import Repository
from strongroom.store.trees import TreePath
from tests.fakes.storages import content, new_repository, put, reopen

Files = Mapping[TreePath, bytes]
Work = Literal["backup", "prune", "consolidation"]
WORKS: tuple[Work, ...] = get_args(Work)

SHARED: Files = {("mail", "shared"): b"shared" * 50}
NEW: Files = {("mail", "new"): b"new" * 60, ("calendar", "new"): b"meeting" * 20}


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What lies in the repository.

    Attributes:
        points: Restore points that must be readable for ever, and what they hold.
        gone: The one that a prune forgets.
        gone_files: What it holds.
        newest: The one that a backup goes on from.
    """

    points: Mapping[str, Files]
    gone: str
    gone_files: Files
    newest: str


def make_past(backend: BlobBackend) -> Past:
    """Make the repository."""
    repository = new_repository(backend)
    _store_twice(backend, repository)
    points: dict[str, Files] = {}
    files: dict[TreePath, bytes] = dict(SHARED)
    root = None
    newest = ""
    for number in range(2):
        files[("mail", f"{number}")] = b"%d" % number * 100
        newest = put(repository, files, root=root)
        points[newest] = dict(files)
        root = repository.load_snapshot(newest).tree
    gone_files: Files = {**SHARED, ("mail", "gone"): b"gone" * 100}
    gone = put(repository, dict(gone_files))
    with repository.lock():  # and this run is killed before it names its pack
        repository.writer().save("data", b"never named")
        repository.writer()._store_pack("data")
    return Past(points=points, gone=gone, gone_files=gone_files, newest=newest)


def do(work: Work, repository: Repository, past: Past) -> None:
    """Do one of the works."""
    if work == "backup":
        put(repository, dict(NEW), root=repository.load_snapshot(past.newest).tree)
    elif work == "prune":
        repository.upkeep.prune([past.gone])
    else:
        repository.upkeep.consolidate()


def assert_nothing_is_lost(
    backend: BlobBackend, past: Past, *, is_gone: bool | None = None
) -> None:
    """See that all is sound and every restore point reads as it was stored, every byte of it.

    Args:
        backend: What survived.
        past: What was there.
        is_gone: Whether the point that is to be forgotten must be gone, or there; None: either, but
            if it is there, it reads.
    """
    repository = reopen(backend)
    assert repository.check(read_data=True) == []
    ids = set(repository.snapshot_ids())
    assert past.points.keys() <= ids
    assert is_gone in {None, past.gone not in ids}
    expected = {**past.points, past.gone: past.gone_files}
    for snapshot_id in ids:
        whole = expected.get(snapshot_id, {**past.points[past.newest], **NEW})
        assert content(repository, snapshot_id) == whole


def assert_done(work: Work, backend: BlobBackend, past: Past) -> None:
    """See that the work was done, nothing is lost, and nothing lies about any more."""
    assert_nothing_is_lost(backend, past, is_gone=work == "prune")
    repository = reopen(backend)
    assert (len(repository.snapshot_ids()) > len(past.points) + 1) == (work == "backup")
    with repository.lock():  # a lock that a crash left bars nobody, and goes
        pass
    assert not [name for name, _ in backend.list("") if "/locks/" in name]
    if work == "prune":
        again = repository.upkeep.prune(dry_run=True)
        assert again.bytes_freed == again.index_files_replaced == again.packs_repacked == 0
    elif work == "consolidation":
        again = repository.upkeep.consolidate(dry_run=True)
        assert again.index_files_replaced == again.packs_repacked == 0


def run_again(work: Work, backend: BlobBackend, past: Past) -> None:
    """Do it once more, as the next run would, and see that it is done.

    A backup that was cut short after its snapshot was durable is done already: this one finds
    nothing new and makes the same point again.
    """
    do(work, reopen(backend), past)
    assert_done(work, backend, past)


def _store_twice(backend: BlobBackend, repository: Repository) -> None:
    """Let two writers store the same at the same time, an administrator's restic for one."""
    other = reopen(backend)
    with repository.lock(), other.lock():
        for each in (repository, other):
            each.writer().save_file(SHARED["mail", "shared"])
            each.writer().flush()
