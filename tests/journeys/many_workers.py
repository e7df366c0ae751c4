"""One backup by several workers, as their operators start them; PostgreSQL itself is the judge.

Each worker is a process with a home of its own, as on a machine of its own, and joins one database.
A trigger in that database writes down who took which task and who ended it, whatever the program
says of itself; the server counts how often it handed out each item.
"""

from __future__ import annotations

import json
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strongroom.clock import SystemClock
from strongroom.lab.quirks import Quirks
from strongroom.lab.seed.bulk import Load
from tests.fakes.postgres import PostgresServer
from tests.journeys.kept import kept_items, locks_of, storage_of
from tests.journeys.seen_lab import Asked, Journal, SeenLab
from tests.journeys.support import InProcess, restic

USER = "backup@service.example"
ADDRESSES = [f"box-{number:02}@lab.example" for number in range(12)]
ITEMS = 60
_ITEM_BYTES = 4096
_LATENCY_S = 0.05
_HELD_S = 60.0
_LOOK_S = 0.05
_STUCK_S = 120.0
_ENDS_S = 60.0
_WITNESS = """
CREATE TABLE public.witness (number serial, worker text, resource text, deed text);
CREATE FUNCTION public.tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF OLD.status = 'waiting' AND NEW.status = 'running' THEN
        INSERT INTO public.witness (worker, resource, deed)
        VALUES (NEW.worker, NEW.resource, 'taken');
    ELSIF OLD.status = 'running' AND NEW.status <> 'running' THEN
        INSERT INTO public.witness (worker, resource, deed)
        VALUES (OLD.worker, OLD.resource, NEW.status);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tells AFTER UPDATE ON strongroom.tasks
FOR EACH ROW EXECUTE FUNCTION public.tell();
"""


@dataclass(frozen=True, slots=True)
class Deed:
    """What a worker did with a task: ``taken``, or how it left its hands."""

    worker: str
    resource: str
    what: str


class Fellow:
    """A worker, as a process in a home of its own."""

    def __init__(self, strongroom: InProcess) -> None:
        self.process = strongroom.start("worker", "--json")
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        assert json.loads(line)["status"] == "ready"

    def end(self, how: signal.Signals) -> None:
        """Let it end: SIGTERM in order, SIGKILL without a warning."""
        self.process.send_signal(how)
        _, told = self.process.communicate(timeout=_ENDS_S)
        assert self.process.returncode == (0 if how is signal.SIGTERM else -how), told
        assert "Traceback" not in told, told


