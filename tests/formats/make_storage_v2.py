"""How tests/formats/storage-v2 was made, once: a record with several passwords, and the rest.

    python -m tests.formats.make_storage_v2 EMPTY-FOLDER

A later format gets a folder and a script of its own; this folder must open for ever.
"""

from __future__ import annotations

import sys
from pathlib import Path

from strongroom.store.files import FileBackend
from strongroom.store.holds import StoredHold
from strongroom.store.home_boxes import save_box
from strongroom.store.rekeying import rekey
from strongroom.store.storage import Storage
from strongroom.store.storage_keys import StorageKeys
from strongroom.store.trees import TreePath
from tests.fakes.hand_clock import HandClock
from tests.fakes.storages import CHEAP, NOW, put

PASSWORD, ANN = "correct horse", "battery staple"
"""Of the storage as it was released."""

HOME_ID, HOME = "0123456789abcdef", b"what a home knows"
FILES: dict[TreePath, bytes] = {
    ("README.txt",): b"A storage that must open for ever.\n",
    ("folders", "Inbox", ".items", "2026-11", "22", "090000 Hello [k7x3q9ab].eml"): b"Hello\n" * 99,
}


def main(folder: Path) -> None:
    """Make the storage."""
    clock = HandClock(NOW)
    storage, recovery_key = Storage.create(FileBackend(folder), PASSWORD, clock=clock, cost=CHEAP)
    StorageKeys(storage, clock).add_password("ann", ANN, cost=CHEAP)
    for resource_id in ("plain", "rekeyed"):
        put(storage.repository("mailbox", resource_id, create=True), FILES)
    storage.holds("mailbox", "rekeyed").add(
        StoredHold(id="held", reason="case 4711", by="uid:1000", at=NOW)
    )
    rekey(storage, "mailbox", "rekeyed")
    save_box(storage, HOME_ID, HOME, NOW)
    print(recovery_key)  # noqa: T201 - a script


if __name__ == "__main__":
    main(Path(sys.argv[1]))
