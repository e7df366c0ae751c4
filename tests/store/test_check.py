"""Planted mistakes: each must be told in words, and none may stop the check."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from strongroom.errors import OperatorError
from strongroom.store import index
from strongroom.store.blobs import StoredFile
from strongroom.store.index import Contents
from strongroom.store.nodes import file_node, folder_node
from strongroom.store.pack import Entry, PackBuilder, pack_name
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import HOME, NOW, new_repository, put, reopen


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend()


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


def _only(problems: list[str]) -> str:
    (problem,) = problems
    return problem
