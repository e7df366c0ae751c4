"""Whether a resource is protected, and if not, why. Pure: rows, jobs and the time come in.

A resource is protected if the last restore point that lacks nothing is young enough. How young that
is, is said by whoever asks, else by the schedule of its job: it is too old when the turn after next
has come. Where neither says anything, its last backup must have been complete.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from strongroom.control.protected import Protected, Stand, Standing
from strongroom.control.records import Job
from strongroom.engine.schedule import Schedule
from strongroom.errors import OperatorError

_DAY = timedelta(days=1)
_LOOK_BACK = (timedelta(hours=3), timedelta(days=3), timedelta(days=70), timedelta(days=800))


class Cause(StrEnum):
    """Why a resource is not protected. The values are part of the command line contract."""

    FAILED = "failed"
    INCOMPLETE = "incomplete"
    NEVER_TRIED = "never-tried"
    EXCLUDED = "excluded"
    NO_LONGER_LISTED = "no-longer-listed"
    TOO_OLD = "too-old"
    NO_JOB = "no-job"
    STORAGE_REMOVED = "storage-removed"


WANTED_GONE = frozenset({Cause.EXCLUDED, Cause.NO_LONGER_LISTED})
"""Nothing is wrong: somebody decided it, or there is nothing there any more."""

_LEFT_OUT = {Standing.EXCLUDED: Cause.EXCLUDED, Standing.GONE: Cause.NO_LONGER_LISTED}
_SOUND = (Standing.COMPLETE, Standing.WAITING)
_LAST_TIME = {
    Standing.WAITING: Cause.NEVER_TRIED,
    Standing.FAILED: Cause.FAILED,
    Standing.PARTIAL: Cause.INCOMPLETE,
}


class Judge:
    """Judges rows as they stand at one moment.

    Args:
        jobs: All jobs.
        storages: Ids of all storages.
        now: The time.
        max_age: How old the last good restore point may be; None: as the jobs' schedules say.
    """

    def __init__(
        self,
        jobs: Collection[Job],
        storages: Collection[str],
        *,
        now: datetime,
        max_age: timedelta | None = None,
    ) -> None:
        self._storages = frozenset(storages)
        self._limit = None if max_age is None else now - max_age
        self._oldest = {job.name: self._limit or oldest_allowed(job, now) for job in jobs}

    def cause(self, row: Protected | Stand) -> Cause | None:
        """Say why a resource is not protected; None: it is."""
        if row.storage_id not in self._storages:
            return Cause.STORAGE_REMOVED
        if row.status in _LEFT_OUT:
            return _LEFT_OUT[row.status]
        if row.job is not None and row.job not in self._oldest:
            return Cause.NO_JOB
        if row.good is None:
            return _LAST_TIME.get(row.status, Cause.INCOMPLETE)
        oldest = self.oldest(row)
        if row.good >= oldest if oldest is not None else row.status in _SOUND:
            return None
        return Cause.TOO_OLD if row.status in _SOUND else _LAST_TIME[row.status]

    def oldest(self, row: Protected | Stand) -> datetime | None:
        """Say from when the last good restore point of a resource must be; None: nothing says."""
        return self._limit if row.job is None else self._oldest.get(row.job, self._limit)

    def why(self, row: Protected, cause: Cause) -> str:
        """Say in words why a resource is not protected."""
        told = {
            Cause.NEVER_TRIED: "No run has come to it yet.",
            Cause.NO_JOB: f"The job '{row.job}' that saved it is not there any more.",
            Cause.STORAGE_REMOVED: f"The storage '{row.storage}' is not known here any more.",
        }
        if cause is Cause.TOO_OLD:
            oldest, good = self.oldest(row), row.good
            if oldest is not None and good is not None:
                return (
                    f"Its last complete restore point is from {_second(good)}; it should not be "
                    f"from before {_second(oldest)}."
                )
        return told.get(cause, row.why)


def _second(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def oldest_allowed(job: Job, now: datetime) -> datetime | None:
    """Say from when the last good restore point must be by a job's schedule; None: it says nothing.

    One turn may be under way and one may fail: when the second turn after a restore point has come,
    the schedule has not been kept. A continuous job may take a day for a cycle.
    """
    try:
        schedule = Schedule.from_json(job.schedule)
    except OperatorError:  # a time zone that is gone; whoever runs the job tells
        return None
    if schedule.idle_s is not None:
        return now - _DAY - 2 * timedelta(seconds=schedule.idle_s)
    if schedule.cron is None:
        return None
    return _last_but_one(schedule, now)


def _last_but_one(schedule: Schedule, now: datetime) -> datetime | None:
    """Find the last turn but one that has come; None: there were not two for more than a year."""
    for back in _LOOK_BACK:
        turns: list[datetime] = []
        turn = schedule.next_due(now - back)
        while turn is not None and (begin := schedule.next_permitted(turn)) <= now:
            if begin not in turns:  # what comes due outside permitted hours is one run afterwards
                turns = [*turns[-1:], begin]
            turn = schedule.next_due(turn)
        if len(turns) == 2:
            return turns[0]
    return None
