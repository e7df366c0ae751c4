"""An export writes what was saved, below its output folder and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.content import fts, tags
from strongroom.content.message import Message, Properties
from strongroom.errors import Interrupted, ItemError, OperatorError
from strongroom.operations.export import ExportFormat, ExportRequest, export
from strongroom.operations.interfaces import Quiet
from strongroom.operations.output_folder import OutputFolder
from strongroom.operations.saved import read_all
from strongroom.store.trees import FileNode, walk
from strongroom.words.coverage import Coverage, Status
from tests.operations.support import World, line

HOSTILE = (
    "../../../etc/passwd",
    "/etc/passwd",
    "..",
    "C:\\Windows\\System32",
    "NUL",
    "con.txt",
    "\x1b[2J\x1b[31mred",
    "right\u202eto left",
    "two\nlines\r\nand more",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "~root",
    "x" * 500,
    "",
)


def stream(subject: str) -> bytes:
    properties: Properties = {tags.PidTagSubject: subject, tags.PidTagMessageClass: "IPM.Note"}
    return fts.build(Message(properties=properties, recipients=[], attachments=[]))


@pytest.fixture
def world() -> World:
    world = World()
    inbox = world.mailbox.add_folder("Inbox")
    world.mailbox.add_folder("..", inbox)
    for name in HOSTILE:
        world.mailbox.add_item(inbox, name, stream("x"))
        world.mailbox.add_item(world.mailbox.add_folder(name), "inside", stream("inside"))
    world.mailbox.add_item(inbox, "Large", stream("Large") + bytes(9_000_000))
    world.back_up()
    return world


def exported(world: World, request: ExportRequest) -> Coverage:
    return export(world.repository(), request, progress=Quiet())


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_files_are_what_restic_would_restore(world: World, tmp_path: Path) -> None:
    coverage = exported(world, ExportRequest(output=tmp_path / "out"))
    assert coverage.is_complete
    repository = world.repository()
    expected = {
        "/".join(path): read_all(repository.reader(), node.content)
        for path, node in walk(repository.reader(), repository.snapshots()[-1].tree)
        if isinstance(node, FileNode)
    }
    assert files_below(tmp_path / "out") == expected


def test_hostile_names_stay_below_the_output_folder(world: World, tmp_path: Path) -> None:
    for format_ in ExportFormat:
        exported(world, ExportRequest(output=tmp_path / "out" / format_, format=format_))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    for path in (tmp_path / "out").rglob("*"):
        assert path.name.isprintable()
        assert len(path.name.encode()) <= 255


def test_messages_are_written_as_eml_and_what_cannot_be_is_kept_as_it_is(
    world: World, tmp_path: Path
) -> None:
    request = ExportRequest(output=tmp_path, format=ExportFormat.EML, paths=(("Inbox",),))
    coverage = exported(world, request)
    assert coverage.status() is Status.PARTIAL
    (short,) = line(coverage, "Inbox").failed
    assert (short.name, short.code) == ("Large", "stream-damaged")
    files = files_below(tmp_path)
    assert len([name for name in files if name.endswith(".eml")]) == len(HOSTILE)
    (original,) = [held for name, held in files.items() if name.endswith(".fts")]
    assert original == stream("Large") + bytes(9_000_000)


def test_single_items_come_without_the_rest(world: World, tmp_path: Path) -> None:
    large = list(world.mailbox.folders["folder-2"].items)[-1]
    coverage = exported(world, ExportRequest(output=tmp_path, items=(large,)))
    assert coverage.totals.saved == 1
    (name,) = files_below(tmp_path)
    assert "Large" in name


def test_exporting_twice_changes_nothing_and_other_bytes_are_never_overwritten(
    world: World, tmp_path: Path
) -> None:
    request = ExportRequest(output=tmp_path)
    exported(world, request)
    assert exported(world, request).is_complete
    victim = next(tmp_path.rglob("*Large*.fts"))
    victim.write_bytes(b"mine")
    coverage = exported(world, request)
    (short,) = line(coverage, "Inbox").failed
    assert short.code == "exists"
    assert victim.read_bytes() == b"mine"
    assert not list(tmp_path.rglob("*.part"))


def test_links_that_lead_out_are_not_followed(world: World, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    out = tmp_path / "out"
    (out / "folders").mkdir(parents=True)
    (out / "folders" / "Inbox").symlink_to(outside, target_is_directory=True)
    coverage = exported(world, ExportRequest(output=out))
    assert {one.code for one in line(coverage, "Inbox").failed} == {"unsafe-name"}
    assert list(outside.iterdir()) == []


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter").symlink_to(outside)
    with OutputFolder(tmp_path / "out") as output, pytest.raises(ItemError):
        output.write(("letter",), [b"mine"], None)
    assert outside.read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a\\b", "a\0b", "/etc/passwd"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with OutputFolder(tmp_path / "out") as output, pytest.raises(ItemError) as caught:
        output.write(("a", name), [b"x"], None)
    assert caught.value.code == "unsafe-name"
    assert files_below(tmp_path) == {}


def test_an_output_that_is_a_file_is_refused(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OperatorError):
        exported(world, ExportRequest(output=tmp_path / "file"))


def test_what_is_exported_is_for_its_owner_only(world: World, tmp_path: Path) -> None:
    exported(world, ExportRequest(output=tmp_path / "out"))
    for path in (tmp_path / "out").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


def test_an_export_can_be_stopped(world: World, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        export(
            world.repository(),
            ExportRequest(output=tmp_path),
            progress=Quiet(),
            stop=lambda: True,
        )
