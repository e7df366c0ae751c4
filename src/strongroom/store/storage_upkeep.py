"""Looking for damage in one repository of a storage, and mending it, even where nothing opens it.

``Storage.check`` and ``Storage.mend`` look after the record of the storage itself.
"""

from __future__ import annotations

from dataclasses import replace

from strongroom.errors import IntegrityError
from strongroom.store import check
from strongroom.store.check import Examined, Watch
from strongroom.store.layers.sure_reads import SureReads
from strongroom.store.repair import Repaired
from strongroom.store.sampling import Sample
from strongroom.store.storage import Storage


def check_repository(
    storage: Storage, kind: str, resource_id: str, *, read_data: bool = False
) -> list[str]:
    """Look for damage in one repository, even one too damaged to open.

    Args:
        storage: Where it is.
        kind: Kind of resource.
        resource_id: The resource's id.
        read_data: Read and verify every byte, instead of names, sizes and structure alone.

    Returns:
        Each problem in a sentence.

    Raises:
        OperatorError: the storage holds no backup of the resource.
    """
    sample = check.ALL if read_data else None
    return list(examine_repository(storage, kind, resource_id, sample=sample).problems)


def examine_repository(
    storage: Storage,
    kind: str,
    resource_id: str,
    *,
    sample: Sample | None = None,
    watch: Watch | None = None,
) -> Examined:
    """Look for damage in one repository, even one too damaged to open.

    Args:
        storage: Where it is.
        kind: Kind of resource.
        resource_id: The resource's id.
        sample: Which packs to read, byte for byte; None: none, structure alone.
        watch: Who is told how far it is.

    Raises:
        OperatorError: the storage holds no backup of the resource.
    """
    try:
        repository = storage.repository(kind, resource_id)
    except IntegrityError as error:
        problems = storage.door(kind, resource_id).problems()
        return Examined(problems=(str(error), *problems))
    return repository.upkeep.examine(sample=sample, watch=watch)


def mend_repository(storage: Storage, kind: str, resource_id: str) -> list[str]:
    """Write anew what opens a repository and is missing or damaged: its key files, its config.

    Returns:
        What was written, each in a sentence.

    Raises:
        IntegrityError: no copy of its master key is left.
    """
    door = storage.door(kind, resource_id)
    return replace(door, backend=SureReads(door.backend), anchor=SureReads(door.anchor)).mend()


def repair_repository(
    storage: Storage,
    kind: str,
    resource_id: str,
    *,
    read_data: bool = False,
    watch: Watch | None = None,
) -> Repaired:
    """Mend what opens a repository, then repair what lies in it (see ``Upkeep.repair``).

    Args:
        storage: Where it is.
        kind: Kind of resource.
        resource_id: The resource's id.
        read_data: Read every pack byte for byte; else damage inside of packs is not seen.
        watch: Who is told how far it is.

    Raises:
        IntegrityError: no copy of its master key is left.
        OperatorError: the storage holds no backup of the resource, or the disk does not give all
            of it; nothing was taken for damaged.
        ResourceLocked: somebody works on it.
    """
    mended = mend_repository(storage, kind, resource_id)
    found = storage.repository(kind, resource_id).upkeep.repair(read_data=read_data, watch=watch)
    return replace(found, done=(*mended, *found.done))
