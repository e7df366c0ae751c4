"""The conflict rule on the control database: what ``engine.claims`` decides, from rows.

Nothing is read of what runs claim until two of them must be compared, and that only when the run
that another one waits for is out of its way: while it is in the way, nothing can have changed. So a
look at a queue in which everything waits costs one query.

Every function works inside the caller's transaction; ``grant`` needs one that writes, since grants
are decided one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import claims as rows
from strongroom.control import progress
from strongroom.control.queued import Asked, Queued
from strongroom.engine.claims import (
    Claims,
    came_before,
    granted,
    in_words,
    is_clearing,
    is_in_play,
    may_be_asked,
    place,
    rank,
)


def submit(db: sa.Connection, run_id: str, claims: Claims) -> None:
    """Put down what a run claims that was just put into the queue."""
    rows.add(db, run_id, claims.keys())


def queue(db: sa.Connection) -> list[Queued]:
    """List the runs that wait or run, first come first; for ``has_to_decide``."""
    return sorted(rows.queue(db), key=place)


def has_to_decide(entries: Iterable[Queued], now: datetime) -> bool:
    """Say whether ``grant`` might do anything, so that nobody writes who need not.

    Args:
        entries: What ``queue`` gave.
        now: Aware, UTC.
    """
    line = _Line(entries, now)
    return any(not line.is_held(entry) or line.may_clear(entry) for entry in line.waiting())


def grant(db: sa.Connection, now: datetime) -> tuple[str, ...]:
    """Grant whatever is free, tell the others what they wait for, and ask who is to stand aside.

    Args:
        db: A transaction that writes.
        now: Aware, UTC.

    Returns:
        Ids of the runs that are *running* from now on, in the order of their grants.
    """
    entries = rows.queue(db)
    if not has_to_decide(entries, now):
        return ()
    line = _Line([_with_keys(db, entry) for entry in entries], now)
    ids = _grant_all(db, line)
    for entry in line.waiting():
        if line.may_clear(entry):
            _ask(db, line, entry)
    return ids


def stand_aside(db: sa.Connection, run_id: str, now: datetime) -> None:
    """Let a run that has come to its safe point wait again, on its old place.

    What a person asked of it meanwhile still stands: who is to end does so as a waiting run.
    """
    progress.leave(db, run_id)
    rows.stand_aside(db, run_id, now=now)


class _Line:
    """The runs that wait or run, as they are while one decision is made."""

    def __init__(self, entries: Iterable[Queued], now: datetime) -> None:
        self._entries = {entry.id: entry for entry in entries}
        self.now = now

    def __getitem__(self, run_id: str) -> Queued:
        return self._entries[run_id]

    def put(self, entry: Queued) -> None:
        """Keep a run as it is now."""
        self._entries[entry.id] = entry

    def waiting(self) -> list[Queued]:
        """List the runs that could be granted now, first come first."""
        return sorted((one for one in self._in_play() if not one.is_running), key=place)

    def running(self) -> list[Queued]:
        """List the runs that run, first come first."""
        return sorted((one for one in self._in_play() if one.is_running), key=place)

    def before(self, entry: Queued) -> list[Queued]:
        """List the runs that wait on a place before another one, first come first."""
        return [other for other in self.waiting() if place(other) < place(entry)]

    def is_held(self, entry: Queued) -> bool:
        """Say whether the run that another one waited for is still in its way."""
        blocker = self._blocker(entry)
        if blocker is None or not is_in_play(blocker, self.now):
            return False
        return blocker.is_running or place(blocker) < place(entry)

    def may_clear(self, entry: Queued) -> bool:
        """Say whether it can be that asking others to stand aside would help a waiting run."""
        blocker = self._blocker(entry)
        return (
            entry.is_urgent
            and blocker is not None
            and is_clearing(blocker, self.now)
            and any(
                one.asked is Asked.NOTHING and may_be_asked(one, self.now) for one in self.running()
            )
        )

    def _blocker(self, entry: Queued) -> Queued | None:
        return None if entry.blocked_by is None else self._entries.get(entry.blocked_by)

    def _in_play(self) -> list[Queued]:
        return [one for one in self._entries.values() if is_in_play(one, self.now)]


def _with_keys(db: sa.Connection, entry: Queued) -> Queued:
    """Put down what a run claims whose keys are not in the table: it was reopened, or is old."""
    if entry.claimed is not None:
        return entry
    keys = Claims.from_json(rows.kept(db, entry.id)).keys()
    rows.add(db, entry.id, keys)
    return replace(entry, claimed=len(keys))


def _grant_all(db: sa.Connection, line: _Line) -> tuple[str, ...]:
    ids: list[str] = []
    for run_id in [one.id for one in line.waiting()]:
        entry = line[run_id]  # urgent runs may have overtaken it since
        if line.is_held(entry):
            continue
        blocker = _first_conflict(db, entry, line.running(), line.before(entry))
        if blocker is not None:
            other, kind = blocker
            rows.say_blocked(db, entry.id, by=other, reason=in_words(other, kind))
            line.put(replace(entry, blocked_by=other))
            continue
        entry = granted(entry, line.now)
        rows.grant(db, entry.id, now=line.now, left_alone_until=entry.yields_from)
        line.put(entry)
        ids.append(entry.id)
        if entry.is_urgent:
            _count_overtaken(db, line, entry)
    return tuple(ids)


def _first_conflict(
    db: sa.Connection, entry: Queued, *others: Sequence[Queued]
) -> tuple[str, str] | None:
    """Find the first run that conflicts with another one, and the kind of key that does it."""
    for some in others:
        found = rows.conflicts(db, entry, some)
        for other in some:
            if other.id in found:
                return other.id, found[other.id]
    return None


def _count_overtaken(db: sa.Connection, line: _Line, urgent: Queued) -> None:
    """Count an urgent run, just granted, for those whose turn it was but for urgent ones."""
    may_be = [one for one in line.waiting() if rank(one) == 1 and came_before(one, urgent)]
    for run_id in rows.conflicts(db, urgent, may_be):
        one = line[run_id]
        ordinary = [
            [other for other in others if not other.is_urgent]
            for others in (line.running(), line.before(one))
        ]
        if _first_conflict(db, one, *ordinary) is None:
            rows.say_overtaken(db, run_id, one.overtaken + 1)
            line.put(replace(one, overtaken=one.overtaken + 1))


def _ask(db: sa.Connection, line: _Line, urgent: Queued) -> None:
    """Ask those that keep an urgent run from starting to stand aside, if all of them can."""
    running = line.running()
    firm = [one for one in running if not is_clearing(one, line.now)]
    if _first_conflict(db, urgent, firm, line.before(urgent)) is not None:
        return
    in_the_way = rows.conflicts(db, urgent, running)
    ids = [run_id for run_id in in_the_way if line[run_id].asked is Asked.NOTHING]
    rows.ask_to_stand_aside(db, ids)
    for run_id in ids:
        line.put(replace(line[run_id], asked=Asked.YIELD))
