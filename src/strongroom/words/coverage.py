"""The coverage ledger: what the server has, what came of each item, and whether the sums meet.

The first promise of the design: never "success" while something is missing. A ledger is written by
a backup, a restore, an export and a verification; in the last three ``on_server`` is the number of
items that were chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from strongroom.words.json import Json
from strongroom.words.paths import path_names, path_text


class Status(StrEnum):
    """How a run or one resource of it ended; only ``complete`` is green."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """One item that is not kept (or did not come back), by name and with the reason.

    Attributes:
        item_id: The server's id of it; in a restore the saved item's id.
        name: What a person calls it. Untrusted text.
        code: The server's code or ours, stable.
        why: For a person.
    """

    item_id: str
    name: str
    code: str
    why: str

    def to_json(self) -> dict[str, Json]:
        """Give it as it stands in ``coverage.json`` and in a run's report."""
        return {"id": self.item_id, "name": self.name, "code": self.code, "why": self.why}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Shortfall:
        """Read what ``to_json`` wrote."""
        return cls(
            item_id=document["id"],
            name=document["name"],
            code=document["code"],
            why=document["why"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCoverage:
    """One folder's line of the ledger.

    Attributes:
        path: Real names from the root down. Untrusted text.
        on_server: How many items the server says it holds, associated ones included, read after the
            last sync; or how many were chosen (restore, export, verify).
        saved: Items whose content or state was kept (written, exported, read) in this run.
        unchanged: Items kept before that are the same on the server.
        skipped: Permanent, known and documented shortfalls.
        failed: Shortfalls that are tried again in the next run.
        note: What else a person should know (``search folder: listed, not copied``).
        problem: Why the folder as a whole could not be read; empty when it could.
    """

    path: tuple[str, ...]
    on_server: int
    saved: int = 0
    unchanged: int = 0
    skipped: tuple[Shortfall, ...] = ()
    failed: tuple[Shortfall, ...] = ()
    note: str = ""
    problem: str = ""

    @property
    def missing(self) -> int:
        """By how much the sums do not meet.

        Positive: the server has items that it did not tell us of. Negative: we keep more than the
        server says it has.
        """
        told = self.saved + self.unchanged + len(self.skipped) + len(self.failed)
        return self.on_server - told

    @property
    def is_sound(self) -> bool:
        """Nothing failed, nothing is unaccounted for (skips aside)."""
        return not self.failed and not self.problem and self.missing == 0

    def to_json(self, acknowledged: Collection[tuple[str, str]] = ()) -> dict[str, Json]:
        """Give it as it stands in ``coverage.json`` and in a run's report; ``path`` is one text.

        Args:
            acknowledged: The skips that somebody took note of (see ``Coverage.status``): they stay
                listed, marked as such.
        """
        return {
            "path": path_text(self.path),
            "on_server": self.on_server,
            "saved": self.saved,
            "unchanged": self.unchanged,
            "skipped": [
                {
                    **one.to_json(),
                    **({"acknowledged": True} if (one.item_id, one.code) in acknowledged else {}),
                }
                for one in self.skipped
            ],
            "failed": [one.to_json() for one in self.failed],
            "missing": self.missing,
            "note": self.note,
            "problem": self.problem,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> FolderCoverage:
        """Read what ``to_json`` wrote."""
        return cls(
            path=path_names(document["path"]),
            on_server=document["on_server"],
            saved=document["saved"],
            unchanged=document["unchanged"],
            skipped=tuple(Shortfall.from_json(one) for one in document["skipped"]),
            failed=tuple(Shortfall.from_json(one) for one in document["failed"]),
            note=document["note"],
            problem=document["problem"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The sums over all folders."""

    on_server: int
    saved: int
    unchanged: int
    skipped: int
    failed: int
    bytes_read: int
    bytes_stored: int

    def to_json(self) -> dict[str, Json]:
        """Give the sums under the names of a run's report."""
        return {
            "on_server": self.on_server,
            "saved": self.saved,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "failed": self.failed,
            "bytes_read": self.bytes_read,
            "bytes_stored": self.bytes_stored,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The ledger of one resource in one run.

    Attributes:
        resource: How the command line names it (an address, ``archive:ADDRESS``).
        folders: Parents before children, every folder that the server told of.
        notes: What a person should know: losses, warnings, settings that the server does not give.
        ways: How content was read (``export``, ``mime``), with the number of items of each.
        point: Id of the restore point that was made or read; None if there is none.
        bytes_read: Content that came in from the server (backup) or out of the storage.
        bytes_stored: What the storage grew by, sealed, packs and trees and all.
    """

    resource: str
    folders: tuple[FolderCoverage, ...]
    notes: tuple[str, ...] = ()
    ways: Mapping[str, int] = field(default_factory=dict)
    point: str | None = None
    bytes_read: int = 0
    bytes_stored: int = 0

    @property
    def totals(self) -> Totals:
        """Add up all folders."""
        return Totals(
            on_server=sum(folder.on_server for folder in self.folders),
            saved=sum(folder.saved for folder in self.folders),
            unchanged=sum(folder.unchanged for folder in self.folders),
            skipped=sum(len(folder.skipped) for folder in self.folders),
            failed=sum(len(folder.failed) for folder in self.folders),
            bytes_read=self.bytes_read,
            bytes_stored=self.bytes_stored,
        )

    def status(self, acknowledged: Collection[tuple[str, str]] = ()) -> Status:
        """Say how it ended, given the skips ``(item id, code)`` that an administrator took note of.

        Never ``failed``: a run that could not end has no ledger.
        """
        for folder in self.folders:
            if not folder.is_sound:
                return Status.PARTIAL
            if any((one.item_id, one.code) not in acknowledged for one in folder.skipped):
                return Status.PARTIAL
        return Status.COMPLETE

    @property
    def is_complete(self) -> bool:
        """Nothing is missing, skipped or failed and all sums meet."""
        return self.status() is Status.COMPLETE

    def to_json(self, acknowledged: Collection[tuple[str, str]] = ()) -> dict[str, Json]:
        """Give the whole ledger as one JSON document (``coverage.json``, a task of a run)."""
        return {
            "resource": self.resource,
            "status": str(self.status(acknowledged)),
            "totals": self.totals.to_json(),
            "folders": [folder.to_json(acknowledged) for folder in self.folders],
            "notes": list(self.notes),
            "ways": dict(self.ways),
            "point": self.point,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Coverage:
        """Read what ``to_json`` wrote."""
        return cls(
            resource=document["resource"],
            folders=tuple(FolderCoverage.from_json(one) for one in document["folders"]),
            notes=tuple(document["notes"]),
            ways=dict(document["ways"]),
            point=document["point"],
            bytes_read=document["totals"]["bytes_read"],
            bytes_stored=document["totals"]["bytes_stored"],
        )
