"""Bringing a home back, for whoever looks after it."""

from __future__ import annotations

from pathlib import Path

from strongroom import compose
from strongroom.control.home import prepare
from strongroom.service.callers import own_account
from strongroom.service.databases import require_own
from strongroom.service.home_restoring import HomeRestoring
from strongroom.service.session import Session
from strongroom.vault import core_dumps


def home_restoring(home: Path, *, why: str) -> HomeRestoring:
    """Take a home that something is to be brought back into; it is made if it is missing.

    Args:
        home: The home directory.
        why: Why, for the audit log.

    Raises:
        OperatorError: the home is another account's, or cannot be used.
    """
    core_dumps.leave_none()
    if home.exists():
        require_own(home)
    return HomeRestoring(
        prepare(home),
        holder=compose.key_holder(home),
        ports=compose.real_ports(),
        session=Session(own_account(), why=why),
    )
