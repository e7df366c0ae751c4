"""Read back what is stored, all of it or a sample, and say item by item what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.operations.interfaces import Progress, Stop, never
from strongroom.store.repository import Repository
from strongroom.words.coverage import Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with what is stored.

    Attributes:
        point: Id of the restore point in which it was found first.
        path: The folder's real names; empty if it is not about a folder.
        item_id: The item, or an empty string.
        what: For a person.
    """

    point: str
    path: tuple[str, ...]
    item_id: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What a verification found.

    Attributes:
        points: Ids of the restore points that were read, newest first.
        items: Items whose bytes were read (an item that several points share counts once).
        bytes: How many bytes that was.
        problems: What is wrong; empty when all is well.
        coverage: The ledger of the newest point: ``on_server`` are the items it should hold.
    """

    points: tuple[str, ...]
    items: int
    bytes: int
    problems: tuple[Problem, ...]
    coverage: Coverage


def verify(
    repository: Repository,
    *,
    at: str | None = None,
    sample: int | None = None,
    is_parsed: bool = True,
    progress: Progress,
    stop: Stop = never,
) -> VerifyReport:
    """Read saved items through the store and check that rows, files and blobs fit together.

    Args:
        repository: What to verify.
        at: Only this restore point (see ``points.choose``); None: all.
        sample: Read the content of this many items per restore point, spread evenly, instead of
            all; rows and trees are read in any case.
        is_parsed: Also take every export stream apart, so that what is stored can be understood.
        progress: Who is told how far it is.
        stop: Asked between items.

    Raises:
        OperatorError: no such point.
        Interrupted: ``stop`` said so.
    """
    raise NotImplementedError
