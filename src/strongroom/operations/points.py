"""Restore points: the finished snapshots of a repository, as the operator sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from strongroom.store.repository import Repository
from strongroom.words.coverage import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePoint:
    """A resource at a moment, whole.

    Attributes:
        id: The snapshot's id, 64 hex digits; eight are enough to name it.
        time: When the backup ended: aware, UTC.
        resource: How the command line named it then (it may have been renamed since).
        kind: Kind of resource (``mailbox``).
        resource_id: The resource's own id.
        host: The connection it was made through.
        status: How the backup ended, before anybody acknowledged anything.
        items: How many items it holds.
        bytes: How large their content is, before compression.
    """

    id: str
    time: datetime
    resource: str
    kind: str
    resource_id: str
    host: str
    status: Status
    items: int
    bytes: int


def points(repository: Repository) -> list[RestorePoint]:
    """List the restore points, newest first; checkpoints are not among them."""
    raise NotImplementedError


def choose(repository: Repository, at: str | None = None) -> RestorePoint:
    """Find the restore point that a person means.

    Args:
        repository: Where it lies.
        at: ``point:ID`` (eight or more digits of its id), a time (RFC 3339, or a date: the end of
            that day, UTC): the newest point not younger than it; None: the newest.

    Raises:
        OperatorError: there is none, or more than one begins with that id, or it is not a time.
    """
    raise NotImplementedError
