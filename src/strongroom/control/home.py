"""The home: one directory that belongs to the service account and holds all state that is ours.

=====================  =================================================================
``control.db``         connections (sealed), storages, jobs, runs
``database.json``      which other database is used in its place, if one is
``service.key``        the key that the sealed details are wrapped for
``worker.lock``        whoever holds its lock is the worker
``journals/RUN.jsonl`` what a restore intended and was told, until it is finished; ``RUN.N.jsonl``
                       where it has many resources
``service.sock``       the running service: the only thing that other accounts may use
``sessions/``          sockets of shells with an unlocked connection, where no service runs
``cache/indexes/``     copies of large storage indexes, ready to be mapped; may be deleted
``cache/documents/``   copies of small files of storages in object stores; may be deleted
=====================  =================================================================
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from strongroom.disk import flush_folder
from strongroom.errors import OperatorError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OURS_ALONE = 0o700
_PASSABLE = 0o711
SESSIONS = "sessions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where things lie in a home directory."""

    path: Path

    @property
    def database(self) -> Path:
        """The control database, where it is a file."""
        return self.path / "control.db"

    @property
    def chosen_database(self) -> Path:
        """The file that names another database, if one is used."""
        return self.path / "database.json"

    @property
    def index_caches(self) -> Path:
        """The folder of storage indexes that are kept at hand; it may not be there."""
        return self.path / "cache" / "indexes"

    @property
    def document_caches(self) -> Path:
        """The folder of small files of far storages that are kept at hand; it may not be there."""
        return self.path / "cache" / "documents"

    @property
    def worker_lock(self) -> Path:
        """The file whose lock makes a process the worker."""
        return self.path / "worker.lock"

    def journal(self, run_id: str, part: int = 0) -> Path:
        """The n-th journal of one restore run; its directory exists afterwards."""
        directory = self.path / "journals"
        if not directory.exists():
            directory.mkdir(mode=0o700, exist_ok=True)
            flush_folder(self.path)
        return directory / (f"{run_id}.{part}.jsonl" if part else f"{run_id}.jsonl")

    def journals(self, run_id: str) -> list[Path]:
        """All journals of one restore run that are there."""
        first = self.journal(run_id)
        return [one for one in (first, *first.parent.glob(f"{run_id}.*.jsonl")) if one.exists()]

    def sessions(self) -> Path:
        """The folder of sockets of unlocked shells; it exists afterwards, for us alone."""
        folder = self.path / SESSIONS
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder


@contextmanager
def passable(path: Path) -> Iterator[None]:
    """Let other accounts pass through a home to its socket, for as long as the block lasts.

    They cannot list it, and everything else in it is ours alone.
    """
    for one in path.iterdir():
        _shut(one)
    path.chmod(_PASSABLE)
    try:
        yield
    finally:
        path.chmod(_OURS_ALONE)


def _shut(path: Path) -> None:
    """Take the rights of others away from something in the home; a link's own rights are nobody's.

    Everything is made without them; this is for what others put there, and for earlier versions.
    """
    state = path.lstat()
    is_plain = stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)
    if is_plain and state.st_mode & _OTHERS:
        path.chmod(stat.S_IMODE(state.st_mode) & ~_OTHERS)


def prepare(path: Path) -> Home:
    """Make the home if it is missing, and refuse one that other accounts may write to.

    Raises:
        OperatorError: it cannot be made, is no directory, or others may change files in it.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = path.stat()
    except OSError as error:
        raise OperatorError(
            f"The home directory {path} cannot be used.",
            why=f"{error.strerror}.",
            hint="Name another one with --home or STRONGROOM_HOME.",
        ) from error
    if os.name == "posix" and state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise OperatorError(
            f"The home directory {path} can be changed by other accounts, so it is not used.",
            why=f"Its rights are {stat.S_IMODE(state.st_mode):04o}.",
            hint=f"chmod 700 {path}",
        )
    return Home(path=path)
