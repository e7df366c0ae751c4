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
    """Show how far a worker is with a run, and how fast; once more when the block ends."""
    began = run.started or clock.now()
    began_s = max(0.0, (clock.now() - began).total_seconds())
    pace = RunPace(
        server.pace,
        clock,
        began_s=began_s,
        nouns=MAILBOXES if connection.kind in {EXCHANGE_ONPREM, EXCHANGE_ONLINE} else SITES,
    )
    board = Board(desk.say_live, clock, pace, began_s=began_s, is_due=desk.is_due)
    # What somebody of our name told before died with it, or was told of another part of the run.
    desk.leave_live()
    with desk.told_anew(board.publish):
        try:
            yield board
        finally:
            board.publish(is_urgent=True)
            desk.leave_live()
