"""Both restics judge whole backups, as the operations lay them out: a mailbox's and a site's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.operations.mending import mend
from strongroom.store.trees import FileNode, walk
from tests.fakes.restics import Restic, ResticProgram, prove_trees
from tests.fakes.storages import PASSWORD
from tests.operations.site_support import TEAM, SiteWorld
from tests.operations.support import ADA, World
from tests.operations.test_damaged import flip, new_world, places, repaired
from tests.operations.test_site import new_world as new_site_world

pytestmark = pytest.mark.restic

PASSWORDS = {World: "password of a test", SiteWorld: PASSWORD}
HOMES = {
    World: f"repositories/{ADA.kind}/{ADA.id}",
    SiteWorld: f"repositories/{TEAM.kind}/{TEAM.id}",
}


def laid_out(world: World | SiteWorld, program: ResticProgram, folder: Path) -> Restic:
    """Write the storage into a folder, for restic to look at."""
    for name, data in world.backend.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return program.on(folder / HOMES[type(world)], RESTIC_PASSWORD=PASSWORDS[type(world)])


def mailbox() -> World:
    """Two restore points, with changes of every kind between them."""
    world = new_world()
    box = world.mailbox
    ids = [item for folder in box.folders.values() for item in folder.items]
    box.set_state(ids[0], is_read=True)
    box.edit_item(ids[1], b"another content")
    box.delete_item(ids[2])
    box.rename_folder("folder-3", "Größer & <tiefer>")
    world.back_up()
    return world


def mended_mailbox() -> World:
    """A checkpoint that was made of what is whole after damage."""
    world = mailbox()
    flip(world, next(place for place in places(world) if place.entry.kind == "tree"))
    assert mend(repaired(world), world.clock) is not None
    return world


def site() -> SiteWorld:
    """A site with documents in their real folders."""
    world = new_site_world()
    world.back_up()
    world.site.upload(next(iter(world.site.lists.values())), "New.docx", body=b"new")
    world.back_up()
    return world


@pytest.mark.parametrize("make", [mailbox, site])
def test_a_backup_is_clean_and_every_byte_of_it_comes_back(
    make: Callable[[], World | SiteWorld], restic_program: ResticProgram, tmp_path: Path
) -> None:
    world = make()
    restic = laid_out(world, restic_program, tmp_path / "storage")
    assert b"no errors were found" in restic("check", "--read-data", "--check-unused")
    repository = world.repository()
    reader = repository.reader()
    snapshot = repository.snapshots()[-1]
    target = tmp_path / "restored"
    restic("restore", snapshot.id, "--target", str(target))
    kept = {
        path: (b"".join(reader.load_file(node.content)), node.size)
        for path, node in walk(reader, snapshot.tree)
        if isinstance(node, FileNode)
    }
    restored = {
        path.relative_to(target).parts: (path.read_bytes(), path.stat().st_size)
        for path in target.rglob("*")
        if path.is_file()
    }
    assert restored == kept
    assert len(kept) > 15


@pytest.mark.parametrize("make", [mailbox, site, mended_mailbox])
def test_every_tree_is_byte_for_byte_what_restic_would_write(
    make: Callable[[], World | SiteWorld], restic_that_proves_trees: ResticProgram, tmp_path: Path
) -> None:
    world = make()
    restic = laid_out(world, restic_that_proves_trees, tmp_path / "storage")
    if make is mended_mailbox:
        # The points themselves lost a tree, so only the checkpoint can be whole.
        for snapshot in world.repository().snapshots():
            if snapshot.tags[2] != "checkpoint":
                restic("forget", snapshot.id)
    prove_trees(restic)