class ManyWorkers:
    """The story; made by ``many_workers``.

    Attributes:
        office: The home in which commands are given; it is a worker's home as well.
        fellows: Those that live, by id.
    """

    def __init__(self, folder: Path, lab: SeenLab, server: PostgresServer, database: str) -> None:
        self.office = InProcess(folder)
        self.fellows: dict[str, Fellow] = {}
        self.run_id = ""
        self._folder = folder
        self._lab = lab
        self._server = server
        self._database = database
        self._clock = SystemClock()
        self._are_all_here = threading.Event()
        self._is_one_dead = threading.Event()

    def prepare(self) -> None:
        """Add connection, storage and job, and move the home's database to the server."""
        office = self.office
        ca_file = office.folder / "ca.pem"
        ca_file.write_bytes(self._lab.server.ca_pem)
        office.connect(self._lab.url(), ca_file, USER, self._lab.passwords[USER])
        office.add_storage()
        chosen = [word for one in ADDRESSES for word in ("--resource", one)]
        office("job", "add", "backup", "all", "--connection", "lab", "--storage", "disk", *chosen)
        office("database", "move", self._server.url(self._database))
        self._server.sql(_WITNESS, self._database)

    def further_home(self, name: str) -> InProcess:
        """Have one more machine's home: the key is carried there, and the database is joined."""
        there = self._folder / name
        (there / "home").mkdir(parents=True, mode=0o700)
        shutil.copy(self.office.home / "service.key", there / "home")
        strongroom = InProcess(there)
        strongroom("database", "join", self._server.url(self._database))
        return strongroom

    def start(self, strongroom: InProcess) -> str:
        """Start the worker of a home; give its id."""
        fellow = Fellow(strongroom)
        pids = dict(self._sql("SELECT pid, id FROM strongroom.workers"))
        worker = str(pids[fellow.process.pid])
        self.fellows[worker] = fellow
        return worker

    def begin(self) -> None:
        """Ask for the run; nobody gets far with a mailbox until ``all_are_here``."""
        self._lab.before = self._hold
        self.run_id = self.office("job", "run", "all")["id"]

    def all_are_here(self) -> None:
        """Let everybody come to the middle of a mailbox, and no further until one is dead."""
        self._are_all_here.set()

    def driver(self) -> str:
        """Say which worker drives the run."""
        ((worker,),) = self._sql("SELECT driver FROM strongroom.runs")
        return str(worker)

    def kill(self, worker: str) -> set[str]:
        """Kill a worker in the middle of a mailbox; give those that it had in hand."""
        self.until(lambda: any(map(self._is_half_read, self._held(worker))), "it is in the middle")
        self.fellows.pop(worker).end(signal.SIGKILL)
        held = self._held(worker)
        self._is_one_dead.set()
        return held

    def until(self, is_so: Callable[[], bool], wanted: str) -> None:
        """Wait until something is so."""
        until_s = self._clock.monotonic_s() + _STUCK_S
        while not is_so():
            assert self._clock.monotonic_s() < until_s, f"{wanted}: {self.deeds()}"
            self._clock.sleep(_LOOK_S)

    def deeds(self) -> list[Deed]:
        """Give all that workers did with tasks, in order."""
        rows = self._sql("SELECT worker, resource, deed FROM public.witness ORDER BY number")
        return [Deed(*row) for row in rows]

    def has_taken(self, worker: str) -> bool:
        """Say whether a worker has taken a task."""
        return any(one.worker == worker for one in self.deeds())

    def ended_by(self) -> Counter[str]:
        """Count the tasks that each worker ended."""
        return Counter(one.worker for one in self.deeds() if one.what == "complete")

    def finish(self) -> None:
        """Wait for the run's end; then the workers leave in order."""
        watched = self.office.run("run", "watch", self.run_id)
        assert watched.code == 0, watched
        for fellow in self.fellows.values():
            fellow.end(signal.SIGTERM)

    def judge(self, twice: set[str]) -> None:
        """Insist that all is there and was done once.

        Args:
            twice: The only mailboxes of which something may have been read twice: whoever had them
                in hand was killed.
        """
        document = self.office("run", "show", self.run_id)
        assert document["status"] == "complete", document
        assert document["attempts"] == 1, "nobody put it back into the queue"
        assert document["totals"]["saved"] == len(ADDRESSES) * ITEMS
        ended = [one.resource for one in self.deeds() if one.what == "complete"]
        assert sorted(ended) == ADDRESSES, "each mailbox once"
        self._judge_server(twice)
        assert self._sql("SELECT * FROM strongroom.claims") == []
        self.office("verify", "disk")
        folder = self._folder / "storage-disk" / "repositories" / "mailbox"
        repositories = sorted(folder.iterdir())
        assert len(repositories) == len(ADDRESSES)
        for repository in repositories:
            assert locks_of(repository) == [], "no lock is left behind"
            password = self.office.storage_password
            assert "no errors" in restic(repository, password, "check", "--read-data")

    def _judge_server(self, twice: set[str]) -> None:
        with storage_of(self.office, "disk") as storage:
            assert kept_items(storage) == {one: self._lab.items(one) for one in ADDRESSES}
        for address in set(ADDRESSES) - twice:
            handed_out = {self._lab.handed_out[item] for item in self._lab.items(address)}
            assert handed_out == {1}, address

    def _held(self, worker: str) -> set[str]:
        rows = self._sql("SELECT resource, worker FROM strongroom.tasks WHERE status = 'running'")
        return {resource for resource, holder in rows if holder == worker}

    def _is_half_read(self, address: str) -> bool:
        read = sum(self._lab.handed_out[item] > 0 for item in self._lab.items(address))
        return 0 < read < ITEMS

    def _hold(self, asked: Asked) -> None:
        if asked.operation == "SyncFolderHierarchy":
            self._are_all_here.wait(_HELD_S)
        elif asked.operation == "ExportItems" and self._is_half_read(asked.mailbox):
            self._is_one_dead.wait(_HELD_S)

    def _sql(self, statement: str) -> list[tuple[Any, ...]]:
        return self._server.sql(statement, self._database)


@contextmanager
def many_workers(folder: Path, server: PostgresServer) -> Iterator[ManyWorkers]:
    """Have the mail server, the job in a home, and its database on a PostgreSQL."""
    loads = [Load(address=one, items=ITEMS, item_bytes=_ITEM_BYTES) for one in ADDRESSES]
    database = server.new_database()
    with SeenLab(Journal(), loads, [USER], quirks=Quirks(latency_s=_LATENCY_S)) as lab:
        story = ManyWorkers(folder, lab, server, database)
        story.prepare()
        try:
            yield story
        finally:
            for fellow in story.fellows.values():
                if fellow.process.poll() is None:
                    fellow.process.kill()
                    fellow.process.communicate()
            server.drop_database(database)
