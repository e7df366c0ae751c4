"""Back up one resource: the story from the server's folders to a durable restore point.

    open → lock → what we go on from → the folders now → how they stand → which to ask
         → changes → content, by a crew, through one sealer → how they stand now, until it
           stands still → the folders that came meanwhile → ledger → restore point → the
           checkpoints go

Whatever happens on the way, the repository holds the last restore point and, in a long run, a
checkpoint that the next attempt goes on from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from strongroom.clock import Clock
from strongroom.operations.collecting import ROUNDS_MAX, Collection
from strongroom.operations.draft import Draft, open_base
from strongroom.operations.elsewhere import known_again
from strongroom.operations.folder_work import FolderWork, Wanted
from strongroom.operations.interfaces import Progress, Remarking, Source, Stop, never
from strongroom.operations.layouts import layout_for
from strongroom.operations.sealer import Sealer
from strongroom.operations.whereabouts import Whereabouts
from strongroom.pace.crew import Crew
from strongroom.store.repository import Repository
from strongroom.words.coverage import Coverage
from strongroom.words.item import Folder
from strongroom.words.json import Json
from strongroom.words.resource import Resource


def back_up(  # noqa: PLR0913 - what is read, where it goes, and whose it is
    source: Source,
    resource: Resource,
    repository: Repository,
    *,
    crew: Crew,
    clock: Clock,
    progress: Progress,
    host: str,
    job: str | None = None,
    stop: Stop = never,
) -> Coverage:
    """Make a restore point of a resource: the first time in full, then only what changed.

    Goes on from the last restore point or from the checkpoint of an attempt that was cut short.
    Takes the repository's (shared) lock itself.

    Args:
        source: The resource on the server, open.
        resource: Which it is.
        repository: The resource's own repository, open or just created.
        crew: Threads that fetch; open, not used by anybody else meanwhile.
        clock: Time.
        progress: Who is told how far it is.
        host: The connection's name; restic shows it as the snapshot's host.
        job: Id of the job, whose rules the restore point is kept by; None: of none.
        stop: Asked between steps; once it says True, a checkpoint is made and the run ends early.

    Returns:
        The ledger. ``point`` is the id of the restore point, which is made in any case.

    Raises:
        Interrupted: ``stop`` said so; the next attempt goes on from the checkpoint.
        SignInEnded: the server lets nobody in any more; the next attempt goes on from a checkpoint
            of all that was collected.
        ServerUnreachable, TransientError, AccessDenied: the server cannot be read now.
        StorageFull, ResourceLocked: the storage cannot be written now.
        IntegrityError: what is stored does not fit together.
    """
    layout = layout_for(resource.kind)
    with repository.lock(), Sealer[Wanted](repository.writer(), crew.spent) as sealer:
        started, base = clock.now(), open_base(repository)
        hierarchy = source.hierarchy(base.hierarchy)
        base = replace(base, folders=known_again(base.folders, hierarchy.folders))
        draft = Draft(
            repository, resource, base, layout=layout, host=host, job=job, started=started
        )
        open_work = partial(
            FolderWork,
            layout=layout,
            reader=repository.reader(),
            call=sealer.call,
            where=Whereabouts(repository.at_hand("days")),
        )
        places = layout.places(hierarchy.folders)
        works = [
            open_work(folder, places[folder.id], base.folders.get(folder.id))
            for folder in hierarchy.folders
        ]
        settings = source.settings()
        sealer.call(lambda: draft.arrange(hierarchy, works, settings, clock.now()))
        collection = Collection(
            source,
            works,
            sealer,
            crew=crew,
            clock=clock,
            progress=progress,
            stop=stop,
            save_checkpoint=draft.save_checkpoint,
        )

        def admit(new: Sequence[Folder]) -> None:
            places = layout.places([*(work.folder for work in collection.works), *new])
            fresh = [open_work(folder, places[folder.id], None) for folder in new]
            # The cursor stays where it was: the next run hears of all that happened since again.
            sealer.call(lambda: draft.admit(hierarchy, fresh, clock.now()))
            collection.admit(fresh)

        def list_folders() -> Sequence[Folder]:
            return collection.ask(lambda: source.hierarchy(hierarchy).folders)

        listed = _collect_all(collection, list_folders, admit)
        notes = [*unavailable(settings), *_remarks(source)]
        coverage = collection.coverage(resource.reference, notes, listed)
        return sealer.call(lambda: draft.save_point(coverage, clock.now()))


def _collect_all(
    collection: Collection,
    list_folders: Callable[[], Sequence[Folder]],
    admit: Callable[[Sequence[Folder]], None],
) -> Sequence[Folder]:
    """Collect until no folder is there that was not asked; say which folders are listed then.

    What a person moves into a folder that was made during the run has left the folder that we know:
    without the new one, the run would lose it and still be complete.
    """
    for _ in range(ROUNDS_MAX):
        collection.collect()
        listed = list_folders()
        known = {work.folder.id for work in collection.works}
        new = [folder for folder in listed if folder.id not in known]
        if not new:
            break
        admit(new)
    else:
        collection.collect()
        listed = list_folders()
    return listed


def _remarks(source: Source) -> Sequence[str]:
    return source.remarks() if isinstance(source, Remarking) else ()


def unavailable(settings: Mapping[str, Json]) -> list[str]:
    """Name the settings that the server does not give, for the ledger."""
    return [
        f"{name} not kept: {value['unavailable']}"
        for name, value in settings.items()
        if isinstance(value, Mapping) and "unavailable" in value
    ]
