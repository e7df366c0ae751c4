"""Histories of a queue: drawn, played on the rule as it is on paper and on a control database.

After every event both must say the same, and what is so is judged from outside as well, by the
promises alone (``Judge``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random

import sqlalchemy as sa
from hypothesis import strategies as st

from strongroom.control import claims as rows
from strongroom.control import runs
from strongroom.control.queued import Asked, Queued
from strongroom.control.records import NewRun, RunStatus
from strongroom.control.schema import CLAIMS, RUNS
from strongroom.engine import arbiter
from strongroom.engine.claims import OVERTAKEN_MAX, Claims, Decision, Keys, decide, in_words, place

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PRIORITY = timedelta(minutes=15)
ENDED = RunStatus.COMPLETE
WORDS = sa.select(RUNS.c.id, RUNS.c.waits_for).where(RUNS.c.status == RunStatus.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A run is asked for."""

    claims: Claims
    kind: str = "backup"
    priority: int = 0
    is_urgent: bool = False
    delay_s: int = 0
    is_submitted: bool = True


@dataclass(frozen=True, slots=True)
class Next:
    """One of the things happens that can happen now, counted round and round by ``which``.

    A run *ends*; a person asks it to *cancel* or *pause*, lets it *resume*, wants it *sooner* or
    *later*; it *stops*, as it was asked to, at its safe point or while it waits.
    """

    which: int


@dataclass(frozen=True, slots=True)
class On:
    """This happens to that run (see ``Next``)."""

    what: str
    run_id: str


Event = New | Next | On | timedelta
"""A time: so much passes."""

BUSY = Claims(connection="c1", storage="s1", server="x", resources=frozenset({"ann"}))
_PLACES = [
    *[BUSY] * 6,
    Claims(connection="c1", storage="s1", server="x", resources=frozenset({"ann", "bob"})),
    Claims(connection="c1", storage="s2", server="x", resources=None),
    Claims(connection="c2", storage="s1", server="y", resources=frozenset({"ann"})),
    Claims(connection="c2", storage="s2", server="y", resources=None),
    Claims(connection="c3", storage="s3", server="x", resources=frozenset({"bob", "eve"})),
    Claims(connection="c4", storage="s4", server="x", resources=frozenset({"ann", "eve"})),
    Claims(connection="c5", storage="s5", server="y", resources=frozenset()),
    Claims(storage="s1"),
    Claims(storage="s3", connection="c1"),
    Claims(repositories=frozenset({"1", "2"})),
    Claims(repositories=frozenset({"2", "3"})),
    Claims(repositories=frozenset({"1"}), is_reading=False),
    Claims(repositories=frozenset({"3"}), is_reading=False, connection="c2"),
    Claims(connection="c6"),
]


def history(seed: int, length: int) -> list[Event]:
    """Draw a history in which runs often want the same, and most of what happens is ordinary."""
    chance = Random(seed)
    draws: list[Callable[[], Event]] = [
        lambda: _new(chance),
        lambda: Next(chance.randrange(1000)),
        lambda: timedelta(seconds=chance.choice([1, 70, 310, 1300])),
    ]
    return [draw() for draw in chance.choices(draws, weights=[4, 5, 2], k=length)]


def _new(chance: Random) -> New:
    return New(
        claims=chance.choice(_PLACES),
        kind=chance.choice(["backup", "backup", "backup", "verify", "prune", "restore"]),
        priority=chance.choice([0, 0, 0, 1, -1]),
        is_urgent=chance.random() < 0.35,
        delay_s=chance.choice([0, 0, 0, 0, 100, 2000]),
        is_submitted=chance.random() < 0.7,
    )


HISTORIES = st.builds(history, st.integers(0, 2**32), st.integers(15, 40))


