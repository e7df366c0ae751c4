"""restic itself as the judge, in two versions: what we write it reads, what it writes we read.

Its ``check`` is no complete judge (tests/store/test_check.py has what it misses), so ``restore``
and our own check stand beside it.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from strongroom.clock import SystemClock
from strongroom.store.files import FileBackend
from strongroom.store.nodes import decode_tree, encode_tree, file_node
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot
from strongroom.store.storage import Storage
from strongroom.store.trees import DirNode, FileNode, TreePath, read_tree, walk
from tests.fakes.foreign import open_foreign
from tests.fakes.restics import STREAMING, Restic, ResticProgram, prove_trees
from tests.fakes.storages import HOME, NOW, content, new_storage, put

pytestmark = pytest.mark.restic

FILES: dict[TreePath, bytes] = {
    ("README.txt",): b"how to read this\n",
    ("folders", "Inbox", ".items", "2024-03", "05", "101500 Offer [k7x3q9ab].eml"): b"mail" * 500,
    ("folders", "Inbox", ".items", "2024-03", "05", "items.jsonl"): b'{"a":1}\n',
    ("folders", "Größe 漢字 🙂", "<&> 'quoted' \u2028 and \u200e"): b"odd names",
    ("folders", 'with "quotes" and \\', "bell\a tab\t"): b"odder names",
    ("folders", "not \udcff utf-8", "\udc80"): b"oddest names",
    ("folders", "sorted", "\uffee"): b"before by bytes",
    ("folders", "sorted", "🙂"): b"after by bytes",
    ("empty",): b"",
    ("large",): bytes(range(256)) * 12_000,
}


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return new_storage(FileBackend(tmp_path / "storage"))


@pytest.fixture
def repository(storage: Storage) -> Repository:
    return storage.repository("mailbox", "a1b2", create=True)


@pytest.fixture
def restic(tmp_path: Path, restic_program: ResticProgram) -> Restic:
    return restic_program.on(tmp_path / "storage" / "repositories" / "mailbox" / "a1b2")


def test_restic_finds_what_we_wrote_clean_and_reads_every_byte(
    repository: Repository, restic: Restic
) -> None:
    first = put(repository, FILES)
    put(repository, {("new",): b"new"}, root=repository.load_snapshot(first).tree)
    assert b"no errors were found" in restic("check", "--read-data", "--check-unused")


def test_restic_lists_what_we_wrote(repository: Repository, restic: Restic) -> None:
    snapshot_id = put(repository, FILES)
    (listed,) = json.loads(restic("snapshots", "--json"))
    assert listed["id"] == snapshot_id
    assert listed["hostname"] == "lab.example"
    assert listed["paths"] == ["/mail/ada@lab.example"]
    nodes = [json.loads(line) for line in restic("ls", "--json", "latest").splitlines()][1:]
    assert len(nodes) == len(
        list(walk(repository.reader(), repository.load_snapshot(snapshot_id).tree))
    )
    assert {node["size"] for node in nodes if node["name"] == "large"} == {len(FILES["large",])}


def test_what_restic_restores_is_what_we_stored(
    repository: Repository, restic: Restic, tmp_path: Path
) -> None:
    put(repository, FILES)
    target = tmp_path / "restored"
    restic("restore", "latest", "--target", str(target))
    restored = {
        path.relative_to(target).parts: path.read_bytes()
        for path in target.rglob("*")
        if path.is_file()
    }
    assert restored == FILES
    assert {path: (target / Path(*path)).stat().st_size for path in FILES} == {
        path: len(data) for path, data in FILES.items()
    }
    time = datetime.fromtimestamp((target / "large").stat().st_mtime, UTC)
    assert time == NOW


def test_restic_dumps_one_file(repository: Repository, restic: Restic) -> None:
    put(repository, FILES)
    assert restic("dump", "latest", "/large") == FILES["large",]


def test_restic_backs_up_into_our_repository_and_we_read_it(
    repository: Repository, restic: Restic, tmp_path: Path
) -> None:
    ours = put(repository, FILES)
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "file").write_bytes(b"from restic" * 1000)
    restic("backup", str(source))
    (theirs,) = set(repository.snapshot_ids()) - {ours}
    files = content(repository, theirs)
    assert [data for path, data in files.items() if path[-1] == "file"] == [b"from restic" * 1000]
    assert content(repository, ours) == FILES
    assert repository.check(read_data=True) == []
    put(repository, {("on", "top"): b"x"}, root=repository.load_snapshot(theirs).tree)
    assert b"no errors were found" in restic("check", "--read-data")


def test_restic_forgets_and_prunes_and_we_read_and_write_on(
    repository: Repository, restic: Restic
) -> None:
    old = put(repository, {("old",): b"old" * 1000})
    kept = put(repository, FILES)
    restic("forget", old)
    restic("prune", "--max-unused", "0")
    assert repository.snapshot_ids() == [kept]
    assert content(repository, kept) == FILES
    assert repository.check(read_data=True) == []
    again = put(repository, {("old",): b"old" * 1000})
    assert content(repository, again) == {("old",): b"old" * 1000}
    assert b"no errors were found" in restic("check", "--read-data")


NOTHING_TO_DO = (
    b"to repack:             0 blobs / 0 B\n"
    b"this removes:          0 blobs / 0 B\n"
    b"to delete:             0 blobs / 0 B\n"
)


def test_after_our_prune_restic_has_nothing_to_do_and_after_restics_neither_have_we(
    repository: Repository, restic: Restic
) -> None:
    files = [{(f"{n}", f"{k}"): os.urandom(3000) for k in range(5)} | FILES for n in range(4)]
    ids = [put(repository, one) for one in files]
    assert repository.upkeep.prune(ids[:2]).blobs_removed > 10
    assert b"no errors were found" in restic("check", "--read-data", "--check-unused")
    assert NOTHING_TO_DO in restic("prune", "--dry-run", "--max-unused", "0")
    restic("forget", ids[2], "--prune", "--max-unused", "0")
    pruned = repository.upkeep.prune()
    assert (pruned.blobs_removed, pruned.packs_removed, pruned.packs_repacked) == (0, 0, 0)
    assert repository.check(read_data=True) == []
    assert content(repository, ids[3]) == files[3]


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(6))
def test_whoever_of_the_two_works_on_it_in_whatever_order(
    repository: Repository, restic: Restic, restic_program: ResticProgram, tmp_path: Path, seed: int
) -> None:
    """Backups, forgetting, prunes, rewrites and rebuilt indexes by both, one after the other."""
    lot = random.Random(seed)
    expected: dict[str, dict[TreePath, bytes]] = {}
    source = tmp_path / "source"
    source.mkdir()

    def back_up() -> None:
        files: dict[TreePath, bytes] = {
            (f"{k % 3}", f"{k}"): lot.randbytes(lot.randrange(9_000)) for k in range(12)
        }
        expected[put(repository, files, is_counted=True)] = files

    def restics_backup() -> None:
        (source / f"{lot.random()}").write_bytes(lot.randbytes(5_000))
        before = set(repository.snapshot_ids())
        restic("backup", str(source))
        (new,) = set(repository.snapshot_ids()) - before
        expected[new] = content(repository, new)

    def chosen() -> str:
        name = lot.choice(sorted(expected))
        del expected[name]
        return name

    def rewrite() -> None:
        if restic_program.version >= STREAMING:
            prove_trees(restic)

    steps: list[Callable[[], object]] = [
        back_up,
        restics_backup,
        lambda: repository.upkeep.prune([chosen()]) if len(expected) > 2 else None,
        lambda: restic("forget", chosen()) if len(expected) > 2 else None,
        lambda: restic("prune", "--max-unused", lot.choice(["0", "5%", "unlimited"])),
        repository.upkeep.prune,
        repository.upkeep.consolidate,
        repository.upkeep.rebuild_index,
        lambda: repository.upkeep.repair(read_data=True),
        lambda: restic(*restic_program.rebuild_index),
        rewrite,
    ]
    back_up()
    for _ in range(25):
        lot.choice(steps)()
        assert repository.check(read_data=True) == []
    assert b"no errors were found" in restic("check", "--read-data")
    assert set(repository.snapshot_ids()) == expected.keys()
    for snapshot_id, files in expected.items():
        assert content(repository, snapshot_id) == files


def test_our_lock_keeps_restics_prune_out_and_lets_its_backup_in(
    storage: Storage, repository: Repository, restic: Restic, tmp_path: Path
) -> None:
    # restic asks the machine's clock how old our lock is.
    repository = Storage.open_with_key(
        storage._backend, storage.key, clock=SystemClock()
    ).repository("mailbox", "a1b2")
    (tmp_path / "source").mkdir()
    with repository.lock():
        with pytest.raises(AssertionError, match="already locked"):
            restic("prune")
        restic("backup", str(tmp_path / "source"))
    restic("prune")


def test_restic_opens_every_repository_of_a_storage_by_the_one_password(
    storage: Storage, tmp_path: Path, restic_program: ResticProgram
) -> None:
    salts = set()
    for kind, resource in (("mailbox", "a1b2"), ("archive", "a1b2"), ("site", "s1")):
        put(storage.repository(kind, resource, create=True), {("x",): b"x"})
        home = tmp_path / "storage" / "repositories" / kind / resource
        assert b"no errors were found" in restic_program.on(home)("check", "--read-data")
        (key_file,) = (home / "keys").iterdir()
        salts.add(json.loads(key_file.read_bytes())["salt"])
    assert len(salts) == 1


def test_restic_rebuilds_an_index_as_we_would(
    repository: Repository, restic: Restic, restic_program: ResticProgram
) -> None:
    snapshot_id = put(repository, FILES)
    restic(*restic_program.rebuild_index)
    assert content(repository, snapshot_id) == FILES
    assert repository.check(read_data=True) == []
    assert repository.upkeep.rebuild_index() == []
    assert b"no errors were found" in restic("check", "--read-data")


def test_restic_writes_every_tree_of_ours_again_byte_for_byte(
    repository: Repository, tmp_path: Path, restic_that_proves_trees: ResticProgram
) -> None:
    restic = restic_that_proves_trees.on(tmp_path / "storage" / HOME)
    first = put(repository, FILES, is_counted=True)
    tree = repository.load_snapshot(first).tree
    put(repository, {("new",): b"new", ("large",): b"less"}, root=tree, is_counted=True)
    prove_trees(restic)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (
            orjson.dumps({"nodes": [file_node("b", NOW, 0, []), file_node("a", NOW, 0, [])]})
            + b"\n",
            "not ordered",
        ),
        (orjson.dumps({"nodes": [file_node("<", NOW, 0, [])]}) + b"\n", "losing information"),
    ],
    ids=["out of order", "not escaped"],
)
def test_a_tree_of_another_hand_does_not_pass_that_judge(
    repository: Repository,
    tmp_path: Path,
    restic_that_proves_trees: ResticProgram,
    raw: bytes,
    why: str,
) -> None:
    with repository.lock():
        tree = repository.writer().save("tree", raw)
        repository.save_snapshot(Snapshot(time=NOW, tree=tree, host="h", paths=("/p",)))
    with pytest.raises(AssertionError, match=why):
        prove_trees(restic_that_proves_trees.on(tmp_path / "storage" / HOME))


def test_what_restic_writes_we_read_and_encode_again_byte_for_byte(
    repository: Repository, restic: Restic, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    plant_odd_files(source)
    restic("backup", str(source))
    read_and_encode_all(repository, source)


@pytest.mark.soak
def test_what_restic_alone_wrote_we_read_and_encode_again_byte_for_byte(
    tmp_path: Path, restic_program: ResticProgram
) -> None:
    source = tmp_path / "source"
    plant_odd_files(source)
    for number in range(2_000):
        path = source / f"folder {number % 40}" / f"file <{number}> & größer"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"%d" % number * (number % 700))
    restic = restic_program.on(tmp_path / "theirs")
    restic("init", "--repository-version", "2")
    restic("backup", str(source))
    restic("backup", str(source))
    read_and_encode_all(open_foreign(tmp_path / "theirs"), source)


def read_and_encode_all(repository: Repository, source: Path) -> None:
    """Check a repository, write every tree again, and compare the newest snapshot's files."""
    assert repository.check(read_data=True) == []
    reader = repository.reader()
    waiting = {snapshot.tree for snapshot in repository.snapshots()}
    trees = 0
    while waiting:
        tree = waiting.pop()
        raw = reader.load("tree", tree)
        assert encode_tree(decode_tree(raw)) == raw
        trees += 1
        waiting |= {node.subtree for node in read_tree(reader, tree) if isinstance(node, DirNode)}
    assert trees > 10
    files = {
        Path(*path): b"".join(reader.load_file(node.content))
        for path, node in walk(reader, repository.snapshots()[-1].tree)
        if isinstance(node, FileNode)
    }
    depth = len(source.parts) - 1
    assert {Path(*path.parts[depth:]): data for path, data in files.items()} == {
        path.relative_to(source): path.read_bytes()
        for path in source.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def plant_odd_files(source: Path) -> None:
    """Names and contents that a person, a camera or a broken program may have left."""
    names = [b"plain", b"empty", b"caf\xe9 latin-1", b"\xff\xfe", b"new\nline", b"tab\t bell\a"]
    names += [b'"quoted"', b"back\\slash", b"<&>", b"\x7f", b"\x01\x1f"]
    names += [
        name.encode()
        for name in (
            "größer",
            "\u2028\u2029",
            "\u200e\ufeff\u00a0\u00ad",
            "\U000e0001",
            "🙂",
            "\uffee",
        )
    ]
    for number, name in enumerate(names):
        folder = os.path.join(os.fsencode(source), b"folder " + name)  # noqa: PTH118 - bytes
        os.makedirs(folder)  # noqa: PTH103 - bytes
        with open(os.path.join(folder, name), "wb") as file:  # noqa: PTH118, PTH123 - bytes
            file.write(b"" if name == b"empty" else b"%d" % number * 50)
    (source / "large").write_bytes(bytes(range(256)) * 20_000)
    (source / "link").symlink_to("plain & <simple>")
