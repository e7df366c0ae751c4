"""The conflict rule: what a run must have for itself, and who goes first. Pure decisions.

**Keys.** A run claims keys: each for itself alone, or shared with whoever shares it too. Two runs
*conflict* if they have a key in common that one of them does not share. A run is granted all that
it claims at once; until then it holds nothing. What was granted stays the run's own until it ends,
pauses or stands aside, whatever becomes of processes.

**Order.** First come, first served, by (rank, time asked for, position). A step of priority is
worth 15 minutes of that time and no more. Rank 0 comes before rank 1: *urgent* runs (a restore that
a person starts), and runs that ten urgent ones have overtaken.

**In the way** of a waiting run is each run it conflicts with that runs, or that waits on a place
before it. What may not start yet (``not_before``) or is about to end or pause is in nobody's way.
A run is granted as soon as nothing is in its way. Example: A runs on storage *s*; B wants *s* and
*t*; C wants *t*; D wants *u*. B waits for A, C waits for B (it came later and shares *t*), D runs.

**Standing aside.** An urgent run that only running runs keep from starting asks them to stand
aside, if all of them can: long ones that only read their source (``STANDS_ASIDE``), at a time when
they may be asked. Each stops at its next safe point, waits on its old place, now behind the urgent
one, and may not be asked again before it has run as long as it stood aside, at least one minute, at
most five.

Why this keeps what we promise:

- *Never two that conflict.* Grants are decided one after the other, and a run is granted only if it
  conflicts with none that runs.
- *No idling.* Whatever nothing is in the way of is granted in the same decision.
- *No deadlock.* What waits holds nothing, and what runs waits for nobody. The order is total, so
  the first of those that wait has only running runs in its way, which come to their end.
- *Overtaking is bounded.* A run that may start is passed by no run that it conflicts with, but for:
  one of more priority, asked for at most 30 minutes later; and urgent ones, ten in a row. They are
  counted while nothing but urgent runs keeps it waiting. Whatever else is in its way is either
  counted itself or waits its turn, so a run with ten counts waits for urgent runs that have their
  grant or came before it, and for nothing else: then it is its turn, before every later urgent one.
- *Nobody starves.* By induction along the order: finitely many runs came before it (or have their
  30 minutes), each of them is granted and ends, and urgent runs pass at most ten times in a row.
- *What stands aside ends.* Each stint lasts a minute at least and keeps what it did, so there are
  no more of them than its work has minutes; between two of them it is overtaken ten times at most.
- *A restore waits at most about five minutes* for runs that can stand aside: until all may be
  asked, and then until the next safe point.

The order trusts the clock: if it is set back by an hour, what is asked for within that hour goes
before what was asked for earlier; nothing else depends on it. ``engine.arbiter`` decides the same
from the rows of the control database; this is the measure that it is tested by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from strongroom.control.queued import KINDS, Asked, Queued
from strongroom.words.json import Json

OVERTAKEN_MAX = 10
"""Whoever was overtaken by so many urgent runs is not overtaken again."""

STINT_MIN = timedelta(minutes=1)
STINT_MAX = timedelta(minutes=5)
"""How long a run that stood aside is left alone afterwards: as long as it stood, within these."""

SAFE_POINT = timedelta(minutes=5)
"""A run that is asked to stand aside comes to a safe point within this."""

STANDS_ASIDE = frozenset({"backup", "export", "replicate", "verify"})
"""Kinds of runs that stand aside for urgent ones."""

_NAME_BYTES_MAX = 200
"""A longer name is claimed by its digest: PostgreSQL refuses to index long texts."""

Keys = Mapping[str, bool]
"""What a run claims, and of each key whether it is shared with others that share it too."""

SAME = {
    "storage": "same storage",
    "connection": "same connection",
    "server": "same mailbox or site",
    "resource": "same mailbox or site",
    "repository": "same repository",
}
"""What two runs have in common, by the first word of a key that both claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a run must have for itself.

    Attributes:
        connection: Id of the connection it works through.
        storage: Id of the storage it writes to.
        server: What tells one server from another (its address), because the same mailbox may be
            reached by two connections.
        resources: How the operator named the resources on that server, in small letters; None: any
            of them (``--all`` finds out which only while it runs).
        repositories: ``STORAGE/KIND/ID`` of those it works with, beside whoever writes into them:
            the repository's own locks keep apart what must be.
        is_reading: It shares these repositories with others that only read them.
        alone: Further ones that it has for itself.
    """

    connection: str | None = None
    storage: str | None = None
    server: str | None = None
    resources: frozenset[str] | None = None
    repositories: frozenset[str] = frozenset()
    is_reading: bool = True
    alone: frozenset[str] = frozenset()

    def keys(self) -> Keys:
        """Give it as keys, and say of each whether it is shared."""
        keys: dict[str, bool] = {}
        if self.storage is not None:
            keys[f"storage:{self.storage}"] = False
        if self.connection is not None:
            keys[f"connection:{self.connection}"] = False
        if self.server is not None:
            # Whoever names resources shares the server with others that name some, but not with
            # one that takes all.
            keys[f"server:{self.server}"] = self.resources is not None
            for resource in self.resources or ():
                keys[f"resource:{self.server}/{_name(resource)}"] = False
        for repository in self.repositories:
            keys[f"repository:{_name(repository)}"] = self.is_reading
        for repository in self.alone:
            keys[f"repository:{_name(repository)}"] = False
        return keys

    def to_json(self) -> dict[str, Json]:
        """Give it as it is kept with the run."""
        document: dict[str, Json] = {
            "connection": self.connection,
            "storage": self.storage,
            "server": self.server,
            "resources": None if self.resources is None else sorted(self.resources),
        }
        if self.repositories:
            document["repositories"] = sorted(self.repositories)
            document["is_reading"] = self.is_reading
        if self.alone:
            document["alone"] = sorted(self.alone)
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Claims:
        """Read what ``to_json`` wrote, now or in an earlier version; nothing claims nothing."""
        resources = document.get("resources")
        return cls(
            connection=document.get("connection"),
            storage=document.get("storage"),
            server=document.get("server"),
            resources=None if resources is None else frozenset(resources),
            repositories=frozenset(document.get("repositories", ())),
            is_reading=bool(document.get("is_reading", True)),
            alone=frozenset(document.get("alone", ())),
        )


def _name(name: str) -> str:
    as_bytes = name.encode()
    if len(as_bytes) <= _NAME_BYTES_MAX and "\0" not in name:
        return name
    return f"sha256-{hashlib.sha256(as_bytes).hexdigest()}"


def shared(one: Keys, other: Keys) -> str | None:
    """Say what keeps two runs apart: the first word of a key; None if they can run together."""
    few, many = sorted((one, other), key=len)
    kinds = {key.partition(":")[0] for key in few if key in many and not (few[key] and many[key])}
    return next((kind for kind in KINDS if kind in kinds), None)


def in_words(run_id: str, kind: str) -> str:
    """Say what a run waits for, which has a key of that kind in common with another run."""
    return f"run {run_id}: {SAME[kind]}"


def rank(entry: Queued) -> int:
    """Say in which of two lines a run stands; the lower one is served first."""
    return 0 if entry.is_urgent or entry.overtaken >= OVERTAKEN_MAX else 1


def place(entry: Queued) -> tuple[int, int, int]:
    """Give the place of a run in the order; no two have the same."""
    return rank(entry), entry.sort_ms, entry.position


def came_before(entry: Queued, other: Queued) -> bool:
    """Say whether a run would be served before another, were none of them urgent."""
    return (entry.sort_ms, entry.position) < (other.sort_ms, other.position)


def is_in_play(entry: Queued, now: datetime) -> bool:
    """Say whether a run runs or could be granted: otherwise it is in nobody's way."""
    if entry.is_running:
        return True
    return not entry.is_leaving and (entry.not_before is None or entry.not_before <= now)


