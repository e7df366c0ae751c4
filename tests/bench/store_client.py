"""What ``tests.bench.store`` measures of ours: one process that backs up a folder, or extracts.

``init STORAGE PASSWORD_FILE``, ``extract STORAGE PASSWORD_FILE FOLDER``,
``open STORAGE PASSWORD_FILE CACHES`` (a folder, or ``-`` for none), and
``backup STORAGE PASSWORD_FILE FOLDER HOW``, where HOW is ``rows`` (a day's metadata in one file of
lines, as our layout has it) or ``files`` (each in a file of its own, as restic has it).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from strongroom.operations.output_folder import OutputFolder
from strongroom.store import trees
from strongroom.store.blobs import StoredFile
from strongroom.store.chunks import WHOLE_BYTES_MAX
from strongroom.store.files import FileBackend
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot
from strongroom.store.storage import Storage
from strongroom.store.trees import FileEntry, FileNode, TreePath

KIND, RESOURCE = "mailbox", "bench"
_PIECE_BYTES = 256 * 1024
_BATCH_BYTES = 32 << 20


def open_repository(storage: Path, password: Path) -> Repository:
    """Open it as the service does: by the storage's key."""
    key = password.with_suffix(".key").read_bytes()
    return Storage.open_with_key(FileBackend(storage), key).repository(KIND, RESOURCE)


def init(storage: Path, password: Path) -> None:
    """Make the storage and the repository, which is not measured."""
    made, _ = Storage.create(FileBackend(storage), password.read_text())
    made.repository(KIND, RESOURCE, create=True)
    password.with_suffix(".key").write_bytes(made.key)


def back_up(repository: Repository, folder: Path, *, in_rows: bool) -> None:
    """Store a folder's files in a snapshot, the way a backup of a mailbox does.

    A backup's threads fetch while one seals; here one thread reads and seals in turn, for reading
    100,000 files beside it would cost more than it does: each hands the interpreter over.
    """
    writer = repository.writer()
    changes: dict[TreePath, FileEntry | None] = {}
    with repository.lock():
        for place, files in _days(folder):
            small: list[tuple[TreePath, datetime, bytes]] = []
            lines: list[bytes] = []
            for file in files:
                status = file.stat()
                when = datetime.fromtimestamp(status.st_mtime, UTC)
                path = (*place, file.name)
                if status.st_size > WHOLE_BYTES_MAX:
                    changes[path] = FileEntry(writer.save_file(_pieces(file)), when)
                elif in_rows and file.name.endswith(".json"):
                    lines.append(_read(file, status.st_size) + b"\n")
                else:
                    small.append((path, when, _read(file, status.st_size)))
            if lines:
                small.append(((*place, "items.jsonl"), datetime.now(UTC), b"".join(lines)))
            ids = writer.save_many("data", [data for _, _, data in small])
            for (path, when, data), blob_id in zip(small, ids, strict=True):
                changes[path] = FileEntry(StoredFile((blob_id,), len(data)), when)
        now = datetime.now(UTC)
        root = trees.patch(repository.reader(), writer, None, changes, now)
        snapshot = Snapshot(time=now, tree=root, host="bench", paths=("/bench",))
        repository.save_snapshot(snapshot)


def extract(repository: Repository, folder: Path) -> None:
    """Write out everything that the newest snapshot holds."""
    reader = repository.reader()
    root = repository.snapshots()[-1].tree
    with OutputFolder(folder) as output:
        batch: list[tuple[TreePath, FileNode]] = []
        size = 0
        for path, node in trees.walk(reader, root):
            if not isinstance(node, FileNode):
                continue
            if node.size > WHOLE_BYTES_MAX:
                output.write(path, reader.load_file(node.content), node.mtime)
                continue
            batch.append((path, node))
            size += node.size
            if size > _BATCH_BYTES:
                _write(repository, output, batch)
                batch, size = [], 0
        _write(repository, output, batch)


def _write(
    repository: Repository, output: OutputFolder, batch: list[tuple[TreePath, FileNode]]
) -> None:
    ids = (blob for _, node in batch for blob in node.content)
    blobs = dict(repository.reader().load_many(ids))
    for path, node in batch:
        output.write(path, [blobs[blob] for blob in node.content], node.mtime)


def _days(folder: Path) -> Iterator[tuple[TreePath, list[os.DirEntry[str]]]]:
    for month in sorted(folder.iterdir()):
        for day in sorted(month.iterdir()):
            with os.scandir(day) as entries:
                yield (month.name, day.name), list(entries)


def _read(file: os.DirEntry[str], size: int) -> bytes:
    """Read a small file, as plainly as restic: a mailbox's items come without any of this."""
    descriptor = os.open(file.path, os.O_RDONLY)
    try:
        return os.read(descriptor, size)
    finally:
        os.close(descriptor)


def _pieces(file: os.DirEntry[str]) -> Iterator[bytes]:
    with Path(file).open("rb", buffering=0) as opened:
        while piece := opened.read(_PIECE_BYTES):
            yield piece


def main() -> None:
    """Do what the arguments say."""
    verb, storage, password = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if verb == "init":
        init(storage, password)
        return
    folder = Path(sys.argv[4])
    if verb == "open":
        opened = Storage.open_with_password(FileBackend(storage), password.read_text())
        opened.index_caches = None if sys.argv[4] == "-" else folder
        reader = opened.repository(KIND, RESOURCE).reader()
        sys.exit(reader.size("data", bytes(32)) is not None)
    repository = open_repository(storage, password)
    if verb == "backup":
        back_up(repository, folder, in_rows=sys.argv[5] == "rows")
    else:
        extract(repository, folder)


if __name__ == "__main__":
    main()
