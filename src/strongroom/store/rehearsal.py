"""The proof that a recovery key opens a storage: done, not believed, while nothing is wrong yet.

It opens everything as a new machine would, that has nothing but the recovery key, and reads from
each repository a snapshot, its tree and a file. Nothing is changed: no lock is taken either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from strongroom.clock import Clock
from strongroom.errors import IntegrityError
from strongroom.store.backend import BlobBackend
from strongroom.store.layers.read_only import ReadOnly
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from strongroom.store.trees import FileNode, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a rehearsal showed.

    Attributes:
        storage_id: Of the storage that the key opened.
        repositories: How many there are.
        snapshots: Of how many the newest snapshot was read; others hold none yet.
        problems: What did not open, each in a sentence.
    """

    storage_id: str
    repositories: int
    snapshots: int
    problems: tuple[str, ...]


def rehearse(
    backend: BlobBackend,
    recovery_key: str,
    *,
    clock: Clock,
    told: Callable[[str], None] = lambda _: None,
) -> Rehearsal:
    """Open everything with the recovery key alone.

    Args:
        backend: Where the storage lies.
        recovery_key: As it was shown; see ``Storage.open_with_recovery_key``.
        clock: Time.
        told: Told of each repository before it is tried: ``mailbox/ID``.

    Raises:
        AccessDenied: it is another storage's, or one that was replaced.
        OperatorError: it was mistyped, or there is no storage.
        IntegrityError: the storage's record is damaged.
    """
    storage = Storage.open_with_recovery_key(ReadOnly(backend), recovery_key, clock=clock)
    known = storage.repositories()
    snapshots, problems = 0, []
    for kind, resource_id in known:
        told(f"{kind}/{resource_id}")
        try:
            snapshots += _read_one(storage.repository(kind, resource_id))
        except IntegrityError as error:
            problems.append(f"{kind}/{resource_id}: {error}")
    return Rehearsal(
        storage_id=storage.id,
        repositories=len(known),
        snapshots=snapshots,
        problems=tuple(problems),
    )


def _read_one(repository: Repository) -> bool:
    """Read a file of the newest snapshot; False: there is no snapshot."""
    known = repository.snapshots()
    if not known:
        return False
    reader = repository.reader()
    for _, node in walk(reader, known[-1].tree):
        if isinstance(node, FileNode) and node.content:
            for _ in reader.load_file(node.content[:1]):
                return True
    return True
