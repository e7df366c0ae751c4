"""How tests/formats/storage-v1 was made, once, by the first version. It is never made again.

    python -m tests.formats.make_storage_v1 EMPTY-FOLDER

A later format gets a folder and a script of its own; this folder must open for ever.
"""

from __future__ import annotations

import sys
from pathlib import Path

from strongroom.store.files import FileBackend
from strongroom.store.snapshot import Snapshot, Summary
from strongroom.store.storage import Storage
from strongroom.store.trees import Entry, FileEntry, TreePath, patch
from tests.fakes.hand_clock import HandClock
from tests.fakes.storages import CHEAP, NOW, put

PASSWORD = "correct horse"
"""Of the storage as it was released."""

FIRST: dict[TreePath, bytes] = {
    ("README.txt",): b"A storage that must open for ever.\n",
    ("folders", "Inbox", "folder.json"): b'{"name":"Inbox"}\n',
    ("folders", "Inbox", ".items", "2026-11", "22", "090000 Hello [k7x3q9ab].eml"): b"Hello\n" * 99,
    ("folders", "Größe 🙂", 'odd "name" \\ \u2028 <&>'): b"odd",
    ("empty",): b"",
}
LARGE = b"".join(b"line %d of a large file\n" % number for number in range(60_000))
SECOND: dict[TreePath, bytes] = {**FIRST, ("large",): LARGE}


def main(folder: Path) -> None:
    """Make the storage."""
    storage, recovery_key = Storage.create(
        FileBackend(folder), PASSWORD, clock=HandClock(NOW), cost=CHEAP
    )
    repository = storage.repository("mailbox", "a1b2", create=True)
    first = put(repository, FIRST)
    with repository.lock():
        writer = repository.writer()
        changes: dict[TreePath, Entry | None] = {
            ("large",): FileEntry(writer.save_file(LARGE), NOW)
        }
        root = repository.load_snapshot(first).tree
        repository.save_snapshot(
            Snapshot(
                time=NOW.replace(day=23),
                tree=patch(repository.reader(), writer, root, changes, NOW),
                host="lab.example",
                paths=("/mail/ada@lab.example",),
                tags=("mailbox", "a1b2"),
                parent=first,
                summary=Summary(backup_start=NOW, backup_end=NOW, files_new=1),
                program_version="strongroom 0.1.0",
            )
        )
    print(recovery_key)  # noqa: T201 - a script


if __name__ == "__main__":
    main(Path(sys.argv[1]))
