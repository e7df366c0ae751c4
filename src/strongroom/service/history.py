"""Verbs of the history of runs: how long it is kept, and how much there is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from strongroom.control import history as rows
from strongroom.errors import OperatorError
from strongroom.service.rights import Right
from strongroom.service.verbs import Verbs, verb
from strongroom.words.durations import read_duration

_KEEP_MIN = timedelta(days=1)
_RUNS_MAX = 2**31
EVERYTHING = 0
"""As the number of runs: as many as there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """How long the history of runs is kept, and how much there is.

    Attributes:
        keep_s: So long after a run's end.
        keep_runs: And at most so many runs of each job; None: as many as there are.
        runs: How many there are.
        oldest: When the oldest was asked for.
        to_remove: How many of them the rule does not keep; they go when it is trimmed next.
    """

    keep_s: int
    keep_runs: int | None
    runs: int
    oldest: datetime | None
    to_remove: int


class History(Verbs):
    """The verbs. Safe in many threads."""

    noun = "history"

    @verb(Right.LIST)
    def show(self) -> HistoryView:
        """Say how long history is kept, and how much there is."""
        return self._view()

    @verb(Right.MANAGE, is_audited=True)
    def change(self, *, keep: str | None = None, keep_runs: int | None = None) -> HistoryView:
        """Keep history longer, or less long. What goes, goes when it is trimmed next.

        Args:
            keep: So long after a run's end (``400d``); None: as it is.
            keep_runs: At most so many runs of each job; 0: as many as there are; None: as it is.

        Raises:
            OperatorError: that is no duration, is less than a day, or is no number of runs.
        """
        length = None if keep is None else _required(read_duration(keep))
        if keep_runs is not None and not 0 <= keep_runs < _RUNS_MAX:
            raise OperatorError(
                "This is no number of runs to keep.", hint="Give 1 or more, or 0 for all there are."
            )
        with self._shared.database.write() as db:
            new = rows.rule(db)
            if length is not None:
                new = replace(new, keep=length)
            if keep_runs is not None:
                new = replace(new, keep_runs=None if keep_runs == EVERYTHING else keep_runs)
            rows.change(db, new)
        return self._view()

    def _view(self) -> HistoryView:
        now = self._shared.ports.clock.now()
        with self._shared.database.read() as db:
            rule, size = rows.rule(db), rows.size(db, now)
        return HistoryView(
            keep_s=int(rule.keep.total_seconds()),
            keep_runs=rule.keep_runs,
            runs=size.runs,
            oldest=size.oldest,
            to_remove=size.to_remove,
        )


def _required(keep: timedelta) -> timedelta:
    if keep < _KEEP_MIN:
        raise OperatorError("History is kept for a day at least.", hint="Give a day or more: 400d.")
    return keep
