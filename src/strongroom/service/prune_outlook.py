"""What a prune would do, without doing it: which restore points go, and what that frees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.errors import IntegrityError, ResourceLocked
from strongroom.operations.retaining import Fate, Verdict
from strongroom.service.locating import Located


@dataclass(frozen=True, slots=True, kw_only=True)
class Frees:
    """What a prune would free of one resource.

    Attributes:
        resource: How it is called.
        kind: Kind of resource.
        resource_id: Its own id.
        points: How many restore points would go.
        bytes_freed: What its packs would be smaller by: what those points alone use, and what
            nothing refers to even now. None: nobody can say, see ``problem``.
        problem: Why nobody can; empty: nothing.
        is_damage: Whether that is damage; else somebody else holds the repository just now.
    """

    resource: str
    kind: str
    resource_id: str
    points: int
    bytes_freed: int | None
    problem: str = ""
    is_damage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a prune would do now.

    Attributes:
        verdicts: What becomes of each restore point, and why.
        frees: Of each resource.
        notes: What a person should know.
    """

    verdicts: tuple[Verdict, ...]
    frees: tuple[Frees, ...]
    notes: tuple[str, ...] = ()

    @property
    def bytes_freed(self) -> int:
        """In total, as far as anybody can say."""
        return sum(one.bytes_freed or 0 for one in self.frees)


def frees(located: Located, verdicts: Sequence[Verdict]) -> Frees:
    """Say what would be freed of a resource; it reads its index and the trees of what stays.

    Args:
        located: The resource.
        verdicts: Of all its restore points.
    """
    going = [one.point.id for one in verdicts if one.fate is Fate.GOES]
    freed, problem, is_damage = None, "", False
    try:
        freed = located.repository.upkeep.prune(going, dry_run=True).bytes_freed
    except (IntegrityError, ResourceLocked) as error:
        problem, is_damage = str(error), isinstance(error, IntegrityError)
    return Frees(
        resource=located.reference,
        kind=located.kind,
        resource_id=located.id,
        points=len(going),
        bytes_freed=freed,
        problem=problem,
        is_damage=is_damage,
    )


def nobody_can_say(located: Located, error: IntegrityError) -> Frees:
    """Say that a resource's restore points cannot be read, so that nothing of it would go."""
    return Frees(
        resource=located.reference,
        kind=located.kind,
        resource_id=located.id,
        points=0,
        bytes_freed=None,
        problem=str(error),
        is_damage=True,
    )
