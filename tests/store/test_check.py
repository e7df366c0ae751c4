"""Planted mistakes: each must be told in words, and none may stop the check."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from strongroom.errors import OperatorError, ResourceLocked
from strongroom.store import index
from strongroom.store.blobs import StoredFile
from strongroom.store.check import ALL
from strongroom.store.index import Contents
from strongroom.store.nodes import file_node, folder_node
from strongroom.store.pack import Entry, PackBuilder, pack_name
from strongroom.store.repository import Repository
from strongroom.store.sampling import Sample
from strongroom.store.snapshot import Snapshot
from strongroom.store.trees import TreePath
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import HOME, NOW, content, new_repository, put, reopen

_DAYS = [(month, day) for month in range(12) for day in range(30)]


@pytest.fixture
def repository(backend: MemoryBackend) -> Repository:
    repository = new_repository(backend)
    put(repository, {("sound", "file"): b"sound"})
    return repository


def plant_tree(repository: Repository, raw: bytes) -> None:
    """Make a snapshot of a tree that our own code would not write."""
    with repository.lock():
        tree = repository.writer().save("tree", raw)
        repository.save_snapshot(Snapshot(time=NOW, tree=tree, host="h", paths=("/p",)))


def plant_nodes(repository: Repository, *nodes: dict[str, Any]) -> None:
    plant_tree(repository, orjson.dumps({"nodes": list(nodes)}) + b"\n")


def store(repository: Repository, data: bytes) -> StoredFile:
    with repository.lock():
        stored = repository.writer().save_file(data)
        repository.writer().flush()
    return stored


def plant_index(
    repository: Repository, backend: MemoryBackend, change: Callable[[Entry], Entry]
) -> None:
    """Let the indexes say something else about every blob."""
    documents = repository._documents
    for file_id in documents.ids("index"):
        packs = [
            Contents(pack, tuple(map(change, entries)))
            for pack, entries in index.load_index(documents, file_id)
        ]
        documents.delete("index", file_id)
        index.save_index(documents, packs)


def test_a_sound_repository_has_no_problems(repository: Repository) -> None:
    assert repository.check() == []
    assert repository.check(read_data=True) == []


def test_nodes_out_of_order_are_told(repository: Repository) -> None:
    plant_nodes(repository, file_node("b", NOW, 0, []), file_node("a", NOW, 0, []))
    assert _only(repository.check()).endswith("not in order, or not written as restic would.")


def test_two_nodes_of_one_name_are_told(repository: Repository) -> None:
    plant_nodes(repository, file_node("a", NOW, 0, []), file_node("a", NOW, 0, []))
    assert "two nodes" in _only(repository.check())


@pytest.mark.parametrize("name", ["..", "a/b"])
def test_names_that_lead_elsewhere_are_told(repository: Repository, name: str) -> None:
    plant_nodes(repository, file_node(name, NOW, 0, []))
    assert "a name that must not be" in _only(repository.check())


def test_json_that_go_would_not_write_is_told(repository: Repository) -> None:
    plant_nodes(repository, file_node("<b>", NOW, 0, []))
    assert "not written as restic would" in _only(repository.check())


def _without(key: str) -> dict[str, Any]:
    return {name: value for name, value in file_node("a", NOW, 0, []).items() if name != key}


@pytest.mark.parametrize(
    "node",
    [
        {**file_node("a", NOW, 0, []), "colour": "red"},
        _without("atime"),
        _without("ctime"),
        _without("uid"),
        _without("content"),
        {"type": "file", **_without("type")},
        {**_without("content"), "size": 0, "content": []},
        {**file_node("a", NOW, 0, []), "user": ""},
        {**file_node("a", NOW, 0, []), "mtime": "2026-11-22T09:00:00.500Z"},
        {**file_node("a", NOW, 0, []), "name": "bell\a"},
    ],
    ids=["unknown field", "no atime", "no ctime", "no uid", "no content", "fields out of order",
         "a size of 0", "an empty user", "zeros at the end of a time", "a control character"],
)  # fmt: skip
def test_a_node_that_restic_would_write_otherwise_is_told(
    repository: Repository, node: dict[str, Any]
) -> None:
    plant_nodes(repository, node)
    assert _only(repository.check()).endswith("not in order, or not written as restic would.")


def test_a_size_that_does_not_fit_the_content_is_told(repository: Repository) -> None:
    stored = store(repository, b"twelve bytes")
    plant_nodes(repository, file_node("wrong", NOW, 13, stored.content))
    assert "should have 13 bytes, its blobs have 12" in _only(repository.check())


def test_a_size_without_content_is_told(repository: Repository) -> None:
    plant_nodes(repository, file_node("hollow", NOW, 5, []))
    assert "should have 5 bytes, its blobs have 0" in _only(repository.check())


def test_a_missing_blob_is_told(repository: Repository) -> None:
    plant_nodes(repository, file_node("lost", NOW, 5, [bytes(32)]))
    assert f"misses the blob {'00' * 32}" in _only(repository.check())


def test_a_missing_folder_is_told_with_its_path(repository: Repository) -> None:
    plant_nodes(repository, folder_node("gone", NOW, bytes(32)))
    problem = _only(repository.check())
    assert "/gone/" in problem
    assert "cannot be read" in problem


def test_a_tree_of_nonsense_is_told(repository: Repository) -> None:
    plant_tree(repository, b"[]")
    assert "cannot be read" in _only(repository.check())


def test_a_wrong_offset_is_told(repository: Repository, backend: MemoryBackend) -> None:
    plant_index(repository, backend, lambda entry: entry._replace(offset=entry.offset + 1))
    problems = reopen(backend).check()
    assert any("gaps or overlaps" in problem for problem in problems)
    assert any("cannot be read" in problem for problem in problems)


def test_a_wrong_content_length_is_told(repository: Repository, backend: MemoryBackend) -> None:
    plant_index(repository, backend, lambda entry: entry._replace(raw_length=entry.raw_length + 1))
    again = reopen(backend)
    assert again.check() != []
    assert any("says otherwise than the index" in p for p in again.check(read_data=True))


def test_a_wrong_type_is_told(repository: Repository, backend: MemoryBackend) -> None:
    plant_index(repository, backend, lambda entry: entry._replace(kind="data"))
    assert any("says otherwise" in p for p in reopen(backend).check(read_data=True))


def test_two_indexes_that_contradict_each_other_are_told(
    repository: Repository, backend: MemoryBackend
) -> None:
    documents = repository._documents
    (file_id,) = documents.ids("index")
    packs = [
        Contents(pack, tuple(entry._replace(raw_length=7) for entry in entries))
        for pack, entries in index.load_index(documents, file_id)
    ]
    index.save_index(documents, packs)
    assert any("different things" in problem for problem in reopen(backend).check())


def test_a_blob_under_anothers_name_is_told(repository: Repository, backend: MemoryBackend) -> None:
    _plant_pack(repository, backend, [("data", b"not what its name says")], bytes(32))
    assert reopen(backend).check() == [], "only reading it can tell"
    assert "is not what was stored" in _only(reopen(backend).check(read_data=True))


def test_data_and_trees_in_one_pack_are_told(
    repository: Repository, backend: MemoryBackend
) -> None:
    _plant_pack(repository, backend, [("data", b"data"), ("tree", b'{"nodes":[]}\n')])
    assert "which version 2 forbids" in _only(reopen(backend).check())


def test_a_pack_that_lacks_a_blob_its_index_names_is_told(
    repository: Repository, backend: MemoryBackend
) -> None:
    plant_index(repository, backend, lambda entry: entry._replace(id=bytes(32)))
    assert any("says otherwise" in p for p in reopen(backend).check(read_data=True))


@pytest.mark.parametrize("how", ["cut", "flipped"])
def test_a_damaged_lock_is_told_for_it_keeps_backups_out(
    repository: Repository, backend: MemoryBackend, how: str
) -> None:
    with repository.lock():
        (name,) = (name for name in backend.files if name.startswith(f"{HOME}locks/"))
        box = backend.files[name]
    backend.files[name] = box[:40] if how == "cut" else bytes([box[0] ^ 1]) + box[1:]
    assert "It keeps backups out until it is removed." in _only(reopen(backend).check())
    with pytest.raises(ResourceLocked), reopen(backend).lock():
        pass


def test_an_empty_lock_is_no_problem(repository: Repository, backend: MemoryBackend) -> None:
    backend.files[f"{HOME}locks/{'0' * 64}"] = b""
    assert repository.check() == []
    with reopen(backend).lock():
        pass


def test_old_indexes_and_unknown_files_beside_the_repository_are_ignored(
    repository: Repository, backend: MemoryBackend
) -> None:
    """An index that was replaced long ago and put back, and what people and programs leave."""
    first = put(repository, {("one",): b"1" * 50})
    old = {name: data for name, data in backend.files.items() if name.startswith(f"{HOME}index/")}
    repository.upkeep.rebuild_index()
    backend.files.update(old)
    for name in (
        "notes.txt", "data/notes.txt", "data/ab/README", "snapshots/README.txt", "index/tmp-1",
        "keys/old key", "locks/README", "index/0123.part", "x-catalog/things.db",
        f"data/ab/{'ab' * 31}", f"snapshots/{'AB' * 32}",
    ):  # fmt: skip
        backend.files[HOME + name] = b"of no matter"
    again = reopen(backend)
    assert again.check(read_data=True) == []
    assert content(again, first) == {("one",): b"1" * 50}
    second = put(again, {("two",): b"2" * 50})
    assert again.upkeep.rebuild_index() == []
    assert content(reopen(backend), second) == {("two",): b"2" * 50}
    assert f"{HOME}data/notes.txt" in backend.files


def test_all_parts_of_a_sample_read_every_pack_once(repository: Repository) -> None:
    for number in range(6):
        put(repository, {("more", f"{number}"): b"%d" % number * 50})
    told = [repository.upkeep.examine(sample=Sample(part, 4)) for part in range(1, 5)]
    whole = repository.upkeep.examine(sample=ALL)
    assert whole.packs_read == whole.packs == 14
    assert whole.bytes_read == whole.bytes
    assert sum(one.packs_read for one in told) == whole.packs
    assert sum(one.bytes_read for one in told) == whole.bytes
    assert all(one.packs_read < whole.packs for one in told), "by chance, any part may be empty"


def test_a_sample_finds_the_damage_in_its_own_packs_and_in_no_other(
    repository: Repository, backend: MemoryBackend
) -> None:
    put(repository, {("more",): b"more" * 50})
    packs = (name for name in backend.files if name.startswith(f"{HOME}data/"))
    name = next(one for one in packs if _entries(repository, one)[0].kind == "data")
    backend.files[name] = bytes([backend.files[name][0] ^ 1]) + backend.files[name][1:]
    pack = bytes.fromhex(name.rpartition("/")[2])
    again = reopen(backend)
    told = {part: again.upkeep.examine(sample=Sample(part, 3)).problems for part in (1, 2, 3)}
    assert [bool(told[part]) for part in (1, 2, 3)] == [
        Sample(part, 3).takes(pack) for part in (1, 2, 3)
    ]


def test_a_read_pack_costs_one_request_and_trees_are_read_together(
    repository: Repository, backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    days: dict[TreePath, bytes] = {
        (f"{month}", f"{day}", "x"): b"%d %d" % (month, day) for month, day in _DAYS
    }
    put(repository, days)
    asked: list[str] = []
    load_range = MemoryBackend.load_range

    def counted(self: MemoryBackend, name: str, offset: int, length: int) -> bytes:
        asked.append(name)
        return load_range(self, name, offset, length)

    loaded: list[str] = []
    load = MemoryBackend.load

    def counted_whole(self: MemoryBackend, name: str) -> bytes:
        loaded.append(name)
        return load(self, name)

    monkeypatch.setattr(MemoryBackend, "load_range", counted)
    monkeypatch.setattr(MemoryBackend, "load", counted_whole)
    found = reopen(backend).upkeep.examine(sample=ALL)
    assert found.problems == ()
    whole = [name for name in loaded if "/data/" in name]
    for name in asked:  # of which this backend makes one more call each
        whole.remove(name)
    assert len(whole) == len(set(whole)) == found.packs
    assert len(asked) <= 8, "360 folders at three levels, in two packs"


def test_packs_that_no_index_names_are_no_problem(
    repository: Repository, backend: MemoryBackend
) -> None:
    """A run that was killed leaves them; the next prune takes them away."""
    _plant_pack(repository, backend, [("data", b"left behind")], indexed=False)
    assert reopen(backend).check(read_data=True) == []


def test_a_storage_that_does_not_answer_ends_the_check_in_words(
    repository: Repository, backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(prefix: str) -> None:
        raise OperatorError("The storage does not answer.")

    monkeypatch.setattr(backend, "list", refuse)
    assert "The check stopped: The storage does not answer." in repository.check()


def _plant_pack(
    repository: Repository,
    backend: MemoryBackend,
    blobs: list[tuple[Any, bytes]],
    name: bytes | None = None,
    *,
    indexed: bool = True,
) -> None:
    tools = repository._tools
    builder = PackBuilder("data")
    for kind, plain in blobs:
        builder.kind = kind
        builder.add(name or hashlib.sha256(plain).digest(), tools.sealer.seal(plain), 0)
    pack_id, content = builder.finish(tools.sealer)
    backend.save(f"{HOME}{pack_name(pack_id)}", content)
    if indexed:
        entries = tuple(builder.entries.values())
        index.save_index(repository._documents, [Contents(pack_id, entries)])


def _entries(repository: Repository, name: str) -> list[Entry]:
    documents = repository._documents
    pack = bytes.fromhex(name.rpartition("/")[2])
    return [
        entry
        for file_id in documents.ids("index")
        for contents in index.load_index(documents, file_id)
        if contents.pack == pack
        for entry in contents.entries
    ]


def _only(problems: list[str]) -> str:
    (problem,) = problems
    return problem
