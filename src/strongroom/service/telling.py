"""Puts what happened into the outbox, in the very transaction that keeps it.

So a message is there if and only if what it tells of is kept, whenever somebody is killed. Nobody
is sent anything here: that takes time, and a run waits for no chat.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from strongroom.clock import Clock
from strongroom.control import channels, connections, jobs, outbox, run_end, storages
from strongroom.control.channels import Channel
from strongroom.control.outbox import NewMessage
from strongroom.control.records import Job, Run
from strongroom.service import happenings
from strongroom.service.happenings import TROUBLES_MAX


class Telling:
    """What the engine tells. Safe in many threads.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def ended(self, db: sa.Connection, run: Run) -> None:
        """Take note of a run that has ended or is paused, inside the transaction that keeps it.

        Args:
            db: The transaction. It may be done again if it fails.
            run: The run, as it stands now.
        """
        listening = channels.everything(db)
        if not listening:
            return
        end = run_end.of_run(db, run.id, at_most=TROUBLES_MAX)
        message = happenings.of_run(run, end, known_names(db))
        if message is not None:
            put_for(db, listening, message, now=self._clock.now())

    def missed(
        self, db: sa.Connection, job: Job, missed: Sequence[datetime], /, *, why: str
    ) -> None:
        """Take note of turns that were missed, inside the transaction in which it was noticed.

        Args:
            db: The transaction. It may be done again if it fails.
            job: Whose turns.
            missed: Aware; at least one.
            why: One sentence.
        """
        listening = channels.everything(db)
        if listening and missed:
            message = happenings.of_missed(job, missed, why)
            put_for(db, listening, message, now=self._clock.now())


def put_for(
    db: sa.Connection, listening: Sequence[Channel], message: NewMessage, *, now: datetime
) -> None:
    """Let a message wait for each channel that is told of such things."""
    for channel in listening:
        if message.event in channel.events:
            outbox.put(db, channel.id, message, now=now)


def known_names(db: sa.Connection) -> frozenset[str]:
    """Give the names that operators chose: no one's folder is called so by accident."""
    return frozenset(
        one.name
        for several in (connections.everything(db), storages.everything(db), jobs.everything(db))
        for one in several
    )
