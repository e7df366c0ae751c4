"""Which resources a backup run covers: what its job's selection means on the server now.

    named → listed (all, or what matches) → members of groups → what an earlier run covered and
    nobody tells of any more

Whatever cannot be found out is a task too, one that failed: a run that did not see all it should is
never complete. What appeared since the last run is simply there; what disappeared is told, and what
was saved of it is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from strongroom.control.records import Fault, Task, TaskStatus
from strongroom.engine.faults import fault_of
from strongroom.errors import (
    AccessDenied,
    Interrupted,
    OperatorError,
    SignInEnded,
    StrongroomError,
    TransientError,
)
from strongroom.operations.interfaces import Server, Stop, never
from strongroom.service.no_longer_listed import no_longer_covered, no_longer_listed
from strongroom.service.ports import Grouped
from strongroom.service.selections import BackupSelection
from strongroom.store.storage import Storage
from strongroom.words.json import Json
from strongroom.words.resource import Resource, ResourceKind

UNRESOLVED = "unresolved"
"""The kind of a task for what is no resource yet: a name, a pattern, ``group:ADDRESS``."""

GROUP = "group:"
_KINDS = frozenset(map(str, ResourceKind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One task of a run.

    Attributes:
        task: As it is to be kept.
        resource: What it is to do; None: it has ended before it began.
    """

    task: Task
    resource: Resource | None = None

    @property
    def row(self) -> Task:
        """The task, with all that whoever takes it needs to know."""
        return (
            self.task
            if self.resource is None
            else replace(self.task, place=self.resource.to_json())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a run is to cover.

    Attributes:
        selection: Of its job.
        only: Tasks of an earlier run that it is limited to (see ``only_of``); None: no limit.
        before: Tasks of the job's last run.
    """

    selection: BackupSelection
    only: Sequence[Mapping[str, Any]] | None = None
    before: Sequence[Task] = ()


def only_of(tasks: Iterable[Task]) -> list[Json]:
    """Write down which tasks a run is to do again.

    One that never began may stand under an id that the server's list made up; it is known by its
    name alone.
    """
    return [
        {
            "kind": task.resource_kind,
            "id": task.resource_id if task.started is not None else "",
            "resource": task.resource,
        }
        for task in tasks
    ]


def planned(
    run_id: str,
    server: Server,
    wanted: Wanted,
    *,
    storage: Storage,
    connection: str,
    stop: Stop = never,
) -> list[Planned]:
    """Say which tasks a run has; those without a resource have ended before they began.

    Args:
        run_id: The run.
        server: Who tells.
        wanted: What the run is to cover.
        storage: Where it goes: what lies there was covered before.
        connection: Name of the connection.
        stop: Asked before each question to the server.

    Raises:
        Interrupted: ``stop`` said so; nothing of it is kept.
        SignInEnded: we may not ask at all.
        AccessDenied, TransientError, ServerUnreachable: the server does not list what it has.
    """
    plan = _Plan(run_id=run_id, server=server, selection=wanted.selection, stop=stop)
    if wanted.only is not None:
        for one in wanted.only:
            plan.add_again(one["kind"], one["id"], one["resource"])
        return plan.tasks
    for reference in wanted.selection.resources:
        plan.add_named(reference)
    plan.add_listed()
    for group in wanted.selection.groups:
        plan.add_group(group)
    if plan.is_group_untold:
        plan.add_known(plan.covered_before(wanted.before))
    rows = [one.task for one in plan.tasks]
    if wanted.selection.is_all:
        gone = no_longer_listed(storage, connection, rows)
    else:
        gone = no_longer_covered(storage, rows, plan.covered_before(wanted.before))
    return plan.tasks + [Planned(task=task) for task in gone]


@dataclass(slots=True, kw_only=True)
class _Plan:
    """The tasks of one run, as they are found."""

    run_id: str
    server: Server
    selection: BackupSelection
    stop: Stop
    tasks: list[Planned] = field(default_factory=list)
    is_group_untold: bool = False
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def add_named(self, reference: str) -> None:
        """Take in what the operator named; one that is not there, or shut, does not hide others."""
        resource = self._resolved(reference)
        if resource is not None:
            self._add(resource)

    def add_listed(self) -> None:
        """Take in what the server lists: all of it, or what matches a pattern."""
        if not self.selection.is_all and not self.selection.match:
            return
        found: Counter[str] = Counter()
        for resource in self.server.resources():
            self._go_on()
            if self.selection.is_all:
                self._add(resource)
            elif (pattern := self.selection.pattern_that_matches(resource)) is not None:
                found[pattern] += 1
                self._add(resource)
        for pattern in self.selection.match:
            if not found[pattern]:
                self._add_left_out(
                    pattern, "The server lists nothing that matches it, and no pattern before it."
                )

    def add_group(self, address: str) -> None:
        """Take in the members of a group, with all that belongs to them."""
        self._go_on()
        row = f"{GROUP}{address}"
        if not isinstance(self.server, Grouped):
            self._add_failed(row, NO_GROUPS)
            return
        try:
            group = self.server.group(address, self._leaves_group_out)
        except SignInEnded:
            raise
        except (OperatorError, TransientError) as error:
            self.is_group_untold = True
            self._add_failed(row, _not_found(error))
            return
        for member in group.members:
            self._go_on()
            for resource in self.server.of_mailbox(member):
                self._add(resource)
        for name, why in group.others:
            self._add_left_out(name, why)
        for name in group.left_out:
            pattern = self.selection.pattern_that_excludes_group(name)
            self._add_left_out(f"{GROUP}{name}", _excluded_by(pattern or ""))
        for name, why in group.untold:
            self.is_group_untold = True
            self._add_failed(f"{GROUP}{name}", _untold(name, why))

    def add_known(self, before: Sequence[Task]) -> None:
        """Take in what was covered last time, where nobody tells who is in a group now."""
        for task in before:
            key = (task.resource_kind, task.resource_id)
            if task.status is not TaskStatus.EXCLUDED and key not in self._seen:
                self.add_again(*key, task.resource)

    def add_again(self, kind: str, id_: str, reference: str) -> None:
        """Take in what was a task before: the same resource, or nothing.

        Args:
            kind: Kind of resource, or ``UNRESOLVED``.
            id_: Its id; empty: whatever has the name.
            reference: How it was named.
        """
        if kind == UNRESOLVED and reference.startswith(GROUP):
            self.add_group(reference.removeprefix(GROUP))
            return
        resource = self._resolved(reference)
        if resource is None:
            return
        if id_ and kind != UNRESOLVED and resource.id != id_:
            self._add_failed(reference, _another(reference, id_, resource.id))
            return
        self._add(resource)

    def covered_before(self, before: Sequence[Task]) -> list[Task]:
        """Say what the last run covered by pattern or group; what was named is told by its name."""
        named = {reference.lower() for reference in self.selection.resources}
        return [
            task
            for task in before
            if task.resource_kind in _KINDS
            and task.resource.lower() not in named
            and task.resource_id not in named
            and (self.selection.is_matched(task.resource) or bool(self.selection.groups))
        ]

    def _leaves_group_out(self, address: str) -> bool:
        return self.selection.pattern_that_excludes_group(address) is not None

    def _resolved(self, reference: str) -> Resource | None:
        """Look a resource up; keep a failed task if that cannot be done.

        Raises:
            SignInEnded: we may not ask at all, which is no matter of one name.
        """
        self._go_on()
        try:
            return self.server.resolve(reference)
        except SignInEnded:
            raise
        except (OperatorError, TransientError) as error:
            self._add_failed(reference, _not_found(error))
            return None

    def _go_on(self) -> None:
        """Stop if we are to: ten thousand names take a quarter of an hour to look up.

        Raises:
            Interrupted: somebody wants it.
        """
        if self.stop():
            raise Interrupted("The run was stopped before all that it covers was looked up.")

    def _add(self, resource: Resource) -> None:
        key = (str(resource.kind), resource.id)
        if key in self._seen:
            return
        self._seen.add(key)
        task = _task(self.run_id, len(self.tasks), resource, self.selection)
        is_to_do = task.status is TaskStatus.WAITING
        self.tasks.append(Planned(task=task, resource=resource if is_to_do else None))

    def _add_failed(self, row: str, fault: Fault) -> None:
        self._add_row(row, status=TaskStatus.FAILED, error=fault)

    def _add_left_out(self, row: str, reason: str) -> None:
        self._add_row(row, status=TaskStatus.EXCLUDED, reason=reason)

    def _add_row(self, row: str, **fields: Any) -> None:  # noqa: ANN401 - a task's own fields
        key = (UNRESOLVED, row.lower())
        if key in self._seen:
            return
        self._seen.add(key)
        task = Task(
            run_id=self.run_id,
            number=len(self.tasks),
            resource_kind=UNRESOLVED,
            resource_id=row,
            resource=row,
            **fields,
        )
        self.tasks.append(Planned(task=task))


_KEPT = (
    "What was saved of it before is kept. If it is gone for good, take it out of its job: "
    "`strongroom job edit`."
)
NO_GROUPS = Fault(
    exit_code=OperatorError.exit_code,
    what="Who is in a group cannot be found out on this kind of server yet.",
    hint="Name the mailboxes (--resource, --resource-file), or match their addresses (--match).",
)


def _not_found(error: StrongroomError) -> Fault:
    fault = fault_of(error)
    if isinstance(error, OperatorError) and not isinstance(error, AccessDenied):
        return replace(fault, hint=f"{fault.hint} {_KEPT}".strip())
    return fault


def _untold(address: str, why: str) -> Fault:
    return Fault(
        exit_code=OperatorError.exit_code,
        what=f"Not everybody in the group {address} is known, so some may not have been saved.",
        why=why,
        hint=f"If nobody is missing, leave it out: --exclude {address}.",
    )


def _another(reference: str, was: str, now: str) -> Fault:
    return Fault(
        exit_code=OperatorError.exit_code,
        what=f"{reference} is another mailbox or site now, so nothing of it was saved.",
        why=f"It was {was} when it failed, and is {now}.",
        hint="Run the job itself: it takes in what is there now.",
    )


def _task(run_id: str, number: int, resource: Resource, selection: BackupSelection) -> Task:
    """Say what is to become of a resource: backed up, left out, or missed because it is shut."""
    task = Task(
        run_id=run_id,
        number=number,
        resource_kind=str(resource.kind),
        resource_id=resource.id,
        resource=resource.reference,
        name=resource.name,
    )
    pattern = selection.pattern_that_excludes(resource)
    if pattern is not None:
        return replace(task, status=TaskStatus.EXCLUDED, reason=_excluded_by(pattern))
    if resource.excluded is None:
        return task
    if not resource.is_missing:
        return replace(task, status=TaskStatus.EXCLUDED, reason=resource.excluded)
    fault = Fault(
        exit_code=OperatorError.exit_code,
        what=f"{resource.reference} could not be opened, so nothing of it was saved.",
        why=resource.excluded,
        hint="If it is not to be backed up, leave it out with --exclude.",
    )
    return replace(task, status=TaskStatus.FAILED, error=fault)


def _excluded_by(pattern: str) -> str:
    return f"excluded by the job: --exclude {pattern}"
