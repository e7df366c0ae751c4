"""Documents in their real folders, whatever people rename: the tree against a plain dictionary."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from strongroom.operations import collecting, real_files
from strongroom.operations.interfaces import Quiet
from strongroom.operations.real_files import RealFiles, Waiting
from strongroom.operations.saved import read_all
from strongroom.operations.site_layout import SiteLayout
from strongroom.operations.verify import verify
from strongroom.store import trees
from strongroom.store.blobs import StoredFile
from strongroom.store.trees import DirNode, FileEntry, FileNode, Node
from strongroom.words.item import Changed, ChangePage, Folder, StateChanged
from tests.fakes import even_pacing
from tests.fakes.site import LIBRARY, MADE, Path, item_of
from tests.operations.site_support import SiteWorld, drop_locks_of_the_dead
from tests.operations.support import WorldEnded, end_at

NAMES = ["x", "X", "a.docx", "b", "s:t", "cursor.json", "_list"]
LAYOUT = SiteLayout("site.json")
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(tuple)


DOES = [
    "upload",
    "write again",
    "rename",
    "rename",
    "swap",
    "rename folder",
    "delete",
    "set fields",
]
DEEDS = st.lists(
    st.tuples(st.sampled_from(DOES), st.integers(0, 99), st.integers(0, 99), PATHS),
    min_size=1,
    max_size=8,
)
"""What people do: to which document, to which other one, and a path."""


Deeds = list[tuple[str, int, int, Path]]


class Library(RuleBasedStateMachine):
    """What people do to a library, and backups of it, some of which die."""

    def __init__(self) -> None:
        super().__init__()
        self.world = SiteWorld()
        self.world.site.page_items = 2
        self.docs = self.world.site.add_list("Docs", kind=LIBRARY)
        self.bodies = 0
        for path in ("a.docx",), ("b",), ("x", "a.docx"), ("x", "b"), ("y",):
            self.upload(path)

    @property
    def files(self) -> dict[int, Path]:
        return {number: one.path for number, one in self.docs.entries.items()}

    def is_free(self, path: Path, besides: Iterable[int] = ()) -> bool:
        """Say whether the server takes the path: it takes upper and lower case for the same."""
        folded = fold(path)
        others = [fold(other) for number, other in self.files.items() if number not in besides]
        return not any(
            taken[: len(folded)] == folded or folded[: len(taken)] == taken for taken in others
        )

    def work(self, deeds: Deeds) -> None:
        """People work."""
        for does, one, other, path in deeds:
            numbers = sorted(self.files)
            if does == "upload" or not numbers:
                self.upload(path)
            else:
                self.do(does, numbers[one % len(numbers)], numbers[other % len(numbers)], path)

    def do(self, does: str, one: int, other: int, path: Path) -> None:
        site, before = self.world.site, self.files[one]
        match does:
            case "write again":
                site.upload(self.docs, *before, body=self.body(one))
            case "rename" if self.is_free(path, [one]):
                site.rename(self.docs, one, *path)
            case "swap" if one != other:
                site.swap(self.docs, one, other)
            case "rename folder":
                self.rename_folder(before[:1], path)
            case "delete":
                site.delete(self.docs, one)
            case "set fields":
                # It is told last then, and whoever has got its old name before it.
                site.set_fields(self.docs, one, colour=other)
            case "move library":
                site.move_list(self.docs, path[0])
            case "expire":
                site.expire_cursors()

    def upload(self, path: Path) -> None:
        if self.is_free(path):
            self.world.site.upload(self.docs, *path, body=self.body(self.docs.next_id))

    def body(self, number: int) -> bytes:
        self.bodies += 1
        return b"%d: body %d" % (number, self.bodies)

    def rename_folder(self, folder: Path, path: Path) -> None:
        inside = {n: one for n, one in self.files.items() if one[:1] == folder and len(one) > 1}
        moved = {number: (*path, *one[1:]) for number, one in inside.items()}
        if all(self.is_free(one, inside) for one in moved.values()):
            for number, one in moved.items():
                self.world.site.rename(self.docs, number, *one)

    @rule(deeds=DEEDS, failing=st.sets(st.integers(1, 12), min_size=1))
    def back_up_while_some_cannot_be_read(self, deeds: Deeds, failing: set[int]) -> None:
        self.work(deeds)
        self.world.site.failing = {f"{self.docs.id}/{number}" for number in failing}
        self.back_up()
        self.world.site.failing = set()

    @rule(deeds=DEEDS, number=st.integers(1, 25))
    def back_up_and_die(self, deeds: Deeds, number: int) -> None:
        self.work(deeds)
        self.world.backend.on_write = end_at(number)
        with contextlib.suppress(WorldEnded):
            self.back_up()
        self.world.backend.on_write = lambda _: None
        drop_locks_of_the_dead(self.world)

    def back_up(self) -> None:
        self.world.clock.move(minutes=1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(collecting, "CHECKPOINT_ITEMS", 3)
            patch.setattr(even_pacing, "ITEMS_MAX", 2)
            self.world.back_up()

    @rule(deeds=DEEDS)
    def back_up_well(self, deeds: Deeds) -> None:
        """Every document lies where it should, under its own name if every file system takes it."""
        self.work(deeds)
        self.back_up()
        expected = {
            (*self.docs.path, *LAYOUT.real_path(item_of(self.docs, number))): one.body
            for number, one in self.docs.entries.items()
        }
        assert self.world.real_files() == expected
        assert {
            (*self.docs.path, *path): body
            for path, body in self.docs.files().items()
            if not {"s:t", "cursor.json", "_list"} & set(path)
        }.items() <= expected.items()
        assert self.world.saved_files() == {self.docs.path: self.docs.files()}
        assert verify(self.world.repository(), progress=Quiet()).problems == ()
        assert self.world.is_counted_as_restic_counts()

    @invariant()
    def every_snapshot_holds_each_file_once_and_whole(self) -> None:
        """Also a checkpoint: each item's file is its own, and no file is nobody's."""
        if not self.world.repository().snapshots():
            return
        tree = self.world.tree()
        held: dict[Path, bytes] = {}
        for folder in tree.folders():
            for item in tree.items(folder):
                (file,) = [part.file for part in item.parts if part.name == "file"]
                assert file is not None
                body = read_all(tree.reader, file.content)
                number = item.item.id.rpartition("/")[2]
                assert body.startswith(f"{number}: ".encode())
                assert (*folder.place, *item.at) not in held
                held[(*folder.place, *item.at)] = body
        assert held == self.world.real_files()


def fold(path: Path) -> Path:
    return tuple(one.casefold() for one in path)


class Place:
    """The folders below one place as a dictionary of files, for ``RealFiles`` alone."""

    def __init__(self) -> None:
        self.files: dict[Path, FileEntry] = {}

    def nodes(self, folder: Path) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for path, entry in self.files.items():
            if path[: len(folder)] == folder and len(path) > len(folder):
                name = path[len(folder)]
                is_file = len(path) == len(folder) + 1
                file = FileNode(name, MADE, entry.file.size, entry.file.content)
                found[name] = file if is_file else DirNode(name, MADE, b"")
        return found

    def patch(self, changes: Iterable[tuple[Path, FileEntry | None]]) -> None:
        """Put and remove, as ``trees.patch`` does, and refuse what it refuses."""
        listed = dict(changes)
        for path, entry in listed.items():
            below = [one for one in listed if one[: len(path)] == path and one != path]
            assert entry is None or not below, "something lies below a file"
            # A file takes the place of a whole folder.
            for gone in [one for one in self.files if entry and one[: len(path)] == path]:
                del self.files[gone]
            self.files.pop(path, None)
        self.files.update((path, entry) for path, entry in listed.items() if entry)
        for path in self.files:
            assert not any(path[:depth] in self.files for depth in range(1, len(path)))


MOVES = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from("abcde"),
            st.none()
            | st.lists(st.sampled_from(["x", "X", "y"]), min_size=1, max_size=3).map(tuple),
        ),
        min_size=1,
        max_size=5,
    ),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(batches=MOVES)
def test_each_file_lies_where_it_wants_or_beside_whoever_has_the_name(
    batches: list[list[tuple[str, Path | None]]],
) -> None:
    place, real = Place(), RealFiles()
    wants: dict[str, Path] = {}
    at: dict[str, Path] = {}
    for batch in batches:
        for item, path in batch:
            held = real.take_away(item, at.get(item, ()))
            wants.pop(item, None)
            at.pop(item, None)
            if path is not None:
                wants[item] = path
                real.waiting[item] = Waiting(path, entry_of(item), held)
        for item in sorted(real.displaced & at.keys()):
            real.take_away(item, at[item])
            real.waiting[item] = Waiting(wants[item], entry_of(item), at[item])
        found, files = real.settle(place)  # type: ignore[arg-type]
        place.patch(real.changes(files))
        real.written()
        at.update(found)
        real.displaced &= at.keys()
        assert at.keys() == wants.keys()
        assert {at[item]: entry_of(item) for item in at} == place.files
        assert len({(path[:-1], path[-1].casefold()) for path in at.values()}) == len(at)
        for item, path in wants.items():
            if at[item] != path:
                others = [fold(one) for other, one in at.items() if other != item]
                assert any(
                    one[: len(path)] == fold(path) or fold(path)[: len(one)] == one
                    for one in others
                ), "nobody has its name"
                assert item in real.displaced


def entry_of(item: str) -> FileEntry:
    return FileEntry(StoredFile((item.encode(),), 1), MADE)


def test_names_that_change_hands_while_one_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Plan goes to Old, and a new one comes in its place, while the old one is locked."""
    world = SiteWorld()
    site = world.site
    docs = site.add_list("Docs", kind=LIBRARY)
    old = site.upload(docs, "Plan.docx", body=b"the old one")
    world.back_up()
    site.rename(docs, old, "Old", "Plan.docx")
    new = site.upload(docs, "Plan.docx", body=b"the new one")
    site.failing = {f"{docs.id}/{old}"}
    assert not world.back_up().is_complete
    files = world.real_files()
    assert files.pop(("Docs", "Plan.docx")) == b"the old one"
    ((path, body),) = files.items()
    assert (path[1][:6], path[1][-6:], body) == ("Plan [", "].docx", b"the new one")
    site.failing = set()
    world.source.given.clear()
    assert world.back_up().is_complete
    assert world.real_files() == {
        ("Docs", "Plan.docx"): b"the new one",
        ("Docs", "Old", "Plan.docx"): b"the old one",
    }
    assert not world.source.given, "both are kept already"
    site.swap(docs, old, new)
    monkeypatch.setattr(collecting, "CHECKPOINT_ITEMS", 1)
    site.page_items = 1
    assert world.back_up().is_complete
    assert world.real_files()["Docs", "Plan.docx"] == b"the old one"
    assert world.real_files()["Docs", "Old", "Plan.docx"] == b"the new one"
    assert verify(world.repository(), progress=Quiet()).problems == ()


