"""Jobs in a document of definitions (see ``definitions``): what is said of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from strongroom.control.records import Job
from strongroom.control.retention import Retention
from strongroom.engine.schedule import Schedule
from strongroom.errors import OperatorError
from strongroom.service.export_jobs import ExportOrder
from strongroom.service.new_jobs import NewJob
from strongroom.service.restores import RestoreOrder
from strongroom.service.retention import EVERY_S, KeepRules
from strongroom.service.selections import (
    BackupSelection,
    PruneSelection,
    ReplicateSelection,
    VerifySelection,
)
from strongroom.words.job_kind import JobKind
from strongroom.words.json import Json
from strongroom.words.priority import Priority

_NEWER = {"match", "groups"}
"""Left out where they say nothing, so that older programs take the document in."""

_OF_THIS_HOME = {"source", "only_target"}
"""Found out anew by whoever takes the job in."""


def job_definition(job: Job, kept: Retention | None = None) -> dict[str, Json]:
    """Write a job, and what it keeps."""
    selection = {
        key: value
        for key, value in sorted(job.selection.items())
        if key not in _OF_THIS_HOME and (value or key not in _NEWER)
    }
    through: dict[str, Json] = {} if job.connection is None else {"connection": job.connection}
    return {
        "name": job.name,
        "kind": job.kind,
        **through,
        "storage": job.storage,
        **selection,
        **_kept(kept),
        **_when(job),
    }


def shape_of(entry: Mapping[str, Any]) -> type[msgspec.Struct]:
    """Say what may be said of a job, by its kind; what is of no known kind is refused by it."""
    return _SHAPES.get(str(entry.get("kind")), _Backup)


def new_job(entry: Mapping[str, Any]) -> NewJob:
    """Read a job. Of a restore and an export, ``source`` is still to be found out.

    Raises:
        OperatorError: it covers nothing.
    """
    return NewJob(
        name=entry["name"],
        kind=entry["kind"],
        storage=entry["storage"],
        connection=entry.get("connection"),
        selection=_selection(entry),
        schedule=Schedule.from_json(entry.get("schedule")),
        priority=Priority(entry.get("priority", Priority.NORMAL)),
        keep=_keep(entry),
    )


def _keep(entry: Mapping[str, Any]) -> KeepRules | None:
    if not entry.get("keep"):
        return None
    return KeepRules(keep=entry["keep"], prune_every_s=entry.get("prune_every_s", EVERY_S))


def _selection(entry: Mapping[str, Any]) -> Mapping[str, Json]:
    storage = entry["storage"]
    match entry["kind"]:
        case JobKind.RESTORE:
            order = RestoreOrder.from_json(entry, storage=storage, connection=entry["connection"])
            return {**order.to_json(), "only_target": None}
        case JobKind.EXPORT:
            return ExportOrder.from_json(entry, storage=storage).to_json()
        case JobKind.VERIFY:
            return VerifySelection.from_json(entry).to_json()
        case JobKind.PRUNE:
            return PruneSelection.from_json(entry).to_json()
        case JobKind.REPLICATE:
            return ReplicateSelection.from_json(entry).to_json()
        case _:
            return BackupSelection.from_json(entry).to_json()


def _kept(kept: Retention | None) -> dict[str, Json]:
    """Say what a job keeps, where that was ever decided."""
    if kept is None or not kept.keep:
        return {}
    return {"keep": kept.keep, "prune_every_s": kept.prune_every_s or 0}


def _when(job: Job) -> dict[str, Json]:
    """Say when a job runs and how early, where that was ever decided."""
    when: dict[str, Json] = {}
    if job.schedule is not None:
        when["schedule"] = {
            key: one for key, one in sorted(job.schedule.items()) if one is not None
        }
    if job.priority:
        when["priority"] = str(Priority.of_step(job.priority))
    return when


class _Schedule(msgspec.Struct, forbid_unknown_fields=True):
    """What is said of a schedule, and in which types (see ``engine.schedule``)."""

    cron: str | None = None
    idle_s: int | None = None
    time_zone: str = "UTC"
    hours: str | None = None


class _Job(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is said of every job, and in which types."""

    name: str
    storage: str
    schedule: _Schedule | None = None
    priority: Literal["low", "normal", "high"] = "normal"


class _Backup(_Job, kw_only=True):
    kind: Literal["backup"]
    connection: str
    resources: tuple[str, ...]
    all: bool
    exclude: tuple[str, ...]
    match: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    recycle_bin: bool = False
    keep: str = ""
    prune_every_s: int = EVERY_S


class _Verify(_Job, kw_only=True):
    kind: Literal["verify"]
    resources: tuple[str, ...]
    sample: int | None = None


class _Prune(_Job, kw_only=True):
    kind: Literal["prune"]
    resources: tuple[str, ...]


class _Replicate(_Job, kw_only=True):
    kind: Literal["replicate"]
    to: str
    resources: tuple[str, ...]


class _Restore(_Job, kw_only=True):
    kind: Literal["restore"]
    connection: str
    resource: str
    at: str | None
    paths: tuple[str, ...]
    items: tuple[str, ...]
    to: str | None
    folder: str | None
    conflict: Literal["copy", "skip", "replace"]
    settings: bool | None
    people: dict[str, str] = {}
    version: str = ""
    fields: tuple[str, ...] = ()


class _Export(_Job, kw_only=True):
    kind: Literal["export"]
    resource: str
    output: str
    format: Literal["files", "eml"]
    at: str | None
    paths: tuple[str, ...]
    items: tuple[str, ...]


_SHAPES: Mapping[str, type[_Job]] = {
    JobKind.BACKUP: _Backup,
    JobKind.VERIFY: _Verify,
    JobKind.PRUNE: _Prune,
    JobKind.REPLICATE: _Replicate,
    JobKind.RESTORE: _Restore,
    JobKind.EXPORT: _Export,
}


def require_trusted(entries: list[Mapping[str, Any]], *, is_home: bool) -> None:
    """Let nobody but the home's own account take in jobs that restore or read content.

    What others may restore and read is looked at one job at a time: `job add`.

    Raises:
        OperatorError: somebody else tries.
    """
    for entry in entries:
        if entry["kind"] in {JobKind.RESTORE, JobKind.EXPORT} and not is_home:
            raise OperatorError(
                f"The job '{entry['name']}' is a {entry['kind']}: a file cannot say who may do it.",
                hint="Add it with `strongroom job add`, or take the file in as the home's own "
                "account.",
            )
