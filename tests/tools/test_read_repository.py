"""The reader that stands alone gives what restic gives, without a line of Strongroom."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from strongroom.store.files import FileBackend
from strongroom.store.index import Contents, load_index, save_index
from strongroom.store.pack import pack_name
from strongroom.store.rekeying import rekey
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from tests.fakes.hand_clock import HandClock
from tests.fakes.restics import ResticProgram
from tests.fakes.storages import CHEAP, HOME, PASSWORD, put
from tests.store.test_restic import FILES, plant_odd_files

TOOL = Path(__file__).parents[2] / "tools" / "read_repository.py"

ALONE = "import runpy, sys; sys.modules['strongroom'] = None; sys.argv = sys.argv[1:]; "
"""Whoever imports the package now gets an ImportError."""


def read(
    *arguments: object, password: str = PASSWORD, first: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the reader in a process of its own that cannot import the package."""
    start = f"{first}\n{ALONE}runpy.run_path(sys.argv[0], run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", start, str(TOOL), *map(str, arguments)],
        env={"PATH": os.environ["PATH"], "RESTIC_PASSWORD": password, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=60,
        check=False,
    )


class Kept:
    """A storage on disk with one repository, and its recovery key."""

    def __init__(self, root: Path) -> None:
        storage, self.recovery_key = Storage.create(
            FileBackend(root), PASSWORD, clock=HandClock(), cost=CHEAP
        )
        self.storage = storage
        self.home = root / HOME
        self.repository: Repository = storage.repository("mailbox", "a1b2", create=True)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "storage")


def files_below(folder: Path) -> dict[tuple[str, ...], tuple[bytes, float]]:
    return {
        path.relative_to(folder).parts: (path.read_bytes(), round(path.stat().st_mtime, 3))
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def test_it_is_short_and_needs_nothing_of_ours() -> None:
    text = TOOL.read_text()
    assert len(text.splitlines()) <= 300
    imported = {
        (node.module or "").partition(".")[0] if isinstance(node, ast.ImportFrom) else name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([one.name for one in node.names])
    }
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}
    done = subprocess.run([sys.executable, "-c", f"{ALONE}import strongroom"], check=False,
                          capture_output=True)  # fmt: skip
    assert done.returncode != 0, "so the other tests show what they say"


@pytest.mark.restic
def test_it_extracts_what_restic_restores(
    kept: Kept, restic_program: ResticProgram, tmp_path: Path
) -> None:
    first = put(kept.repository, FILES)
    tree = kept.repository.load_snapshot(first).tree
    second = put(kept.repository, {("large",): b"small now", ("new",): b"n"}, root=tree)
    source = tmp_path / "source"
    plant_odd_files(source)
    restic = restic_program.on(kept.home)
    restic("backup", str(source))
    listed = read(kept.home)
    assert listed.returncode == 0, listed.stderr
    assert len(listed.stdout.splitlines()) == 3
    for snapshot in (first, second, "latest"):
        ours, theirs = tmp_path / f"ours {snapshot}", tmp_path / f"theirs {snapshot}"
        done = read(kept.home, snapshot[:12], "--into", ours)
        assert (done.returncode, done.stderr) == (0, "")
        restic("restore", snapshot, "--target", str(theirs))
        assert files_below(ours) == files_below(theirs)
        assert len(files_below(ours)) > 5


def test_one_folder_alone_is_listed_and_extracted(kept: Kept, tmp_path: Path) -> None:
    put(kept.repository, FILES)
    listed = read(kept.home, "latest", "--only", "folders/sorted")
    assert len(listed.stdout.splitlines()) == 3
    done = read(kept.home, "latest", "--only", "folders/sorted", "--into", tmp_path / "out")
    assert done.returncode == 0
    assert {path: data for path, (data, _) in files_below(tmp_path / "out").items()} == {
        path: data for path, data in FILES.items() if path[:2] == ("folders", "sorted")
    }


