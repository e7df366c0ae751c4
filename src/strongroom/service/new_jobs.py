"""Keeping a new job, whoever made it: a verb, or a document of definitions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import connections as connection_rows
from strongroom.control import jobs as rows
from strongroom.control import retention as retention_rows
from strongroom.control import storages as storage_rows
from strongroom.control.records import Connection, Job
from strongroom.engine.schedule import Schedule
from strongroom.errors import OperatorError
from strongroom.service.details import (
    EXCHANGE_ONPREM,
    SHAREPOINT_ONLINE,
    SHAREPOINT_ONPREM,
)
from strongroom.service.planning import NO_GROUPS
from strongroom.service.retention import KeepRules, require_backup
from strongroom.service.shared import checked_name
from strongroom.words.json import Json
from strongroom.words.priority import Priority

_TELL_GROUPS = frozenset({EXCHANGE_ONPREM})
_HAVE_BINS = frozenset({SHAREPOINT_ONLINE, SHAREPOINT_ONPREM})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to keep.

    Attributes:
        kind: One of those that ``JobRuns`` makes runs of.
        selection: What it covers, as it is kept.
        connection: Name of the connection, if the kind needs one.
        keep: What a backup job keeps; None: everything.
    """

    name: str
    kind: str
    storage: str
    selection: Mapping[str, Json]
    connection: str | None = None
    schedule: Schedule | None = None
    priority: Priority = Priority.NORMAL
    keep: KeepRules | None = None


def keep_job(db: sa.Connection, new: NewJob, now: datetime) -> Job:
    """Keep a new job, inside a transaction of its maker's, who has looked at what it covers.

    Args:
        db: The transaction.
        new: The job.
        now: Aware, UTC; its schedule begins then.

    Raises:
        OperatorError: the name is taken or cannot be one; connection or storage are not here, or
            cannot do what the job needs.
    """
    over = None if new.connection is None else connection_rows.by_name(db, new.connection)
    into = storage_rows.by_name(db, new.storage)
    if (new.connection is not None and over is None) or into is None:
        missing = f"storage '{new.storage}'" if into is None else ""
        missing = missing or f"connection '{new.connection}'"
        raise OperatorError(f"The job '{new.name}' needs the {missing}, which is not here.")
    if over is not None:
        require_groups(over, new.selection)
        require_bin(over, new.selection)
    when = new.schedule or Schedule()
    job = Job(
        id=uuid.uuid4().hex,
        name=checked_name("job", new.name),
        kind=new.kind,
        connection_id=None if over is None else over.id,
        storage_id=into.id,
        connection=new.connection,
        storage=new.storage,
        selection=new.selection,
        created=now,
        priority=new.priority.step,
        schedule=None if when.is_empty else when.to_json(),
        due=when.next_due(now),
    )
    if rows.by_name(db, new.name) is not None:
        raise OperatorError(
            f"There is a job named '{new.name}' already.", hint="Choose another name."
        )
    rows.add(db, job)
    if new.keep is not None:
        require_backup(job)
        retention_rows.put(db, new.keep.row(job.id))
    return job


def require_groups(connection: Connection, selection: Mapping[str, Json]) -> None:
    """Refuse a group where nobody can tell who is in it, before each run says so."""
    if selection.get("groups") and connection.kind not in _TELL_GROUPS:
        raise OperatorError(NO_GROUPS.what, hint=NO_GROUPS.hint)


def require_bin(connection: Connection, selection: Mapping[str, Json]) -> None:
    """Refuse a recycle bin where there is none, or where it is kept like any other folder."""
    if selection.get("recycle_bin") and connection.kind not in _HAVE_BINS:
        raise OperatorError(
            "Only of sites is there a recycle bin to be kept.",
            why=f"{connection.name!a} leads to mailboxes.",
            hint="Leave --recycle-bin out; a mailbox has recoverable:ADDRESS instead.",
        )
