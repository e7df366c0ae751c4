"""The judge: holds what was asked for, and what the database says, against the journal.

* nothing lost: each run came to its end, and of each one that is complete each task was done from
  its first step to its last by one worker in one go, and kept;
* nothing twice: no task was kept twice, and none was in two hands at the same time;
* never two that conflict: from the first thing done in a run to the last, as long as it had its
  grant, nothing was done in a run that conflicts with it; and no mailbox was in two runs' hands;
* in order: who was there first, and was not disturbed, began first;
* nothing is left over: no claim, no task, no workflow that anybody would wait for.
"""

from __future__ import annotations

import signal
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from strongroom.control import runs
from strongroom.control.records import Run, RunStatus
from tests.kills.harness import Asked, Harness, rows
from tests.kills.journal import Span
from tests.kills.orders import EXCLUSIVE

_KILLED = -signal.SIGKILL
_LEFT_OVER = {
    "claims of runs that ended": "SELECT run_id, key FROM claims",
    "tasks in somebody's hands": "SELECT run_id, resource FROM tasks WHERE status = 'running'",
    "progress": "SELECT run_id FROM progress",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The time for which a run did something under one grant."""

    asked: Asked
    attempt: int
    begin_s: float
    end_s: float

    def overlaps(self, other: Hold) -> bool:
        """Say whether both did something at the same time."""
        return self.begin_s < other.end_s and other.begin_s < self.end_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was seen.

    Attributes:
        faults: What must not be.
        runs: How many runs there were.
        tasks: How many tasks were kept.
        kills: How many workers were killed.
        hits: How many of them had work in hand.
        hits_in_step: How many of them were in the middle of a step.
        overlaps: Pairs of runs, free of each other, that were done at the same time.
        redone: Steps that were begun again after a kill.
        taken_over: Runs in which more than one worker did something.
    """

    faults: Sequence[str]
    runs: int
    tasks: int
    kills: int
    hits: int
    hits_in_step: int
    overlaps: int
    redone: int
    taken_over: int

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.hits} hit work ({self.hits_in_step} in a step), "
            f"{self.runs} runs, {self.tasks} tasks kept, {self.redone} steps redone, "
            f"{self.taken_over} runs taken over or shared, {self.overlaps} pairs at once"
        )


