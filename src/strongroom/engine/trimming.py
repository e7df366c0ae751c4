"""Trimming the history once a day, a little at a time, beside everything else that goes on."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.clock import Clock
from strongroom.control import history, rules
from strongroom.control.database import Database

_EVERY_S = 5.0
"""So long after a slice the next one is taken: others write meanwhile."""

_LOOK_EVERY_S = 600.0
_DONE = "history trimmed"


class Trimming:
    """Done by whichever worker comes by; that it is done is kept with the rules.

    Args:
        database: The control database.
        clock: Time.
        forget_run: Called with the id of each run that is gone, to remove what lies elsewhere.
    """

    def __init__(
        self, database: Database, clock: Clock, forget_run: Callable[[str], None] = lambda _: None
    ) -> None:
        self._database = database
        self._clock = clock
        self._forget_run = forget_run
        self._next_s = clock.monotonic_s()

    def step(self) -> None:
        """Remove a slice if it is time to; call it as often as you like.

        Raises:
            StrongroomError: the control database failed.
        """
        if self._clock.monotonic_s() < self._next_s:
            return
        is_more_left = self._slice()
        pause_s = _EVERY_S if is_more_left else _LOOK_EVERY_S
        self._next_s = self._clock.monotonic_s() + pause_s

    def _slice(self) -> bool:
        """Remove a slice; say whether more may be left today."""
        now = self._clock.now()
        today = f"{now:%Y-%m-%d}"
        with self._database.read() as db:
            done = rules.get(db, _DONE)
        if done is not None and done["day"] == today:
            return False
        with self._database.write() as db:
            trimmed = history.trim(db, now)
            if not trimmed.rows:
                rules.put(db, _DONE, {"day": today})
        for run_id in trimmed.runs:
            self._forget_run(run_id)
        return bool(trimmed.rows)
