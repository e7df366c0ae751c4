"""Four backups over two servers and two storages, killed at random; the servers are the judges.

| job | connection | server | storage | mailboxes |
|---|---|---|---|---|
| one | one | A, as ``localhost`` | s | its own, and the shared one by its address |
| two | two | A, as ``127.0.0.1`` | t | its own, and the shared one by its id |
| three | three | B | s | its own |
| four | four | B, as ``127.0.0.1`` | t | its own |

So one and three, and two and four, conflict; the others do not, though one and two have a mailbox
in common that only the work itself shows. Each job signs in as somebody else, by which the servers'
journals tell them apart.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from random import Random

from strongroom.clock import SystemClock
from strongroom.lab.quirks import Quirks
from strongroom.lab.seed.bulk import Load
from tests.journeys.kept import kept_items, locks_of, storage_of
from tests.journeys.seen_lab import Asked, Journal, SeenLab
from tests.journeys.support import InProcess, restic

SHARED = "shared@lab.example"
CONFLICTING = (("one", "three"), ("two", "four"))
FREE = ("one", "two")
_READY_S = 60.0
_LOOK_S = 0.005
_QUIET_S = 5.0
RESTART = Asked("the service was started")


@dataclass(frozen=True, slots=True)
class Job:
    """One of the jobs: also the name of its connection, and of its account on the server."""

    name: str
    lab: int
    host: str
    storage: str
    mailboxes: tuple[str, ...]

    @property
    def user(self) -> str:
        return f"{self.name}@service.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much there is to do.

    Attributes:
        mailboxes: Of each job's own.
        items: In each.
        kills: How often the service is killed.
        requests_max: It is killed after so many requests at most.
        latency_s: Of each answer.
    """

    mailboxes: int
    items: int
    kills: int
    requests_max: int
    latency_s: float = 0.01


def jobs_of(scale: Scale) -> tuple[Job, ...]:
    """Say what the jobs are."""

    def own(name: str) -> list[str]:
        return [f"{name}-{number}@lab.example" for number in range(scale.mailboxes)]

    return (
        Job("one", 0, "localhost", "s", (*own("one"), SHARED)),
        Job("two", 0, "127.0.0.1", "t", (*own("two"), SHARED)),
        Job("three", 1, "localhost", "s", tuple(own("three"))),
        Job("four", 1, "127.0.0.1", "t", tuple(own("four"))),
    )


class Service:
    """The running service, as a process."""

    def __init__(self, strongroom: InProcess, *more: str) -> None:
        self.process = strongroom.start("serve", "--json", *more)
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        assert json.loads(line)["status"] == "ready"

    def kill(self) -> None:
        """End it without a warning."""
        self.process.kill()
        _, told = self.process.communicate()
        assert "Traceback" not in told, told

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self.process.send_signal(signal.SIGTERM)
        _, told = self.process.communicate(timeout=_READY_S)
        assert self.process.returncode == 0, told
        assert "Traceback" not in told, told