class Judge:
    """Judges one trial after its end."""

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self._asked = {one.id: one for one in harness.asked}
        # What schedules asked for, and what is about workers alone, is told apart.
        self._spans = [one for one in harness.journal() if one.deed.run in {*self._asked, "-"}]
        self._holds = _holds(self._asked, self._spans)
        with harness.database.read() as db:
            found = [runs.by_id(db, one.id) for one in harness.asked]
        self._runs = {run.id: run for run in found if run is not None}

    def verdict(self) -> Verdict:
        """Say what was seen."""
        killed = [death for death in self._harness.deaths.values() if death.code == _KILLED]
        faults = [
            *self._lost(),
            *self._twice(),
            *self._together(),
            *self._out_of_order(),
            *self._left_over(),
        ]
        steps = Counter(
            (span.deed.run, span.deed.resource, span.deed.number) for span in self._of("step")
        )
        return Verdict(
            faults=faults,
            runs=len(self._asked),
            tasks=len(self._kept()),
            kills=len(killed),
            hits=sum(death.in_hand > 0 for death in killed),
            hits_in_step=self._hits_in_step(),
            overlaps=sum(
                one.overlaps(other)
                for one, other in combinations(self._holds, 2)
                if not one.asked.order.conflicts(other.asked.order)
            ),
            redone=sum(count - 1 for count in steps.values()),
            taken_over=sum(len(workers) > 1 for workers in self._workers().values()),
        )

    def _lost(self) -> Iterator[str]:
        kept = {(run, resource) for run, resource in self._kept()}
        whole = self._done_as_a_whole()
        effects = {
            (str(row[0]), str(row[1]))
            for row in self._rows("SELECT run, resource FROM effects")
            if row[0] in self._asked
        }
        for run_id, asked in self._asked.items():
            run = self._runs.get(run_id)
            wanted = {(run_id, resource) for resource in asked.order.resources}
            if run is None or not _may_end_so(run, asked):
                yield f"run {run_id} did not end as it should: {run}"
            elif run.status is RunStatus.COMPLETE and not wanted <= effects:
                yield f"run {run_id} is complete without {wanted - effects}"
        yield from (
            f"kept, but not done from the first step to the last: {one}" for one in effects - whole
        )
        yield from (f"told as kept, but gone: {one}" for one in kept - effects)

    def _twice(self) -> Iterator[str]:
        for task, count in Counter(self._kept()).items():
            if count > 1:
                yield f"kept {count} times: {task}"
        by_resource = defaultdict(list)
        for span in self._of("step"):
            by_resource[span.deed.resource].append(span)
        for spans in by_resource.values():
            for one, other in combinations(spans, 2):
                if one.meets(other) and self._may_not_meet(one, other):
                    yield f"two at the same time: {one} and {other}"

    def _may_not_meet(self, one: Span, other: Span) -> bool:
        if one.deed.run == other.deed.run:
            return True
        kinds = {self._asked[span.deed.run].order.kind for span in (one, other)}
        return kinds <= EXCLUSIVE

    def _together(self) -> Iterator[str]:
        for one, other in combinations(self._holds, 2):
            if one.asked is other.asked:
                if one.overlaps(other):
                    yield f"two attempts of a run at once: {one}, {other}"
            elif one.asked.order.conflicts(other.asked.order) and one.overlaps(other):
                yield f"conflicting runs at once: {one}, {other}"

    def _out_of_order(self) -> Iterator[str]:
        began = {
            hold.asked.id: hold.begin_s
            for hold in sorted(self._holds, key=lambda hold: -hold.attempt)
        }
        for first, second in combinations(self._harness.asked, 2):
            early, late = first, second
            if second.order.goes_before(first.order):
                early, late = second, first
            if early.is_disturbed or not early.order.conflicts(late.order):
                continue
            start, asked = self._runs[late.id].started, self._runs[early.id].created
            if early.id not in began or late.id not in began or start is None:
                continue
            if asked < start and began[late.id] < began[early.id]:
                yield f"{late} began before {early}"

    def _left_over(self) -> Iterator[str]:
        for what, statement in _LEFT_OVER.items():
            left = self._rows(statement)
            if left:
                yield f"{what} are left: {left}"
        workflows = self._harness.open_workflows()
        if workflows:
            yield f"workflows are left: {workflows}"

    def _rows(self, statement: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in rows(self._harness.database, statement)]

    def _of(self, what: str) -> list[Span]:
        return [span for span in self._spans if span.deed.what == what]

    def _kept(self) -> list[tuple[str, str]]:
        return [(span.deed.run, span.deed.resource) for span in self._of("kept")]

    def _done_as_a_whole(self) -> set[tuple[str, str]]:
        """List the tasks that one worker did from the first step to the last in one go."""
        reached: dict[tuple[str, int, str, str], int] = {}
        whole = set()
        for span in self._of("step"):
            deed = span.deed
            stint = (deed.worker, deed.attempt, deed.run, deed.resource)
            if deed.number == 0 or reached.get(stint) == deed.number:
                reached[stint] = deed.number + 1 if span.is_whole else -1
            if reached.get(stint) == self._asked[deed.run].order.steps:
                whole.add((deed.run, deed.resource))
        return whole

    def _hits_in_step(self) -> int:
        killed = {pid for pid, death in self._harness.deaths.items() if death.code == _KILLED}
        victims = {span.deed.worker for span in self._of("born") if span.deed.number in killed}
        return len(victims & {span.deed.worker for span in self._of("step") if not span.is_whole})

    def _workers(self) -> dict[str, set[str]]:
        workers = defaultdict(set)
        for span in self._of("step"):
            workers[span.deed.run].add(span.deed.worker)
        return workers


def _holds(asked: dict[str, Asked], spans: Sequence[Span]) -> list[Hold]:
    holds: dict[tuple[str, int], Hold] = {}
    for span in spans:
        deed = span.deed
        if deed.run not in asked or deed.what == "work":
            continue
        key = (deed.run, deed.attempt)
        known = holds.get(key)
        begin_s = span.begin_s if known is None else min(known.begin_s, span.begin_s)
        end_s = span.end_s if known is None else max(known.end_s, span.end_s)
        holds[key] = Hold(asked=asked[deed.run], attempt=deed.attempt, begin_s=begin_s, end_s=end_s)
    return list(holds.values())


def _may_end_so(run: Run, asked: Asked) -> bool:
    if run.status is RunStatus.CANCELLED:
        return asked.is_cancelled
    return run.status is RunStatus.COMPLETE
