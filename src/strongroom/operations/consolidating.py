"""After a backup: many small runs leave many small files; now and then they are merged.

Every run leaves a pack of each kind and an index file, however little was new: in a year of nights
a thousand files, each to be listed and read by every run that follows.
"""

from __future__ import annotations

from strongroom.errors import Interrupted, ResourceLocked, StorageFull
from strongroom.operations.interfaces import Stop
from strongroom.store.backend import DeleteRefused
from strongroom.store.repository import Repository


def consolidate_if_scattered(repository: Repository, stop: Stop) -> tuple[str, ...]:
    """Merge small packs and index files if there are many, and if that can be done now.

    The backup is done by then. Whatever keeps this from being done is gone by another run, or does
    no harm: somebody works there, nothing may be deleted, the run is to end.

    Returns:
        What a person should know, for the ledger.

    Raises:
        IntegrityError: something that is to be merged is missing or damaged.
    """
    if not repository.upkeep.is_scattered():
        return ()
    try:
        done = repository.upkeep.consolidate(stop=stop)
    except (ResourceLocked, DeleteRefused, Interrupted):
        return ()
    except StorageFull as error:
        return (f"Small files of the storage were not merged: {error}",)
    if not done.index_files_replaced:
        return ()
    return (f"{done.packs_repacked:,} small packs were merged.", *done.locks_removed)
