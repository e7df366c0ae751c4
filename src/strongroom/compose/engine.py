"""What carries runs through the deaths of workers, on the control database of a home."""

from __future__ import annotations

from strongroom.control.database import Database
from strongroom.engine.durable import Durable


def durable(database: Database) -> Durable:
    """Make it for a new worker; whoever is none never loads DBOS, which takes a third of a second.

    It has a clock of its own: what it waits for are threads and other processes.

    Args:
        database: The control database.
    """
    from strongroom.engine.dbos_durable import DbosDurable  # noqa: PLC0415 - see above

    return DbosDurable(database.place)
