"""A snapshot: a resource at a moment, as restic writes it down."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from strongroom.errors import IntegrityError
from strongroom.store.documents import COPY_BACK
from strongroom.store.gojson import dumps, format_time, parse_time

FOLDER = "snapshots"


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
        total_files_processed: All files in the snapshot's trees. Where this or the next is not what
            restic counts itself, its ``rewrite`` takes the snapshot for one to be changed.
        total_bytes_processed: The sum of their sizes.
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
        original: The id that it had before it was copied (see ``rekeying``), or None.
    """

    time: datetime
    tree: bytes
    host: str
    paths: tuple[str, ...]
    tags: tuple[str, ...] = ()
    parent: str | None = None
    summary: Summary | None = None
    program_version: str = ""
    id: str = ""
    original: str | None = None


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """Write restic's JSON of a snapshot."""
    document: dict[str, Any] = {"time": format_time(snapshot.time)}
    if snapshot.parent:
        document["parent"] = snapshot.parent
    document["tree"] = snapshot.tree.hex()
    document["paths"] = list(snapshot.paths)
    document["hostname"] = snapshot.host
    if snapshot.tags:
        document["tags"] = list(snapshot.tags)
    if snapshot.original:
        document["original"] = snapshot.original
    if snapshot.program_version:
        document["program_version"] = snapshot.program_version
    if snapshot.summary:
        document["summary"] = {
            key: format_time(value) if isinstance(value, datetime) else value
            for key, value in asdict(snapshot.summary).items()
        }
    return dumps(document)


def decode_snapshot(snapshot_id: str, document: Any) -> Snapshot:  # noqa: ANN401 - JSON
    """Read restic's JSON of a snapshot, whoever wrote it.

    Raises:
        IntegrityError: it is none.
    """
    try:
        tree = bytes.fromhex(document["tree"])
        if len(tree) != 32:
            raise ValueError("not the id of a tree")  # noqa: TRY301 - all that can be wrong is told below
        return Snapshot(
            id=snapshot_id,
            time=parse_time(document["time"]),
            tree=tree,
            host=document.get("hostname", ""),
            paths=tuple(document.get("paths") or ()),
            tags=tuple(document.get("tags") or ()),
            parent=document.get("parent"),
            summary=_decode_summary(document.get("summary")),
            program_version=document.get("program_version", ""),
            original=document.get("original"),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise IntegrityError(
            f"The file {FOLDER}/{snapshot_id} is not a snapshot.", hint=COPY_BACK
        ) from error


def _decode_summary(document: dict[str, Any] | None) -> Summary | None:
    if not document:
        return None
    known = {
        field.name: document[field.name] for field in fields(Summary) if field.name in document
    }
    for key in ("backup_start", "backup_end"):
        known[key] = parse_time(known[key])
    return Summary(**known)