def may_be_asked(entry: Queued, now: datetime) -> bool:
    """Say whether a running run can be asked now to stand aside for an urgent one."""
    if entry.kind not in STANDS_ASIDE or rank(entry) == 0:
        return False
    # One that is further away than a stint lasts was written by a clock that went wrong.
    return entry.yields_from is None or not now < entry.yields_from <= now + STINT_MAX


def is_clearing(entry: Queued, now: datetime) -> bool:
    """Say whether a run will be out of an urgent one's way soon, or can be asked to."""
    return entry.is_running and (entry.asked is not Asked.NOTHING or may_be_asked(entry, now))


def clears_within(entry: Queued, now: datetime) -> timedelta | None:
    """Say how soon a running run will be out of an urgent one's way; None: when it ends."""
    if not entry.is_running or entry.kind not in STANDS_ASIDE or rank(entry) == 0:
        return None
    if entry.asked is not Asked.NOTHING or entry.yields_from is None:
        return SAFE_POINT
    return min(max(entry.yields_from - now, timedelta()), STINT_MAX) + SAFE_POINT


def granted(entry: Queued, now: datetime) -> Queued:
    """Give a waiting run as it is when it runs."""
    stood = timedelta() if entry.stands_since is None else now - entry.stands_since
    has_waited_for_urgent = entry.stands_since is not None or entry.overtaken > 0
    return replace(
        entry,
        is_running=True,
        overtaken=0,
        asked=Asked.GIVE_UP if entry.asked is Asked.GIVE_UP else Asked.NOTHING,
        blocked_by=None,
        stands_since=None,
        yields_from=now + min(max(stood, STINT_MIN), STINT_MAX) if has_waited_for_urgent else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who may start now, and what the others wait for.

    Attributes:
        queue: The runs as they are now, the first one first.
        granted: Ids of the runs that start, in the order of their grants.
        asked: Ids of the runs that are to stand aside, and were not asked before.
        in_the_way: Per id of a run that must wait on: what is in its way, by id, and the kind of
            key that both claim; what runs comes first.
    """

    queue: tuple[Queued, ...]
    granted: tuple[str, ...]
    asked: tuple[str, ...]
    in_the_way: Mapping[str, Mapping[str, str]]

    @property
    def waits_for(self) -> dict[str, str]:
        """Say per run that must wait what for, in words."""
        firsts = {run_id: next(iter(others.items())) for run_id, others in self.in_the_way.items()}
        return {run_id: in_words(other, kind) for run_id, (other, kind) in firsts.items()}


def decide(queue: Iterable[Queued], claims: Mapping[str, Keys], now: datetime) -> Decision:
    """Grant whatever is free, one run after the other, and ask whoever is to stand aside.

    Args:
        queue: All runs that wait or run.
        claims: The keys of each, by its id.
        now: Aware, UTC.
    """
    table = _Table(queue, claims, now)
    ids: list[str] = []
    while (entry := table.first_free()) is not None:
        table.grant(entry)
        ids.append(entry.id)
    asked = table.ask()
    return Decision(
        queue=tuple(table.in_order()),
        granted=tuple(ids),
        asked=asked,
        in_the_way={
            entry.id: obstacles
            for entry in table.waiting()
            if (obstacles := {one.id: kind for one, kind in table.in_the_way(entry)})
        },
    )


class _Table:
    """The runs while one decision is made."""

    def __init__(self, queue: Iterable[Queued], claims: Mapping[str, Keys], now: datetime) -> None:
        self._entries = {entry.id: entry for entry in queue}
        self._claims = claims
        self._now = now

    def in_order(self) -> list[Queued]:
        return sorted(self._entries.values(), key=place)

    def waiting(self) -> list[Queued]:
        """List the runs that wait and could be granted now."""
        return [
            entry
            for entry in self.in_order()
            if not entry.is_running and is_in_play(entry, self._now)
        ]

    def in_the_way(self, entry: Queued) -> list[tuple[Queued, str]]:
        """List what is in the way of a waiting run, and what both want; what runs first."""
        running = [other for other in self.in_order() if other.is_running]
        before = [other for other in self.waiting() if place(other) < place(entry)]
        found: list[tuple[Queued, str]] = []
        for other in (*running, *before):
            kind = shared(self._claims[entry.id], self._claims[other.id])
            if kind is not None:
                found.append((other, kind))
        return found

    def first_free(self) -> Queued | None:
        return next((entry for entry in self.waiting() if not self.in_the_way(entry)), None)

    def grant(self, entry: Queued) -> None:
        """Let a run start, and count it for those that it overtakes by being urgent."""
        self._entries[entry.id] = granted(entry, self._now)
        for other in self.waiting() if entry.is_urgent else ():
            obstacles = [obstacle for obstacle, _ in self.in_the_way(other)]
            is_passed = any(obstacle.id == entry.id for obstacle in obstacles)
            if (
                is_passed
                and rank(other) == 1
                and came_before(other, entry)
                and all(obstacle.is_urgent for obstacle in obstacles)
            ):
                self._entries[other.id] = replace(other, overtaken=other.overtaken + 1)

    def ask(self) -> tuple[str, ...]:
        """Ask whoever stands aside for urgent runs; say who was not asked before."""
        asked: list[str] = []
        for entry in self.waiting():
            obstacles = [obstacle for obstacle, _ in self.in_the_way(entry)]
            if not entry.is_urgent or not all(is_clearing(one, self._now) for one in obstacles):
                continue
            for one in obstacles:
                if one.asked is Asked.NOTHING:
                    self._entries[one.id] = replace(one, asked=Asked.YIELD)
                    asked.append(one.id)
        return tuple(asked)