def test_no_large_folder_is_read_for_each_of_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Items of three folders take turns, and no two folders fit into memory."""
    monkeypatch.setattr(real_files, "NODES_MAX", 10)
    world = SiteWorld()
    docs = world.site.add_list("Docs", kind=LIBRARY)
    numbers = [
        world.site.upload(docs, f"folder {number % 3}", f"{number}.txt", body=b"%d" % number)
        for number in range(90)
    ]
    world.back_up()
    reads = 0
    reading = real_files.RealFolders._read

    def counted(self: real_files.RealFolders, folder: Path) -> Mapping[str, Node]:
        nonlocal reads
        reads += 1
        return reading(self, folder)

    monkeypatch.setattr(real_files.RealFolders, "_read", counted)
    for number in numbers[:30]:
        world.site.set_fields(docs, number, colour="red")
    assert world.back_up().is_complete
    assert reads < 20
    reads = 0
    assert world.saved_files() == {("Docs",): docs.files()}
    assert reads < 10


def test_a_file_goes_along_when_only_its_state_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    world = SiteWorld()
    site, source = world.site, world.source
    docs = site.add_list("Docs", kind=LIBRARY)
    first = site.upload(docs, "a.docx", body=b"first")
    second = site.upload(docs, "b.docx", body=b"second")
    world.back_up()
    told = source._page

    def only_states(folder: Folder, since: int) -> ChangePage:
        page = told(folder, since)
        items = [one.item for one in page.changes if isinstance(one, Changed)]
        changes = (
            StateChanged(item_id=i.id, change_key=i.change_key, state=i.state) for i in items
        )
        return replace(page, changes=tuple(changes))

    monkeypatch.setattr(source, "_page", only_states)
    site.swap(docs, first, second)
    source.given.clear()
    assert world.back_up().is_complete
    assert not source.given
    assert world.real_files() == {("Docs", "a.docx"): b"second", ("Docs", "b.docx"): b"first"}
    assert world.saved_files() == {("Docs",): docs.files()}
    assert verify(world.repository(), progress=Quiet()).problems == ()
    tree = world.tree()
    node = trees.find(tree.reader, tree.root, ("folders", "Docs", "b.docx"))
    fields = item_of(docs, first).state["fields"]
    assert isinstance(fields, dict)
    assert node is not None
    assert node.mtime.isoformat() == fields["Modified"]


def test_two_names_that_only_some_file_systems_tell_apart() -> None:
    world = SiteWorld()
    docs = world.site.add_list("Docs", kind=LIBRARY)
    first = world.site.upload(docs, "straße.txt", body=b"small")
    world.site.upload(docs, "STRASSE.txt", body=b"large")
    assert world.back_up().is_complete
    files = world.real_files()
    assert files["Docs", "straße.txt"] == b"small"
    assert sorted(files.values()) == [b"large", b"small"]
    assert len({path[1].casefold() for path in files}) == 2
    world.site.delete(docs, first)
    assert world.back_up().is_complete
    assert world.real_files() == {("Docs", "STRASSE.txt"): b"large"}


Library.TestCase.settings = settings(
    max_examples=8,
    stateful_step_count=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLibrary = Library.TestCase