class FourJobs:
    """The story; made by ``four_jobs``.

    Attributes:
        labs: The servers, A and B.
    """

    def __init__(
        self, strongroom: InProcess, labs: Sequence[SeenLab], journal: Journal, scale: Scale
    ) -> None:
        self.strongroom = strongroom
        self.labs = labs
        self.journal = journal
        self.scale = scale
        self.jobs = jobs_of(scale)
        self.runs: dict[str, str] = {}

    def prepare(self) -> None:
        """Add connections, storages and jobs."""
        strongroom = self.strongroom
        for name in ("s", "t"):
            strongroom.add_storage(name)
        for job in self.jobs:
            lab = self.labs[job.lab]
            ca_file = strongroom.folder / f"ca-{job.lab}.pem"
            ca_file.write_bytes(lab.server.ca_pem)
            strongroom.connect(
                lab.url(job.host), ca_file, job.user, lab.passwords[job.user], job.name
            )
            route = {SHARED: lab.guid(SHARED)} if job.name == "two" else {}
            chosen = [word for one in job.mailboxes for word in ("--resource", route.get(one, one))]
            strongroom(
                "job", "add", "backup", job.name, "--connection", job.name, "--storage",
                job.storage, *chosen,
            )  # fmt: skip

    def run_with_kills(self, chance: Random) -> None:
        """Run all jobs at once; kill the service and start it again, as often as there is time."""
        service = self._start()
        for job in self.jobs:
            self.runs[job.name] = self.strongroom("job", "run", job.name)["id"]
        for _ in range(self.scale.kills):
            # Some come to nothing, and some get far: so all of the jobs are hit in the end.
            most = self.scale.requests_max // chance.choice((1, 10))
            if not self._wait_for_requests(chance.randint(1, most)):
                break
            service.kill()
            service = self._start()
        for run_id in self.runs.values():
            watched = self.strongroom.run("run", "watch", run_id)
            assert watched.code == 0, watched
        service.stop()

    def hits(self) -> dict[str, int]:
        """Say how often the service was killed while it was at each of the jobs."""
        *killed, _ = lives(self.journal.lines())
        return {
            job.name: sum(any(one.by == job.user for one in life) for life in killed)
            for job in self.jobs
        }

    def judge(self) -> None:
        """Insist that all is there, once, and that nothing was done at the same time."""
        for run_id in self.runs.values():
            document = self.strongroom("run", "show", run_id)
            assert document["status"] == "complete", document
            assert {one["status"] for one in document["tasks"]} == {"complete"}, document
        self._judge_journal()
        for name in ("s", "t"):
            with storage_of(self.strongroom, name) as storage:
                kept = kept_items(storage)
            assert kept == {
                address: self.labs[job.lab].items(address)
                for job in self.jobs
                if job.storage == name
                for address in job.mailboxes
            }
            self.strongroom("verify", name)
            for repository in self.repositories(name):
                assert locks_of(repository) == [], "no lock is left behind"
                password = self.strongroom.storage_password
                assert "no errors" in restic(repository, password, "check", "--read-data")

    def repositories(self, storage: str) -> list[Path]:
        """List the repositories of a storage."""
        folder = self.strongroom.folder / f"storage-{storage}" / "repositories" / "mailbox"
        return sorted(folder.iterdir())

    def _start(self) -> Service:
        service = Service(self.strongroom)
        # What the one before it had sent is in the journal by now, and this one has not begun.
        self.journal.note(RESTART)
        return service

    def _wait_for_requests(self, count: int) -> bool:
        """Wait until so many more requests came; False: the runs were done before."""
        until = len(self.journal.lines()) + count
        quiet_s = 0.0
        while (seen := len(self.journal.lines())) < until:
            SystemClock().sleep(_LOOK_S)
            quiet_s = quiet_s + _LOOK_S if len(self.journal.lines()) == seen else 0.0
            if quiet_s > _QUIET_S:
                return False
        return True

    def _judge_journal(self) -> None:
        whole = self.journal.lines()
        users = {job.name: job.user for job in self.jobs}
        for names in CONFLICTING:
            these = [asked.by for asked in whole if asked.by in {users[one] for one in names}]
            blocks = [user for user, _ in groupby(these)]
            assert len(blocks) == 2, f"{names} were never to run at once: {blocks}"
        one, two = (
            [n for n, asked in enumerate(whole) if asked.by == users[name]] for name in FREE
        )
        assert max(one[0], two[0]) < min(one[-1], two[-1]), "no claims in common: they run at once"
        for life in lives(whole):
            blocks = [user for user, _ in groupby(one.by for one in life if _is_shared_work(one))]
            assert len(blocks) == len(set(blocks)), f"both were in the shared mailbox: {blocks}"


def _is_shared_work(asked: Asked) -> bool:
    """Whether a backup works on the shared mailbox; looking it up is no work."""
    return asked.mailbox == SHARED and asked.operation in {"SyncFolderItems", "ExportItems"}


def lives(journal: Sequence[Asked]) -> Iterator[list[Asked]]:
    """Give what each process asked."""
    for is_restart, life in groupby(journal, lambda asked: asked == RESTART):
        if not is_restart:
            yield list(life)


@contextmanager
def four_jobs(folder: Path, scale: Scale) -> Iterator[FourJobs]:
    """Have the servers, and the jobs in a new home."""
    journal, jobs = Journal(), jobs_of(scale)
    with ExitStack() as running:
        labs = []
        for number in range(2):
            here = [job for job in jobs if job.lab == number]
            loads = [
                Load(address=address, items=scale.items, item_bytes=2048, folders=3)
                for address in sorted({one for job in here for one in job.mailboxes})
            ]
            lab = SeenLab(
                journal,
                loads,
                [job.user for job in here],
                quirks=Quirks(latency_s=scale.latency_s),
            )
            labs.append(running.enter_context(lab))
        story = FourJobs(InProcess(folder), labs, journal, scale)
        story.prepare()
        yield story
