"""Finding the repository of a resource in a storage, without asking any server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

from strongroom.errors import IntegrityError, OperatorError
from strongroom.operations.points import RestorePoint, points
from strongroom.store.repository import Repository
from strongroom.store.storage import Storage
from strongroom.words.resource import ResourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A resource's repository, and what it is called.

    Attributes:
        kind: Kind of resource.
        id: The resource's own id.
        reference: How the command line named it at the newest restore point; the id if there is
            none, or nobody has looked.
        opening: Opens the repository; told the first time, it is the same one each time.
    """

    kind: str
    id: str
    reference: str
    opening: Callable[[], Repository]

    @property
    def repository(self) -> Repository:
        """The repository.

        Raises:
            IntegrityError: what opens it is damaged.
            OperatorError: it is not there.
        """
        return self.opening()


def locate(storage: Storage, wanted: str) -> Located:
    """Find the one repository that a person means.

    Args:
        storage: Where to look.
        wanted: ``ADDRESS``, ``archive:ADDRESS``, ``public-folders``, or a resource id, alone or
            as ``KIND:ID`` or ``KIND/ID``. Case does not count. Any name that one of its restore
            points carries will do.

    Raises:
        OperatorError: there is none, or more than one (an address that was given to somebody else
            later); the hint names the ids.
    """
    known = storage.repositories()
    ids = [one for one in known if _is_named_by_id(*one, wanted.lower())]
    # Others are not even opened: one that is damaged must not hide them.
    found = [named(located_at(storage, *one))[0] for one in ids]
    if not found:
        found = _by_name(storage, known, wanted.lower())
    if not found:
        raise OperatorError(
            "The storage holds nothing under this name.",
            why=f"Asked for: {wanted}",
            hint="See `strongroom points STORAGE` for what it holds.",
        )
    if len(found) > 1:
        several = ", ".join(f"{one.kind}:{one.id}" for one in found)
        raise OperatorError(
            "This name stands for more than one resource in the storage.",
            why=f"{wanted} was the name of: {several}",
            hint="Name the one you mean by its id; `strongroom points STORAGE --json` tells when "
            "each was saved.",
        )
    return found[0]


def _is_named_by_id(kind: str, resource_id: str, wanted: str) -> bool:
    """Compare with the id. A mailbox shares its own with its recoverable items, whose kind says so.

    As in the server's own directory, the bare id means the mailbox.
    """
    id_ = resource_id.lower()
    if wanted in {f"{kind}:{id_}", f"{kind}/{id_}"}:
        return True
    return wanted == id_ and kind != ResourceKind.RECOVERABLE


def everything(storage: Storage) -> list[Located]:
    """List all repositories, named by their ids.

    None of them is opened yet: one that is damaged must not hide the others.
    """
    return [located_at(storage, kind, id_) for kind, id_ in storage.repositories()]


def located_at(storage: Storage, kind: str, id_: str, reference: str = "") -> Located:
    """Name what is in one place; it is opened when somebody wants the repository.

    Args:
        storage: Where.
        kind: Kind of resource.
        id_: The resource's own id.
        reference: What it is called; empty: by its id.
    """
    opening = cache(partial(storage.repository, kind, id_))
    return Located(kind=kind, id=id_, reference=reference or id_, opening=opening)


def named(located: Located) -> tuple[Located, list[RestorePoint]]:
    """Read a repository's restore points, newest first, and name it by the newest.

    Raises:
        IntegrityError: they cannot be read, or the repository cannot be opened.
    """
    known = points(located.repository)
    return replace(located, reference=known[0].resource if known else located.reference), known


def _by_name(storage: Storage, known: list[tuple[str, str]], wanted: str) -> list[Located]:
    """Look through all repositories; a damaged one is in nobody's way unless it may be the one."""
    found: list[Located] = []
    damage: IntegrityError | None = None
    for one in known:
        try:
            located, points_of_it = named(located_at(storage, *one))
        except IntegrityError as error:
            damage = error
            continue
        if any(point.resource.lower() == wanted for point in points_of_it):
            found.append(located)
    if damage is not None and not found:
        raise damage
    return found
