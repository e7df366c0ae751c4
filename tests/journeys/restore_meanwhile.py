"""One message is restored while a first backup of many mailboxes keeps storage and connection."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from strongroom.clock import SystemClock
from strongroom.lab.quirks import Quirks
from strongroom.lab.seed.bulk import Load
from strongroom.lab.weather.model import Profile
from tests.journeys.four_jobs import Service
from tests.journeys.kept import kept_items, storage_of
from tests.journeys.seen_lab import Asked, Journal, SeenLab
from tests.journeys.support import InProcess

USER = "backup@service.example"
TARGET = "target@lab.example"
_LOOK_S = 0.02
_SLOW_S = 1.0
_TO_STAND_ASIDE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much there is to back up, and how slowly it is given.

    Attributes:
        ready: So many mailboxes are backed up when the first restore is asked for.
    """

    mailboxes: int
    items: int
    item_bytes: int
    ready: int
    quirks: Quirks | None = None
    weather: Profile | None = None

    @property
    def addresses(self) -> list[str]:
        """The mailboxes."""
        return [f"box-{number:03}@lab.example" for number in range(self.mailboxes)]


class Meanwhile:
    """The story; made by ``meanwhile``.

    Attributes:
        waits_s: How long each restore took, from the order to the end of the command.
    """

    def __init__(self, strongroom: InProcess, lab: SeenLab, journal: Journal, size: Size) -> None:
        self.strongroom = strongroom
        self.lab = lab
        self.journal = journal
        self.size = size
        self.waits_s: list[float] = []
        self.backup = ""
        self._clock = SystemClock()
        self._may_go = threading.Event()

    def prepare(self) -> None:
        """Add connection, storage and job."""
        strongroom = self.strongroom
        ca_file = strongroom.folder / "ca.pem"
        ca_file.write_bytes(self.lab.server.ca_pem)
        strongroom.connect(self.lab.url(), ca_file, USER, self.lab.passwords[USER])
        strongroom.add_storage()
        chosen = [word for one in self.size.addresses for word in ("--resource", one)]
        strongroom(
            "job", "add", "backup", "all", "--connection", "lab", "--storage", "disk", *chosen
        )  # fmt: skip

    def begin(self) -> None:
        """Start the backup, and wait until some mailboxes are done."""
        self.backup = self.strongroom("job", "run", "all")["id"]
        while len(self._done()) < self.size.ready:
            self._clock.sleep(_LOOK_S)

    def restore_one(self, asked: Callable[[], object] = lambda: None) -> None:
        """Restore one message, and measure how long that takes.

        Args:
            asked: Called once it is asked for.
        """
        mailbox = self._done()[0]
        item = self.lab.items(mailbox)[0]
        began_s = self._clock.monotonic_s()
        run_id = self.strongroom(
            "restore", "disk", mailbox, "--item", item, "--connection", "lab",
            "--to", TARGET, "--folder", f"Back {len(self.waits_s)}",
        )["id"]  # fmt: skip
        asked()
        assert self.strongroom.run("run", "watch", run_id).code == 0
        self.waits_s.append(self._clock.monotonic_s() - began_s)
        document = self.strongroom("run", "show", run_id)
        assert (document["status"], document["totals"]["saved"]) == ("complete", 1), document

    def slow_later_ones(self) -> None:
        """Let the server answer for the later mailboxes very slowly until ``let_go``."""
        later = set(self.size.addresses[self.size.ready + 1 :])

        def slow(asked: Asked) -> None:
            if asked.mailbox in later and asked.operation == "SyncFolderItems":
                self._may_go.wait(_SLOW_S)

        self.lab.before = slow

    def let_go(self) -> None:
        """Let it answer as usual, once the backup has been asked to stand aside."""
        while self._of_backup("stop_asked") != _TO_STAND_ASIDE:
            self._clock.sleep(_LOOK_S)
        self._may_go.set()

    def backup_now(self) -> dict[str, Any]:
        """Say how the backup stands."""
        document: dict[str, Any] = self.strongroom("run", "show", self.backup)
        return document

    def yields(self) -> int:
        """Say how often the backup stood aside."""
        return self._of_backup("yields")

    def finish(self) -> None:
        """Wait for the backup's end, and insist that all is there, and was read once."""
        assert self.strongroom.run("run", "watch", self.backup).code == 0
        document = self.backup_now()
        assert document["status"] == "complete", document
        assert document["attempts"] == 1 + self.yields()
        with storage_of(self.strongroom, "disk") as storage:
            assert kept_items(storage) == {one: self.lab.items(one) for one in self.size.addresses}
        twice = [item for item in self._ours() if self.lab.handed_out[item] > 1]
        assert twice == [], "what was kept is not read again"
        back = self.lab.items(TARGET)
        assert len(back) == len(self.waits_s)

    def blocks(self) -> list[str]:
        """Say who worked one after the other: the backup, or a restore into its target."""
        lines = [one for one in self.journal.lines() if one.operation in _WORK]
        return [who for who, _ in groupby(map(_who, lines))]

    def _of_backup(self, column: str) -> int:
        ((found,),) = self._ask(f"SELECT {column} FROM runs WHERE id = ?")  # noqa: S608
        return int(found)

    def _done(self) -> list[str]:
        rows = self._ask("SELECT resource FROM tasks WHERE run_id = ? AND status = 'complete'")
        return [row[0] for row in rows]

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.strongroom.home / "control.db")) as db:
            return db.execute(statement, (self.backup,)).fetchall()

    def _ours(self) -> list[str]:
        return [item for address in self.size.addresses for item in self.lab.items(address)]


_WORK = {"SyncFolderItems", "ExportItems", "UploadItems"}


def _who(asked: Asked) -> str:
    return "restore" if asked.mailbox == TARGET else "backup"


@contextmanager
def meanwhile(folder: Path, size: Size) -> Iterator[Meanwhile]:
    """Have the server, the job in a new home, and the service."""
    journal = Journal()
    loads = [
        Load(address=one, items=size.items, item_bytes=size.item_bytes) for one in size.addresses
    ]
    with SeenLab(journal, loads, [USER], quirks=size.quirks, weather=size.weather) as lab:
        lab.add_empty(TARGET)
        story = Meanwhile(InProcess(folder), lab, journal, size)
        story.prepare()
        service = Service(story.strongroom)
        try:
            yield story
        finally:
            service.stop()
