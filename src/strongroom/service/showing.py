"""What displays are shown of a run while it uses its server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from strongroom.clock import Clock
from strongroom.control.records import Connection, Run
from strongroom.engine.work import Desk
from strongroom.operations.interfaces import Server
from strongroom.service.details import EXCHANGE_ONLINE, EXCHANGE_ONPREM
from strongroom.service.progress import Board
from strongroom.service.run_pace import RunPace
from strongroom.words.pace_told import MAILBOXES, SITES


@contextmanager
def shown(
    run: Run, desk: Desk, connection: Connection, server: Server, clock: Clock
) -> Iterator[Board]:
    """Show how far a worker is with a run, and how fast it uses the run's server.

    As long as the block lasts; what stays of it is kept when it ends.
    """
    pace = RunPace(
        server.pace,
        clock,
        began_s=_began_s(run, clock),
        nouns=MAILBOXES if connection.kind in {EXCHANGE_ONPREM, EXCHANGE_ONLINE} else SITES,
    )
    with shown_without_server(run, desk, clock, pace) as board:
        yield board


@contextmanager
def shown_without_server(
    run: Run, desk: Desk, clock: Clock, pace: RunPace | None = None
) -> Iterator[Board]:
    """Show how far a worker is with a run that asks no server, or how one is used that it asks."""
    began_s = _began_s(run, clock)
    board = Board(desk.say_live, clock, pace, began_s=began_s, is_due=desk.is_due)
    # What somebody of our name told before died with it, or was told of another part of the run.
    desk.leave_live()
    with desk.told_anew(board.publish):
        try:
            yield board
        finally:
            board.publish(is_urgent=True)
            desk.leave_live()


def _began_s(run: Run, clock: Clock) -> float:
    """Say how many seconds ago a run was begun for the first time."""
    now = clock.now()
    return max(0.0, (now - (run.started or now)).total_seconds())
