"""Tasks of one run over several workers: each is done once, whoever dies, stops or is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
import sqlalchemy as sa

from strongroom.control import runs, tasks
from strongroom.control.database import Database
from strongroom.control.records import Run, RunStatus, Task, TaskStatus
from strongroom.engine.durable import Durable
from strongroom.engine.fellows import new_worker_id
from strongroom.engine.work import Desk, Ending
from strongroom.engine.worker import Equipment, Worker
from strongroom.errors import Interrupted, OperatorError, SignInEnded
from tests.engine.support import MADE, add, look
from tests.fakes.hand_clock import HandClock
from tests.fakes.plain_durable import PlainDurable

WAIT_S = 30.0


@dataclass
class Circle:
    """Workers that know of each other; a test says who is dead."""

    ids: list[str] = field(default_factory=list)


class Fellow:
    """One place in a circle (see ``engine.fellows.Fellowship``)."""

    def __init__(self, circle: Circle) -> None:
        self.id = new_worker_id()
        self._circle = circle

    def others(self) -> Sequence[str]:
        return [one for one in self._circle.ids if one != self.id]

    def living(self, _: sa.Connection, /) -> Sequence[str]:
        return self._circle.ids

    def join(self) -> None:
        self._circle.ids.append(self.id)

    def look(self, durable: Durable, /) -> None:
        durable.recover(sorted(durable.holders() - set(self._circle.ids)))

    def leave(self) -> None:
        self._circle.ids.remove(self.id)


Do = Callable[[str, Task, Desk], None]


class Pieces:
    """A handler that plans some tasks and does them one after the other, as a test says."""

    def __init__(self, names: Sequence[str], do: Do) -> None:
        self.names = names
        self.done: list[tuple[str, str]] = []
        self._do = do

    def plan(self, run: Run, desk: Desk) -> None:
        desk.tasks.plan(
            [
                Task(
                    run_id=run.id,
                    resource_kind="mailbox",
                    resource_id=name,
                    number=number,
                    resource=name,
                )
                for number, name in enumerate(self.names)
            ]
        )

    def work(self, run: Run, desk: Desk) -> None:
        with desk.tasks.taken() as todo:
            for task in todo:
                if desk.stop():
                    raise Interrupted("Asked to stop.")
                self._do(desk.tasks.worker, task, desk)
                desk.tasks.end(replace(task, status=TaskStatus.COMPLETE))
                self.done.append((desk.tasks.worker, task.resource_id))

    def conclude(self, run: Run) -> Ending:
        return Ending(status=RunStatus.COMPLETE)


class Place:
    """A worker of a test."""

    def __init__(self, database: Database, circle: Circle, handler: Pieces) -> None:
        self.durable = PlainDurable(database.write)
        MADE.append(self.durable)
        self.fellow = Fellow(circle)
        self.circle = circle
        self.worker = Worker(
            database,
            {"backup": handler},
            HandClock(),
            Equipment(durable=self.durable, fellowship=self.fellow),
        )

    def die(self) -> None:
        """Do and write nothing more."""
        self.durable.abandon()
        self.circle.ids.remove(self.fellow.id)


def until_over(database: Database, run_id: str, *places: Place) -> Run:
    for _ in range(2000):
        for place in places:
            place.worker.step()
            place.worker.wait(0.01)
        run = look(database, run_id)
        if not run.status.is_under_way:
            return run
    raise AssertionError("the run did not come to its end")


def add_backup(database: Database, run_id: str, thing: str) -> None:
    add(database, run_id, thing, HandClock(), kind="backup")


def states(database: Database, run_id: str) -> dict[str, TaskStatus]:
    with database.read() as db:
        return {one.resource_id: one.status for one in tasks.of_run(db, run_id)}


def attempts(database: Database, name: str) -> int:
    with database.read() as db:
        return next(one.attempts for one in tasks.of_run(db, "r1") if one.resource_id == name)


NAMES = [f"m{number:02}" for number in range(24)]


def test_workers_share_a_run_and_do_each_task_once(database: Database) -> None:
    meeting = threading.Barrier(2, timeout=WAIT_S)
    met: set[str] = set()

    def meet(worker: str, _task: Task, _desk: Desk) -> None:
        if worker not in met:
            met.add(worker)
            meeting.wait()  # breaks unless the other worker has a task of the run as well

    handler, circle = Pieces(NAMES, meet), Circle()
    places = [Place(database, circle, handler) for _ in range(2)]
    add_backup(database, "r1", "a")
    assert until_over(database, "r1", *places).status is RunStatus.COMPLETE
    assert sorted(name for _, name in handler.done) == NAMES
    assert {worker for worker, _ in handler.done} == set(circle.ids)
    for place in places:
        place.worker.close()


def test_a_worker_that_comes_while_another_is_busy_with_a_run_helps(database: Database) -> None:
    begun, both = threading.Event(), threading.Event()
    seen: set[str] = set()

    def wait_for_help(worker: str, _task: Task, _desk: Desk) -> None:
        seen.add(worker)
        begun.set()
        if len(seen) == 2:
            both.set()
        assert both.wait(WAIT_S)

    handler, circle = Pieces(NAMES, wait_for_help), Circle()
    first = Place(database, circle, handler)
    add_backup(database, "r1", "a")
    while not begun.is_set():
        first.worker.step()
        first.worker.wait(0.01)
    newcomer = Place(database, circle, handler)
    assert until_over(database, "r1", first, newcomer).status is RunStatus.COMPLETE
    assert sorted(name for _, name in handler.done) == NAMES
    assert {worker for worker, _ in handler.done} == {first.fellow.id, newcomer.fellow.id}
    for place in (first, newcomer):
        place.worker.close()


@pytest.mark.parametrize("who_dies", ["driver", "helper"])
def test_what_a_dead_worker_had_in_hand_is_done_by_another(
    database: Database, who_dies: str
) -> None:
    both, gone = threading.Event(), threading.Event()
    seen: set[str] = set()
    dead: list[str] = []

    def hold(worker: str, _task: Task, _desk: Desk) -> None:
        seen.add(worker)
        if len(seen) == 2:
            both.set()
        assert both.wait(WAIT_S)
        if worker in dead:
            assert gone.wait(WAIT_S)
            raise RuntimeError("what a dead worker does is not heard")

    handler, circle = Pieces(NAMES, hold), Circle()
    places = [Place(database, circle, handler) for _ in range(2)]
    add_backup(database, "r1", "a")
    while not both.is_set():
        for place in places:
            place.worker.step()
            place.worker.wait(0.01)
    driver = look(database, "r1").driver
    victim = next(p for p in places if (p.fellow.id == driver) == (who_dies == "driver"))
    dead.append(victim.fellow.id)
    victim.die()
    living = next(place for place in places if place is not victim)
    assert until_over(database, "r1", living).status is RunStatus.COMPLETE
    assert set(states(database, "r1").values()) == {TaskStatus.COMPLETE}
    gone.set()
    living.worker.close()


def test_a_helper_that_is_refused_pauses_the_run_once_all_have_stopped(database: Database) -> None:
    meeting = threading.Barrier(2, timeout=WAIT_S)
    met: set[str] = set()

    def refuse_the_helper(worker: str, _task: Task, desk: Desk) -> None:
        if worker not in met:
            met.add(worker)
            meeting.wait()
        if worker != look(database, "r1").driver:
            raise SignInEnded("Refused.", why="It has expired.", hint="Make a new one.")
        while not desk.stop():
            threading.Event().wait(0.001)
        raise Interrupted("Asked to stop.")

    handler, circle = Pieces(NAMES, refuse_the_helper), Circle()
    places = [Place(database, circle, handler) for _ in range(2)]
    add_backup(database, "r1", "a")
    paused = until_over(database, "r1", *places)
    assert paused.status is RunStatus.PAUSED
    assert paused.error is not None
    assert paused.error.what == "Refused."
    assert set(states(database, "r1").values()) == {TaskStatus.WAITING}, "all were given back"
    for place in places:
        place.worker.close()


def test_a_resource_that_another_run_has_in_hand_is_left_for_later(database: Database) -> None:
    begun, may_end = threading.Event(), threading.Event()
    order: list[str] = []

    def do(_worker: str, task: Task, _desk: Desk) -> None:
        order.append(f"{task.run_id} {task.resource_id}")
        if task.run_id == "r1":
            begun.set()
            assert may_end.wait(WAIT_S)

    handler, circle = Pieces(["shared"], do), Circle()
    place = Place(database, circle, handler)
    add_backup(database, "r1", "a")
    while not begun.is_set():
        place.worker.step()
        place.worker.wait(0.01)
    handler.names = ["shared", "own"]
    add_backup(database, "r2", "b")
    while "r2 own" not in order:
        place.worker.step()
        place.worker.wait(0.01)
    assert "r2 shared" not in order
    may_end.set()
    for run_id in ("r1", "r2"):
        assert until_over(database, run_id, place).status is RunStatus.COMPLETE
    assert order == ["r1 shared", "r2 own", "r2 shared"]
    place.worker.close()


def test_a_run_that_stands_aside_keeps_what_is_done_and_goes_on_afterwards(
    database: Database,
) -> None:
    asked = threading.Event()

    def do(_worker: str, task: Task, desk: Desk) -> None:
        if task.resource_id == "m03" and not asked.is_set():
            with database.write() as db:
                assert runs.ask_pause(db, "r1")
            asked.set()
            while not desk.stop():
                threading.Event().wait(0.001)

    handler, circle = Pieces(NAMES[:8], do), Circle()
    place = Place(database, circle, handler)
    add_backup(database, "r1", "a")
    assert until_over(database, "r1", place).status is RunStatus.PAUSED
    assert [name for _, name in handler.done] == NAMES[:4]
    with database.write() as db:
        assert runs.resume(db, "r1")
    assert until_over(database, "r1", place).status is RunStatus.COMPLETE
    assert sorted(name for _, name in handler.done) == NAMES[:8], "nothing was done twice"
    place.worker.close()


def test_who_takes_over_a_run_that_it_shares_waits_for_its_own_share(database: Database) -> None:
    both, gone, go = threading.Event(), threading.Event(), threading.Event()
    begun: list[tuple[str, str]] = []
    dead: list[str] = []

    def hold(worker: str, task: Task, _desk: Desk) -> None:
        begun.append((worker, task.resource_id))
        if len(begun) == 2:
            both.set()
        assert both.wait(WAIT_S)
        assert (gone if worker in dead else go).wait(WAIT_S)
        if worker in dead:
            raise RuntimeError("what a dead worker does is not heard")

    handler, circle = Pieces(["m0", "m1"], hold), Circle()
    places = [Place(database, circle, handler) for _ in range(2)]
    add_backup(database, "r1", "a")
    while not both.is_set():
        for place in places:
            place.worker.step()
            place.worker.wait(0.01)
    victim = next(one for one in places if one.fellow.id == look(database, "r1").driver)
    dead.append(victim.fellow.id)
    victim.die()
    living = next(place for place in places if place is not victim)
    while look(database, "r1").driver != living.fellow.id:
        living.worker.step()
        living.worker.wait(0.01)
    for _ in range(50):
        living.worker.step()
        living.worker.wait(0.002)
    assert look(database, "r1").status is RunStatus.RUNNING, "a task of it is still in our hands"
    go.set()
    assert until_over(database, "r1", living).status is RunStatus.COMPLETE
    assert sorted(name for worker, name in begun if worker == living.fellow.id) == ["m0", "m1"]
    assert set(states(database, "r1").values()) == {TaskStatus.COMPLETE}
    gone.set()
    living.worker.close()


def test_what_a_worker_says_that_was_taken_for_dead_is_not_heard(database: Database) -> None:
    begun, go = threading.Event(), threading.Event()

    def fail_late(_worker: str, _task: Task, _desk: Desk) -> None:
        begun.set()
        assert go.wait(WAIT_S)
        raise OperatorError("All its lines broke while it stood still.")

    handler, circle = Pieces(["m0"], fail_late), Circle()
    place = Place(database, circle, handler)
    add_backup(database, "r1", "a")
    while not begun.is_set():
        place.worker.step()
        place.worker.wait(0.01)
    circle.ids.remove(place.fellow.id)
    go.set()
    while attempts(database, "m0") < 2:  # it has said so, and goes on unheard
        assert look(database, "r1").ending is None
        place.worker.wait(0.01)
    run = look(database, "r1")
    assert (run.status, run.ending, run.error) == (RunStatus.RUNNING, None, None)
    circle.ids.append(place.fellow.id)
    place.worker.close()
