from __future__ import annotations

import functools
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.errors import IntegrityError
from strongroom.store.blobs import StoredFile
from strongroom.store.nodes import (
    decode_tree,
    encode_tree,
    file_node,
    folder_node,
    name_bytes,
    node_name,
)
from strongroom.store.repository import Repository
from strongroom.store.trees import (
    DirNode,
    Entry,
    FileEntry,
    FileNode,
    FolderEntry,
    OtherNode,
    Tally,
    TreePath,
    find,
    patch,
    read_tree,
    walk,
)
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import NOW, new_repository

LATER = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
# Names that sort one way by characters and another by bytes, and such that must be quoted.
NAMES = st.sampled_from(["a", "b", "B", "é", "\uffee", "🙂", 'q"', "s\\", "<&>", "\udcff", "a.b"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(tuple)
FILES = st.dictionaries(PATHS, st.binary(min_size=1, max_size=3), max_size=12)


class Workbench:
    """A repository that stays locked, to build trees in."""

    def __init__(self) -> None:
        self.repository: Repository = new_repository(MemoryBackend())
        self.reader, self.writer = self.repository.reader(), self.repository.writer()

    def entry(self, data: bytes) -> FileEntry:
        return FileEntry(self.writer.save_file(data), NOW)

    def patch(
        self,
        root: bytes | None,
        changes: dict[TreePath, bytes | Entry | None],
        mtime: datetime = NOW,
    ) -> bytes:
        entries = {
            path: self.entry(change) if isinstance(change, bytes) else change
            for path, change in changes.items()
        }
        return patch(self.reader, self.writer, root, entries, mtime)

    def tally(self, root: bytes, changes: dict[TreePath, bytes | Entry | None]) -> Tally:
        """Count what lies below a root, patch it, and give the count that the patch brought up."""
        tally = Tally()
        tally.add_tree(self.reader, root)
        entries = {
            path: self.entry(change) if isinstance(change, bytes) else change
            for path, change in changes.items()
        }
        patch(self.reader, self.writer, root, entries, NOW, tally=tally)
        return tally

    def files(self, root: bytes) -> dict[TreePath, bytes]:
        return {
            path: b"".join(self.reader.load_file(node.content))
            for path, node in walk(self.reader, root)
            if isinstance(node, FileNode)
        }


@functools.cache
def shared_bench() -> Workbench:
    """One for all examples of a property: named by content, trees cannot disturb each other."""
    return Workbench()


@pytest.fixture
def bench() -> Workbench:
    return Workbench()


def without_conflicts(files: dict[TreePath, bytes]) -> dict[TreePath, bytes]:
    """Leave out whatever lies below a file."""
    return {
        path: data
        for path, data in files.items()
        if not any(path[:depth] in files for depth in range(1, len(path)))
    }


def counted(files: dict[TreePath, bytes]) -> Tally:
    return Tally(len(files), sum(map(len, files.values())))


@given(FILES, FILES, st.lists(PATHS, max_size=4))
def test_a_patch_gives_the_same_tree_as_building_all_anew(
    before: dict[TreePath, bytes], changed: dict[TreePath, bytes], removed: list[TreePath]
) -> None:
    bench = shared_bench()
    before = without_conflicts(before)
    changed = without_conflicts(changed)
    changes: dict[TreePath, bytes | Entry | None] = {
        path: None for path in removed if not any(path[: len(c)] == c for c in changed)
    }
    changes.update(changed)
    root = bench.patch(bench.patch(None, dict(before)), changes)

    gone = [path for path, change in changes.items() if change is None]
    expected = {
        path: data
        for path, data in before.items()
        if not any(path[: len(g)] == g for g in gone)
        and not any(path[: len(c)] == c or c[: len(path)] == path for c in changed)
    }
    expected.update(changed)
    assert bench.files(root) == expected
    assert root == bench.patch(None, dict(expected))
    assert bench.tally(bench.patch(None, dict(before)), changes) == counted(expected)
    assert bench.repository.writer().has("tree", root)


@given(FILES)
def test_a_patch_that_changes_nothing_gives_the_same_root(files: dict[TreePath, bytes]) -> None:
    bench = shared_bench()
    files = without_conflicts(files)
    root = bench.patch(None, dict(files))
    assert bench.patch(root, dict(files), LATER) == root
    assert bench.patch(root, {}, LATER) == root
    assert bench.patch(root, {("not", "there"): None}, LATER) == root


def test_only_the_touched_trees_are_written(bench: Workbench) -> None:
    root = bench.patch(None, {(month, day, "x"): b"x" for month in "abcdef" for day in "12345"})
    written = bench.writer.added.tree_blobs
    bench.patch(root, {("a", "1", "y"): b"y"}, LATER)
    assert bench.writer.added.tree_blobs == written + 3


def test_only_the_trees_on_the_way_are_read(bench: Workbench) -> None:
    untouched = bench.patch(None, {("z",): b"z"})
    root = bench.patch(None, {("a", "x"): b"x"})
    lost = bytes(31) + b"\x01"
    root = bench.patch(root, {("other",): FolderEntry(lost, NOW)})
    root = bench.patch(root, {("a", "y"): b"y", ("b",): FolderEntry(untouched, NOW)})
    assert isinstance(find(bench.reader, root, ("a", "y")), FileNode)
    assert isinstance(find(bench.reader, root, ("b", "z")), FileNode)
    with pytest.raises(IntegrityError):
        bench.patch(root, {("other", "x"): b"x"})


def test_folders_that_change_get_the_new_time_and_others_keep_theirs(bench: Workbench) -> None:
    root = bench.patch(None, {("a", "x"): b"x", ("b", "x"): b"x"})
    root = bench.patch(root, {("a", "y"): b"y"}, LATER)
    times = {node.name: node.mtime for node in read_tree(bench.reader, root)}
    assert times == {"a": LATER, "b": NOW}


def test_a_folder_vanishes_with_its_last_file(bench: Workbench) -> None:
    root = bench.patch(None, {("a", "b", "x"): b"x", ("c",): b"c"})
    root = bench.patch(root, {("a", "b", "x"): None})
    assert bench.files(root) == {("c",): b"c"}
    assert [node.name for node in read_tree(bench.reader, root)] == ["c"]
    assert bench.files(bench.patch(root, {("c",): None})) == {}


def test_removing_below_a_file_leaves_the_file(bench: Workbench) -> None:
    root = bench.patch(None, {("a",): b"a file"})
    assert bench.patch(root, {("a", "below"): None}) == root


def test_a_folder_can_be_emptied_and_filled_in_one_go(bench: Workbench) -> None:
    root = bench.patch(None, {("a", "old"): b"old", ("a", "deep", "old"): b"old"})
    root = bench.patch(root, {("a",): None, ("a", "new"): b"new"})
    assert bench.files(root) == {("a", "new"): b"new"}


def test_a_folder_can_move_as_a_whole_and_change_on_the_way(bench: Workbench) -> None:
    root = bench.patch(None, {("from", "x"): b"x", ("from", "y"): b"y"})
    moved = find(bench.reader, root, ("from",))
    assert isinstance(moved, DirNode)
    root = bench.patch(
        root,
        {
            ("from",): None,
            ("to", "here"): FolderEntry(moved.subtree, NOW),
            ("to", "here", "y"): None,
        },
    )
    assert bench.files(root) == {("to", "here", "x"): b"x"}


def test_a_file_and_a_folder_can_take_each_others_place(bench: Workbench) -> None:
    root = bench.patch(None, {("a",): b"file", ("b", "x"): b"x"})
    root = bench.patch(root, {("a", "x"): b"x", ("b",): b"file"})
    assert bench.files(root) == {("a", "x"): b"x", ("b",): b"file"}


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "nul\0"])
def test_a_name_that_leads_elsewhere_is_refused(bench: Workbench, name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        bench.patch(None, {("a", name): b"x"})


def test_contradictions_are_refused(bench: Workbench) -> None:
    with pytest.raises(ValueError, match="below a file"):
        bench.patch(None, {("a",): b"file", ("a", "x"): b"x"})
    with pytest.raises(ValueError, match="root"):
        bench.patch(None, {(): b"file"})
    with pytest.raises(ValueError, match="root"):
        find(bench.reader, bench.patch(None, {}), ())


def test_find_tells_what_is_there_and_what_is_not(bench: Workbench) -> None:
    root = bench.patch(None, {("a", "b", "x"): b"content"})
    found = find(bench.reader, root, ("a", "b", "x"))
    assert isinstance(found, FileNode)
    assert (found.name, found.size, found.mtime) == ("x", 7, NOW)
    assert isinstance(find(bench.reader, root, ("a", "b")), DirNode)
    for path in (("a", "c"), ("a", "b", "x", "y"), ("z", "b", "x")):
        assert find(bench.reader, root, path) is None


def test_walking_tells_a_folder_before_its_content_in_order(bench: Workbench) -> None:
    root = bench.patch(None, {("b", "x"): b"x", ("a",): b"a", ("b", "c", "y"): b"y"})
    paths = [path for path, _ in walk(bench.reader, root)]
    assert paths == [("a",), ("b",), ("b", "c"), ("b", "c", "y"), ("b", "x")]
    assert next(walk(bench.reader, root, ("start",)))[0] == ("start", "a")


def test_nodes_are_written_as_restic_does() -> None:
    node = file_node('q"uote', NOW, 3, [bytes(32)])
    assert orjson.dumps(node).decode() == (
        '{"name":"q\\\\\\"uote","type":"file","mode":384,"mtime":"2026-11-22T09:00:00Z",'
        '"atime":"2026-11-22T09:00:00Z","ctime":"2026-11-22T09:00:00Z","uid":0,"gid":0,"size":3,'
        f'"content":["{"00" * 32}"]}}'
    )
    assert list(file_node("empty", NOW, 0, [])) == [
        *("name", "type", "mode", "mtime", "atime", "ctime", "uid", "gid", "content")
    ]
    folder = folder_node("f", NOW, bytes(32))
    assert folder["mode"] == 0o20000000700
    assert folder["content"] is None


def test_nodes_are_in_the_order_of_their_bytes() -> None:
    names = ["\udcff", "🙂", "\uffee", "é", "a.b", "a", "B", 'q"', "s\\"]
    raw = encode_tree(file_node(name, NOW, 0, []) for name in names)
    assert raw.endswith(b"]}\n")
    read = [name_bytes(node_name(node)) for node in decode_tree(raw)]
    assert read == sorted(map(name_bytes, names))


def test_two_nodes_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two nodes"):
        encode_tree([file_node("same", NOW, 0, []), folder_node("same", NOW, bytes(32))])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b'{"nodes":null}',
        b'{"nodes":[1]}',
        b'{"nodes":[{"name":"x","type":"portal"}]}',
        b'{"nodes":[{"name":"x","type":"dir","subtree":null}]}',
        b'{"nodes":[{"name":"x","type":"dir","subtree":"abcd"}]}',
        b'{"nodes":[{"name":"x","type":"file","content":["zz"]}]}',
        b'{"nodes":[{"name":"x","type":"file","content":[],"size":"1"}]}',
        b'{"nodes":[{"name":"\\\\q","type":"file","content":[]}]}',
        b'{"nodes":[{"type":"file","content":[]}]}',
    ],
)
def test_what_is_no_tree_is_refused_and_told(bench: Workbench, raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the JSON reader's own is one too
        decode_tree(raw)
    tree = bench.writer.save("tree", raw)
    with pytest.raises(IntegrityError, match="not a tree"):
        read_tree(bench.reader, tree)


def test_what_another_program_put_there_is_kept_as_it_is(bench: Workbench) -> None:
    link = {
        "name": "link",
        "type": "symlink",
        "mode": 134218239,
        "mtime": "2024-03-05T10:15:00.123456789+01:00",
        "atime": "2024-03-05T10:15:00+01:00",
        "ctime": "2024-03-05T10:15:00+01:00",
        "uid": 1000,
        "gid": 1000,
        "user": "ada",
        "inode": 18446744073709551615,
        "links": 1,
        "linktarget": "<else>",
        "content": None,
    }
    root = bench.writer.save("tree", encode_tree([link]))
    node = find(bench.reader, root, ("link",))
    assert isinstance(node, OtherNode)
    assert node.type == "symlink"
    root = bench.patch(root, {("new",): b"x"})
    assert decode_tree(bench.reader.load("tree", root))[0] == link
    assert StoredFile((), 0) == bench.writer.save_file(b"")


def test_a_folder_that_moves_with_all_that_is_in_it_is_counted_once(bench: Workbench) -> None:
    files = {("old", "sub", "x"): b"xxx", ("old", "y"): b"y", ("z",): b"zz"}
    root = bench.patch(None, dict(files))
    moved = find(bench.reader, root, ("old",))
    assert isinstance(moved, DirNode)
    entry = FolderEntry(moved.subtree, NOW)
    changes: dict[TreePath, bytes | Entry | None] = {("old",): None, ("new",): entry}
    assert bench.tally(root, changes) == Tally(3, 6)
    assert bench.tally(root, {("copy",): entry}) == Tally(5, 10)
    assert bench.tally(root, {("z",): entry, ("z", "w"): b"w"}) == Tally(5, 9)
