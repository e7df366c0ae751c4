"""The reader that stands alone: a full disk, a lost index, and what somebody else wrote."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from strongroom.store.gojson import dumps
from strongroom.store.nodes import RawNode, file_node, folder_node
from strongroom.store.rekeying import rekey
from strongroom.store.snapshot import Snapshot
from tests.fakes.storages import NOW, put
from tests.store.test_restic import FILES
from tests.tools.test_read_repository import Kept, files_below, read

FULL_DISK = """
import io, errno, pathlib
class Full(io.FileIO):
    def write(self, data):
        if self.tell() + len(data) > 300_000:
            super().write(data[:1000])
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)
opened = pathlib.Path.open
pathlib.Path.open = lambda self, mode="r", *more, **named: (
    Full(str(self), "xb") if mode == "xb" else opened(self, mode, *more, **named))
"""
"""Run first, lets no file grow beyond this, as the end of a disk would."""


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "storage")


def extracted(folder: Path) -> dict[tuple[str, ...], bytes]:
    return {path: data for path, (data, _) in files_below(folder).items()}


def test_a_full_disk_ends_it_and_leaves_no_half_file(kept: Kept, tmp_path: Path) -> None:
    put(kept.repository, {("a",): b"1" * 100, ("large",): os.urandom(600_000), ("z",): b"3"})
    out = tmp_path / "out"
    done = read(kept.home, "latest", "--into", out, first=FULL_DISK)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "It ended before all was done" in done.stderr
    assert "No space left on device" in done.stderr
    assert extracted(out) == {("a",): b"1" * 100}
    assert not list(tmp_path.glob("*.part"))


def test_a_name_that_the_disk_does_not_take_costs_that_file_alone(
    kept: Kept, tmp_path: Path
) -> None:
    put(kept.repository, {("x" * 300,): b"1", ("z",): b"3"})
    done = read(kept.home, "latest", "--into", tmp_path / "out")
    assert done.returncode == 4
    assert "name too long" in done.stderr.lower()
    assert extracted(tmp_path / "out") == {("z",): b"3"}


def put_tree(kept: Kept, *nodes: RawNode) -> None:
    """Store a restore point of these nodes, as somebody else may write them."""
    with kept.repository.lock():
        writer = kept.repository.writer()
        pieces = [writer.save("data", b"evil")]
        for node in nodes:
            if node["type"] == "file":
                node.update(content=[pieces[0].hex()], size=4)
        tree = writer.save("tree", dumps({"nodes": list(nodes)}))
        point = Snapshot(time=NOW, tree=tree, host="h", paths=("/\x1b[2Jx",), tags=("\x9b1m",))
        kept.repository.save_snapshot(point)


def test_names_say_nothing_to_the_terminal(kept: Kept, tmp_path: Path) -> None:
    names = ["\x1b[2J\nred\u202e", "plain ö"]
    put_tree(kept, *(file_node(name, NOW, 4, ()) for name in names))
    shown = [read(kept.home), read(kept.home, "latest")]
    assert [one.returncode for one in shown] == [0, 0]
    for one in shown:
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", one.stdout)
    assert len(shown[0].stdout.splitlines()) == 1
    assert len(shown[1].stdout.splitlines()) == 2
    assert r"\x1b[2J\nred\u202e" in shown[1].stdout
    assert "plain ö" in shown[1].stdout


def test_no_name_leads_out_of_the_folder(kept: Kept, tmp_path: Path) -> None:
    names = ["..", ".", "", "../evil", "/evil", "a/../../evil", r"a\x00b"]
    with kept.repository.lock():
        writer = kept.repository.writer()
        piece = writer.save("data", b"evil").hex()
        evil = {**file_node("x", NOW, 4, ()), "content": [piece], "size": 4}
        trees = [writer.save("tree", dumps({"nodes": [{**evil, "name": name}]})) for name in names]
        writer.flush()
    put_tree(kept, *(folder_node(f"{at}", NOW, tree) for at, tree in enumerate(trees)))
    done = read(kept.home, "latest", "--into", tmp_path / "deep" / "out")
    assert done.returncode == 4
    assert done.stderr.count("DAMAGED") == len(names)
    assert done.stderr.count("leads elsewhere") == len(names) - 1
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]
    assert not list(tmp_path.rglob("*.part"))
    assert extracted(tmp_path / "deep") == {}


def test_a_link_is_not_made_and_so_not_followed(kept: Kept, tmp_path: Path) -> None:
    evil = tmp_path / "evil"
    evil.mkdir()
    link = {**file_node("link", NOW, 0, ()), "type": "symlink", "linktarget": str(evil)}
    below = file_node("below", NOW, 4, ())
    put_tree(kept, link, below)
    done = read(kept.home, "latest", "--into", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["below"]
    assert list(evil.iterdir()) == []


def test_a_node_that_lacks_what_it_needs_is_damaged_alone(kept: Kept, tmp_path: Path) -> None:
    bare: RawNode = {"name": "bare", "type": "dir"}
    timeless = {**file_node("timeless", NOW, 4, ()), "mtime": "never"}
    put_tree(kept, bare, timeless, file_node("whole", NOW, 4, ()))
    done = read(kept.home, "latest", "--into", tmp_path / "out")
    assert done.returncode == 4
    assert "the folder bare" in done.stderr
    assert "the file timeless" in done.stderr
    assert extracted(tmp_path / "out") == {("whole",): b"evil"}


def test_one_lost_index_of_several_is_made_up_for_by_the_packs(kept: Kept, tmp_path: Path) -> None:
    tree = None
    for day, (name, data) in enumerate(FILES.items()):
        time = NOW + timedelta(days=day)
        point = put(kept.repository, {name: data}, root=tree, time=time)
        tree = kept.repository.load_snapshot(point).tree
    indexes = sorted((kept.home / "index").iterdir())
    assert len(indexes) > 2
    for lost in indexes[::2]:
        lost.unlink()
    done = read(kept.home, "latest", "--into", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert extracted(tmp_path / "out") == FILES


@pytest.mark.parametrize("lost", ["master-key.json", "master-key-copy.json"])
def test_the_sealed_key_s_copy_stands_in_for_it(kept: Kept, tmp_path: Path, lost: str) -> None:
    put(kept.repository, FILES)
    folder = rekey(kept.storage, "mailbox", "a1b2").folder
    (kept.home / "strongroom" / lost).unlink()
    file = tmp_path / "recovery key"
    file.write_text(kept.recovery_key)
    home = kept.home.parent / folder
    done = read(home, "latest", "--into", tmp_path / "out", "--recovery-key-file", file)
    assert done.returncode == 0, done.stderr
    assert extracted(tmp_path / "out") == FILES


@pytest.mark.parametrize(("name", "code"), [("config", 1), ("index/*", 4)])
def test_a_file_that_is_far_too_long_is_not_read(
    kept: Kept, tmp_path: Path, name: str, code: int
) -> None:
    put(kept.repository, FILES)
    (path,) = kept.home.glob(name)
    os.truncate(path, 10 << 30)  # a hole, and no room on the disk
    try:
        done = read(kept.home, "latest", "--into", tmp_path / "out")
    finally:
        path.unlink()  # what tests leave is read in the end
    assert "Traceback" not in done.stderr
    assert "far too long" in done.stderr
    assert done.returncode == code
    if code == 4:  # the packs say themselves what they hold
        assert extracted(tmp_path / "out") == FILES
