"""Asking for prunes without anybody saying so: where rules or people let restore points go.

For each job that has rules: as often as it says (once a week, where nobody said), when a backup of
it has ended since the last time and none is under way. For each storage of which a restore point is
to go by hand: on the day it may. Every worker that looks after schedules looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from strongroom.clock import Clock
from strongroom.control import holds, retention, rules, runs, storages
from strongroom.control.database import Database
from strongroom.control.records import StorageRecord
from strongroom.control.retention import Retention
from strongroom.engine.queue import put
from strongroom.service.prune_work import prune_run

_LOOK_EVERY_S = 60.0
_ASKED = "forgetting asked for"
_BY_HAND_EVERY = timedelta(days=1)
"""What is held when its day has come is not asked for each minute."""


class PruneByItself:
    """A chore of a worker. Of one thread.

    Args:
        database: The control database.
        clock: Time.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._next_s = clock.monotonic_s()

    def step(self) -> None:
        """Ask for what is due; call it as often as you like, it looks once a minute.

        Raises:
            StrongroomError: the control database failed.
        """
        if self._clock.monotonic_s() < self._next_s:
            return
        self._next_s = self._clock.monotonic_s() + _LOOK_EVERY_S
        now = self._clock.now()
        with self._database.read() as db:
            is_due = bool(_due(db, now)) or bool(_by_hand(db, now))
        if is_due:
            with self._database.write() as db:
                self._ask(db, now)

    def _ask(self, db: sa.Connection, now: datetime) -> None:
        """Ask once for each storage; who looks at the same moment finds it done."""
        due, by_hand = _due(db, now), _by_hand(db, now)
        for one in due:
            retention.say_pruned(db, one, now)
        if by_hand:
            rules.put(db, _ASKED, {**_asked(db), **dict.fromkeys(by_hand, now.isoformat())})
        for storage_id in sorted({one.storage_id for one in due} | by_hand):
            record = storages.by_id(db, storage_id)
            if record is not None:
                self._enqueue(db, record)

    def _enqueue(self, db: sa.Connection, record: StorageRecord) -> None:
        new = prune_run(record)
        known = runs.latest_like(db, new)
        if known is None or known.status.is_final:
            put(db, new, clock=self._clock)


def _due(db: sa.Connection, now: datetime) -> list[Retention]:
    return [
        one
        for one in retention.everything(db)
        if one.keep
        and one.prune_every_s is not None
        and (one.pruned is None or now - one.pruned >= timedelta(seconds=one.prune_every_s))
        and retention.has_backed_up(db, one.job_id, one.pruned)
    ]


def _by_hand(db: sa.Connection, now: datetime) -> set[str]:
    """Name the storages of which something is to go by hand, and may."""
    asked = _asked(db)
    return {
        one.storage_id
        for one in holds.all_forgetting(db)
        if one.not_before <= now
        and (
            one.storage_id not in asked
            or now - datetime.fromisoformat(asked[one.storage_id]) >= _BY_HAND_EVERY
        )
    }


def _asked(db: sa.Connection) -> Mapping[str, Any]:
    return rules.get(db, _ASKED) or {}
