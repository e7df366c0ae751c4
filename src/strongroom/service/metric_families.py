"""The metrics, family by family. Their names and labels are part of what operators rely on.

Names follow https://prometheus.io/docs/practices/naming/: base units, ``_total`` for what only
grows, times as seconds since 1970. Values of labels are names that operators chose, or words of
ours; only ``of_resources`` has names that servers told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import strongroom
from strongroom.content.names import printable
from strongroom.control import job_ends, jobs, protected
from strongroom.control.records import Job, RunStatus, TaskStatus
from strongroom.control.run_sums import RunLine
from strongroom.service.health import Check
from strongroom.service.health_checks import View
from strongroom.service.protection_counts import count, judge_now

_PREFIX = "strongroom_"
_FATES = ("saved", "unchanged", "skipped", "failed")
_FINAL = tuple(one for one in RunStatus if one.is_final)
_JOB, _STORAGE = ("job", "kind"), ("storage",)
_RESOURCE = ("storage", "kind", "id", "resource")

Samples = Mapping[Any, float]
"""Values by their labels' values, in a tuple."""


def gauge(name: str, told: str, labels: Sequence[str], samples: Samples) -> Metric:
    """Make a family of values that go up and down."""
    family = GaugeMetricFamily(_PREFIX + name, told, labels=labels)
    for values, value in samples.items():
        family.add_metric(values, value)
    return family


def counter(name: str, told: str, labels: Sequence[str], samples: Samples) -> Metric:
    """Make a family of values that only grow; its name ends with ``_total``."""
    family = CounterMetricFamily(_PREFIX + name, told, labels=labels)
    for values, value in samples.items():
        family.add_metric(values, value)
    return family


def as_text(families: Iterable[Metric]) -> str:
    """Write families in the form that Prometheus reads."""
    # A registry of our own: nothing that a library counts of this process gets in.
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Ready(families))
    return generate_latest(registry).decode()


