"""What is in the sealed copy of a home, to the last table; and what of the home is not."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from strongroom.service import home_copies
from strongroom.service.application import Application
from strongroom.store.compression import decompress_file
from strongroom.store.home_boxes import boxes, open_box
from strongroom.vault.service_key import FileKey
from tests.fakes.mail_server import World
from tests.fakes.storages import create_is_cheap
from tests.service.support import add_job, back_up

WITH_ROWS = {
    "acknowledged", "alembic_version", "audit_sink", "channels", "connection_readers",
    "connections", "forgetting", "grants", "holds", "jobs", "marks", "protected", "retention",
    "roles", "rules", "sealed_keys", "storage_access", "storages",
}  # fmt: skip
"""Tables whose rows are in a copy. A new one belongs here or there: whoever makes it decides."""

EMPTY = {
    "audit", "audit_end", "claims", "drafts", "growth", "journals", "outbox", "progress",
    "requests", "runs", "tasks", "waits", "workers", "wrong_passwords",
}  # fmt: skip
"""Tables that are there without a row."""

NOT_IN_IT = (
    "cache/indexes/storage/mailbox", "cache/documents/ab/abcd", "cache/other", "journals/run.jsonl",
    "sessions/shell", "service.log", ".restoring.db", ".copy-left/copy.db", "worker.lock",
    "database.json.part", "note of a person.txt",
)  # fmt: skip
"""Files of a home, each of which says something that must not be in a copy."""
SAID = b"what lies in the home beside the database: 7f2c91"


@pytest.fixture(autouse=True)
def _is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    create_is_cheap(monkeypatch.setitem)


@pytest.fixture
def home(ready: Application, world: World) -> Path:
    """Give a home that was worked in, with something of every kind of file in it."""
    world.estate.add("ann@example", items=1)
    add_job(ready, "ann@example")
    assert back_up(ready)["status"] == "complete"
    path = ready.home.path
    for name in NOT_IN_IT:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        with (path / name).open("ab") as file:
            file.write(SAID)
    return path


def test_a_copy_holds_these_rows_and_nothing_else_of_the_home(
    ready: Application, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)  # a socket's path must be short
    with closing(socket.socket(socket.AF_UNIX)) as service:
        service.bind("service.sock")
        ready.homes.back_up("disk")
    storage = ready.storages.open("disk")
    (box,) = boxes(storage.place)
    content = open_box(storage, box)
    magic, key, packed = content[:4], content[4:36], content[36:]
    assert magic == home_copies.MAGIC
    rows = decompress_file(packed)
    service_key = FileKey(home).load()
    assert service_key is not None
    assert key != service_key
    for secret in (service_key, SAID):
        assert secret not in content
        assert secret not in rows
    (tmp_path / "rows.db").write_bytes(rows)
    with closing(sqlite3.connect(tmp_path / "rows.db")) as db:
        (pages,), (size,) = (db.execute(f"PRAGMA {one}").fetchone() for one in _SIZES)
        assert pages * size == len(rows), "nothing lies behind the tables"
        listed = db.execute(_TABLES).fetchall()
        assert {name for (name,) in listed} == WITH_ROWS | EMPTY
        counts = {
            name: db.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - ours
            for (name,) in listed
        }
    assert {name for name, count in counts.items() if count} <= WITH_ROWS
    assert {"connections", "jobs", "storages", "sealed_keys"} <= {
        name for name, count in counts.items() if count
    }


_SIZES = ("page_count", "page_size")
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
