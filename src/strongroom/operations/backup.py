"""Back up one resource: the story from the server's folders to a durable restore point.

    open → lock → what we go on from → the folders now → how they stand → which to ask
         → changes → content, over lanes, through one sealer → how they stand now, until it
           stands still → ledger → restore point → the checkpoints go

Whatever happens on the way, the repository holds the last restore point and, in a long run, a
checkpoint that the next attempt goes on from.
"""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.clock import Clock
from strongroom.operations.collecting import Collection
from strongroom.operations.draft import Draft, open_base
from strongroom.operations.folder_work import FolderWork, Wanted
from strongroom.operations.interfaces import Progress, Source, Stop, never
from strongroom.operations.layout import layout_for
from strongroom.operations.sealer import Sealer
from strongroom.pace.lanes import Lanes
from strongroom.store.repository import Repository
from strongroom.words.coverage import Coverage
from strongroom.words.json import Json
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
    layout = layout_for(resource.kind)
    with repository.lock(), Sealer[Wanted](repository.writer()) as sealer:
        base = open_base(repository)
        draft = Draft(repository, resource, base, layout=layout, host=host, started=clock.now())
        hierarchy = source.hierarchy(base.hierarchy)
        places = layout.places(hierarchy.folders)
        works = [
            FolderWork(
                folder,
                places[folder.id],
                base.folders.get(folder.id),
                layout=layout,
                reader=repository.reader(),
                call=sealer.call,
            )
            for folder in hierarchy.folders
        ]
        settings = source.settings()
        sealer.call(lambda: draft.arrange(hierarchy, works, settings, clock.now()))
        collection = Collection(
            source,
            works,
            sealer,
            lanes=lanes,
            clock=clock,
            progress=progress,
            stop=stop,
            save_checkpoint=draft.save_checkpoint,
        )
        collection.collect()
        coverage = collection.coverage(resource.reference, unavailable(settings))
        return sealer.call(lambda: draft.save_point(coverage, clock.now()))


def unavailable(settings: Mapping[str, Json]) -> list[str]:
    """Name the settings that the server does not give, for the ledger."""
    return [
        f"{name} not kept: {value['unavailable']}"
        for name, value in settings.items()
        if isinstance(value, Mapping) and "unavailable" in value
    ]