@dataclass(slots=True)
class Paper:
    """The queue as the rule on paper has it."""

    now: datetime = START
    count: int = 0
    open: dict[str, Queued] = field(default_factory=dict)
    paused: dict[str, Queued] = field(default_factory=dict)
    claims: dict[str, Keys] = field(default_factory=dict)
    priorities: dict[str, int] = field(default_factory=dict)

    def add(self, new: New) -> str:
        self.count += 1
        run_id = f"r{self.count:03d}"
        asked_for = self.now - new.priority * PRIORITY
        self.open[run_id] = Queued(
            id=run_id,
            position=self.count,
            kind=new.kind,
            sort_ms=int(asked_for.timestamp() * 1000),
            is_urgent=new.is_urgent,
            not_before=self.not_before(new),
        )
        self.claims[run_id] = new.claims.keys()
        self.priorities[run_id] = new.priority
        return run_id

    def not_before(self, new: New) -> datetime | None:
        return self.now + timedelta(seconds=new.delay_s) if new.delay_s else None

    def chosen(self, event: Next | On) -> tuple[str, Queued] | None:
        """Say what happens to whom."""
        if isinstance(event, On):
            return event.what, self.open[event.run_id]
        runs_now = list(self.open.values())
        can = [("stop", one) for one in runs_now if one.asked is not Asked.NOTHING] * 8
        can += [("end", one) for one in runs_now if one.is_running] * 4
        can += [("resume", one) for one in self.paused.values()] * 2
        can += [("give up", one) for one in (*self.paused.values(), *runs_now)]
        can += [(what, one) for what in ("later", "pause", "sooner", "cancel") for one in runs_now]
        return can[event.which % len(can)] if can else None

    def happen(self, what: str, one: Queued) -> None:
        if what == "give up":
            self.paused.pop(one.id, None)
            self.open[one.id] = replace(one, asked=Asked.GIVE_UP, not_before=None)
        elif what == "cancel" and one.asked is not Asked.GIVE_UP:
            self.open[one.id] = replace(one, asked=Asked.STOP)
        elif what == "pause" and one.asked not in {Asked.STOP, Asked.GIVE_UP}:
            self.open[one.id] = replace(one, asked=Asked.PAUSE)
        elif what == "resume":
            self.open[one.id] = self.paused.pop(one.id)
        elif what in {"sooner", "later"}:
            priority = 1 if what == "sooner" else -1
            step = self.priorities[one.id] - priority
            self.priorities[one.id] = priority
            later_ms = int(step * PRIORITY.total_seconds() * 1000)
            self.open[one.id] = replace(one, sort_ms=one.sort_ms + later_ms)
        elif what == "end" or (what == "stop" and is_to_end(one)):
            del self.open[one.id]
        elif what == "stop" and one.asked is Asked.PAUSE:
            rests = replace(one, is_running=False, asked=Asked.NOTHING, overtaken=0)
            self.paused[one.id] = rests
            del self.open[one.id]
        elif what == "stop" and one.is_running:
            waits = replace(one, is_running=False, asked=Asked.NOTHING, stands_since=self.now)
            self.open[one.id] = waits

    def decide(self) -> Decision:
        decision = decide(self.open.values(), self.claims, self.now)
        self.open = {entry.id: entry for entry in sorted(decision.queue, key=lambda one: one.id)}
        return decision


@dataclass(slots=True)
class OnRows:
    """The queue in a control database, in one transaction."""

    db: sa.Connection

    def add(self, run_id: str, new: New, now: datetime, not_before: datetime | None) -> None:
        run = NewRun(
            kind=new.kind,
            request={},
            claims=new.claims.to_json(),
            priority=new.priority,
            is_urgent=new.is_urgent,
            not_before=not_before,
        )
        runs.add(self.db, run, run_id=run_id, now=now)
        if new.is_submitted:  # else as a run that an earlier version left in the queue
            arbiter.submit(self.db, run_id, new.claims)

    def happen(self, what: str, one: Queued, now: datetime) -> None:
        if what == "give up":
            runs.give_up(self.db, one.id)
        elif what == "cancel":
            runs.ask_stop(self.db, one.id)
        elif what == "pause":
            runs.ask_pause(self.db, one.id)
        elif what == "resume":
            runs.resume(self.db, one.id)
        elif what in {"sooner", "later"}:
            runs.set_priority(self.db, one.id, 1 if what == "sooner" else -1)
        elif what == "end" or (what == "stop" and is_to_end(one)):
            runs.finish(self.db, one.id, ENDED, fault=None, now=now)
        elif what == "stop" and one.asked is Asked.PAUSE:
            runs.pause(self.db, one.id, fault=None)
        elif what == "stop" and one.is_running:
            arbiter.stand_aside(self.db, one.id, now)

    def compare(self, paper: Paper, decision: Decision) -> None:
        """Look whether the rows say what the paper says."""
        found = {one.id: one for one in rows.queue(self.db)}
        assert {i: _decisive(one) for i, one in found.items()} == {
            i: _decisive(one) for i, one in paper.open.items()
        }
        told = {row.id: row.waits_for for row in self.db.execute(WORDS)}
        for run_id, obstacles in decision.in_the_way.items():
            blocker = found[run_id].blocked_by
            assert blocker is not None
            assert blocker in obstacles
            assert told[run_id] == in_words(blocker, obstacles[blocker])
        assert not any(one.blocked_by for one in found.values() if one.is_running)

    def claimants(self) -> set[str]:
        return set(self.db.execute(sa.select(CLAIMS.c.run_id).distinct()).scalars())


