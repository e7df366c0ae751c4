"""Orders to wait, left in the control database for the other processes of the same home.

A row holds a server, a lane and a time of the wall clock, which all processes of a home share. It
is deleted by whoever leaves word after it is over. No order of more than an hour is written, so a
row that claims more was written by a clock that went wrong, and counts for nothing.

A database that is locked, damaged or full stops no request: nobody hears anything then, each
process is told by the server itself, and the database is left alone for a minute. Whoever needs it
for their own work says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from strongroom.clock import Clock
from strongroom.control import rows
from strongroom.control.database import Database
from strongroom.control.schema import WAITS
from strongroom.control.upserts import insert, later
from strongroom.errors import StrongroomError

LONGEST_S = 3600.0
"""Whoever is to wait longer asks once an hour, and is told again."""

_ROWS_MAX = 1000
"""A process needs no more: whom it is not told of, the server tells it of."""

_LEFT_ALONE_S = 60.0

_ADD = insert(WAITS)
TELL = _ADD.on_conflict_do_update(
    index_elements=["server", "lane"],
    set_={"until": later(WAITS.c.until, _ADD.excluded.until)},
)
HEARD = (
    sa.select(WAITS.c.lane, WAITS.c.until)
    .where(
        WAITS.c.server == sa.bindparam("wanted"),
        WAITS.c.until > sa.bindparam("now"),
        WAITS.c.until <= sa.bindparam("latest"),
    )
    # The whole server's first.
    .order_by(WAITS.c.lane)
    .limit(_ROWS_MAX)
)
FORGET = sa.delete(WAITS).where(
    sa.or_(WAITS.c.until <= sa.bindparam("now"), WAITS.c.until > sa.bindparam("latest"))
)


class HomeNotices:
    """Word between the processes of a home: ``pace.notices.Notices``.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._database: Database | None = None
        self._left_alone_until_s = 0.0

    def use(self, database: Database) -> None:
        """Take the home's open database; without one nobody says or hears anything."""
        self._database = database
        self._left_alone_until_s = 0.0

    def tell(self, server: str, lane: str, seconds: float) -> None:
        """As the interface says."""

        def say(database: Database) -> None:
            now = self._clock.now()
            until = now + timedelta(seconds=min(seconds, LONGEST_S))
            with database.write() as db:
                db.execute(FORGET, _times(now))
                db.execute(TELL, {"server": server, "lane": lane, "until": rows.time_text(until)})

        self._try(say)

    def heard(self, server: str) -> Mapping[str, float]:
        """As the interface says."""
        found: dict[str, float] = {}

        def look(database: Database) -> None:
            now = self._clock.now()
            with database.read() as db:
                for lane, until in db.execute(HEARD, {"wanted": server, **_times(now)}):
                    left_s = _left_s(until, now)
                    if left_s > 0.0:
                        found[lane] = min(left_s, LONGEST_S)

        self._try(look)
        return found

    def _try(self, act: Callable[[Database], None]) -> None:
        if self._database is None or self._clock.monotonic_s() < self._left_alone_until_s:
            return
        try:
            act(self._database)
        except (StrongroomError, SQLAlchemyError):
            self._left_alone_until_s = self._clock.monotonic_s() + _LEFT_ALONE_S


def _times(now: datetime) -> dict[str, str]:
    latest = now + timedelta(seconds=LONGEST_S)
    return {"now": rows.time_text(now), "latest": rows.time_text(latest)}


def _left_s(until: object, now: datetime) -> float:
    """Read a time that another process wrote; what is none is over."""
    try:
        return (rows.time_of(str(until)) - now).total_seconds()
    except (ValueError, TypeError):
        return 0.0
