"""A home in which backups have run, made of rows alone: for tests of what is told about them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from strongroom.control import growth, jobs, protected, runs, storages, tasks
from strongroom.control.database import open_database
from strongroom.control.protected import Standing
from strongroom.control.records import Fault, Job, NewRun, RunStatus, StorageRecord, TaskStatus
from strongroom.words.json import Json
from tests.cli.test_output import HOSTILE
from tests.control.standing_tasks import DISK, NOW, task

FORMULA = '=HYPERLINK("http://evil.example","ann")@example'
WHY = f"-It is shut; =1+1 {HOSTILE}"
ENDED = NOW - timedelta(minutes=5)


def seed(home: Path, tables: Path) -> None:
    """Make it, from a copy of a database with nothing in its tables (``sqlite_template``).

    One mailbox is protected, a room is excluded, one is shut and named by an attacker. The job
    ``nightly`` ended complete and then partial.
    """
    home.mkdir(mode=0o700)
    opened = open_database(Path(shutil.copy(tables, home / "control.db")))
    with opened.write() as db:
        disk = StorageRecord(
            id="s1", name="disk", url="u", sealed=b"", wrapped_key=b"", created=NOW
        )
        storages.add(db, disk)
        covers: dict[str, Json] = {
            "resources": [],
            "all": True,
            "exclude": [],
            "match": [],
            "groups": [],
        }
        nightly = Job(
            id="j1", name="nightly", kind="backup", connection_id=None, storage_id="s1",
            connection=None, storage="disk", selection=covers, created=NOW,
        )  # fmt: skip
        jobs.add(db, nightly)
        ann = task(status=TaskStatus.COMPLETE, saved=4, byte_count=100)
        shut = Fault(exit_code=2, what="It could not be opened.", why=WHY)
        found = [
            (ann, Standing.COMPLETE, ""),
            (task("room@example", TaskStatus.EXCLUDED), Standing.EXCLUDED, "It is a room."),
            (task(FORMULA, TaskStatus.FAILED, error=shut), Standing.FAILED, WHY),
        ]
        for run_id, status, did in (
            ("r1", RunStatus.COMPLETE, found[:1]),
            ("r2", RunStatus.PARTIAL, found[1:]),
        ):
            new = NewRun(kind="backup", request={"storage": "s1"}, job_id="j1", job="nightly")
            runs.add(db, new, run_id=run_id, now=NOW - timedelta(minutes=10))
            runs.finish(db, run_id, status, fault=None, now=ENDED)
            for one, standing, why in did:
                tasks.keep(db, replace(one, run_id=run_id))
                tried = None if standing is Standing.EXCLUDED else NOW - timedelta(hours=1)
                protected.end(db, DISK, one, standing=standing, why=why, tried=tried)
        key = ("s1", "mailbox", ann.resource_id)
        growth.add(db, key, "2026-03-05", {"items": 4, "bytes_read": 100, "bytes_stored": 50})
    opened.close()
