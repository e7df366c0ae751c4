"""Back up one resource: the story from the server's folders to a durable restore point."""

from __future__ import annotations

from strongroom.clock import Clock
from strongroom.operations.interfaces import Progress, Source, Stop, never
from strongroom.pace.lanes import Lanes
from strongroom.store.repository import Repository
from strongroom.words.coverage import Coverage
from strongroom.words.resource import Resource


def back_up(
    source: Source,
    resource: Resource,
    repository: Repository,
    *,
    lanes: Lanes,
    clock: Clock,
    progress: Progress,
    host: str,
    stop: Stop = never,
) -> Coverage:
    """Make a restore point of a resource: the first time in full, then only what changed.

    Goes on from the last restore point or from the checkpoint of an attempt that was cut short.
    Takes the repository's (shared) lock itself.

    Args:
        source: The resource on the server, open.
        resource: Which it is.
        repository: The resource's own repository, open or just created.
        lanes: Threads that fetch; open, not used by anybody else meanwhile.
        clock: Time.
        progress: Who is told how far it is.
        host: The connection's name; restic shows it as the snapshot's host.
        stop: Asked between steps; once it says True, a checkpoint is made and the run ends early.

    Returns:
        The ledger. ``point`` is the id of the restore point, which is made in any case.

    Raises:
        Interrupted: ``stop`` said so; the next attempt goes on from the checkpoint.
        ServerUnreachable, TransientError, AccessDenied: the server cannot be read now.
        StorageFull, ResourceLocked: the storage cannot be written now.
        IntegrityError: what is stored does not fit together.
    """
    raise NotImplementedError
