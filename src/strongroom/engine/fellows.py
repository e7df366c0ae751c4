"""The workers of one control database, as one of them sees the others."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from typing import Protocol

import sqlalchemy as sa

from strongroom.engine.durable import Durable


class Fellows(Protocol):
    """Who else does what runs ask for."""

    def others(self) -> Sequence[str]:
        """Give the ids of the other workers that are alive, as they were a few seconds ago."""

    def living(self, db: sa.Connection, /) -> Collection[str]:
        """Give the ids of all workers that are alive, as a transaction sees it.

        Ours is missing once we have been taken for dead: then nobody is to listen to us any more.
        """


class Fellowship(Fellows, Protocol):
    """Our place among the workers. For the worker's own thread, ``others`` apart.

    Attributes:
        id: Ours; new for every start of a process.
    """

    id: str

    def join(self) -> None:
        """Let the others know of us, before we begin to take up runs."""

    def look(self, durable: Durable, /) -> None:
        """Show that we live, and see to it that the living take over from the dead.

        Called whenever the worker looks around; does something when it is due.

        Raises:
            PlaceLost: we were taken for dead, and must not go on.
        """

    def leave(self) -> None:
        """Say that we are gone; what we left undone falls to the others at once."""


class Alone:
    """The only worker there can be: it has the home's lock, so all others are dead."""

    def __init__(self) -> None:
        self.id = new_worker_id()
        self._has_looked = False

    def others(self) -> Sequence[str]:
        """There is nobody."""
        return ()

    def living(self, _: sa.Connection, /) -> Collection[str]:
        """Give ourselves."""
        return (self.id,)

    def join(self) -> None:
        """Nobody needs to know."""

    def look(self, durable: Durable, /) -> None:
        """Take over from the dead, once: nobody dies while we live."""
        if not self._has_looked:
            durable.recover(sorted(durable.holders() - {self.id}))
            self._has_looked = True

    def leave(self) -> None:
        """Whoever gets the lock next knows."""


def new_worker_id() -> str:
    """Make an id that no worker ever had."""
    return secrets.token_hex(8)
