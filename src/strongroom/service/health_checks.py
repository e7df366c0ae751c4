"""The checks of a home's health. Each reads the control database and says how one thing is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from strongroom.control import (
    audit,
    audit_sink,
    channels,
    job_ends,
    jobs,
    outbox,
    storages,
    workers,
)
from strongroom.control.database import HEAD
from strongroom.control.job_ends import Unfinished
from strongroom.control.records import RunStatus
from strongroom.service import home_backups, rehearsals
from strongroom.service.health import Check, Level, judged
from strongroom.service.protection import WANTED_GONE
from strongroom.service.protection_counts import PROTECTED, count, judge_now
from strongroom.words.durations import duration
from strongroom.words.json import Json

WARNING, FAILING = Level.WARNING, Level.FAILING
LATE = timedelta(minutes=15)
"""A turn is taken within a second; after this long nobody is going to."""

WAITS_LONG = timedelta(hours=24)
SILENT = timedelta(minutes=5)
"""Workers' clocks differ; a worker is taken for dead by the others after one minute."""

STUCK = timedelta(hours=1)
COPY_OLD = timedelta(hours=49)
FREE_LITTLE, FREE_TOO_LITTLE = 1_000_000_000, 100_000_000
_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What checks look at.

    Attributes:
        db: A reading of the control database.
        now: The time.
        has_worker: Somebody holds the home's lock.
        is_shared: Workers on several machines may share the database.
        size_bytes: How large the database is.
        free_bytes: How much room there is where the home is.
    """

    db: sa.Connection
    now: datetime
    has_worker: bool
    is_shared: bool
    size_bytes: int
    free_bytes: int


def all_checks(view: View) -> list[Check]:
    """Look at everything."""
    checks: Sequence[Callable[[View], Check]] = (
        database, disk, worker, runs, job_runs, resources, messages, audit_log, recovery_keys,
        home_copies,
    )  # fmt: skip
    return [one(view) for one in checks]


def database(view: View) -> Check:
    """It answered, and is of our version, or nobody would be here."""
    return Check(
        name="database",
        level=Level.OK,
        what="The control database answers.",
        figures={"version": HEAD, "size_bytes": view.size_bytes},
    )


def disk(view: View) -> Check:
    """There is room where the home is."""
    return judged(
        "disk",
        {"free_bytes": view.free_bytes},
        (view.free_bytes < FREE_TOO_LITTLE, FAILING, "The disk of the home is full.", _ROOM),
        (view.free_bytes < FREE_LITTLE, WARNING, "The disk of the home is nearly full.", _ROOM),
        well="There is room on the disk of the home.",
    )


def worker(view: View) -> Check:
    """Somebody does what runs ask for, where there is anything to do."""
    known = [one for one in workers.listed(view.db) if one.is_alive]
    beats = [one.beat for one in known]
    is_beating = any(view.now - beat < SILENT for beat in beats)
    is_there = view.has_worker or is_beating
    found = job_ends.unfinished(view.db, view.now)
    under_way = (RunStatus.WAITING, RunStatus.RUNNING)
    waiting = sum(found.get(status, Unfinished()).count for status in under_way)
    known_jobs = jobs.everything(view.db)
    is_scheduled = any(job.due is not None and not job.is_paused for job in known_jobs)
    figures: dict[str, Json] = {
        "is_running": is_there,
        "workers": len(known) if view.is_shared else int(view.has_worker),
        "last_beat_s": None if not beats else _seconds(view.now - max(beats)),
    }
    is_needed = bool(waiting) or is_scheduled
    why = f"{_runs(waiting)} to be done" if waiting else "jobs have schedules"
    return judged(
        "worker",
        figures,
        (not is_there and is_needed, FAILING, f"Nobody does what runs ask for, and {why}.", _SERVE),
        (
            any(view.now - beat >= SILENT for beat in beats),
            WARNING,
            "A worker has not been heard of for minutes.",
            "Look at its machine; what it had in hand others go on with.",
        ),
        well="A worker is there." if is_there else "Nobody works, and nothing is to be done.",
    )


def runs(view: View) -> Check:
    """No run waits for long, and none for a person."""
    found = job_ends.unfinished(view.db, view.now)
    waiting, running, paused = (
        found.get(one, Unfinished())
        for one in (RunStatus.WAITING, RunStatus.RUNNING, RunStatus.PAUSED)
    )
    waits = timedelta() if waiting.oldest is None else view.now - waiting.oldest
    return judged(
        "runs",
        {
            "waiting": waiting.count,
            "running": running.count,
            "paused": paused.count,
            "longest_wait_s": _seconds(waits),
        },
        (
            paused.count > 0,
            WARNING,
            f"{_runs(paused.count)} paused until a person acts.",
            "See `strongroom run list`.",
        ),
        (
            waits > WAITS_LONG,
            WARNING,
            f"A run has waited for {duration(waits.total_seconds())}.",
            "See what it waits for: `strongroom run list`.",
        ),
        well="No run waits for long.",
    )


def job_runs(view: View) -> Check:
    """No job is overdue, and all ended well the last time."""
    late = job_ends.overdue(view.db, since=view.now - LATE)
    ends = job_ends.last_ends(view.db)
    failed, partial = (
        [one.job or "" for one in ends if one.status is status]
        for status in (RunStatus.FAILED, RunStatus.PARTIAL)
    )
    see = "See `strongroom report runs`."
    return judged(
        "jobs",
        {"overdue": list(late), "failed": list(failed), "partial": list(partial)},
        (bool(late), FAILING, f"These jobs are overdue: {_names(late)}.", _SERVE),
        (bool(failed), FAILING, f"These jobs failed the last time: {_names(failed)}.", see),
        (bool(partial), WARNING, f"These jobs were partial the last time: {_names(partial)}.", see),
        well="No job is overdue, and none failed the last time.",
    )


def resources(view: View) -> Check:
    """What jobs cover is protected (see ``protection``)."""
    causes = count(view.db, judge_now(view.db, view.now)).by_cause()
    wrong = sum(n for cause, n in causes.items() if cause not in {PROTECTED, *WANTED_GONE})
    total = sum(causes.values())
    figures: dict[str, Json] = {"resources": total, **dict(sorted(causes.items()))}
    see = "See `strongroom report unprotected`."
    return judged(
        "resources",
        figures,
        (wrong > 0, WARNING, f"{wrong:,} of {total:,} resources are not protected.", see),
        well="Everything that jobs cover is protected.",
    )


def messages(view: View) -> Check:
    """Messages go where they should."""
    counts, oldest = outbox.summary(view.db)
    waits = timedelta() if oldest is None else view.now - oldest
    failing = [one.name for one in channels.everything(view.db) if one.failing_since is not None]
    see = "See `strongroom notify list`."
    told = f"Messages have waited for {duration(waits.total_seconds())}."
    return judged(
        "messages",
        {
            "waiting": counts.waiting,
            "given_up": counts.given_up,
            "longest_wait_s": _seconds(waits),
            "failing": list(failing),
        },
        (waits > STUCK, WARNING, told, see),
        (bool(failing), WARNING, f"Messages do not get through to: {_names(failing)}.", see),
        (counts.given_up > 0, WARNING, f"{counts.given_up:,} messages were given up.", see),
        well="No message waits for long.",
    )


def audit_log(view: View) -> Check:
    """The audit log goes where it is to be sent."""
    sink = audit_sink.get(view.db)
    if sink is None:
        return Check(name="audit", level=Level.OK, what="The audit log is sent nowhere.")
    newest = audit.newest(view.db)
    waiting = max(0, (0 if newest is None else newest.position) - sink.sent)
    failing = None if sink.failing_since is None else view.now - sink.failing_since
    return judged(
        "audit",
        {"waiting": waiting, "failing_s": None if failing is None else _seconds(failing)},
        (
            failing is not None,
            WARNING,
            "The audit log does not get through to where it is sent.",
            "See `strongroom audit send`.",
        ),
        well="The audit log is sent.",
    )


def recovery_keys(view: View) -> Check:
    """Each storage's recovery key was proved to open it. That nobody did is told, and no fault."""
    found = {one.name: rehearsals.last(view.db, one.id) for one in storages.everything(view.db)}
    never = [name for name, at in found.items() if at is None]
    return judged(
        "recovery-keys",
        {"never_rehearsed": list(never)},
        (
            bool(never),
            Level.OK,
            f"The recovery keys of these storages were never rehearsed: {_names(never)}.",
            "See whether yours opens it: `strongroom storage recovery-key rehearse NAME`.",
        ),
        well="The recovery key of every storage was rehearsed.",
    )


