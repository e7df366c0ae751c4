"""The database of a home, for whoever looks after it."""

from __future__ import annotations

from pathlib import Path

from strongroom.clock import SystemClock
from strongroom.compose import key_holder
from strongroom.control.home import prepare
from strongroom.service.callers import own_account
from strongroom.service.databases import HomeDatabase, require_own
from strongroom.service.session import Session
from strongroom.vault import core_dumps


def home_database(home: Path, *, why: str) -> HomeDatabase:
    """Take the database of a home; the home is made if it is missing.

    Args:
        home: The home directory.
        why: Why somebody looks after it, for the audit log.

    Raises:
        OperatorError: the home is another account's, or cannot be used.
    """
    core_dumps.leave_none()
    if home.exists():
        require_own(home)
    return HomeDatabase(
        prepare(home),
        holder=key_holder(home),
        clock=SystemClock(),
        session=Session(own_account(), why=why),
    )
