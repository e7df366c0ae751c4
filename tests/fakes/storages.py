"""Storages and repositories for tests: quickly made, for trying their passwords is cheap."""

from __future__ import annotations

import inspect
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any

from strongroom.clock import Clock
from strongroom.store.backend import BlobBackend
from strongroom.store.passwords import PasswordCost
from strongroom.store.proof import prove
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot, Summary
from strongroom.store.storage import Storage
from strongroom.store.storage_keys import StorageKeys
from strongroom.store.trees import DirNode, FileEntry, FileNode, Tally, TreePath, patch, walk
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import canary

PASSWORD = canary("storage password")
CHEAP = PasswordCost(
    argon2_memory_kib=64,
    argon2_iterations=1,
    argon2_lanes=1,
    scrypt_n=1024,
    scrypt_r=8,
    scrypt_p=1,
)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOME = "repositories/mailbox/a1b2/"
"""Where ``new_repository`` lies in its storage."""


def create_is_cheap(setitem: Callable[[MutableMapping[str, Any], str, Any], None]) -> None:
    """Let whoever says nothing of the cost of trying passwords make it cheap, in this process.

    A place is tried with a short file instead of a long one as well.

    That the program itself makes it dear is for ``tests/secrecy/test_processes.py`` to show.

    Args:
        setitem: Replaces a value in a mapping; ``MonkeyPatch.setitem`` puts it back later.
    """
    changes = (one for one in vars(StorageKeys).values() if inspect.isfunction(one))
    for one in (vars(Storage)["create"].__func__, *changes):
        if "cost" in (one.__kwdefaults__ or {}):
            setitem(one.__kwdefaults__, "cost", CHEAP)
    trying: Any = prove
    setitem(trying.__kwdefaults__, "long_bytes", 5000)


def new_storage(backend: BlobBackend, clock: Clock | None = None) -> Storage:
    """Make a storage with the password ``PASSWORD``."""
    storage, _ = Storage.create(backend, PASSWORD, clock=clock or HandClock(), cost=CHEAP)
    return storage


def new_repository(backend: BlobBackend, clock: Clock | None = None) -> Repository:
    """Make a storage with one repository."""
    return new_storage(backend, clock).repository("mailbox", "a1b2", create=True)


def reopen(backend: BlobBackend, clock: Clock | None = None) -> Repository:
    """Open that repository again, as another process would."""
    storage = Storage.open_with_password(backend, PASSWORD, clock=clock or HandClock())
    return storage.repository("mailbox", "a1b2")


def put(
    repository: Repository,
    files: dict[TreePath, bytes],
    *,
    root: bytes | None = None,
    time: datetime = NOW,
    is_counted: bool = False,
) -> str:
    """Make a snapshot with these files on top of ``root``; say its id.

    ``is_counted``: with a summary, as a backup's; restic's ``rewrite`` adds one otherwise.
    """
    with repository.lock():
        writer = repository.writer()
        changes = {path: FileEntry(writer.save_file(data), NOW) for path, data in files.items()}
        tree = patch(repository.reader(), writer, root, changes, NOW)
        return repository.save_snapshot(
            Snapshot(
                time=time,
                tree=tree,
                host="lab.example",
                paths=("/mail/ada@lab.example",),
                summary=_counted(repository, tree, time) if is_counted else None,
            )
        )


def _counted(repository: Repository, tree: bytes, time: datetime) -> Summary:
    tally = Tally()
    tally.add_tree(repository.reader(), tree)
    return Summary(
        backup_start=time,
        backup_end=time,
        total_files_processed=tally.files,
        total_bytes_processed=tally.bytes,
    )


def content(repository: Repository, snapshot_id: str) -> dict[TreePath, bytes]:
    """Read all files of a snapshot, every byte of them."""
    reader = repository.reader()
    tree = repository.load_snapshot(snapshot_id).tree
    files: dict[TreePath, bytes] = {}
    for path, node in walk(reader, tree):
        if isinstance(node, FileNode):
            files[path] = b"".join(reader.load_file(node.content))
            assert len(files[path]) == node.size
        else:
            assert isinstance(node, DirNode)
    return files
