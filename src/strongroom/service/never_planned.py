"""What jobs name whose runs have not come so far as to list anything: nothing else knows of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from strongroom.control import job_history
from strongroom.control import protected as rows
from strongroom.control.records import Job
from strongroom.service.selections import BackupSelection
from strongroom.words.job_kind import JobKind

EVERYTHING = "*"


def never_planned(db: sa.Connection, jobs: Sequence[Job]) -> Iterator[tuple[Job, str]]:
    """Give what such jobs name, unless another job covers it: names, patterns, groups, or ``*``."""
    planned = rows.jobs_with_rows(db) | job_history.jobs_with_tasks(db)
    new = [job for job in jobs if job.kind == JobKind.BACKUP and job.name not in planned]
    if not new:
        return
    known = rows.names(db)
    for job in new:
        selection = BackupSelection.from_json(job.selection)
        if selection.is_all:
            yield job, EVERYTHING
        for reference in selection.resources:
            if (job.storage_id, reference.lower()) not in known:
                yield job, reference
        for words in (*selection.match, *(f"group:{one}" for one in selection.groups)):
            yield job, words
