"""The seam between the worker and what makes runs outlive it: begun once, ended by whoever lives.

Behind it stands DBOS (``dbos_durable.py``, which takes a third of a second to load and so is loaded
by workers only). It keeps a line per attempt of a run in the database. The line is *pending* in the
hands of one worker, *waits* for one, or is *over*. Our own rows say what was done; the line says
that somebody has to see to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol

import sqlalchemy as sa


class Parked(BaseException):
    """A body leaves in the middle because its worker was told to; somebody else goes on.

    No ``Exception``, so that nothing on the way takes it for the end of the run. Only for a worker
    that leaves: as long as it lives nobody takes the run up again.
    """


class Standing(Enum):
    """What became of an attempt."""

    GOING = "going"
    """Somebody works on it, or it waits for somebody."""

    OVER = "over"
    """It came to its end, well or not."""

    UNKNOWN = "unknown"
    """It was never begun, or it was forgotten."""


class Bodies(Protocol):
    """What is done for a run. Called in threads of their own, many runs at once.

    The three parts of a run follow each other; a part that returned is not called again for this
    attempt, whoever goes on. The part that a death cut short is called again from its beginning,
    elsewhere, and perhaps while the first caller, who was only taken for dead, is still in it.

    An ``Exception`` ends the attempt (``Standing.OVER``). ``Parked`` leaves it to somebody else.
    """

    def plan(self, run_id: str, attempt: int, /) -> None:
        """Find out what is to be done, and write it down."""

    def drive(self, run_id: str, attempt: int, /) -> None:
        """Work, and see to it that others help, until all is done."""

    def conclude(self, run_id: str, attempt: int, /) -> None:
        """Say how the run ended."""

    def share(self, run_id: str, attempt: int, /) -> None:
        """Help with a run that another worker drives, until there is nothing left to take."""


class Durable(Protocol):
    """Carries runs through the deaths of workers. One in a process at a time; safe in many threads.

    Except for ``begin`` never called inside a transaction: on SQLite that would wait for itself.

    Raises (all methods):
        StrongroomError: as transactions of the control database do.
    """

    def launch(self, worker_id: str, bodies: Bodies, /) -> None:
        """Begin to take up runs as this worker.

        Args:
            worker_id: New for every start of a process, and known to the others before this call.
            bodies: What is done for them.
        """

    def begin(self, db: sa.Connection, run_id: str, attempt: int, /) -> None:
        """Have some worker take up an attempt once the caller's transaction is committed.

        The same attempt is begun once, however often it is asked for.
        """

    def wake(self) -> None:
        """Look for work at once, not only within a second: something was begun and committed."""

    def invite(self, worker_id: str, run_id: str, attempt: int, /) -> None:
        """Ask a worker to share an attempt; asking again changes nothing, even when it is over."""

    def holders(self) -> frozenset[str]:
        """Name the workers in whose hands something is, dead or alive.

        Whoever is not among the living *after* this was called was dead before.
        """

    def recover(self, dead: Sequence[str], /) -> int:
        """Let the living take over what dead workers had in hand; say how many runs that were.

        Only once the dead are known to be dead: a run that is taken from somebody who lives is done
        twice at the same time. Several may call it at once. Shares of the dead are cancelled:
        whoever drives the run invites anew.
        """

    def retake(self) -> int:
        """Take up again what stands as in our hands and is not; say how many runs that were.

        A database that goes away at the wrong moment makes such. To be called every half minute or
        so: what is not in hand at two calls in a row never will be.
        """

    def standing(self, run_id: str, attempt: int, /) -> Standing:
        """Say what became of an attempt."""

    def forget(self, before: datetime, /) -> int:
        """Remove the lines of what was over before then, a few at a time; say how many."""

    def close(self, timeout_s: float, /) -> bool:
        """Take up nothing more, wait for the bodies, which were told to stop, and let go.

        What they left, and what did not stop in time, stays pending for somebody else.

        Returns:
            Whether all bodies have ended. If not, only the end of the process ends them.
        """
