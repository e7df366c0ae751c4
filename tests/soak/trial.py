"""One backup, by the program's own way, of a lab that has a weather; and what came of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from strongroom.clock import SystemClock
from strongroom.lab.lab import Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.lab.weather import Tally
from strongroom.pace.paces import Paces
from strongroom.words.pace import PaceReport
from tests.soak.fixed import Setting, fixed
from tests.soak.home import home
from tests.soak.judge import Judge, judged_by
from tests.soak.lab_apart import SPAWN, LabApart, lab_apart

DOMAIN = "lab.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to try.

    Attributes:
        weather: Of the lab, by name.
        mailboxes: How many.
        items: In each.
        item_bytes: Of each item.
        seed: Of the lab.
        setting: What is set by hand; None: the program finds its own pace.
    """

    weather: str
    mailboxes: int = 16
    items: int = 250
    item_bytes: int = 6_000
    seed: int = 1
    setting: Setting | None = None

    @property
    def addresses(self) -> list[str]:
        """The mailboxes."""
        return [f"bulk-{number:02d}@{DOMAIN}" for number in range(self.mailboxes)]

    @property
    def wishes(self) -> Wishes:
        """The lab."""
        loads = tuple(
            Load(address=one, items=self.items, item_bytes=self.item_bytes, folders=3)
            for one in self.addresses
        )
        return Wishes(seed=self.seed, weather=self.weather, loads=loads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it.

    Attributes:
        is_complete: The ledger says that nothing is missing.
        why: If not, what it says.
        items: Saved.
        wall_s: From the order to the end of the run.
        tally: What the lab saw.
        report: What the program itself tells of its pace.
        against: Requests that went although the program had been told to wait.
        our_load, lab_load, machine_load: Processors that the program and the lab kept busy on
            average, and the share of all processors that anybody did.
    """

    is_complete: bool
    why: str
    items: int
    wall_s: float
    tally: Tally
    report: PaceReport
    our_load: float
    lab_load: float
    machine_load: float
    against: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """Items per second."""
        return self.items / self.wall_s

    @property
    def failed(self) -> float:
        """Failed requests in a thousand."""
        return 1000.0 * self.tally.failed / max(1, self.tally.requests)


def try_here(plan: Plan, folder: Path) -> Outcome:
    """Try it in this process, with its home and storage in that folder."""
    clock = SystemClock()
    judge = Judge()
    paces = Paces(clock, deciders=fixed(plan.setting) if plan.setting else judged_by(judge))
    with (
        lab_apart(plan.wishes) as lab,
        home(
            folder,
            ews_url=lab.ews_url,
            ca_pem=lab.ca_pem,
            password=lab.admin_password,
            paces=paces,
            clock=clock,
        ) as opened,
    ):
        outcome = _measured(plan, lab, paces, lambda: opened.back_up(plan.addresses))
        return replace(outcome, against=tuple(judge.against))


def _measured(
    plan: Plan, lab: LabApart, paces: Paces, work: Callable[[], dict[str, Any]]
) -> Outcome:
    before, began_s, began_cpu_s = lab.look(), time.monotonic(), time.process_time()
    busy_before_s = _machine_busy_s()
    done = work()
    wall_s = time.monotonic() - began_s
    after = lab.look()
    whole = plan.mailboxes * plan.items
    saved = done["totals"]["saved"]
    return Outcome(
        is_complete=done["status"] == "complete" and saved >= whole,
        why=f"{done['status']}, saved {saved} of {whole}; {done['error']} "
        + "; ".join(f"{one['resource']} {one['status']}" for one in done["tasks"]),
        items=saved,
        wall_s=wall_s,
        tally=after.tally,
        report=paces.of(lab.ews_url.split("/")[2]).report(),
        our_load=(time.process_time() - began_cpu_s) / wall_s,
        lab_load=(after.cpu_s - before.cpu_s) / wall_s,
        machine_load=(_machine_busy_s() - busy_before_s) / wall_s / (os.cpu_count() or 1),
    )


def try_apart(plan: Plan, *, within_s: float | None = None) -> Outcome | None:
    """Try it in a process of its own; None: it took longer than that, and was ended."""
    ours, theirs = SPAWN.Pipe()
    with TemporaryDirectory(prefix="strongroom-soak-", ignore_cleanup_errors=True) as folder:
        process = SPAWN.Process(target=_tell, args=(plan, Path(folder), theirs), name="trial")
        process.start()
        theirs.close()
        try:
            if not ours.poll(within_s):
                return None
            told: Outcome = ours.recv()
            return told
        finally:
            process.terminate()
            process.join()
            ours.close()


def _tell(plan: Plan, folder: Path, line: Connection) -> None:
    line.send(try_here(plan, folder))


def _machine_busy_s() -> float:
    """Say how many seconds all processors together have been busy; 0 where nobody tells."""
    try:
        text = Path("/proc/stat").read_text(encoding="ascii")
    except OSError:
        return 0.0
    ticks = [int(word) for word in text.split("\n", 1)[0].split()[1:]]
    return (sum(ticks) - ticks[3] - ticks[4]) / 100
