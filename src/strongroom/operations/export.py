"""Write saved items as files into a folder, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from strongroom.operations.interfaces import Progress, Stop, never
from strongroom.store.repository import Repository
from strongroom.words.coverage import Coverage


class ExportFormat(StrEnum):
    """What the files are."""

    FILES = "files"
    EML = "eml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What a person wants as files, and where.

    Attributes:
        output: The folder to write into, made if need be.
        format: ``files``: the stored bytes under the names that ``restic restore`` gives them.
            ``eml``: one Internet message per item.
        at: See ``points.choose``.
        paths: Folders wanted, with all below them, by their real names; empty: all.
        items: Items wanted, by id or by the eight characters in their file's name.
    """

    output: Path
    format: ExportFormat = ExportFormat.FILES
    at: str | None = None
    paths: tuple[tuple[str, ...], ...] = ()
    items: tuple[str, ...] = ()


def export(
    repository: Repository,
    request: ExportRequest,
    *,
    progress: Progress,
    stop: Stop = never,
) -> Coverage:
    """Export what is asked for; nothing outside ``output`` is touched, nothing is overwritten.

    Returns:
        The ledger: ``on_server`` are the items chosen, ``saved`` the exported ones. An item that
        cannot be turned into the format is ``failed`` by name, and its original bytes are exported
        in its place. A file that exists already with other bytes is ``failed`` too.

    Raises:
        OperatorError: no such point, folder or item; ``output`` cannot be written.
        IntegrityError: what is stored cannot be read.
    """
    raise NotImplementedError
