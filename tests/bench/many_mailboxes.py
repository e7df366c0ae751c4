"""What the engine costs: one run of very many small mailboxes, of which nothing is read.

``python -m tests.bench.many_mailboxes COUNT FOLDER`` does such a run in this process, with all that
is ours around a mailbox: the worker, the durable workflow, the plan, tasks taken and ended, how
resources stand, what was grown, what displays are told. What is left out is the backup itself: a
mailbox's repository, its requests, its items. It prints what that cost as one JSON document.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import msgspec

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.pace.pace import Pace
from strongroom.service.application import Application
from strongroom.service.backing_up import BackupWork
from strongroom.service.ports import Ports
from strongroom.service.selections import BackupSelection
from strongroom.words.coverage import Coverage, FolderCoverage
from strongroom.words.resource import Resource, ResourceKind
from tests.bench.measure import run
from tests.fakes.mail_server import STORAGE_URL, World, details, storage_password

CPU_MS_MAX = 2.0
"""What a mailbox may cost beside its own work."""

PEAK_GROWTH_MAX = 1.25
"""Ten times the mailboxes may take so much more memory: their names have to be somewhere."""

SHOW_CPU_S_MAX = 1.0
LIST_CPU_S_MAX = 0.3

FOLDERS = ("Inbox", "Sent Items", "Deleted Items", "Drafts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a display of the run costs.

    Attributes:
        cpu_s: To make it.
        size: Of its JSON, in bytes.
    """

    cpu_s: float
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What such a run cost.

    Attributes:
        start_peak: Most memory that the process had taken before the run, in bytes.
        peak: And when it had ended; what displays take comes afterwards.
        shown: What displays of it cost.
    """

    mailboxes: int
    start_peak: int
    peak: int
    run_cpu_s: float
    run_wall_s: float
    database_bytes: int
    shown: dict[str, Told]


class ManyMailboxes:
    """A server of so many mailboxes (see ``operations.interfaces.Server``)."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.pace = Pace(SystemClock(), server="mail.example")

    def resources(self) -> Iterator[Resource]:
        """Name them all."""
        for number in range(self._count):
            yield Resource(
                kind=ResourceKind.MAILBOX,
                id=f"{number:032x}",
                address=f"somebody.{number:06}@mail.example",
                name=f"Somebody {number}",
            )

    def close(self) -> None:
        """There is nothing to close."""


def nothing_done(_work: BackupWork, site: Any, one: Resource) -> Coverage:
    """Tell and give what the backup of a small mailbox would, without doing any of it."""
    with site.board.resource(one.reference) as progress:
        progress.expect(len(FOLDERS), 4096)
        progress.advance(len(FOLDERS), 4096)
    lines = [FolderCoverage(path=(name,), on_server=1, saved=1) for name in FOLDERS]
    return Coverage(
        resource=one.reference,
        folders=tuple(lines),
        ways={"export": len(lines)},
        point="0" * 64,
        bytes_read=4096,
        bytes_stored=2048,
    )


def measured(count: int, folder: Path) -> Figures:
    """Do the run in this process."""
    setattr(BackupWork, "_back_up", nothing_done)  # noqa: B010 - a method, as mypy sees it
    world = World(clock=SystemClock())
    world.make_storage()
    with Application(folder / "home", _ports(world, count)) as application:
        application.connections.add("office", details())
        application.storages.add("disk", STORAGE_URL, storage_password())
        application.jobs.add_backup(
            "all",
            connection="office",
            storage="disk",
            selection=BackupSelection(resources=(), is_all=True),
        )
        asked, _ = application.jobs.ask_run("all")
        start_peak, start_cpu_s, start_s = _peak(), time.process_time(), time.monotonic()
        ended = application.runs.wait(asked.id, lambda _run: None)
        cpu_s, wall_s, peak = time.process_time() - start_cpu_s, time.monotonic() - start_s, _peak()
        if ended.status != "complete":
            sys.exit(f"the run ended {ended.status}: {ended.error}")
        return Figures(
            mailboxes=count,
            start_peak=start_peak,
            peak=peak,
            run_cpu_s=cpu_s,
            run_wall_s=wall_s,
            database_bytes=sum(one.stat().st_size for one in (folder / "home").glob("control.db*")),
            shown=_shown(application, asked.id),
        )


def _ports(world: World, count: int) -> Ports:
    return replace(
        world.ports(),
        open_server=lambda _details, _use: cast("Any", ManyMailboxes(count)),
        durable=compose.real_ports(world.clock).durable,
    )


def _shown(application: Application, run_id: str) -> dict[str, Told]:
    return {
        "run show": _told(lambda: application.runs.show(run_id)),
        "run list": _told(application.runs.all),
        "report": _told(lambda: list(application.reports.protected())),
    }


def _told(tell: Callable[[], Any]) -> Told:
    before_s = time.process_time()
    document = tell()
    return Told(cpu_s=time.process_time() - before_s, size=len(json.dumps(document, default=str)))


def _peak() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)


def measure(counts: tuple[int, int], verdict: Callable[[float, float], str]) -> None:
    """Print what a run of few and one of many mailboxes costs, each in a process of its own."""
    print("\nengine: one run of small mailboxes, without the work on the mailboxes themselves")
    few, many = (_apart(count) for count in counts)
    for one in (few, many):
        print(
            f"  {one.mailboxes:>7} mailboxes {one.run_cpu_s:>7.2f} CPU s {one.run_wall_s:>7.1f} s"
            f" {one.start_peak / 1e6:>5.0f} MB before, {one.peak / 1e6:.0f} MB peak,"
            f" database {one.database_bytes / one.mailboxes / 1000:.1f} KB a mailbox"
        )
        for name, told in one.shown.items():
            print(
                f"          {name:<10} {told.cpu_s:>6.2f} CPU s, {told.size / 1e6:.2f} MB of JSON"
            )
    step = many.mailboxes - few.mailboxes
    cost_ms = (many.run_cpu_s - few.run_cpu_s) / step * 1000
    growth = many.peak / few.peak
    figures = (
        ("CPU ms a mailbox", cost_ms, CPU_MS_MAX),
        ("peak memory, many over few", growth, PEAK_GROWTH_MAX),
        ("CPU s of run show", many.shown["run show"].cpu_s, SHOW_CPU_S_MAX),
        ("CPU s of run list", many.shown["run list"].cpu_s, LIST_CPU_S_MAX),
    )
    for name, figure, limit in figures:
        print(f"  limits: {name} {figure:.2f}, at most {limit:.2f}: {verdict(figure, limit)}")


def _apart(count: int) -> Figures:
    with TemporaryDirectory() as folder:
        cost = run([sys.executable, "-m", "tests.bench.many_mailboxes", str(count), folder])
    return msgspec.json.decode(cost.output, type=Figures)


if __name__ == "__main__":
    print(json.dumps(asdict(measured(int(sys.argv[1]), Path(sys.argv[2])))))
