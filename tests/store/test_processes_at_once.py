"""Two processes that write, and a third that prunes, on repositories of one storage at once.

``python -m tests.store.test_processes_at_once FOLDER NAME`` is one of them.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from strongroom.store.files import FileBackend
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from tests.fakes.storages import NOW, PASSWORD, content, new_storage, put

ROUNDS = 4
NAMES = ("one", "two", "pruned")


def files(name: str, number: int) -> dict[tuple[str, ...], bytes]:
    return {("mail", str(number)): f"{name} {number} ".encode() * 100}


def work(folder: Path, name: str) -> None:
    """Write restore points, or forget all but the newest; tell the ids of what is left."""
    storage = Storage.open_with_password(FileBackend(folder), PASSWORD)
    repository = storage.repository("mailbox", name)
    tell("ready")
    sys.stdin.readline()
    if name != "pruned":
        tell(*(save(repository, name, number) for number in range(ROUNDS)))
        return
    for one in repository.snapshots()[:-1]:
        repository.upkeep.prune([one.id])
    repository.upkeep.consolidate()
    tell(*repository.snapshot_ids())


def tell(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def save(repository: Repository, name: str, number: int) -> str:
    return put(repository, files(name, number), time=NOW + timedelta(hours=number))


def start(folder: Path, name: str) -> subprocess.Popen[str]:
    words = (sys.executable, "-m", "tests.store.test_processes_at_once", str(folder), name)
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_each_finds_what_it_stored_and_nothing_else(tmp_path: Path) -> None:
    storage = new_storage(FileBackend(tmp_path))
    repositories = {name: storage.repository("mailbox", name, create=True) for name in NAMES}
    for number in range(ROUNDS):
        kept = save(repositories["pruned"], "pruned", number)
    processes = {name: start(tmp_path, name) for name in NAMES}
    try:
        for one in processes.values():
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        for one in processes.values():
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        told = {name: one.communicate(timeout=50)[0] for name, one in processes.items()}
    finally:
        for one in processes.values():
            one.kill()
            one.wait()
    assert [one.returncode for one in processes.values()] == [0, 0, 0]
    assert told["pruned"].split() == [kept]
    assert content(repositories["pruned"], kept) == files("pruned", ROUNDS - 1)
    for name in ("one", "two"):
        points = told[name].split()
        assert [content(repositories[name], one) for one in points] == [
            files(name, number) for number in range(ROUNDS)
        ]
    for name in NAMES:
        again = storage.repository("mailbox", name)
        assert again.check(read_data=True) == []
    assert not [one.name for one in FileBackend(tmp_path).list("") if "/locks/" in one.name]


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2])
