"""Which snapshots stay is what ``restic forget`` says of the very same ones."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from strongroom.store.files import FileBackend
from strongroom.store.repository import Repository
from strongroom.store.snapshot import Snapshot
from strongroom.words.retention import Point, decide, parse_rules
from tests.fakes.restics import Restic, ResticProgram
from tests.fakes.storages import new_storage, put

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
RULES = (
    "last:3 hourly:4 daily:7",
    "daily:9 weekly:5 monthly:12 yearly:2",
    "last:2 weekly:200 within:20d",
)
KEEPS_OLDEST_FROM = (0, 16)
"""Older versions let the oldest snapshot go while a rule still has periods left."""


def test_what_stays_is_what_restic_keeps(restic_program: ResticProgram, tmp_path: Path) -> None:
    repository = new_storage(FileBackend(tmp_path)).repository("mailbox", "a1b2", create=True)
    restic = restic_program.on(tmp_path / "repositories" / "mailbox" / "a1b2")
    points = snapshots(repository)
    for rules in RULES:
        ours = decide(points, parse_rules([rules]), now=NOW, zone=ZoneInfo("UTC"))
        kept = {one.point.id for one in ours if not one.goes}
        judged = kept_by(restic, rules)
        assert judged <= kept, rules
        extra = [one for one in ours if one.point.id in kept - judged]
        if restic_program.version >= KEEPS_OLDEST_FROM:
            assert not extra, rules
        assert all(word.startswith("oldest") for one in extra for word in one.keeps), rules
        assert kept < {one.id for one in points}, rules


def snapshots(repository: Repository) -> list[Point]:
    """Make sixty snapshots of one tree: many of one day, then ever fewer."""
    chance = random.Random(4)
    first = repository.load_snapshot(put(repository, {("a",): b"a"}, time=NOW))
    points = [Point(id=first.id, time=first.time)]
    age = timedelta()
    with repository.lock():
        for number in range(1, 60):
            age += timedelta(minutes=chance.randint(20, 60 * number))
            snapshot = Snapshot(time=NOW - age, tree=first.tree, host=first.host, paths=first.paths)
            points.append(Point(id=repository.save_snapshot(snapshot), time=snapshot.time))
    return points


def kept_by(restic: Restic, rules: str) -> set[str]:
    options: list[str] = []
    for rule in rules.split():
        kind, number = rule.split(":")
        options += [f"--keep-{kind}", number]
    (group,) = json.loads(restic("forget", "--dry-run", "--json", *options))
    return {one["id"] for one in group["keep"]}
