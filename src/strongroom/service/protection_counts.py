"""How many resources are protected, and why the others are not: counted, without any name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import jobs as job_rows
from strongroom.control import protected as rows
from strongroom.control import storages
from strongroom.service.protection import Cause, Judge

PROTECTED = "protected"
"""Stands among the causes for those that are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionCounts:
    """What there is in all storages together, and in each.

    Attributes:
        resources: How many, by the storage's name and the cause, or ``PROTECTED``.
        oldest: The oldest of the last good restore points of those that are protected, by storage.
    """

    resources: Mapping[tuple[str, str], int] = field(default_factory=dict)
    oldest: Mapping[str, datetime] = field(default_factory=dict)

    def by_cause(self) -> Counter[str]:
        """Sum up over the storages."""
        found: Counter[str] = Counter()
        for (_, cause), count in self.resources.items():
            found[cause] += count
        return found


def judge_now(db: sa.Connection, now: datetime) -> Judge:
    """Judge as the jobs' schedules say."""
    known = {one.id for one in storages.everything(db)}
    return Judge(job_rows.everything(db), known, now=now)


def count(db: sa.Connection, judge: Judge) -> ProtectionCounts:
    """Count all resources. Reads a few columns of each, and keeps none."""
    resources: Counter[tuple[str, str]] = Counter()
    oldest: dict[str, datetime] = {}
    for row in rows.stands(db):
        cause: Cause | None = judge.cause(row)
        resources[row.storage, PROTECTED if cause is None else str(cause)] += 1
        if cause is None and row.good is not None:
            oldest[row.storage] = min(row.good, oldest.get(row.storage, row.good))
    return ProtectionCounts(resources=resources, oldest=oldest)