def is_to_end(one: Queued) -> bool:
    """Say whether a run comes to its end when it stops: where it stands, or once it was granted."""
    return one.asked is Asked.STOP or (one.asked is Asked.GIVE_UP and one.is_running)


def _decisive(entry: Queued) -> Queued:
    return replace(entry, position=0, blocked_by=None, claimed=None)


@dataclass(slots=True)
class Judge:
    """Knows the promises, and nothing of how they are kept.

    Attributes:
        passed: How many urgent runs went ahead of one that waits for nothing else.
        seen: How often what happened, to know that histories are not too tame.
    """

    passed: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)

    def look(self, paper: Paper, before: dict[str, Queued], decision: Decision) -> None:
        """Judge one decision."""
        running = [one for one in paper.open.values() if one.is_running]
        waiting = [
            one for one in paper.open.values() if not one.is_running and _in_play(one, paper)
        ]
        for one, other in combinations(running, 2):
            assert not _conflict(paper, one, other), "two that conflict run together"
            self.seen["ran together"] += 1
        self.seen["asked to stand aside"] += len(decision.asked)
        for one in waiting:
            ahead = [*running, *(other for other in waiting if place(other) < place(one))]
            in_the_way = [other for other in ahead if _conflict(paper, one, other)]
            assert in_the_way, "it waits for nothing"
            self._count(paper, one, in_the_way, decision)
        for run_id in decision.granted:
            self.passed.pop(run_id, None)
            self._look_at_grant(paper, before[run_id], waiting)

    def _count(
        self, paper: Paper, one: Queued, in_the_way: list[Queued], decision: Decision
    ) -> None:
        if one.is_urgent or not all(other.is_urgent for other in in_the_way):
            return
        for other in in_the_way:
            is_later = (other.sort_ms, other.position) > (one.sort_ms, one.position)
            if other.id in decision.granted and is_later:
                self.passed[one.id] += 1
                self.seen["overtaken"] += 1
        assert self.passed[one.id] <= OVERTAKEN_MAX

    def _look_at_grant(self, paper: Paper, started: Queued, waiting: list[Queued]) -> None:
        """Nobody is passed by a run that is not urgent, not even by ten counts."""
        if started.is_urgent or started.overtaken >= OVERTAKEN_MAX:
            return
        for one in waiting:
            if _conflict(paper, one, started):
                assert (one.sort_ms, one.position) > (started.sort_ms, started.position)


def _in_play(one: Queued, paper: Paper) -> bool:
    is_due = one.not_before is None or one.not_before <= paper.now
    return is_due and one.asked not in {Asked.STOP, Asked.PAUSE}


def _conflict(paper: Paper, one: Queued, other: Queued) -> bool:
    mine, theirs = paper.claims[one.id], paper.claims[other.id]
    return any(not (mine[key] and theirs[key]) for key in mine.keys() & theirs.keys())


def play(db: sa.Connection, events: list[Event], judge: Judge) -> None:
    """Play a history on paper and in a database, then let everything come to its end."""
    paper, on_rows = Paper(), OnRows(db)

    def settle() -> None:
        before = dict(paper.open)
        decision = paper.decide()
        assert arbiter.grant(db, paper.now) == decision.granted
        on_rows.compare(paper, decision)
        judge.look(paper, before, decision)

    for event in events:
        if isinstance(event, timedelta):
            paper.now += event
        elif isinstance(event, New):
            run_id = paper.add(event)
            on_rows.add(run_id, event, paper.now, paper.not_before(event))
        elif (chosen := paper.chosen(event)) is not None:
            judge.seen[f"{chosen[0]}, {chosen[1].asked.name}"] += 1
            on_rows.happen(*chosen, paper.now)
            paper.happen(*chosen)
        else:
            continue
        settle()
    _end_all(paper, on_rows, settle)


def _end_all(paper: Paper, on_rows: OnRows, settle: Callable[[], None]) -> None:
    for one in list(paper.paused.values()):
        on_rows.happen("resume", one, paper.now)
        paper.happen("resume", one)
    for _ in range(2 * paper.count + 2):
        settle()
        if not paper.open:
            break
        leaving = [one for one in paper.open.values() if one.is_running or one.asked]
        for one in leaving:
            on_rows.happen("end", one, paper.now)
            paper.happen("end", one)
        paper.now += timedelta(hours=1)
    assert not paper.open, "not everything came to its end"
    assert on_rows.claimants() == set(), "claims were left"
