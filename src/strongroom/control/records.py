"""What the control database gives and takes: frozen rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from strongroom.words.json import Json


class RunStatus(StrEnum):
    """How a run stands. The values are part of the command line contract (design §6)."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Nothing more will happen to it."""
        return not self.is_under_way and self is not RunStatus.PAUSED

    @property
    def is_under_way(self) -> bool:
        """A worker will do something about it, without anybody asking."""
        return self in {RunStatus.WAITING, RunStatus.RUNNING}


class TaskStatus(StrEnum):
    """How the part of a run that covers one resource stands."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    EXCLUDED = "excluded"

    @property
    def is_final(self) -> bool:
        """Nothing more will happen to it."""
        return self not in {TaskStatus.WAITING, TaskStatus.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A named way to a server; its details are in the sealed boxes (see ``vault.sealing``).

    Attributes:
        shown: Clear copies of a few details for lists, or None if an earlier version added it.
            Never believed where something depends on it.
    """

    id: str
    name: str
    kind: str
    sealed: bytes
    wrapped_key: bytes
    created: datetime
    shown: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRecord:
    """A named place of backups; its key is in the sealed boxes."""

    id: str
    name: str
    url: str
    sealed: bytes
    wrapped_key: bytes
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What an operator wants done.

    Attributes:
        kind: ``backup``, ``restore``, ``export``, ``verify``, ``replicate``.
        connection: Name of the connection now; None: it needs none.
        storage: Name of the storage now.
        selection: What it covers, as the service wrote it.
        priority: -1, 0 or 1; what it is worth, see ``engine.claims``.
        is_paused: Its schedule rests until somebody says so.
        schedule: When it runs by itself, as the service wrote it (see ``engine.schedule``).
        due: When its next run is due, aware, UTC; None: never by itself.
        last_due: The turn that was taken last.
        missed: The turn that was missed last.
        missed_why: Why it was, in a sentence.
    """

    id: str
    name: str
    kind: str
    connection_id: str | None
    storage_id: str
    connection: str | None
    storage: str
    selection: Mapping[str, Json]
    created: datetime
    priority: int = 0
    is_paused: bool = False
    schedule: Mapping[str, Json] | None = None
    due: datetime | None = None
    last_due: datetime | None = None
    missed: datetime | None = None
    missed_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why something ended badly, as it is kept and shown.

    Attributes:
        exit_code: Of the command that waits for it (design §6).
        what: What did not work.
        why: The cause, or an empty string.
        hint: What to do now, or an empty string.
    """

    exit_code: int
    what: str
    why: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a job, or of a restore that a person asked for.

    Attributes:
        position: Its place in the queue; lower ones came first.
        job: Name of its job, or None for a restore without one.
        kind: ``backup`` or ``restore``.
        request: What to do, as the service wrote it.
        claims: What it must have for itself (see ``engine.claims``).
        waits_for: In words, while another run is in its way.
        is_stop_asked: Somebody cancelled it; it ends at the next safe point.
        is_pause_asked: Somebody paused it; so it does there.
        attempts: How often a worker took it up.
        requests: Sent to the server, all attempts together.
        throttled: Answers that told us to go slower.
        error: Why the whole of it failed, if it did; while it is paused, why, and what to do.
        live: How far the running part is, for displays; not exact, and gone when it is finished.
            Not in its row: the service puts it together (see ``service.run_view``).
        pace: How fast it used its server up to now (see ``service.run_pace``); stays when it ends.
        earlier: The figures of what worked on it and does not any more (see ``words.merging``).
        waits_for_s: How long it will wait, in seconds, about; None: it does not, or nobody knows.
        priority: See ``Job``.
        is_urgent: A restore that a person started: others stand aside for it.
        sort_ms: When it was asked for, in milliseconds since 1970, earlier by what its priority is
            worth: the order of the queue.
        overtaken: How many urgent runs went ahead of it while it waited.
        is_yield_asked: It is to stand aside at its next safe point.
        blocked_by: Id of the run that it waits for.
        granted: When it was last given all that it claims.
        stands_since: When it last stood aside.
        yields_from: It is not asked to stand aside again before then.
        yields: How often it stood aside.
        driver: Id of the worker that drives it.
        ending: How it is to end, where that was known before all of its workers had stopped.
        due: The turn of its job's schedule that it takes.
        joined: How many later turns came before it had ended, and were counted as taken.
        not_before: It is not granted earlier, and is in nobody's way until then.
        planned: When its tasks were planned, if they need not be planned anew for having been
            paused.
        pinned: What the request meant when it was asked for, and means until the run ends; None:
            that is settled when it begins.
        is_giving_up: It was cancelled, and puts back first what it changed for its time.
    """

    position: int
    id: str
    job_id: str | None
    job: str | None
    kind: str
    request: Mapping[str, Json]
    claims: Mapping[str, Json]
    status: RunStatus
    waits_for: str | None
    is_stop_asked: bool
    is_pause_asked: bool
    attempts: int
    requests: int
    throttled: int
    created: datetime
    started: datetime | None
    finished: datetime | None
    error: Fault | None
    live: Mapping[str, Json] | None = None
    pace: Mapping[str, Json] | None = None
    earlier: Mapping[str, Json] | None = None
    waits_for_s: float | None = None
    priority: int = 0
    is_urgent: bool = False
    sort_ms: int = 0
    overtaken: int = 0
    is_yield_asked: bool = False
    blocked_by: str | None = None
    granted: datetime | None = None
    stands_since: datetime | None = None
    yields_from: datetime | None = None
    yields: int = 0
    driver: str | None = None
    ending: RunStatus | None = None
    due: datetime | None = None
    joined: int = 0
    not_before: datetime | None = None
    planned: datetime | None = None
    pinned: Mapping[str, Json] | None = None
    is_giving_up: bool = False


FIRST = "/newest"
"""What the id of a task ends with that must end before the rest of the same resource begins: no id
of a resource has a slash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The part of a run that covers one resource, with its ledger.

    Attributes:
        number: Its place in the run, from 0.
        resource: How people name it (``Resource.reference``). Untrusted text.
        coverage: The ledger as JSON, once there is one (see ``words.coverage``).
        reason: Why it is excluded, in words, or None.
        place: The resource as it was found, for whichever worker takes the task.
        worker: Id of the worker that works on it.
        weight: Bytes of the resource when it was last seen; large ones go first.
        attempts: How often a worker took it up.
    """

    run_id: str
    resource_kind: str
    resource_id: str
    number: int
    resource: str
    name: str = ""
    status: TaskStatus = TaskStatus.WAITING
    started: datetime | None = None
    finished: datetime | None = None
    coverage: Mapping[str, Json] | None = None
    reason: str | None = None
    error: Fault | None = None
    place: Mapping[str, Json] | None = None
    worker: str | None = None
    weight: int = 0
    attempts: int = 0

    @property
    def own_id(self) -> str:
        """The id of its resource, whichever part of that it covers."""
        return self.resource_id.removesuffix(FIRST)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run to put into the queue (see ``Run`` for what the fields mean)."""

    kind: str
    request: Mapping[str, Json]
    claims: Mapping[str, Json] = field(default_factory=dict)
    job_id: str | None = None
    job: str | None = None
    priority: int = 0
    is_urgent: bool = False
    due: datetime | None = None
    not_before: datetime | None = None
    pinned: Mapping[str, Json] | None = None