class _Ready(Collector):
    """Gives what was collected already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """As the interface says."""
        return self._families


def all_families(view: View, checks: Sequence[Check]) -> Iterator[Metric]:
    """Give everything that needs no name of a resource."""
    yield from _of_home(checks)
    yield from _of_queue(view)
    yield from _of_jobs(view)
    yield from _of_last_runs(view)
    yield from _of_storages(view)


def _of_home(checks: Sequence[Check]) -> Iterator[Metric]:
    figures: Mapping[str, Mapping[str, Any]] = {one.name: one.figures for one in checks}
    yield gauge(
        "build_info", "The program's version, as a label.", ("version",),
        {(strongroom.__version__,): 1},
    )  # fmt: skip
    yield gauge(
        "health", "How each check of `strongroom health` is: 0 ok, 1 warning, 2 failing.",
        ("check",), {(one.name,): one.level.rank for one in checks},
    )  # fmt: skip
    yield gauge(
        "worker_up", "1 if somebody does what runs ask for.", (),
        {(): figures["worker"]["is_running"]},
    )  # fmt: skip
    yield gauge("workers", "Workers that are known of.", (), {(): figures["worker"]["workers"]})
    yield gauge(
        "home_free_bytes", "Room on the disk of the home.", (), {(): figures["disk"]["free_bytes"]}
    )
    yield gauge(
        "control_database_bytes", "Size of the control database.", (),
        {(): figures["database"]["size_bytes"]},
    )  # fmt: skip
    yield gauge(
        "messages_waiting", "Messages that have not been sent yet.", (),
        {(): figures["messages"]["waiting"]},
    )  # fmt: skip
    yield gauge(
        "messages_given_up", "Messages that were given up lately.", (),
        {(): figures["messages"]["given_up"]},
    )  # fmt: skip
    if "waiting" in figures["audit"]:
        yield gauge(
            "audit_records_waiting", "Audit records that have not been sent yet.", (),
            {(): figures["audit"]["waiting"]},
        )  # fmt: skip


def _of_queue(view: View) -> Iterator[Metric]:
    found = job_ends.unfinished(view.db, view.now)
    statuses = (RunStatus.WAITING, RunStatus.RUNNING, RunStatus.PAUSED)
    counts = {(str(one),): found[one].count if one in found else 0 for one in statuses}
    yield gauge("runs", "Runs that have not ended, by their status.", ("status",), counts)
    waiting = found.get(RunStatus.WAITING)
    oldest = None if waiting is None else waiting.oldest
    waits_s = 0.0 if oldest is None else max(0.0, (view.now - oldest).total_seconds())
    yield gauge(
        "run_longest_wait_seconds", "For how long the run has waited that waits longest.", (),
        {(): waits_s},
    )  # fmt: skip


def _of_jobs(view: View) -> Iterator[Metric]:
    known = {(one.name, one.kind): one for one in jobs.everything(view.db)}
    yield gauge(
        "job_paused", "1 if the job's schedule rests.", _JOB,
        {key: one.is_paused for key, one in known.items()},
    )  # fmt: skip
    yield gauge(
        "job_due_timestamp_seconds", "When the job's next run is due.", _JOB,
        {key: one.due.timestamp() for key, one in known.items() if one.due is not None},
    )  # fmt: skip
    successes = job_ends.last_successes(view.db)
    yield gauge(
        "run_last_success_timestamp_seconds", "When a run of the job last ended complete.", _JOB,
        {key: successes[one.id].timestamp() for key, one in known.items() if one.id in successes},
    )  # fmt: skip


def _of_last_runs(view: View) -> Iterator[Metric]:
    known: Mapping[str, Job] = {one.id: one for one in jobs.everything(view.db)}
    ends = {
        (known[line.job_id].name, line.kind): line
        for line in job_ends.last_ends(view.db)
        if line.job_id is not None and line.job_id in known
    }
    yield gauge(
        "run_last_end_timestamp_seconds", "When a run of the job last ended, however.", _JOB,
        {key: one.finished.timestamp() for key, one in ends.items() if one.finished is not None},
    )  # fmt: skip
    yield gauge(
        "run_last_status", "1 for the status with which the job's last run ended.",
        (*_JOB, "status"),
        {(*key, str(s)): s is one.status for key, one in ends.items() for s in _FINAL},
    )  # fmt: skip
    yield gauge(
        "run_last_duration_seconds", "How long the job's last run took.", _JOB,
        {key: took for key, one in ends.items() if (took := _duration_s(one)) is not None},
    )  # fmt: skip
    yield gauge(
        "run_last_resources", "Resources of the job's last run, by how they ended.",
        (*_JOB, "status"),
        {
            (*key, str(s)): one.tasks.get(s, 0)
            for key, one in ends.items() for s in TaskStatus if s.is_final
        },
    )  # fmt: skip
    yield gauge(
        "run_last_items", "Items of the job's last run, by what came of them.", (*_JOB, "fate"),
        {(*key, fate): one.sums[fate] for key, one in ends.items() for fate in _FATES},
    )  # fmt: skip
    for name, told, figure in (
        ("read_bytes", "What the job's last run read.", "bytes_read"),
        ("stored_bytes", "What the storage grew by in the job's last run.", "bytes_stored"),
    ):
        sizes = {key: one.sums[figure] for key, one in ends.items()}
        yield gauge(f"run_last_{name}", told, _JOB, sizes)
    yield gauge(
        "run_last_requests", "Requests that the job's last run sent to its server.", _JOB,
        {key: one.requests for key, one in ends.items()},
    )  # fmt: skip
    yield gauge(
        "run_last_throttled", "Those of them that the server told to go slower.", _JOB,
        {key: one.throttled for key, one in ends.items()},
    )  # fmt: skip


def _of_storages(view: View) -> Iterator[Metric]:
    counts = count(view.db, judge_now(view.db, view.now))
    yield gauge(
        "resources", "Resources in each storage: protected, or why not.", ("storage", "state"),
        counts.resources,
    )  # fmt: skip
    yield gauge(
        "resource_oldest_good_timestamp_seconds",
        "The oldest of the last complete restore points of what is protected.", _STORAGE,
        {(storage,): moment.timestamp() for storage, moment in counts.oldest.items()},
    )  # fmt: skip
    totals: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for storage, sums in protected.totals(view.db):
        for name, value in sums.items():
            totals[name][(storage,)] += value
    yield gauge(
        "items", "Items in the newest restore points of all resources.", _STORAGE, totals["items"]
    )
    yield counter("saved_items", "Items saved so far.", _STORAGE, totals["saved"])
    yield counter("read_bytes", "What was read so far.", _STORAGE, totals["bytes_read"])
    yield counter("stored_bytes", "What storages grew by so far.", _STORAGE, totals["bytes_stored"])


def of_resources(view: View) -> list[Metric]:
    """Give two lines for each resource in each storage. Ids keep those apart that share a name."""
    judge = judge_now(view.db, view.now)
    is_protected: dict[tuple[str, ...], float] = {}
    good: dict[tuple[str, ...], float] = {}
    last: protected.Protected | None = None
    while page := protected.page(view.db, last):
        last = page[-1]
        for row in page:
            names = (row.storage, row.resource_kind, row.resource_id, row.resource)
            key = tuple(printable(one) for one in names)
            is_protected[key] = judge.cause(row) is None
            if row.good is not None:
                good[key] = row.good.timestamp()
    return [
        gauge("resource_protected", "1 if the resource is protected.", _RESOURCE, is_protected),
        gauge(
            "resource_last_good_timestamp_seconds",
            "When the resource's last complete restore point was begun.", _RESOURCE, good,
        ),
    ]  # fmt: skip


def _duration_s(line: RunLine) -> float | None:
    if line.started is None or line.finished is None:
        return None
    return max(0.0, (line.finished - line.started).total_seconds())
