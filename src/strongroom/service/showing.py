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
    """Show how far a run is and how fast it goes, until the block ends, and once more then."""
    began = run.started or clock.now()
    pace = RunPace(
        server.pace,
        clock,
        began_s=max(0.0, (clock.now() - began).total_seconds()),
        earlier=run.pace,
        nouns=MAILBOXES if connection.kind in {EXCHANGE_ONPREM, EXCHANGE_ONLINE} else SITES,
    )
    board = Board(desk.say_live, clock, pace)
    with desk.told_anew(board.publish):
        try:
            yield board
        finally:
            board.publish(is_urgent=True)
