"""How runs stand, for whoever looks: what their workers told, put together and reckoned up.

``Run.live`` becomes the document of all workers (see ``service.progress``), with

``run``: ``tasks``, ``tasks_done``, ``tasks_in_hand``, ``items``, ``items_expected``, ``bytes``,
``bytes_expected`` (of the tasks that have ended what their ledgers say, of those in hand what is
known; of the others nothing is counted yet), ``share`` of the work that is done, ``items_per_s``
and ``bytes_per_s`` of the last half minute, ``items_per_s_overall`` and ``bytes_per_s_overall``,
``elapsed_s`` since it first began, ``worked_s`` of that, ``left_s``, and ``limited_by`` with
``limited_told`` and ``limited_s`` (see ``words.run_limits``). ``workers``: how many tell of it.

What nobody can know is null. ``Run.waits_for_s`` is filled in for runs that wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.control import outlook, progress
from strongroom.control import runs as rows
from strongroom.control.outlook import OpenRun, TaskSums
from strongroom.control.records import Run, RunStatus
from strongroom.engine import arbiter
from strongroom.engine.claims import clears_within
from strongroom.service.run_limit import measured
from strongroom.words.json import Json
from strongroom.words.merging import left, side_by_side, spans_s
from strongroom.words.queue_wait import Queued, waits_s
from strongroom.words.run_limits import RunLimit, RunLimiter, limit_of, mostly
from strongroom.words.time_left import (
    Amounts,
    InHand,
    Speed,
    is_known,
    left_s,
    share_done,
    speed_of,
)

_NOTHING: Mapping[str, Json] = {
    "resources": {}, "notes": [], "notes_at_s": [], "notes_before": 0, "pace": None,
}  # fmt: skip

_OURS = (RunLimiter.STORAGE, RunLimiter.MACHINE)

Document = Mapping[str, Any]


def as_seen(db: sa.Connection, run: Run, now: datetime) -> Run:
    """Give a run with what is to be seen of it now."""
    return all_as_seen(db, [run], now)[0]


def all_as_seen(db: sa.Connection, runs: Sequence[Run], now: datetime) -> list[Run]:
    """Give runs with what is to be seen of them now."""
    seen = [_with_live(db, run, now) for run in runs]
    if not any(run.waits_for for run in seen):
        return seen
    waits = _waits_s(db, {run.id: run for run in seen}, now)
    return [replace(run, waits_for_s=waits.get(run.id)) if run.waits_for else run for run in seen]


def limit_now(run: Run, now: datetime) -> RunLimit | None:
    """Say what limits a run that was given by ``as_seen``; None: nothing, or nobody knows."""
    if run.status is RunStatus.RUNNING:
        live: Document = run.live or {}
        figures: Document = live.get("run") or {}
        told_by = figures.get("limited_by")
        if told_by is None:
            return None
        return RunLimit(by=RunLimiter(told_by), told=figures["limited_told"])
    if run.status is not RunStatus.WAITING or not run.waits_for:
        return None
    by = RunLimiter.RUN if run.blocked_by is not None else None
    if by is None and run.not_before is not None and run.not_before > now:
        by = RunLimiter.HOURS
    return None if by is None else RunLimit(by=by, told=f"It waits for {run.waits_for}.")


def limited_s(run: Run) -> Mapping[str, float]:
    """Say for how long what limited a run that was given by ``as_seen``, ended or not."""
    live: Document = run.live or {}
    figures: Document = live.get("run") or run.earlier or {}
    found: Mapping[str, float] = figures.get("limited_s") or {}
    return found


def limited_mostly(run: Run) -> str:
    """Say the same in words, of what limited longest.

    Of the server the pace knows more than that it was the server.
    """
    seconds = limited_s(run)
    by = max(seconds, key=lambda one: seconds[one], default="")
    pace: Document = run.pace or {}
    if by in _OURS or not pace.get("mostly"):
        return mostly(seconds)
    told: str = pace["mostly"]
    return told


def _with_live(db: sa.Connection, run: Run, now: datetime) -> Run:
    if run.status is not RunStatus.RUNNING:
        return run
    told = progress.of_run(db, run.id)
    merged: Document = side_by_side(told.values()) or _NOTHING
    whole: Document = left(run.earlier, merged) or {}
    sums = outlook.task_sums(db, run.id, tuple(merged["resources"]))
    reckoning = _Reckoning(run=run, now=now, merged=merged, whole=whole, sums=sums)
    live = {**merged, "pace": whole.get("pace"), "workers": len(told), "run": reckoning.figures()}
    return replace(run, live=live, pace=whole.get("pace"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reckoning:
    """The figures of a running run.

    Attributes:
        merged: What its workers tell now.
        whole: The same and what was before, as it would stay if they ended now.
        sums: Of its tasks.
    """

    run: Run
    now: datetime
    merged: Document
    whole: Document
    sums: TaskSums

    def figures(self) -> dict[str, Json]:
        """Give them."""
        sums, in_hand = self.sums, self._in_hand()
        amounts = self._amounts(in_hand)
        now: Document = self.merged.get("now") or {}
        worked_s = spans_s(self.whole.get("spans_s") or ())
        worked: Document = self.whole.get("worked") or {}
        limit = limit_of(measured(self.merged))
        share = share_done(amounts)
        return {
            "tasks": sums.ended + sums.open,
            "tasks_done": sums.ended,
            "tasks_in_hand": len(in_hand),
            "items": sums.items + sum(one.items for one in in_hand),
            "items_expected": sums.items + sum(one.items_expected for one in in_hand),
            "bytes": sums.bytes + sum(one.bytes for one in in_hand),
            "bytes_expected": sums.bytes + sum(one.bytes_expected for one in in_hand),
            "share": None if share is None else round(share, 4),
            "items_per_s": round(now.get("items_per_s", 0.0), 1),
            "bytes_per_s": round(now.get("bytes_per_s", 0.0), 1),
            "items_per_s_overall": _rate(worked.get("items", 0), worked_s),
            "bytes_per_s_overall": _rate(worked.get("bytes", 0), worked_s),
            "elapsed_s": self._elapsed_s(),
            "worked_s": round(worked_s, 1),
            "left_s": self._left_s(amounts, worked_s),
            "limited_by": None if limit is None else str(limit.by),
            "limited_told": "" if limit is None else limit.told,
            "limited_s": self.whole.get("limited_s") or {},
        }

    def _in_hand(self) -> list[InHand]:
        """Give what is in hand; what has ended just now is in the sums of the tasks already."""
        resources: Document = self.merged["resources"]
        names = ("items", "items_expected", "bytes", "bytes_expected")
        return [
            InHand(**{name: counts[name] for name in names})
            for reference, counts in resources.items()
            if reference not in self.sums.told_too_late
        ]

    def _amounts(self, in_hand: Sequence[InHand]) -> Amounts:
        sums = self.sums
        return Amounts(
            in_hand=in_hand,
            ended=sums.ended,
            ended_items=sums.items,
            ended_bytes=sums.bytes,
            ended_weight=sums.ended_weight,
            waiting=max(0, sums.open - len(in_hand)),
            waiting_weight=max(0, sums.open_weight - sums.in_hand_weight),
            in_hand_weight=sums.in_hand_weight,
        )

    def _left_s(self, amounts: Amounts, worked_s: float) -> float | None:
        is_planned = bool(self.sums.ended or self.sums.open)
        if is_planned and amounts.left == 0.0:
            return 0.0  # no guess, so it needs no time to become a good one
        if not is_planned or not is_known(amounts, worked_s):
            return None
        lately: Document = self.merged.get("lately") or {}
        now: Document = self.merged.get("now") or {}
        speed = speed_of(Speed(**lately), Speed(**now))
        slowest = [counts.get("left_s") or 0.0 for counts in self.merged["resources"].values()]
        seconds = left_s(amounts, speed, max(slowest, default=0.0))
        return None if seconds is None else round(seconds, 1)

    def _elapsed_s(self) -> float:
        began = self.run.started or self.now
        return max(0.0, round((self.now - began).total_seconds(), 1))


def _rate(amount: float, over_s: float) -> float:
    return round(amount / over_s, 1) if over_s > 0.0 else 0.0


def _waits_s(
    db: sa.Connection, seen: Mapping[str, Run], now: datetime
) -> Mapping[str, float | None]:
    """Say how long each run that waits will."""
    queue = outlook.open_runs(db)
    in_the_way = {run.blocked_by for run in queue}
    took_s = {
        job_id: outlook.last_took_s(db, job_id)
        for job_id in {run.job_id for run in queue if run.id in in_the_way}
        if job_id is not None
    }
    return waits_s(_queued(db, queue, in_the_way, took_s, seen, now))


def _queued(
    db: sa.Connection,
    queue: Iterable[OpenRun],
    in_the_way: Iterable[str | None],
    took_s: Mapping[str, float | None],
    seen: Mapping[str, Run],
    now: datetime,
) -> Iterable[Queued]:
    in_the_way = set(in_the_way)
    clears_s = _clears_s(db, now)
    for run in queue:
        takes_s = took_s.get(run.job_id or "")
        if takes_s is not None:
            takes_s = max(0.0, takes_s - run.worked_s)
        if run.is_running and run.id in in_the_way:
            told_s = _left_of(db, run, seen, now)
            takes_s = takes_s if told_s is None else told_s
        held_s = 0.0 if run.not_before is None else (run.not_before - now).total_seconds()
        yield Queued(
            id=run.id,
            is_running=run.is_running,
            behind=run.blocked_by,
            takes_s=takes_s,
            held_s=max(0.0, held_s),
            clears_s=clears_s.get(run.id),
        )


def _clears_s(db: sa.Connection, now: datetime) -> Mapping[str, float]:
    """Say of urgent runs that wait how soon the one in their way stands aside for them."""
    entries = {entry.id: entry for entry in arbiter.queue(db)}
    found: dict[str, float] = {}
    for entry in entries.values():
        other = entries.get(entry.blocked_by or "")
        within = None if other is None else clears_within(other, now)
        if entry.is_urgent and within is not None:
            found[entry.id] = within.total_seconds()
    return found


def _left_of(
    db: sa.Connection, run: OpenRun, seen: Mapping[str, Run], now: datetime
) -> float | None:
    known = seen.get(run.id)
    if known is None:
        found = rows.by_id(db, run.id)
        known = None if found is None else _with_live(db, found, now)
    if known is None or known.live is None:
        return None
    figures: Any = known.live["run"]
    told_s: float | None = figures["left_s"]
    return told_s
