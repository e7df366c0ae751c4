"""A snapshot: a resource at a moment, as restic writes it down."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the run that made the snapshot did; restic shows it (its fields, its meanings).

    Attributes:
        backup_start: Aware, UTC.
        backup_end: Aware, UTC.
        files_new: Items that the snapshot before did not have.
        files_changed: Items that it had otherwise.
        files_unmodified: Items that are the same.
        data_blobs: Data blobs that were new to the repository.
        tree_blobs: Tree blobs that were new to the repository.
        data_added: Their bytes before compression.
        data_added_packed: Their bytes as stored.
        total_files_processed: All items of the snapshot.
        total_bytes_processed: Their bytes.
    """

    backup_start: datetime
    backup_end: datetime
    files_new: int = 0
    files_changed: int = 0
    files_unmodified: int = 0
    data_blobs: int = 0
    tree_blobs: int = 0
    data_added: int = 0
    data_added_packed: int = 0
    total_files_processed: int = 0
    total_bytes_processed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A resource at a moment.

    Attributes:
        time: When, aware.
        tree: Blob id of the root tree, 32 bytes.
        host: What restic calls the host; with ``paths`` it is what restic's ``forget`` groups by.
        paths: What it shows, for example ``/mail/alice@example.org``.
        tags: Free words.
        parent: Id of the snapshot it was made on top of, 64 hexadecimal digits, or None.
        summary: What the run did, or None.
        program_version: Who wrote it.
        id: 64 hexadecimal digits, given when it is saved; empty before.
    """

    time: datetime
    tree: bytes
    host: str
    paths: tuple[str, ...]
    tags: tuple[str, ...] = ()
    parent: str | None = None
    summary: Summary | None = None
    program_version: str = field(default="")
    id: str = ""
