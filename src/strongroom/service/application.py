"""All verbs over one open home: what the command line (and later the panel) holds."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from strongroom.control.database import open_database
from strongroom.control.home import prepare
from strongroom.service.backing_up import BackupWork
from strongroom.service.connections import Connections
from strongroom.service.jobs import BACKUP, Jobs
from strongroom.service.kept import Kept
from strongroom.service.ports import Ports
from strongroom.service.restoring import RESTORE, Restores, RestoreWork
from strongroom.service.runs import Runs
from strongroom.service.shared import Shared
from strongroom.service.storages import Storages
from strongroom.service.tasks import InUse


class Application:
    """One open home. A context manager: leaving it closes the control database.

    Args:
        home: The home directory; made if it is missing.
        ports: The outside.

    Raises:
        OperatorError: the home cannot be used.
        IntegrityError: the control database is damaged.
    """

    def __init__(self, home: Path, ports: Ports) -> None:
        prepared = prepare(home)
        self._database = open_database(prepared.database)
        shared = Shared(home=prepared, database=self._database, ports=ports)
        in_use = InUse()
        self.connections = Connections(shared)
        self.storages = Storages(shared)
        self.jobs = Jobs(shared, self.connections, self.storages)
        self.restores = Restores(shared, self.connections, self.storages)
        self.kept = Kept(shared, self.storages)
        self.runs = Runs(
            shared,
            {
                BACKUP: BackupWork(shared, self.connections, self.storages, in_use),
                RESTORE: RestoreWork(shared, self.connections, self.storages, in_use),
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()
