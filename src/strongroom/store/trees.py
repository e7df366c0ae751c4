"""Folders and files of a snapshot: reading them, finding one, and changing some of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from strongroom.store.blobs import BlobId, BlobReader, BlobWriter, StoredFile

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileNode:
    """A file in a tree.

    Attributes:
        name: Its name, unquoted.
        mtime: Aware.
        size: Bytes.
        content: Ids of its data blobs, in order.
    """

    name: str
    mtime: datetime
    size: int
    content: tuple[BlobId, ...]


@dataclass(frozen=True, slots=True)
class DirNode:
    """A folder in a tree.

    Attributes:
        name: Its name, unquoted.
        mtime: Aware.
        subtree: Id of its tree blob.
    """

    name: str
    mtime: datetime
    subtree: BlobId


@dataclass(frozen=True, slots=True)
class OtherNode:
    """Something else that a foreign program put there: a link, a device. Kept, never read."""

    name: str
    mtime: datetime
    type: str


Node = FileNode | DirNode | OtherNode


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file to put into a tree: what ``BlobWriter.save_file`` gave, and its time (aware)."""

    file: StoredFile
    mtime: datetime


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A whole folder to put into a tree as it is, for example one that was moved (time aware)."""

    subtree: BlobId
    mtime: datetime


Entry = FileEntry | FolderEntry


def read_tree(reader: BlobReader, tree: BlobId) -> list[Node]:
    """Read one tree, in the order of its names' UTF-8 bytes.

    Raises:
        IntegrityError: it is missing or damaged.
    """
    raise NotImplementedError


def find(reader: BlobReader, root: BlobId, path: Path) -> Node | None:
    """Find what lies at ``path`` below ``root``; None if nothing does. Only trees on the way."""
    raise NotImplementedError


def walk(reader: BlobReader, root: BlobId, below: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Go through everything below a folder, a folder before its content, names in order.

    Yields:
        The path from the root, the node's own name included, and the node.
    """
    raise NotImplementedError


def patch(
    reader: BlobReader,
    writer: BlobWriter,
    root: BlobId | None,
    changes: Mapping[Path, Entry | None],
    mtime: datetime,
) -> BlobId:
    """Rewrite the trees that ``changes`` touch and no other; the same as building all anew.

    Folders come into being with their first file and vanish with their last. A change of a folder
    itself is made before the changes below it, so ``{("a",): None, ("a", "b"): entry}`` empties
    ``a`` and puts ``b`` there.

    Args:
        reader: Of the same repository.
        writer: Of the same repository.
        root: The tree to start from; None: an empty one.
        changes: What to put at which path; None removes a file or folder (nothing there is fine).
        mtime: Time to give the folders that change, aware.

    Returns:
        The new root; the old one if nothing changed.

    Raises:
        ValueError: a name that a file system could not hold (empty, ``..``, with a slash), or an
            entry below a file of the same changes.
        IntegrityError: a tree on the way is missing or damaged.
    """
    raise NotImplementedError
