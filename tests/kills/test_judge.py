"""The judge sees what must not be: else it would be no use that it sees nothing."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa

from strongroom.control import runs, tasks
from strongroom.control.database import Database, open_database
from strongroom.control.records import RunStatus, Task, TaskStatus
from strongroom.control.sqlite import SqliteFile
from tests.kills.harness import Asked, Death, Harness
from tests.kills.journal import BORN, Deed, Reader
from tests.kills.judge import Judge
from tests.kills.nursery import Nursery
from tests.kills.orders import Order
from tests.kills.toy import MAKE_EFFECTS
from tests.kills.worker_process import Settings

_START = datetime(2026, 1, 1, tzinfo=UTC)
_LINES = sa.text("CREATE TABLE workflow_status (workflow_uuid, status, executor_id, name)")


@dataclass
class Scene:
    """A trial as it could have been: run a, then run b, which conflicts with it, by two workers."""

    harness: Harness
    lines: list[str] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.harness.database

    def span(
        self, begin_s: float, end_s: float | None, what: str, run: str, **deed: object
    ) -> None:
        values = {"worker": f"worker-{run}", "attempt": 1, "resource": "-", "number": 0, **deed}
        line = Deed(what=what, run=run, **values).line()  # type: ignore[arg-type]
        self.lines.append(f"{begin_s} begins {line}")
        if end_s is not None:
            self.lines.append(f"{end_s} ends {line}")

    def do(self, run: str, begin_s: float, *, steps: int = 2) -> None:
        """Do a run of one task as it is to be done."""
        self.span(begin_s, begin_s + 1, "plan", run)
        for number in range(steps):
            at_s = begin_s + 2 + number
            self.span(at_s, at_s + 0.9, "step", run, resource="box", number=number)
        self.span(begin_s + 5, begin_s + 5, "kept", run, resource="box")
        self.span(begin_s + 6, begin_s + 7, "conclude", run)

    def faults(self) -> str:
        self.harness.settings.journal.write_text("".join(f"{line}\n" for line in self.lines))
        return "\n".join(Judge(self.harness).verdict().faults)


@pytest.fixture
def scene(sqlite_place: SqliteFile, tmp_path: Path) -> Iterator[Scene]:
    settings = Settings(address=str(sqlite_place.path), folder=str(tmp_path))
    database = open_database(sqlite_place)
    order = Order(
        kind="backup", connection="c", storage="s", server="v", resources=("box",), steps=2
    )
    harness = Harness(
        nursery=cast("Nursery", None),
        settings=settings,
        reader=Reader(settings.journal),
        database=database,
        chance=random.Random(0),
        asked=[Asked(id="a", order=order), Asked(id="b", order=order)],
        deaths={
            1: Death(at_s=99.0, code=-signal.SIGKILL, in_hand=1),
            2: Death(at_s=99.0, code=0, in_hand=0),
        },
    )
    scene = Scene(harness)
    with database.write() as db:
        db.execute(MAKE_EFFECTS)
        db.execute(_LINES)
        for number, one in enumerate(harness.asked):
            add(db, one, _START + timedelta(seconds=number))
    for pid, run in ((1, "a"), (2, "b")):
        scene.span(0.0, 0.0, BORN, "-", worker=f"worker-{run}", number=pid)
    yield scene
    database.close()


def add(db: sa.Connection, one: Asked, now: datetime) -> None:
    runs.add(db, one.order.new_run(), run_id=one.id, now=now)
    runs.start(db, one.id, now=_START + timedelta(minutes=1))
    tasks.add_all(
        db,
        [
            Task(
                run_id=one.id,
                resource_kind="mailbox",
                resource_id="box",
                number=0,
                resource="box",
                status=TaskStatus.COMPLETE,
            )
        ],
    )
    db.execute(sa.text("INSERT INTO effects VALUES (:run, 'box', 'w')"), {"run": one.id})
    runs.finish(db, one.id, RunStatus.COMPLETE, fault=None, now=now)


def change(scene: Scene, statement: str) -> None:
    with scene.database.write() as db:
        db.execute(sa.text(statement))


def test_what_is_right_is_found_right(scene: Scene) -> None:
    scene.do("a", 10)
    scene.do("b", 20)
    assert scene.faults() == ""


def _leave_out_a_step(scene: Scene) -> None:
    scene.do("a", 10, steps=1)
    scene.do("b", 20)


def _lose_an_effect(scene: Scene) -> None:
    scene.do("a", 10)
    scene.do("b", 20)
    change(scene, "DELETE FROM effects WHERE run = 'a'")


def _fail_a_run(scene: Scene) -> None:
    scene.do("a", 10)
    scene.do("b", 20)
    change(scene, "UPDATE runs SET status = 'failed' WHERE id = 'b'")


def _keep_twice(scene: Scene) -> None:
    scene.do("a", 10)
    scene.span(15.5, 15.5, "kept", "a", resource="box", worker="worker-b")
    scene.do("b", 20)


def _do_a_step_in_two_hands(scene: Scene) -> None:
    scene.do("a", 10)
    scene.span(12.5, 12.7, "step", "a", resource="box", worker="worker-b")
    scene.do("b", 20)


def _overlap(scene: Scene) -> None:
    scene.do("a", 10)
    scene.do("b", 16.5)


def _turn_the_order_round(scene: Scene) -> None:
    scene.do("b", 10)
    scene.do("a", 20)


def _leave_a_claim(scene: Scene) -> None:
    scene.do("a", 10)
    scene.do("b", 20)
    change(scene, "INSERT INTO claims VALUES ('a', 'storage:s', 0)")


def _leave_a_workflow(scene: Scene) -> None:
    scene.do("a", 10)
    scene.do("b", 20)
    change(scene, "INSERT INTO workflow_status VALUES ('a/1', 'PENDING', 'w', 'run')")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_leave_out_a_step, "not done from the first step to the last"),
        (_lose_an_effect, "is complete without"),
        (_fail_a_run, "did not end as it should"),
        (_keep_twice, "kept 2 times"),
        (_do_a_step_in_two_hands, "two at the same time"),
        (_overlap, "conflicting runs at once"),
        (_turn_the_order_round, "began before"),
        (_leave_a_claim, "claims of runs that ended are left"),
        (_leave_a_workflow, "workflows are left"),
    ],
)
def test_what_must_not_be_is_found(scene: Scene, spoil: Callable[[Scene], None], told: str) -> None:
    spoil(scene)
    assert told in scene.faults()


def test_what_a_killed_worker_was_at_lasts_until_its_death(scene: Scene) -> None:
    scene.span(10, 11, "plan", "a")
    scene.span(12, None, "step", "a", resource="box")
    scene.harness.deaths[1] = Death(at_s=30.0, code=-signal.SIGKILL, in_hand=1)
    scene.do("b", 20)
    assert "conflicting runs at once" in scene.faults()
    assert Judge(scene.harness).verdict().hits_in_step == 1
