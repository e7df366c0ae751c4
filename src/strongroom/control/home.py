"""The home: one directory that belongs to the service account and holds all state that is ours.

=====================  =================================================================
``control.db``         connections (sealed), storages, jobs, runs
``service.key``        the key that the sealed details are wrapped for
``worker.lock``        whoever holds its lock is the worker
``journals/RUN.jsonl`` what a restore intended and was told, until it is finished
=====================  =================================================================
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from strongroom.disk import flush_folder
from strongroom.errors import OperatorError


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where things lie in a home directory."""

    path: Path

    @property
    def database(self) -> Path:
        """The control database."""
        return self.path / "control.db"

    @property
    def worker_lock(self) -> Path:
        """The file whose lock makes a process the worker."""
        return self.path / "worker.lock"

    def journal(self, run_id: str) -> Path:
        """The journal of one restore run; its directory exists afterwards."""
        directory = self.path / "journals"
        if not directory.exists():
            directory.mkdir(mode=0o700, exist_ok=True)
            flush_folder(self.path)
        return directory / f"{run_id}.jsonl"


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
