"""Where the journals of restores are kept: in the home, or where all machines reach them.

A restore that another machine goes on with needs what was intended and told on the first one. So
they are in the database where several machines share it; else in files, which are cheaper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from strongroom.control import journals as rows
from strongroom.control.database import Database
from strongroom.control.home import Home
from strongroom.errors import IntegrityError, Interrupted
from strongroom.operations.journal import FileJournal, Journal
from strongroom.words.json import Json


class Journals(Protocol):
    """Keeps the journals of runs."""

    def open(self, run_id: str, part: int = 0) -> AbstractContextManager[Journal]:
        """Open a run's n-th journal, empty the first time."""

    def is_there(self, run_id: str) -> bool:
        """Say whether a run has a journal."""

    def remove(self, run_id: str) -> None:
        """Forget a run's journals, durably; there may be none."""


def journals_of(home: Home, database: Database) -> Journals:
    """Say where the journals of a home's runs are kept."""
    return DatabaseJournals(database) if database.place.is_shared else HomeJournals(home)


@dataclass(frozen=True, slots=True)
class HomeJournals:
    """Journals in files of the home; see ``Journals``."""

    home: Home

    def open(self, run_id: str, part: int = 0) -> AbstractContextManager[Journal]:
        """As the interface says."""
        return FileJournal(self.home.journal(run_id, part))

    def is_there(self, run_id: str) -> bool:
        """As the interface says."""
        return bool(self.home.journals(run_id))

    def remove(self, run_id: str) -> None:
        """As the interface says."""
        for journal in self.home.journals(run_id):
            journal.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class DatabaseJournals:
    """Journals in the control database; see ``Journals``."""

    database: Database

    @contextmanager
    def open(self, run_id: str, part: int = 0) -> Iterator[Journal]:
        """As the interface says."""
        yield DatabaseJournal(self.database, run_id, part)

    def is_there(self, run_id: str) -> bool:
        """As the interface says."""
        with self.database.read() as db:
            return rows.is_there(db, run_id)

    def remove(self, run_id: str) -> None:
        """As the interface says."""
        with self.database.write() as db:
            rows.remove(db, run_id)


class DatabaseJournal:
    """A journal in the control database; see ``operations.journal.Journal``.

    Args:
        database: The database; what it was told as written survives a crash of it.
        run_id: Whose journal; the run is in the database.
        part: Which of its journals.
    """

    def __init__(self, database: Database, run_id: str, part: int = 0) -> None:
        self._database = database
        self._run_id = run_id
        self._part = part
        with database.read() as db:
            self._newest = rows.newest(db, run_id, part)

    def lines(self) -> Iterator[dict[str, Any]]:
        """As the interface says."""
        last = 0
        while True:
            with self._database.read() as db:
                batches = rows.after(db, self._run_id, last, self._part)
            if not batches:
                return
            for last, text in batches:
                yield from self._read(last, text)

    def append(self, *lines: Mapping[str, Json]) -> None:
        """As the interface says."""
        if not lines:
            return
        text = b"\n".join(orjson.dumps(line) for line in lines).decode()
        with self._database.write() as db:
            is_next = rows.add(db, self._run_id, self._newest + 1, text, self._part)
        if not is_next:
            raise Interrupted(
                "Another worker goes on with this restore.",
                why="It has written to the restore's journal meanwhile.",
                hint="See `strongroom run show`; nothing needs to be done.",
            )
        self._newest += 1

    def _read(self, number: int, text: str) -> Iterator[dict[str, Any]]:
        for line in text.split("\n"):
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise IntegrityError(
                    f"The journal of the run {self._run_id} cannot be read: batch {number} is "
                    "damaged.",
                    hint="Without it nobody knows what an interrupted restore has sent. Look at "
                    "the target, and start a new restore with --conflict skip.",
                ) from error
