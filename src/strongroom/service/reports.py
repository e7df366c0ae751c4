"""Verbs of reports: what is protected, what is not and why, what came in, how runs went.

Names of resources are in them, so they are for those who may watch. Each gives its lines one by one
and reads them page by page: ten thousand mailboxes are never in memory at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa

from strongroom.control import growth as growth_rows
from strongroom.control import jobs as job_rows
from strongroom.control import protected as rows
from strongroom.control import run_sums, storages
from strongroom.control.growth import Growth
from strongroom.control.records import Job
from strongroom.errors import OperatorError
from strongroom.service.never_planned import never_planned
from strongroom.service.protection import Judge
from strongroom.service.report_lines import (
    ResourceLine,
    RunReport,
    never_tried_line,
    protected_elsewhere,
    resource_line,
    run_report,
)
from strongroom.service.rights import Right
from strongroom.service.verbs import Verbs, verb

T = TypeVar("T")
_AGE_MAX_S = 100 * 366 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a report is about.

    Attributes:
        judge: Says what is protected.
        jobs: All jobs.
        storages: Names of all storages, by id.
        storage_id: Of this storage alone; None: of all.
        job: Of the job of this name alone; None: of all.
    """

    judge: Judge
    jobs: Sequence[Job]
    storages: dict[str, str]
    storage_id: str | None
    job: str | None


class Reports(Verbs):
    """The verbs. Safe in many threads."""

    noun = "reports"

    @verb(Right.WATCH)
    def protected(
        self, *, storage: str | None = None, job: str | None = None, max_age_s: int | None = None
    ) -> Iterator[ResourceLine]:
        """Give the resources whose last good restore point is young enough.

        Args:
            storage: Of this storage alone.
            job: Of this job alone.
            max_age_s: How old it may be; None: as the jobs' schedules say.

        Raises:
            OperatorError: there is no such storage or job.
        """
        return self._resources(self._asked(storage, job, max_age_s), is_protected=True)

    @verb(Right.WATCH)
    def unprotected(
        self, *, storage: str | None = None, job: str | None = None, max_age_s: int | None = None
    ) -> Iterator[ResourceLine]:
        """Give all other resources, and why they are not protected (see ``protected``)."""
        return self._resources(self._asked(storage, job, max_age_s), is_protected=False)

    @verb(Right.WATCH)
    def growth(
        self,
        *,
        storage: str | None = None,
        job: str | None = None,
        since: str = "",
        is_total: bool = False,
    ) -> Iterator[Growth]:
        """Give what came in, by storage, resource and day.

        Args:
            storage: Into this storage alone.
            job: Of what this job covers alone.
            since: The first day, ``2026-03-05``; days long ago are kept as their months.
            is_total: Sum up over all resources: by storage and day.

        Raises:
            OperatorError: there is no such storage or job.
        """
        asked = self._asked(storage, job)
        return self._day_sums(asked, since) if is_total else self._growth(asked, since)

    @verb(Right.WATCH)
    def runs(
        self, *, storage: str | None = None, job: str | None = None, since: datetime | None = None
    ) -> Iterator[RunReport]:
        """Give all runs, newest first.

        Args:
            storage: That went to this storage, or read it.
            job: Of this job alone.
            since: Asked for at that time (aware) or later.

        Raises:
            OperatorError: there is no such storage or job.
        """
        return self._runs(self._asked(storage, job), since)

    def _asked(self, storage: str | None, job: str | None, max_age_s: int | None = None) -> _Asked:
        if max_age_s is not None and not 0 < max_age_s <= _AGE_MAX_S:
            raise OperatorError(
                "This is no age of a restore point.",
                why="It is longer than nothing, and at most a hundred years.",
            )
        max_age = None if max_age_s is None else timedelta(seconds=max_age_s)
        with self._shared.database.read() as db:
            known = {one.id: one.name for one in storages.everything(db)}
            wanted = next((i for i, name in known.items() if name == storage), None)
            if storage is not None and wanted is None:
                raise OperatorError(
                    f"There is no storage named '{storage}'.", hint="See `strongroom storage list`."
                )
            jobs = job_rows.everything(db)
            if job is not None and job not in {one.name for one in jobs} | rows.jobs_with_rows(db):
                raise OperatorError(
                    f"There is no job named '{job}'.", hint="See `strongroom job list`."
                )
        judge = Judge(jobs, known, now=self._shared.ports.clock.now(), max_age=max_age)
        return _Asked(judge=judge, jobs=jobs, storages=known, storage_id=wanted, job=job)

    def _resources(self, asked: _Asked, *, is_protected: bool) -> Iterator[ResourceLine]:
        judge = asked.judge
        with self._shared.database.read() as db:
            elsewhere = {} if is_protected else protected_elsewhere(db, judge)
        for row in self._pages(
            lambda db, last: rows.page(db, last, storage_id=asked.storage_id, job=asked.job)
        ):
            cause = judge.cause(row)
            if (cause is None) is is_protected:
                yield resource_line(row, judge, cause, elsewhere)
        if not is_protected:
            with self._shared.database.read() as db:
                unplanned = list(never_planned(db, asked.jobs))
            for job, words in unplanned:
                if asked.storage_id in {None, job.storage_id} and asked.job in {None, job.name}:
                    yield never_tried_line(job, words)

    def _growth(self, asked: _Asked, since: str) -> Iterator[Growth]:
        return self._pages(
            lambda db, last: growth_rows.page(
                db, last, since=since, storage_id=asked.storage_id, job=asked.job
            )
        )

    def _day_sums(self, asked: _Asked, since: str) -> Iterator[Growth]:
        with self._shared.database.read() as db:
            found = growth_rows.by_day(db, since=since, storage_id=asked.storage_id, job=asked.job)
        yield from found

    def _runs(self, asked: _Asked, since: datetime | None) -> Iterator[RunReport]:
        for line in self._pages(
            lambda db, last: run_sums.page(
                db, None if last is None else last.position, since=since, job=asked.job
            )
        ):
            if asked.storage_id in {None, line.storage_id}:
                yield run_report(line, asked.storages.get(line.storage_id, ""))

    def _pages(self, read: Callable[[sa.Connection, T | None], Sequence[T]]) -> Iterator[T]:
        """Read page by page, so that a slow reader keeps no reading of the database open."""
        last: T | None = None
        while True:
            with self._shared.database.read() as db:
                page = read(db, last)
            yield from page
            if not page:
                return
            last = page[-1]