def home_copies(view: View) -> Check:
    """The home is backed up where somebody chose; that nobody did is told, and no fault."""
    setting = home_backups.setting(view.db) or home_backups.Setting()
    storage = home_backups.storage_of(view.db, setting)
    age = None if setting.done is None else view.now - setting.done
    is_old = storage is not None and (age is None or age > COPY_OLD)
    see = "See `strongroom home show`."
    return judged(
        "home",
        {
            "storage": storage.name if storage else None,
            "age_s": None if age is None else _seconds(age),
        },
        (
            is_old and setting.failing_since is not None,
            WARNING,
            "The home could not be backed up.",
            see,
        ),
        (
            storage is None,
            Level.OK,
            "The home is not backed up by itself.",
            "Keep a sealed copy of connections and jobs: `strongroom home backup STORAGE`.",
        ),
        well="The home is backed up.",
    )


_ROOM = "Make room there; what is stored is intact."
_SERVE = "Start `strongroom serve`."


def _seconds(passed: timedelta) -> int:
    return max(0, int(passed.total_seconds()))


def _runs(number: int) -> str:
    return "one run is" if number == 1 else f"{number:,} runs are"


def _names(found: Sequence[str]) -> str:
    more = len(found) - _NAMES_SHOWN
    return ", ".join(found[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
