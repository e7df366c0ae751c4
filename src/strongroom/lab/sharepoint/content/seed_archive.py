"""Fill a site's documents from a ZIP archive, folders as in the archive.

archive = read_archive(Path("documents.zip"))
fill_from(collection, archive, by=ann.id) …

Names in an archive are data: they become names in the site, with an underscore for whatever letter
the server's version does not take, and never touch a disk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from strongroom.errors import ItemError
from strongroom.lab.seed.packages import Unread, members
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.refusals import Refused
from strongroom.lab.sharepoint.content.traits import Traits

DEPTH_MAX = 30
_LEAF_LETTERS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An archive that was read; several sites can be filled from it.

    Attributes:
        name: Of the file, without its suffix.
        files: Path and content, in the archive's order.
        unread: What could not be read.
    """

    name: str
    files: tuple[tuple[tuple[str, ...], bytes], ...]
    unread: tuple[Unread, ...]

    @property
    def path(self) -> str:
        """The site that it fills: ``documents.zip`` → ``/sites/documents``."""
        leaf = re.sub(r"[^a-z0-9_-]+", "-", self.name.casefold()).strip("-")
        return f"/sites/{leaf[:_LEAF_LETTERS_MAX] or 'archive'}"


def read_archive(archive: Path) -> Archive:
    """Read all files of an archive.

    Raises:
        OperatorError: there is no such file, it is no ZIP archive, or it is too large.
    """
    files, unread = [], []
    for name, read in members(archive, wanted="--documents a ZIP archive of documents"):
        try:
            files.append((tuple(name.split("/")), read()))
        except ItemError as error:
            unread.append(Unread(name=name, why=str(error)))
    return Archive(name=archive.stem, files=tuple(files), unread=tuple(unread))


def fill_from(collection: SiteCollection, archive: Archive, *, by: int) -> list[Unread]:
    """Upload an archive's files into a site's documents; hold ``collection.lock``.

    Args:
        collection: The site; it has a library of documents, as new ones do.
        archive: What to upload.
        by: Who does; a user's number.

    Returns:
        What this server did not take.
    """
    library = collection.root.list_by_title("Documents")
    assert library is not None
    refused = []
    for path, content in archive.files:
        *folders, leaf = (_fitting(part, collection.traits) for part in path if part.strip())
        try:
            folder = _folder(library, folders[:DEPTH_MAX], by)
            taken = {name.casefold() for name in library.children_of(folder)}
            while leaf.casefold() in taken:
                leaf = f"_{leaf}"
            library.upload(leaf, content, by=by, folder=folder)
        except Refused as why:
            refused.append(Unread(name="/".join(path), why=str(why)))
    return refused


def _fitting(name: str, traits: Traits) -> str:
    printable = "".join(letter if letter.isprintable() else "_" for letter in name)
    return traits.fitting(printable).rstrip(". ") or "_"


def _folder(library: SpList, names: list[str], by: int) -> ListItem | None:
    found: ListItem | None = None
    for name in names:
        there = library.children_of(found).get(name.casefold())
        if there is not None and not there.is_folder:
            name = f"_{name}"  # noqa: PLW2901 - a file of that name was there first
            there = library.children_of(found).get(name.casefold())
        found = there or library.add_folder(name, by=by, folder=found)
    return found
