"""Whether a hold came in time: what it is to keep may be going in this very moment.

A prune reads the holds again under the exclusive lock, right before each restore point goes. So a
hold that lies in the storage before anybody has that lock keeps all that is there. Where somebody
has it, one restore point may be on its way: it is waited for a while, and then looked at what is
left.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from strongroom.clock import Clock
from strongroom.errors import OperatorError, ResourceLocked
from strongroom.store.repository import Repository

_PATIENCE_S = 10.0
_AGAIN_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class InTime:
    """What a hold that lies in the storage could keep.

    Attributes:
        gone: Ids of the restore points that went before it.
        is_in_doubt: Somebody works alone on the repository still, and one may be on its way.
    """

    gone: tuple[str, ...] = ()
    is_in_doubt: bool = False


def look_after_holding(repository: Repository, wanted: Collection[str], clock: Clock) -> InTime:
    """Say what became of restore points that are held now; call it once the hold is stored.

    Args:
        repository: Where they are.
        wanted: Ids of those that were there before.
        clock: Time.
    """
    until_s = clock.monotonic_s() + _PATIENCE_S
    while is_in_doubt := _is_worked_on_alone(repository):
        if clock.monotonic_s() >= until_s:
            break
        clock.sleep(_AGAIN_S)
    there = set(repository.snapshot_ids())
    gone = tuple(one for one in wanted if one not in there)
    return InTime(gone=gone, is_in_doubt=is_in_doubt)


def too_late(point: str) -> OperatorError:
    """Say that there is nothing left to be held."""
    return OperatorError(
        f"The hold came too late: the restore point {point[:12]} is gone.",
        why="It was being forgotten in this very moment, by a prune or by somebody with restic.",
        hint="`strongroom points STORAGE --resource RESOURCE` lists what is left; a second copy "
        "may have it for a week (`strongroom points COPY`).",
    )


def _is_worked_on_alone(repository: Repository) -> bool:
    try:
        return repository.who_works_alone() is not None
    except ResourceLocked:  # a lock that cannot be read
        return True
