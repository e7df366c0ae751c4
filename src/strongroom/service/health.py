"""Whether a home is well: a handful of checks, each with a sentence and its figures.

No name of a mailbox, folder or item is in them, so whoever may list may ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from strongroom.words.json import Json


class Level(StrEnum):
    """How something is. The values are part of the command line contract."""

    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"

    @property
    def rank(self) -> int:
        """0 is well, larger is worse."""
        return tuple(Level).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: Stable, for programs.
        level: How it is.
        what: How it is, in one sentence.
        hint: What to do now, or an empty string.
        figures: What that was seen from.
    """

    name: str
    level: Level
    what: str
    hint: str = ""
    figures: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """How a home is.

    Attributes:
        level: The worst of the checks.
        at: When that was looked at.
        checks: All that was looked at.
    """

    level: Level
    at: datetime
    checks: tuple[Check, ...]


def report_of(checks: Sequence[Check], at: datetime) -> HealthReport:
    """Sum up checks."""
    worst = max((one.level for one in checks), key=lambda one: one.rank, default=Level.OK)
    return HealthReport(level=worst, at=at, checks=tuple(checks))


def judged(
    name: str,
    figures: Mapping[str, Json],
    *findings: tuple[bool, Level, str, str],
    well: str,
) -> Check:
    """Make a check of what was found: the first finding that is true; none: it is well.

    Args:
        name: The check's.
        figures: What it was seen from.
        findings: Whether it is so, how bad that is, what it is, and what to do; worst first.
        well: What to say if none is true.
    """
    for is_so, level, what, hint in findings:
        if is_so:
            return Check(name=name, level=level, what=what, hint=hint, figures=figures)
    return Check(name=name, level=Level.OK, what=well, figures=figures)
