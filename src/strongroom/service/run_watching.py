"""Showing a run again and again to whoever watches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from strongroom.clock import Clock
from strongroom.control.database import Database
from strongroom.control.records import Run
from strongroom.service.run_view import as_seen
from strongroom.words.json import Json
from strongroom.words.time_left import Steady


class Watched:
    """Shows a run as it stands; guesses move from one time to the next, and do not jump.

    For one thread at a time.

    Args:
        database: The control database.
        clock: Time.
        seen: Who is shown it.
    """

    def __init__(self, database: Database, clock: Clock, seen: Callable[[Run], None]) -> None:
        self._database = database
        self._clock = clock
        self._seen = seen
        self._left = Steady()
        self._wait = Steady()

    def __call__(self, run: Run) -> None:
        """Show it."""
        with self._database.read() as db:
            run = as_seen(db, run, self._clock.now())
        waits_for_s = self._said(self._wait, run.waits_for_s)
        self._seen(replace(run, waits_for_s=waits_for_s, live=self._steadied(run.live)))

    def _steadied(self, live: Mapping[str, Any] | None) -> Mapping[str, Json] | None:
        if live is None:
            return None
        figures = live["run"]
        return {**live, "run": {**figures, "left_s": self._said(self._left, figures["left_s"])}}

    def _said(self, steady: Steady, guess_s: float | None) -> float | None:
        said_s = steady.say(guess_s, self._clock.monotonic_s())
        return None if said_s is None else round(said_s, 1)