def test_the_recovery_key_opens_it_as_well(kept: Kept, tmp_path: Path) -> None:
    put(kept.repository, FILES)
    file = tmp_path / "recovery key"
    file.write_text(f"{kept.recovery_key.lower()}\n")
    done = read(kept.home, "latest", "--into", tmp_path / "out", "--recovery-key-file", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert {path: data for path, (data, _) in files_below(tmp_path / "out").items()} == FILES


def test_a_repository_that_was_given_another_key_is_read_where_it_lies(
    kept: Kept, tmp_path: Path
) -> None:
    put(kept.repository, {("hello.txt",): b"hello"})
    folder = rekey(kept.storage, "mailbox", "a1b2").folder
    home = kept.home.parent / folder
    assert read(home).returncode == 0
    file = tmp_path / "recovery key"
    file.write_text(kept.recovery_key)
    done = read(home, "latest", "--into", tmp_path / "out", "--recovery-key-file", file)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "hello.txt").read_bytes() == b"hello"


def test_a_wrong_password_opens_nothing(kept: Kept) -> None:
    put(kept.repository, FILES)
    done = read(kept.home, password="wrong")
    assert done.returncode == 1
    assert "opens none" in done.stderr


def test_without_an_index_the_packs_tell(kept: Kept, tmp_path: Path) -> None:
    put(kept.repository, FILES)
    for path in (kept.home / "index").iterdir():
        path.unlink()
    done = read(kept.home, "latest", "--into", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert {path: data for path, (data, _) in files_below(tmp_path / "out").items()} == FILES


@pytest.mark.parametrize(("kind", "what"), [("data", "the file"), ("tree", "the folder")])
def test_what_is_damaged_is_named_and_the_rest_extracted(
    kept: Kept, tmp_path: Path, kind: str, what: str
) -> None:
    put(kept.repository, FILES)
    documents = kept.repository._documents
    (index_id,) = documents.ids("index")
    (name,) = {
        pack_name(contents.pack)
        for contents in load_index(documents, index_id)
        if contents.entries[0].kind == kind
    }
    pack = kept.home / name
    data = pack.read_bytes()
    pack.unlink()
    pack.write_bytes(data[:20] + bytes([data[20] ^ 1]) + data[21:])
    done = read(kept.home, "latest", "--into", tmp_path / "out")
    assert done.returncode == 4
    assert done.stderr.startswith(f"DAMAGED: {what}")
    assert done.stderr.count("DAMAGED") == 1
    extracted = {path: data for path, (data, _) in files_below(tmp_path / "out").items()}
    assert extracted.items() < FILES.items()
    assert len(FILES) - len(extracted) in {1, 2}


def test_a_blob_under_anothers_name_is_not_given_out(kept: Kept, tmp_path: Path) -> None:
    put(kept.repository, {("one",): b"1" * 100, ("two",): b"2" * 100})
    documents = kept.repository._documents
    (index_id,) = documents.ids("index")
    packs = [
        Contents(pack, (blobs[0]._replace(id=blobs[1].id), blobs[1]._replace(id=blobs[0].id)))
        if blobs[0].kind == "data"
        else Contents(pack, blobs)
        for pack, blobs in load_index(documents, index_id)
    ]
    documents.delete("index", index_id)
    save_index(documents, packs)
    done = read(kept.home, "latest", "--into", tmp_path / "out")
    assert done.returncode == 4
    assert done.stderr.count("its content does not match its name") == 2
    assert files_below(tmp_path / "out") == {}


def test_it_writes_over_nothing(kept: Kept, tmp_path: Path) -> None:
    put(kept.repository, FILES)
    done = read(kept.home, "latest", "--into", tmp_path)
    assert done.returncode == 1
    assert "there already" in done.stderr


@pytest.mark.parametrize("folder", ["snapshots", "index"])
def test_what_the_disk_does_not_give_is_named_as_well(
    kept: Kept, tmp_path: Path, folder: str
) -> None:
    put(kept.repository, FILES)
    (kept.home / folder / ("0" * 64)).mkdir()  # reading it is an error of the operating system
    done = read(kept.home, "latest", "--into", tmp_path / "out")
    assert done.returncode == 4
    assert done.stderr.startswith(f"DAMAGED: {folder}/0000")
    extracted = {path: data for path, (data, _) in files_below(tmp_path / "out").items()}
    assert extracted == FILES
