"""Verbs that look into storages: points, browse, export, verify. None of them asks a server.

They only read, and what is stored never changes, so they need not wait for runs; the repository's
own shared lock keeps a prune away meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from strongroom.errors import IntegrityError
from strongroom.operations.browse import Listing, browse
from strongroom.operations.export import ExportRequest, export_to
from strongroom.operations.interfaces import Stop, never
from strongroom.operations.points import RestorePoint
from strongroom.operations.verify import Problem, VerifyReport, verify
from strongroom.service.exporting import CallersFolder, ExportWish, Write
from strongroom.service.locating import Located, everything, locate, named
from strongroom.service.progress import Board, Tell
from strongroom.service.rights import Right
from strongroom.service.shared import Shared
from strongroom.service.storages import Storages
from strongroom.service.verbs import Verbs, verb
from strongroom.words.coverage import Coverage
from strongroom.words.paths import path_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A repository whose restore points cannot be read.

    Attributes:
        kind: Kind of resource.
        id: The resource's own id; what it is called stands in what cannot be read.
        what: What is damaged, as far as it is known.
        hint: What to do now, or empty.
    """

    kind: str
    id: str
    what: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPoints:
    """The restore points of a storage, or of one resource in it.

    Attributes:
        points: Newest first.
        unreadable: The repositories whose points are missing here.
    """

    points: tuple[RestorePoint, ...]
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What verifying one repository found."""

    resource: str
    kind: str
    id: str
    report: VerifyReport


class Kept(Verbs):
    """The verbs. Safe in many threads."""

    noun = "kept"

    def __init__(self, shared: Shared, storages: Storages) -> None:
        super().__init__(shared)
        self._storages = storages

    @verb(Right.WATCH)
    def points(self, storage: str, resource: str | None = None) -> KeptPoints:
        """List restore points, newest first; of one resource or of all.

        Raises:
            OperatorError: no such storage or resource.
            IntegrityError: those of the resource that was asked for cannot be read, or the
                storage itself.
        """
        found: list[RestorePoint] = []
        unreadable: list[Unreadable] = []
        for one in self._chosen(storage, resource):
            try:
                found += named(one)[1]
            except IntegrityError as error:
                # It hides no other. One that is asked for by name was read to find it, and raised.
                unreadable.append(
                    Unreadable(kind=one.kind, id=one.id, what=str(error), hint=error.hint)
                )
        found.sort(key=lambda point: point.time, reverse=True)
        return KeptPoints(points=tuple(found), unreadable=tuple(unreadable))

    @verb(Right.READ_CONTENT, is_audited=True)
    def browse(
        self, storage: str, resource: str, path: str = "", *, at: str | None = None
    ) -> Listing:
        """List a folder of a restore point."""
        located = self._for_eyes(storage, resource, "kept.browse")
        return browse(located.repository, path_names(path), at=at)

    @verb(Right.READ_CONTENT, is_audited=True)
    def export(
        self,
        storage: str,
        resource: str,
        wish: ExportWish,
        *,
        write: Write,
        tell: Tell,
        stop: Stop = never,
    ) -> Coverage:
        """Give saved items as files to the caller, who writes them.

        Args:
            storage: Name of the storage.
            resource: Whose items.
            wish: Which, and as what.
            write: Takes the files, piece by piece.
            tell: Told how far it is.
            stop: Asked whether to end.

        Raises:
            OperatorError: no such storage, resource, point, folder or item; or the output cannot
                be written.
            IntegrityError: what is stored cannot be read.
        """
        located = self._for_eyes(storage, resource, "kept.export")
        board = Board(tell, self._shared.ports.clock)
        with board.resource(located.reference) as progress:
            return export_to(
                CallersFolder(write),
                located.repository,
                # The caller has the folder; its name is no matter of ours.
                ExportRequest(
                    output=Path(),
                    format=wish.format,
                    at=wish.at,
                    paths=wish.paths,
                    items=wish.items,
                ),
                progress=progress,
                stop=stop,
            )

    @verb(Right.MAINTAIN)
    def verify(
        self,
        storage: str,
        resource: str | None,
        *,
        sample: int | None,
        tell: Tell,
        stop: Stop = never,
    ) -> Iterator[Verified]:
        """Read back what is stored, repository by repository."""
        board = Board(tell, self._shared.ports.clock)
        for one in self._chosen(storage, resource):
            try:
                located, known = named(one)
            except IntegrityError as error:
                # It hides no other. One that is asked for by name was read to find it, and raised.
                yield _not_opened(one, error)
                continue
            if not known:
                continue
            with board.resource(located.reference) as progress:
                report = verify(located.repository, sample=sample, progress=progress, stop=stop)
            yield Verified(
                resource=located.reference, kind=located.kind, id=located.id, report=report
            )

    def _for_eyes(self, storage: str, resource: str, name: str) -> Located:
        """Find what somebody wants to look at, if they may.

        Raises:
            AccessDenied: it is not among their grants, or needs a second person.
        """
        shared = self._shared
        located = locate(self._storages.open(storage), resource)
        source = f"{self._storages.record(storage).id}/{located.kind}:{located.id}"
        shared.guard.confine(shared.session, name, Right.READ_CONTENT, source=source)
        shared.guard.second_person(shared.session, name, [source], {"source": source}, is_look=True)
        return located

    def _chosen(self, storage: str, resource: str | None) -> list[Located]:
        opened = self._storages.open(storage)
        return everything(opened) if resource is None else [locate(opened, resource)]


def _not_opened(located: Located, error: IntegrityError) -> Verified:
    problem = Problem(point="", path=(), item_id="", what=str(error))
    return Verified(
        resource=located.reference,
        kind=located.kind,
        id=located.id,
        report=VerifyReport(
            points=(),
            items=0,
            bytes=0,
            problems=(problem,),
            coverage=Coverage(resource=located.reference, folders=()),
        ),
    )
