"""Verbs that look after what is stored: check it, repair it, say what is left of it.

One repository that is damaged hides no other: what cannot be done about it is told as its problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from strongroom.errors import IntegrityError, OperatorError
from strongroom.operations.interfaces import Stop, never
from strongroom.operations.mending import mend
from strongroom.operations.points import readable_points
from strongroom.operations.salvage import Salvaged, salvage
from strongroom.service.progress import Board, Tell
from strongroom.service.rights import Right
from strongroom.service.shared import Shared
from strongroom.service.storage_views import StorageProblem
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, verb
from strongroom.store import home_boxes
from strongroom.store.check import ALL, Examined, Watch
from strongroom.store.repair import Repaired
from strongroom.store.sampling import Sample, sample_of
from strongroom.store.storage import Storage
from strongroom.store.storage_upkeep import examine_repository, repair_repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check of a storage found.

    Attributes:
        problems: What is damaged.
        repositories: How many were checked.
        packs: How many packs they have.
        bytes: How long those are.
        packs_read: How many of them were read, byte for byte.
        bytes_read: How long those are.
        part: Which part of the packs that was, counted from 1; 0: none.
        parts: Of how many.
    """

    problems: tuple[StorageProblem, ...]
    repositories: int
    packs: int
    bytes: int
    packs_read: int
    bytes_read: int
    part: int
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairedRepository:
    """What a repair did.

    Attributes:
        repository: ``mailbox/ID``, or empty for the storage itself.
        done: What was changed, each in a sentence.
        lost: What is gone for good, each in a sentence.
        asked_again: How many items the next backup asks its server for again.
        problem: Why it could not be repaired; empty if it could.
    """

    repository: str
    done: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    asked_again: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalvagedResource:
    """What is left of one resource.

    Attributes:
        kind: Kind of resource.
        id: Its id.
        points: Its restore points, newest first.
        problem: Why nobody can look at them; empty if somebody can.
    """

    kind: str
    id: str
    points: tuple[Salvaged, ...] = ()
    problem: str = ""


