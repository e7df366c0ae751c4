"""The lines of reports, made from rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import protected as rows
from strongroom.control.protected import Protected, Standing
from strongroom.control.records import Job, TaskStatus
from strongroom.control.run_sums import RunLine
from strongroom.service.protection import Cause, Judge

Elsewhere = Mapping[tuple[str, str], tuple[str, ...]]
"""Names of the storages in which a resource (kind, id) is protected, of those in several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceLine:
    """How one resource stands in one storage. Names are untrusted text.

    Attributes:
        status: How its last run left it: ``waiting``, ``complete``, ``partial``, ``failed``,
            ``excluded`` or ``gone``.
        cause: Why it is not protected (see ``protection.Cause``); None: it is.
        why: The same in words.
        tried: When it was last tried.
        good: When its last restore point was begun that lacks nothing; ``point`` is its id.
        newest: The same of the last one, whatever it lacks.
        items: How many items the newest one holds.
        saved: Items, all runs together; so are ``bytes_read`` and ``bytes_stored``.
        run: Id of the last run that knew of it.
        elsewhere: Names of other storages in which it is protected.
    """

    storage: str
    resource: str
    kind: str = ""
    id: str = ""
    name: str = ""
    connection: str = ""
    job: str | None = None
    status: str = "waiting"
    cause: str | None = None
    why: str = ""
    tried: datetime | None = None
    good: datetime | None = None
    point: str | None = None
    newest: datetime | None = None
    newest_point: str | None = None
    items: int = 0
    saved: int = 0
    bytes_read: int = 0
    bytes_stored: int = 0
    run: str | None = None
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One run, in one line.

    Attributes:
        seconds: From its first start to its end.
        resources: How many tasks it had; how many ended how, behind it.
        problem: Why the whole of it failed or rests, if it does.
    """

    id: str
    job: str | None
    kind: str
    storage: str
    status: str
    created: datetime
    started: datetime | None
    finished: datetime | None
    seconds: int | None
    attempts: int
    resources: int
    resources_complete: int
    resources_partial: int
    resources_failed: int
    resources_excluded: int
    on_server: int
    saved: int
    unchanged: int
    skipped: int
    failed: int
    bytes_read: int
    bytes_stored: int
    requests: int
    throttled: int
    problem: str


def resource_line(
    row: Protected, judge: Judge, cause: Cause | None, elsewhere: Elsewhere
) -> ResourceLine:
    """Make a line of a row."""
    return ResourceLine(
        storage=row.storage,
        resource=row.resource,
        kind=row.resource_kind,
        id=row.resource_id,
        name=row.name,
        connection=row.connection,
        job=row.job,
        status=str(row.status),
        cause=cause,
        why=row.why if cause is None else judge.why(row, cause),
        tried=row.tried,
        good=row.good,
        point=row.point,
        newest=row.newest,
        newest_point=row.newest_point,
        items=row.items,
        saved=row.saved,
        bytes_read=row.bytes_read,
        bytes_stored=row.bytes_stored,
        run=row.run_id,
        elsewhere=elsewhere.get((row.resource_kind, row.resource_id), ()),
    )


def never_tried_line(job: Job, words: str) -> ResourceLine:
    """Make a line of what a job names that has not planned anything yet."""
    return ResourceLine(
        storage=job.storage,
        resource=words,
        connection=job.connection or "",
        job=job.name,
        status=str(Standing.WAITING),
        cause=Cause.NEVER_TRIED,
        why="No run of its job has come so far as to list what it covers.",
    )


def protected_elsewhere(db: sa.Connection, judge: Judge) -> Elsewhere:
    """Find out which resources are protected in more places than one row tells."""
    found: dict[tuple[str, str], tuple[str, ...]] = defaultdict(tuple)
    for row in rows.in_several_storages(db):
        if judge.cause(row) is None:
            found[row.resource_kind, row.resource_id] += (row.storage,)
    return found


def run_report(line: RunLine, storage: str) -> RunReport:
    """Make a line of a run."""
    begun, ended = line.started, line.finished
    return RunReport(
        id=line.id,
        job=line.job,
        kind=line.kind,
        storage=storage,
        status=str(line.status),
        created=line.created,
        started=begun,
        finished=ended,
        seconds=int((ended - begun).total_seconds()) if begun and ended else None,
        attempts=line.attempts,
        resources=sum(line.tasks.values()),
        **{
            f"resources_{status}": line.tasks.get(status, 0)
            for status in (
                TaskStatus.COMPLETE,
                TaskStatus.PARTIAL,
                TaskStatus.FAILED,
                TaskStatus.EXCLUDED,
            )
        },
        **line.sums,
        requests=line.requests,
        throttled=line.throttled,
        problem="" if line.error is None else line.error.what,
    )
