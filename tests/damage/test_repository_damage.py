"""{delete, cut, flip} each kind of file: the check tells, and the next backup works or refuses.

What is expected stands in one table. Nothing is silent, but for what no program can know: a
snapshot that was deleted looks exactly as if it had been forgotten on purpose, a lock as if its
holder had given it back; and a flipped bit inside a pack shows only when that pack is read. After a
repair everything works again, and no reader is ever given a wrong byte, before or after.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from strongroom.errors import IntegrityError, OperatorError, ResourceLocked
from strongroom.store.files import FileBackend
from strongroom.store.index import Contents, load_index
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from strongroom.store.storage_upkeep import check_repository, repair_repository
from strongroom.store.trees import FileNode, TreePath, walk
from tests.fakes.hand_clock import HandClock
from tests.fakes.storages import HOME, PASSWORD, content, new_storage, put

FIRST: dict[TreePath, bytes] = {("mail", "one"): b"one" * 50, ("mail", "two"): b"two" * 50}
SECOND: dict[TreePath, bytes] = {("mail", "three"): b"three" * 50}

FILES = {
    "data pack": f"{HOME}data/*/*",
    "tree pack": f"{HOME}data/*/*",
    "index": f"{HOME}index/*",
    "snapshot": f"{HOME}snapshots/*",
    "key": f"{HOME}keys/*",
    "master key": f"{HOME}strongroom/master-key.json",
    "config": f"{HOME}config",
    "lock": f"{HOME}locks/*",
    "storage.json": "strongroom/storage.json",
    "copy of storage.json": "strongroom/storage-copy.json",
}


class Expected(NamedTuple):
    """What each promise comes to.

    Attributes:
        told: Who tells: ``check`` (structure), ``read`` (only with read_data), ``nobody``.
        next_run: ``works`` (on top of the damaged state), ``refused`` (IntegrityError), ``locked``
            (ResourceLocked).
    """

    told: str
    next_run: str


EXPECTED = {
    ("data pack", "delete"): Expected("check", "refused"),
    ("data pack", "cut"): Expected("check", "refused"),
    ("data pack", "flip"): Expected("read", "works"),
    ("tree pack", "delete"): Expected("check", "refused"),
    ("tree pack", "cut"): Expected("check", "refused"),
    ("tree pack", "flip"): Expected("check", "refused"),
    ("index", "delete"): Expected("check", "refused"),
    ("index", "cut"): Expected("check", "refused"),
    ("index", "flip"): Expected("check", "refused"),
    ("snapshot", "delete"): Expected("nobody", "works"),
    ("snapshot", "cut"): Expected("check", "refused"),
    ("snapshot", "flip"): Expected("check", "refused"),
    ("key", "delete"): Expected("check", "works"),
    ("key", "cut"): Expected("check", "works"),
    ("key", "flip"): Expected("check", "works"),
    ("master key", "delete"): Expected("check", "works"),
    ("master key", "cut"): Expected("check", "works"),
    ("master key", "flip"): Expected("check", "works"),
    ("config", "delete"): Expected("check", "refused"),
    ("config", "cut"): Expected("check", "refused"),
    ("config", "flip"): Expected("check", "refused"),
    ("lock", "delete"): Expected("nobody", "works"),
    ("lock", "cut"): Expected("check", "locked"),
    ("lock", "flip"): Expected("check", "locked"),
    ("storage.json", "delete"): Expected("check", "works"),
    ("storage.json", "cut"): Expected("check", "works"),
    ("storage.json", "flip"): Expected("check", "works"),
    ("copy of storage.json", "delete"): Expected("check", "works"),
    ("copy of storage.json", "cut"): Expected("check", "works"),
    ("copy of storage.json", "flip"): Expected("check", "works"),
}


class Damaged:
    """A storage with one snapshot, of which one file is damaged."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.backend = FileBackend(root)
        repository = new_storage(self.backend).repository("mailbox", "a1b2", create=True)
        self.first = put(repository, FIRST)
        self._lock_of_the_dead(repository)

    def _lock_of_the_dead(self, repository: Repository) -> None:
        """Leave a lock whose holder was killed: whole, it is in nobody's way."""
        (folder,) = self.root.glob(f"{HOME}locks")
        with repository.lock():
            (path,) = folder.iterdir()
            lock = path.read_bytes()
        path.write_bytes(lock)

    def path(self, what: str) -> Path:
        paths = sorted(self.root.glob(FILES[what]))
        if not what.endswith("pack"):
            (path,) = paths
            return path
        kind = what.removesuffix(" pack")
        (name,) = {
            pack.hex()
            for pack, entries in _index(self.repository())
            if {entry.kind for entry in entries} == {kind}
        }
        return next(path for path in paths if path.name == name)

    def damage(self, what: str, how: str) -> None:
        path = self.path(what)
        data = path.read_bytes()
        path.unlink()
        at = (
            20 if what.endswith("pack") else len(data) // 2
        )  # in the first blob, or amid the secrets
        if how == "cut":
            path.write_bytes(data[: len(data) // 2])
        elif how == "flip":
            path.write_bytes(data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :])
        assert how == "delete" or path.read_bytes() != data

    def storage(self) -> Storage:
        return Storage.open_with_password(self.backend, PASSWORD, clock=HandClock())

    def repository(self) -> Repository:
        return self.storage().repository("mailbox", "a1b2")

    def check(self, *, read_data: bool) -> list[str]:
        """Check as the command does: the storage, then the repository."""
        storage = self.storage()
        return storage.check() + check_repository(storage, "mailbox", "a1b2", read_data=read_data)

    def readable(self) -> dict[TreePath, bytes]:
        """Read what can be read of the first snapshot, as a restore would."""
        found: dict[TreePath, bytes] = {}
        try:
            repository = self.repository()
            reader = repository.reader()
            for path, node in walk(reader, repository.load_snapshot(self.first).tree):
                if isinstance(node, FileNode):
                    with suppress(IntegrityError):
                        found[path] = b"".join(reader.load_file(node.content))
        except IntegrityError:
            pass
        return found

    def next_run(self) -> str:
        """Make an incremental run on the latest snapshot, or a first one if there is none."""
        repository = self.repository()
        snapshots = repository.snapshots()
        base = snapshots[-1].tree if snapshots else None
        return put(repository, SECOND if base else FIRST | SECOND, root=base)


def _index(repository: Repository) -> list[Contents]:
    documents = repository._documents
    return [
        contents
        for file_id in documents.ids("index")
        for contents in load_index(documents, file_id)
    ]


@pytest.fixture
def damaged(tmp_path: Path) -> Damaged:
    return Damaged(tmp_path)


def test_the_table_is_complete() -> None:
    assert set(EXPECTED) == {(what, how) for what in FILES for how in ("delete", "cut", "flip")}


@pytest.mark.parametrize(("what", "how"), EXPECTED)
def test_damage_is_told(damaged: Damaged, what: str, how: str) -> None:
    assert damaged.check(read_data=True) == []
    damaged.damage(what, how)
    structure, everything = damaged.check(read_data=False), damaged.check(read_data=True)
    told = EXPECTED[what, how].told
    assert bool(structure) == (told == "check"), structure
    assert bool(everything) == (told != "nobody"), everything


@pytest.mark.parametrize(("what", "how"), EXPECTED)
def test_the_next_backup_works_or_refuses_clearly(damaged: Damaged, what: str, how: str) -> None:
    damaged.damage(what, how)
    before = {path for path in damaged.root.rglob("*") if path.is_file()}
    expected = EXPECTED[what, how].next_run
    if expected != "works":
        with pytest.raises(IntegrityError if expected == "refused" else ResourceLocked) as caught:
            damaged.next_run()
        assert caught.value.hint, "it must say what to do"
        after = {path for path in damaged.root.rglob("*") if path.is_file()}
        assert not [path for path in after - before if "snapshots" in path.parts]
        return
    second = damaged.next_run()
    again = damaged.repository()
    if what == "data pack":  # the flipped blob is found when it is read, and only it is lost
        with pytest.raises(IntegrityError, match="not what was stored"):
            content(again, second)
    else:
        assert content(again, second) == FIRST | SECOND


@pytest.mark.parametrize(("what", "how"), EXPECTED)
def test_after_a_repair_everything_works(damaged: Damaged, what: str, how: str) -> None:
    damaged.damage(what, how)
    before = damaged.readable()
    storage = damaged.storage()
    storage.mend()
    repair_repository(storage, "mailbox", "a1b2", read_data=True)
    is_lost = what in {"data pack", "tree pack", "snapshot"}
    if not is_lost or (what, how) == ("snapshot", "delete"):
        assert damaged.check(read_data=True) == []
    else:
        # What is gone is gone: the old point is told, nothing else.
        told = damaged.check(read_data=True)
        assert all("misses the blob" in one or "cannot be read" in one for one in told), told
    after = damaged.readable()
    assert before.items() <= after.items(), "a repair loses nothing that could be read"
    assert is_lost or after == FIRST
    second = put(damaged.repository(), FIRST | SECOND)
    assert content(damaged.repository(), second) == FIRST | SECOND, "whatever the server still has"


@pytest.mark.parametrize(("what", "how"), EXPECTED)
def test_no_wrong_byte_is_ever_given(damaged: Damaged, what: str, how: str) -> None:
    damaged.damage(what, how)
    assert damaged.readable().items() <= FIRST.items()


@pytest.mark.parametrize(("what", "how"), EXPECTED)
def test_a_storage_of_two_lets_the_other_repository_work(
    damaged: Damaged, what: str, how: str
) -> None:
    other = put(damaged.storage().repository("site", "s1", create=True), SECOND)
    damaged.damage(what, how)
    storage = damaged.storage()
    assert content(storage.repository("site", "s1"), other) == SECOND
    assert check_repository(storage, "site", "s1", read_data=True) == []


@pytest.mark.parametrize("at", range(0, 600, 31))
def test_wherever_a_bit_of_a_pack_is_flipped_it_is_told(damaged: Damaged, at: int) -> None:
    """Blob, seal, header or length of the header."""
    for what in ("data pack", "tree pack"):
        path = damaged.path(what)
        data = path.read_bytes()
        where = at % len(data)
        path.unlink()
        path.write_bytes(data[:where] + bytes([data[where] ^ 0x10]) + data[where + 1 :])
        assert damaged.check(read_data=True), f"{what} at {where} of {len(data)}"
        assert damaged.readable().items() <= FIRST.items()
        path.unlink()
        path.write_bytes(data)


@pytest.mark.parametrize("how", ["delete", "cut", "flip"])
def test_without_any_record_the_way_to_the_data_is_told(damaged: Damaged, how: str) -> None:
    damaged.damage("storage.json", how)
    damaged.damage("copy of storage.json", how)
    if how == "delete":
        with pytest.raises(OperatorError, match="no storage here"):
            damaged.storage()
        return
    with pytest.raises(IntegrityError) as caught:
        damaged.storage()
    assert "restic" in caught.value.hint


@pytest.mark.parametrize("how", ["delete", "cut", "flip"])
def test_without_any_key_the_repository_says_so(damaged: Damaged, how: str) -> None:
    damaged.damage("key", how)
    damaged.damage("master key", how)
    with pytest.raises(IntegrityError, match="cannot be opened") as caught:
        damaged.repository()
    assert "keys" in caught.value.hint
    assert any("cannot be opened" in problem for problem in damaged.check(read_data=False))
