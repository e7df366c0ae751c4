"""Verbs of retention: what jobs keep, what would go and why, and pruning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from strongroom.control import jobs as job_rows
from strongroom.control import retention as rows
from strongroom.control.records import Job, Run
from strongroom.control.retention import Retention
from strongroom.engine.queue import enqueue_again
from strongroom.engine.standing import as_it_stands
from strongroom.errors import IntegrityError, OperatorError
from strongroom.operations.retaining import GRACE, Verdict
from strongroom.service.forgetting import ForgettingByHand
from strongroom.service.keeping import (
    judged,
    told_of_zones,
    waiting_rules,
    wanted_zone,
    zone_name,
)
from strongroom.service.locating import Located, everything, locate, named
from strongroom.service.prune_outlook import Foreseen, Frees, frees, nobody_can_say
from strongroom.service.prune_work import prune_run
from strongroom.service.rights import Right
from strongroom.service.verbs import verb
from strongroom.service.working import has_worker
from strongroom.store.keeping import load_keeping
from strongroom.words.job_kind import JobKind
from strongroom.words.json import Json
from strongroom.words.retention import parse_rules

EVERY_S = 7 * 24 * 3600
"""So often a job with rules asks for a prune by itself, where nobody said otherwise."""

EVERY_MIN_S = 3600
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepRules:
    """What a job is to keep.

    Attributes:
        keep: Rules as they are typed; empty: everything.
        prune_every_s: How often a prune is asked for by itself; 0: never.
    """

    keep: str
    prune_every_s: int = EVERY_S

    def __post_init__(self) -> None:
        if self.prune_every_s and self.prune_every_s < EVERY_MIN_S:
            raise OperatorError("A prune by itself comes once an hour at most.")
        object.__setattr__(self, "keep", str(parse_rules([self.keep])))

    def row(self, job_id: str) -> Retention:
        """Give it as it is kept with a new job: nothing was kept before."""
        return Retention(job_id=job_id, keep=self.keep, prune_every_s=self.prune_every_s or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerRules:
    """Rules that are in force no more, whose points wait.

    Attributes:
        keep: The rules; empty: everything was kept.
        until: What they kept waits until then.
    """

    keep: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionView:
    """What a job keeps, as it is shown.

    Attributes:
        keep: Its rules; empty: everything.
        former: Rules before them whose points still wait.
        prune_every_s: How often it prunes by itself; None: never.
        time_zone: Whose days it counts.
        unknown_zone: Whose it is to count, where this machine does not know that zone; else empty.
    """

    keep: str
    former: tuple[FormerRules, ...] = ()
    prune_every_s: int | None = None
    time_zone: str = "UTC"
    unknown_zone: str = ""


class RetentionVerbs(ForgettingByHand):
    """The verbs. Safe in many threads."""

    @verb(Right.LIST)
    def show(self, name: str) -> RetentionView:
        """Say what a job keeps.

        Raises:
            OperatorError: there is no such job.
        """
        job = self._job(name)
        with self._shared.database.read() as db:
            kept = rows.of_job(db, job.id)
        return RetentionView(keep="") if kept is None else self._view(kept)

    @verb(Right.LIST)
    def all(self) -> dict[str, RetentionView]:
        """Say what each backup job keeps, by its name."""
        with self._shared.database.read() as db:
            jobs = job_rows.everything(db)
            kept = {one.job_id: one for one in rows.everything(db)}
        return {
            job.name: self._view(kept[job.id]) if job.id in kept else RetentionView(keep="")
            for job in jobs
            if job.kind == JobKind.BACKUP
        }

    @verb(Right.MANAGE, is_audited=True)
    def set(
        self,
        name: str,
        *,
        keep: str | None = None,
        prune_every_s: int | None = None,
        is_at_once: bool = False,
    ) -> RetentionView:
        """Say what a backup job keeps from now on; what only its former rules kept waits.

        Args:
            name: The job.
            keep: Rules as they are typed; empty: everything; None: as they are.
            prune_every_s: How often it prunes by itself; 0: never; None: as it is.
            is_at_once: Nothing waits; needs a second person.

        Raises:
            AccessDenied: nobody else has approved yet that nothing waits.
            OperatorError: no such job, one of another kind, or these are no rules.
        """
        job, shared = self._job(name), self._shared
        require_backup(job)
        with shared.database.read() as db:
            before = rows.of_job(db, job.id)
        zone = "UTC" if before is None else wanted_zone(before)
        was = before or Retention(job_id=job.id, keep="", prune_every_s=EVERY_S)
        every_s = (was.prune_every_s or 0) if prune_every_s is None else prune_every_s
        wanted = KeepRules(keep=was.keep if keep is None else keep, prune_every_s=every_s)
        if is_at_once:
            about: dict[str, Json] = {"name": name, "keep": wanted.keep, "is_at_once": True}
            shared.guard.second_person(
                shared.session, "retention.set", [job.storage_id], about, is_always=True
            )
        with shared.database.write() as db:
            was = rows.of_job(db, job.id) or was
            former = () if is_at_once else was.former
            if was.keep != wanted.keep and not is_at_once:
                former = waiting_rules(was, self._shared.ports.clock.now(), zone)
            kept = replace(
                was, keep=wanted.keep, former=former, prune_every_s=wanted.prune_every_s or None
            )
            rows.put(db, kept)
            return self._view(rows.of_job(db, job.id) or kept)

    @verb(Right.WATCH)
    def foresee(self, storage: str, resources: tuple[str, ...] = ()) -> Foreseen:
        """Say of each restore point whether a prune would forget it now, and what that would free.

        It reads the index of each, and the trees of what stays.

        Raises:
            OperatorError: no such storage or resource.
        """
        verdicts: list[Verdict] = []
        freed: list[Frees] = []
        for located, found in self._judged(storage, resources):
            if isinstance(found, IntegrityError):
                freed.append(nobody_can_say(located, found))
                continue
            verdicts += found
            freed.append(frees(located, found))
        shared, record = self._shared, self._storages.record(storage)
        jobs = {one.point.job for one in verdicts}
        notes = told_of_zones(shared.database, record.id, jobs, shared.ports.clock.now())
        return Foreseen(verdicts=tuple(verdicts), frees=tuple(freed), notes=notes)

    def _judged(
        self, storage: str, resources: tuple[str, ...]
    ) -> Iterator[tuple[Located, list[Verdict] | IntegrityError]]:
        record, opened = self._storages.record(storage), self._storages.open(storage)
        chosen = [locate(opened, one) for one in resources] if resources else everything(opened)
        database, now = self._shared.database, self._shared.ports.clock.now()
        protected = load_keeping(opened.place)
        for one in chosen:
            try:
                located, known = named(one)
            except IntegrityError as error:
                yield one, error
                continue
            yield (
                located,
                judged(database, record.id, opened, located, known, protected=protected, now=now),
            )

    @verb(Right.MAINTAIN, is_audited=True)
    def ask_prune(self, storage: str, resources: tuple[str, ...] = ()) -> tuple[Run, bool]:
        """Put a prune into the queue, or join one for exactly this that is there.

        Returns:
            The run, and whether it was there already.

        Raises:
            OperatorError: no such storage.
        """
        record = self._storages.record(storage)
        opened = self._storages.open(storage) if resources else None
        new = prune_run(record, resources, storage=opened)
        run, was_there = enqueue_again(self._shared.database, new, clock=self._shared.ports.clock)
        return as_it_stands(run, has_worker=has_worker(self._shared)), was_there

    def _view(self, kept: Retention) -> RetentionView:
        now = self._shared.ports.clock.now()
        return RetentionView(
            keep=kept.keep,
            former=tuple(
                FormerRules(keep=one.keep, until=one.until + GRACE)
                for one in kept.former
                if one.until + GRACE > now
            ),
            prune_every_s=kept.prune_every_s,
            time_zone=zone_name(kept),
            unknown_zone="" if zone_name(kept) == wanted_zone(kept) else wanted_zone(kept),
        )

    def _job(self, name: str) -> Job:
        with self._shared.database.read() as db:
            job = job_rows.by_name(db, name)
        if job is None:
            raise OperatorError(
                f"There is no job named '{name}'.", hint="See `strongroom job list`."
            )
        return job


def require_backup(job: Job) -> None:
    """Refuse rules for a job that makes no restore points.

    Raises:
        OperatorError: as it says.
    """
    if job.kind != JobKind.BACKUP:
        raise OperatorError(
            f"A {job.kind} job makes no restore points, so it keeps none.",
            hint="Give --keep to the backup job that makes them.",
        )
