"""Restore points: the finished snapshots of a repository, as the operator sees them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from strongroom.errors import IntegrityError, OperatorError
from strongroom.store.backend import NotStored
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot
from strongroom.words.coverage import Status
from strongroom.words.resource import ResourceKind

CHECKPOINT = "checkpoint"
"""The tag, and the beginning of host and path, that tell a checkpoint from a restore point."""

OF_JOB = "job:"
"""The beginning of the tag that says which job made a restore point; the job's id follows."""

_KINDS = frozenset(map(str, ResourceKind))
_ENDINGS = frozenset(map(str, Status))


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
        tree: The snapshot's root tree.
        items: How many items it holds.
        bytes: How large all its files are, before compression.
        job: Id of the job that made it, in the home where it was made; None: of none, or an
            earlier version made it.
        original: The id that it had before its repository was given another key; None: always
            this one.
    """

    id: str
    time: datetime
    resource: str
    kind: str
    resource_id: str
    host: str
    status: Status
    tree: bytes
    items: int
    bytes: int
    job: str | None = None
    original: str | None = None


def is_checkpoint(snapshot: Snapshot) -> bool:
    """Say whether it is a checkpoint of ours."""
    return _ends_with(snapshot, {CHECKPOINT})


def is_finished(snapshot: Snapshot) -> bool:
    """Say whether it is a restore point of ours."""
    return _ends_with(snapshot, _ENDINGS)


def is_of(snapshot: Snapshot, repository: Repository) -> bool:
    """Say whether a snapshot is of what the repository is of.

    Others are those that somebody brought in from elsewhere: ``restic copy`` keeps all tags.
    """
    return repository.resource is None or snapshot.tags[:2] == tuple(map(str, repository.resource))


def own_snapshots(repository: Repository) -> list[Snapshot]:
    """Read our restore points and checkpoints, oldest first.

    Snapshots that somebody else put into the repository (an administrator's own ``restic backup``
    or ``restic copy``) are left alone.
    """
    return [
        one
        for one in repository.snapshots()
        if is_of(one, repository) and (is_finished(one) or is_checkpoint(one))
    ]


def points(repository: Repository) -> list[RestorePoint]:
    """List the restore points, newest first; checkpoints are not among them."""
    return [_point(one) for one in reversed(own_snapshots(repository)) if is_finished(one)]


def readable_points(repository: Repository) -> tuple[list[RestorePoint], list[str]]:
    """List the restore points, newest first, and the snapshots that cannot be read, by id."""
    found: list[Snapshot] = []
    damaged: list[str] = []
    for snapshot_id in repository.snapshot_ids():
        try:
            found.append(repository.load_snapshot(snapshot_id))
        except NotStored:  # deleted by somebody since it was listed
            continue
        except IntegrityError:
            damaged.append(snapshot_id)
    known = [_point(one) for one in found if is_finished(one) and is_of(one, repository)]
    return sorted(known, key=lambda point: (point.time, point.id), reverse=True), damaged


def choose(repository: Repository, at: str | None = None) -> RestorePoint:
    """Find the restore point that a person means.

    Args:
        repository: Where it lies.
        at: ``point:ID`` (eight or more digits of its id), a time (RFC 3339, or a date: the end of
            that day, UTC): the newest point not younger than it; None: the newest.

    Raises:
        OperatorError: there is none, or more than one begins with that id, or it is not a time.
    """
    known = points(repository)
    if not known:
        raise OperatorError(
            "There is no restore point.",
            why="No backup of this resource has ended yet.",
            hint="Run its backup job: `strongroom job run NAME --wait`.",
        )
    if at is None:
        return known[0]
    if at.startswith("point:"):
        return _by_id(known, at.removeprefix("point:"))
    moment = _moment(at)
    for point in known:
        # People type the whole seconds that they were shown.
        if point.time.replace(microsecond=0) <= moment:
            return point
    raise OperatorError(
        f"There is no restore point from {at} or before.",
        hint=f"The oldest is from {known[-1].time:%Y-%m-%dT%H:%M:%SZ}.",
    )


def _by_id(known: list[RestorePoint], wanted: str) -> RestorePoint:
    ids = ((point, (point.id, point.original or "")) for point in known)
    found = [point for point, both in ids if any(one.startswith(wanted.lower()) for one in both)]
    if len(wanted) >= 4 and len(found) == 1:
        return found[0]
    if not found:
        what = f"This resource has no restore point that begins with {wanted!a}."
    else:
        what = f"point:{wanted} is too short to name one restore point."
    raise OperatorError(
        what,
        hint="`strongroom points STORAGE --resource RESOURCE` lists them; give eight digits.",
    )


def _moment(at: str) -> datetime:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", at):
            day = datetime.fromisoformat(at).date()
            return datetime.combine(day, time(), UTC) + timedelta(days=1, microseconds=-1)
        moment = datetime.fromisoformat(at)
    except (ValueError, OverflowError) as error:
        raise OperatorError(
            f"Not a time: {at!a}.",
            hint="Write it like 2026-03-05T10:15:00Z, or 2026-03-05 for the end of that day.",
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _ends_with(snapshot: Snapshot, words: set[str] | frozenset[str]) -> bool:
    """Read our three tags: the kind, the resource's id, and what the snapshot is.

    Others may have added tags of their own behind ours (``restic tag --add``).
    """
    tags = snapshot.tags
    return len(tags) >= 3 and tags[0] in _KINDS and tags[2] in words


def _point(snapshot: Snapshot) -> RestorePoint:
    summary = snapshot.summary
    return RestorePoint(
        id=snapshot.id,
        time=snapshot.time.astimezone(UTC),
        resource=snapshot.paths[0] if snapshot.paths else "",
        kind=snapshot.tags[0],
        resource_id=snapshot.tags[1],
        host=snapshot.host,
        status=Status(snapshot.tags[2]),
        tree=snapshot.tree,
        items=summary.files_new + summary.files_unmodified if summary else 0,
        bytes=summary.total_bytes_processed if summary else 0,
        job=next(
            (tag.removeprefix(OF_JOB) for tag in snapshot.tags[3:] if tag.startswith(OF_JOB)), None
        ),
        original=snapshot.original,
    )
