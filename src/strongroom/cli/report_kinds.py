"""What the lines of each report look like: as JSON and CSV, and in a table for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from strongroom.cli import output
from strongroom.words.durations import duration

if TYPE_CHECKING:  # loaded only by commands that do something: `--help` stays quick
    from strongroom.control.growth import Growth
    from strongroom.service.report_lines import ResourceLine, RunReport

T = TypeVar("T")
_ID_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T]):
    """One kind of report.

    Attributes:
        name: What it is called in its document.
        fields: The fields of a line in JSON and CSV, in order: their names, and where they are.
        heads: The columns of its table.
        cells: A line in that table.
        counted: What a line adds to the totals.
        order: How lines are sorted in the table, which has them all at once anyway; None: as they
            come.
    """

    name: str
    fields: Mapping[str, str]
    heads: Sequence[str]
    cells: Callable[[T], Sequence[object]]
    counted: Callable[[T], Mapping[str, int]]
    order: Callable[[T], Any] | None = None

    def values(self, line: T) -> dict[str, object]:
        """Give a line as it stands in JSON and CSV, times as times."""
        return {name: getattr(line, where) for name, where in self.fields.items()}


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_RESOURCE = _same("storage", "resource", "kind", "id", "name", "connection", "job")
_POINTS = _same("status", "tried", "good", "point", "newest", "newest_point", "items", "saved",
                "bytes_read", "bytes_stored", "run")  # fmt: skip
_FIGURES = ("items", "bytes_read", "bytes_stored")


def _protected_cells(line: ResourceLine) -> Sequence[object]:
    point = line.point and line.point[:_ID_SHOWN]
    return line.resource, line.storage, line.good, point, f"{line.items:,}", line.status, line.job


def _unprotected_cells(line: ResourceLine) -> Sequence[object]:
    elsewhere = ", ".join(line.elsewhere) or None
    return line.resource, line.storage, line.cause, line.good, elsewhere, line.job, line.why


def _growth_cells(line: Growth) -> Sequence[object]:
    return line.day, line.storage, line.resource, *_sizes(line)


def _total_cells(line: Growth) -> Sequence[object]:
    return line.day, line.storage, *_sizes(line)


def _sizes(line: Growth) -> Sequence[object]:
    return f"{line.items:,}", output.size(line.bytes_read), output.size(line.bytes_stored)


def _run_cells(line: RunReport) -> Sequence[object]:
    return (
        line.id,
        line.kind,
        line.status,
        line.started,
        None if line.seconds is None else duration(line.seconds),
        f"{line.resources_complete:,}/{line.resources - line.resources_excluded:,}",
        *(f"{number:,}" for number in (line.saved, line.unchanged, line.skipped, line.failed)),
        output.size(line.bytes_read),
        output.size(line.bytes_stored),
        line.job,
    )


PROTECTED: Kind[ResourceLine] = Kind(
    name="protected",
    fields={**_RESOURCE, **_POINTS, **_same("why")},
    heads=("RESOURCE", "STORAGE", "LAST GOOD", "POINT", "ITEMS", "STATUS", "JOB"),
    cells=_protected_cells,
    counted=lambda line: {"resources": 1, "items": line.items},
)
UNPROTECTED: Kind[ResourceLine] = Kind(
    name="unprotected",
    fields={**_RESOURCE, **_same("cause", "why"), **_POINTS, **_same("elsewhere")},
    heads=("RESOURCE", "STORAGE", "CAUSE", "LAST GOOD", "ELSEWHERE", "JOB", "WHY"),
    cells=_unprotected_cells,
    counted=lambda line: {"resources": 1, str(line.cause): 1},
)
GROWTH: Kind[Growth] = Kind(
    name="growth",
    fields={
        **_same("day", "storage", "resource"),
        "kind": "resource_kind",
        "id": "resource_id",
        **_same(*_FIGURES),
    },
    heads=("DAY", "STORAGE", "RESOURCE", "ITEMS", "READ", "STORED"),
    cells=_growth_cells,
    counted=lambda line: {name: getattr(line, name) for name in _FIGURES},
    order=lambda line: (line.storage, line.resource, line.resource_id, line.day),
)
GROWTH_IN_TOTAL: Kind[Growth] = Kind(
    name="growth",
    fields=_same("day", "storage", *_FIGURES),
    heads=("DAY", "STORAGE", "ITEMS", "READ", "STORED"),
    cells=_total_cells,
    counted=GROWTH.counted,
)
RUNS: Kind[RunReport] = Kind(
    name="runs",
    fields=_same(
        "id", "job", "kind", "storage", "status", "created", "started", "finished", "seconds",
        "attempts", "resources", "resources_complete", "resources_partial", "resources_failed",
        "resources_excluded", "on_server", "saved", "unchanged", "skipped", "failed",
        "bytes_read", "bytes_stored", "requests", "throttled", "problem",
    ),
    heads=("ID", "KIND", "STATUS", "STARTED", "TOOK", "RESOURCES", "SAVED", "UNCHANGED", "SKIPPED",
           "FAILED", "READ", "STORED", "JOB"),
    cells=_run_cells,
    counted=lambda line: {"runs": 1, line.status: 1},
)  # fmt: skip


def plain(value: object) -> object:
    """Write a value of a line as JSON has it."""
    if isinstance(value, datetime):
        return output.when(value)
    return list(value) if isinstance(value, tuple) else value
