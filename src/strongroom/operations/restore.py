"""Put saved items back into a server: the story from a restore point to a compared result."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.clock import Clock
from strongroom.operations.interfaces import Progress, Stop, Target, never
from strongroom.operations.journal import Journal
from strongroom.pace.lanes import Lanes
from strongroom.store.repository import Repository
from strongroom.words.coverage import Coverage
from strongroom.words.restoring import ConflictPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRequest:
    """What a person wants back, and where.

    Attributes:
        at: ``point:ID``, a time, or None for the newest point (see ``points.choose``).
        paths: Folders wanted, with all below them, by their real names; empty: all (unless
            ``items`` names some).
        items: Items wanted, by id or by the eight characters in their file's name.
        folder: The folder in the target to restore into, made if need be; ``()`` is the root: in
            place. None: a new folder ``Restored YYYY-MM-DD HH:MM``.
        conflict: What to do with an item that the target already has.
        settings: Put rules, out-of-office and the like back too. None: only when everything is
            restored in place.
    """

    at: str | None = None
    paths: tuple[tuple[str, ...], ...] = ()
    items: tuple[str, ...] = ()
    folder: tuple[str, ...] | None = None
    conflict: ConflictPolicy = ConflictPolicy.COPY
    settings: bool | None = None


def restore(
    target: Target,
    repository: Repository,
    request: RestoreRequest,
    *,
    journal: Journal,
    lanes: Lanes,
    clock: Clock,
    progress: Progress,
    stop: Stop = never,
) -> Coverage:
    """Write what is asked for back into the target, read it back and compare.

    May be called again with the same request and journal after a crash, as often as need be: it
    looks at what has arrived and sends only what is missing. Losses and warnings are told as
    progress notes before anything is written, and stand in the ledger's notes.

    Args:
        target: The resource on the server, open.
        repository: Where the restore point lies.
        request: What, from when, and to where.
        journal: This restore's own journal, empty the first time.
        lanes: Threads that read the storage's blobs ahead and compare; open.
        clock: Time.
        progress: Who is told how far it is.
        stop: Asked between batches; once it says True, the restore ends after the batch in hand.

    Returns:
        The ledger: ``on_server`` are the items chosen, ``saved`` those that are in the target and
        compared equal, ``unchanged`` those that the conflict policy left alone, ``failed`` the
        rest, the differing ones with their differences named.

    Raises:
        OperatorError: no such point, folder or item; or the journal belongs to another restore.
        Interrupted: ``stop`` said so; call again with the same journal.
        ServerUnreachable, TransientError, OutcomeUnknown: call again with the same journal.
        IntegrityError: what is stored cannot be read.
    """
    raise NotImplementedError