class Upkeep(Verbs):
    """The verbs. Safe in many threads."""

    noun = "upkeep"

    def __init__(self, shared: Shared, storages: Storages) -> None:
        super().__init__(shared)
        self._storages = storages

    @verb(Right.MAINTAIN)
    def check(
        self,
        name: str,
        *,
        resource: str | None = None,
        read_data: bool = False,
        sample: str | None = None,
        tell: Tell,
    ) -> Checked:
        """Look for damage in a storage.

        Args:
            name: Of the storage.
            resource: Only this one's repository, and not the storage's own record.
            read_data: Read and verify every stored byte.
            sample: Read a part: ``5%`` (each day another), ``3/20`` (see ``store.sampling``).
            tell: Told how far it is.

        Raises:
            OperatorError: no such storage or resource; ``sample`` makes no sense.
        """
        clock = self._shared.ports.clock
        part = ALL if read_data else None
        if sample is not None:
            part = sample_of(sample, clock.now())
        storage = self._storages.open(name)
        board = Board(tell, clock)
        problems = []
        if resource is None:
            own = [*storage.check(), *home_boxes.problems(storage.place)]
            problems = [StorageProblem(repository="", what=what) for what in own]
        examined: list[Examined] = []
        for kind, id_ in chosen(storage, resource):
            with board.resource(f"{kind}:{id_}") as progress:
                found = examine_repository(storage, kind, id_, sample=part, watch=progress)
            examined.append(found)
            problems += [StorageProblem(repository=f"{kind}/{id_}", what=w) for w in found.problems]
        return _checked(problems, examined, part)

    @verb(Right.MANAGE, is_audited=True)
    def repair(
        self, name: str, *, resource: str | None = None, read_data: bool = False, tell: Tell
    ) -> list[RepairedRepository]:
        """Make a damaged storage work again (see ``store.repair`` and ``operations.mending``).

        Args:
            name: Of the storage.
            resource: Only this one's repository, and not the storage's own record.
            read_data: Read every pack byte for byte, to find damage inside of them.
            tell: Told how far it is.

        Raises:
            OperatorError: no such storage or resource.
            IntegrityError: the storage's record is damaged, and so is its copy.
        """
        storage = self._storages.open(name)
        board = Board(tell, self._shared.ports.clock)
        repaired: list[RepairedRepository] = []
        if resource is None and (before := storage.check()):
            storage.mend()
            left = storage.check()
            repaired.append(
                RepairedRepository(
                    repository="",
                    done=tuple(f"Mended: {one}" for one in before if one not in left),
                    lost=tuple(left),
                )
            )
        for kind, id_ in chosen(storage, resource):
            with board.resource(f"{kind}:{id_}") as progress:
                repaired.append(self._repair(storage, kind, id_, progress, read_data=read_data))
        return repaired

    @verb(Right.READ_CONTENT, is_audited=True)
    def salvage(
        self,
        name: str,
        *,
        resource: str | None = None,
        read_data: bool = False,
        tell: Tell,
        stop: Stop = never,
    ) -> Iterator[SalvagedResource]:
        """Say of every restore point what can still be had of it, and name what cannot.

        Args:
            name: Of the storage.
            resource: Only of this one.
            read_data: Read the content of every item.
            tell: Told how far it is.
            stop: Asked whether to end.

        Raises:
            OperatorError: no such storage or resource.
            AccessDenied: it is not among the caller's grants, or needs a second person.
        """
        storage = self._storages.open(name)
        board = Board(tell, self._shared.ports.clock)
        storage_id = self._storages.record(name).id
        for kind, id_ in chosen(storage, resource):
            self._confine(f"{storage_id}/{kind}:{id_}")
            try:
                repository = storage.repository(kind, id_)
                with board.resource(f"{kind}:{id_}") as progress:
                    points = tuple(
                        salvage(repository, read_data=read_data, progress=progress, stop=stop)
                    )
            except (IntegrityError, OperatorError) as error:
                yield SalvagedResource(kind=kind, id=id_, problem=str(error))
            else:
                yield SalvagedResource(kind=kind, id=id_, points=points)

    def _repair(
        self, storage: Storage, kind: str, id_: str, progress: Watch, *, read_data: bool
    ) -> RepairedRepository:
        found, again, problem = Repaired(), 0, ""
        try:
            found = repair_repository(storage, kind, id_, read_data=read_data, watch=progress)
            if not found.was_sound:
                again = mend(storage.repository(kind, id_), self._shared.ports.clock) or 0
        except (IntegrityError, OperatorError) as error:
            problem = str(error)  # what was done and lost before it is told all the same
        return RepairedRepository(
            repository=f"{kind}/{id_}",
            done=found.done,
            lost=found.lost,
            asked_again=again,
            problem=problem,
        )

    def _confine(self, source: str) -> None:
        """See to it that the caller may look at this: names of items are shown.

        Raises:
            AccessDenied: they may not.
        """
        shared, name = self._shared, "upkeep.salvage"
        shared.guard.confine(shared.session, name, Right.READ_CONTENT, source=source)
        shared.guard.second_person(shared.session, name, [source], {"source": source}, is_look=True)


def chosen(storage: Storage, resource: str | None) -> list[tuple[str, str]]:
    """Find the repositories that a person means, those too damaged to open among them.

    Args:
        storage: Where to look.
        resource: A kind and id (``mailbox:ID``), an id, or a name that a restore point carries.

    Raises:
        OperatorError: there is none.
    """
    known = storage.repositories()
    if resource is None:
        return known
    wanted = resource.lower()
    found = [
        (kind, id_)
        for kind, id_ in known
        if wanted in {id_.lower(), f"{kind}:{id_}".lower(), f"{kind}/{id_}".lower()}
    ]
    found = found or [one for one in known if _is_called(storage, one, wanted)]
    if not found:
        raise OperatorError(
            "The storage holds nothing under this name.",
            why=f"Asked for: {resource}",
            hint="What is too damaged to tell its name is named by kind and id: `strongroom "
            "storage check` shows them.",
        )
    return found


def _is_called(storage: Storage, one: tuple[str, str], wanted: str) -> bool:
    try:
        points, _ = readable_points(storage.repository(*one))
    except IntegrityError:
        return False
    return any(point.resource.lower() == wanted for point in points)


def _checked(
    problems: list[StorageProblem], examined: list[Examined], part: Sample | None
) -> Checked:
    return Checked(
        problems=tuple(problems),
        repositories=len(examined),
        packs=sum(one.packs for one in examined),
        bytes=sum(one.bytes for one in examined),
        packs_read=sum(one.packs_read for one in examined),
        bytes_read=sum(one.bytes_read for one in examined),
        part=part.part if part else 0,
        parts=part.parts if part else 0,
    )
