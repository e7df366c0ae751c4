"""``strongroom storage prune`` and ``forget``; ``job add prune``: letting restore points go."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import job_schedule, job_shown, output, waiting
from strongroom.cli.browse import ResourceName
from strongroom.cli.command import command
from strongroom.cli.job_options import StoredResourcesOption
from strongroom.cli.keeping import AtOnceOption
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError
from strongroom.words.priority import Priority

if TYPE_CHECKING:
    from strongroom.operations.retaining import Verdict
    from strongroom.service.forgetting import ToForget
    from strongroom.service.prune_outlook import Foreseen, Frees
    from strongroom.words.json import Json

INTEGRITY = 4
_ID_SHOWN = 12
Name = Annotated[str, typer.Argument(metavar="NAME", help="The storage's name.")]


def register(app: typer.Typer, jobs: typer.Typer) -> None:
    """Add the commands to those of storages, and to ``job add``."""
    command(app, "prune", exits=(2, 3, 4))(prune)
    command(app, "forget", exits=(2, 4))(forget)
    command(app, "forgetting", exits=(2, 4))(forgetting)
    command(jobs, "prune", exits=(2, 4))(add_prune)


def prune(
    settings: Settings,
    name: Name,
    resource: StoredResourcesOption = None,
    dry_run: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool,
        typer.Option(
            "--dry-run", help="Only say what would go, why, and how much that would free."
        ),
    ] = False,
    wait: waiting.WaitOption = False,  # noqa: FBT002 - the parser's calling convention
) -> int:
    """Forget the restore points that no rule of their job keeps, and free what they alone used.

    Nothing goes that is held, nor the last good restore point of a resource. What goes by a shorter
    rule than before, by hand, or because a hold was taken off, waits seven days first. Small files
    of the storage are put together on the way.
    """
    with settings.application() as application:
        if dry_run:
            foreseen = application.retention.foresee(name, tuple(resource or ()))
            _show_dry_run(settings, foreseen)
            return INTEGRITY if any(one.is_damage for one in foreseen.frees) else 0
        waiting.refuse_without_worker(application, is_waiting=wait)
        run, _ = application.retention.ask_prune(name, tuple(resource or ()))
        return waiting.finish(settings, application, run, is_waiting=wait)


def _show_dry_run(settings: Settings, foreseen: Foreseen) -> None:
    verdicts = foreseen.verdicts
    if settings.is_json:
        output.document(
            {
                "points": [_verdict(one) for one in verdicts],
                "resources": [_frees(one) for one in foreseen.frees],
                "bytes_freed": foreseen.bytes_freed,
                "notes": list(foreseen.notes),
            }
        )
        return
    output.table(
        ("ID", "RESOURCE", "TIME", "STATUS", "ITEMS", "FATE", "UNTIL", "WHY"),
        [
            (
                one.point.id[:_ID_SHOWN],
                one.point.resource,
                one.point.time,
                one.point.status,
                one.point.items,
                one.fate,
                one.until,
                one.why,
            )
            for one in verdicts
        ],
    )
    output.text("")
    output.table(
        ("RESOURCE", "WOULD GO", "WOULD FREE", "PROBLEM"),
        [
            (
                one.resource,
                one.points,
                None if one.bytes_freed is None else output.size(one.bytes_freed),
                one.problem,
            )
            for one in foreseen.frees
        ],
    )
    for note in foreseen.notes:
        output.message(note)
    found = Counter(str(one.fate) for one in verdicts)
    output.message(
        f"{found['goes']:,} would go, {found['waits']:,} wait, {found['stays']:,} stay. "
        f"{output.size(foreseen.bytes_freed)} would be freed. Nothing was changed."
    )


def _frees(one: Frees) -> dict[str, Json]:
    return {
        "resource": one.resource,
        "kind": one.kind,
        "resource_id": one.resource_id,
        "points_going": one.points,
        "bytes_freed": one.bytes_freed,
        "problem": one.problem or None,
        "is_damage": one.is_damage,
    }


def _verdict(one: Verdict) -> dict[str, Json]:
    return {
        "id": one.point.id,
        "resource": one.point.resource,
        "kind": one.point.kind,
        "resource_id": one.point.resource_id,
        "time": output.when(one.point.time),
        "status": str(one.point.status),
        "items": one.point.items,
        "bytes": one.point.bytes,
        "fate": str(one.fate),
        "until": None if one.until is None else output.when(one.until),
        "why": one.why,
    }


def forget(
    settings: Settings,
    name: Name,
    resource: ResourceName,
    point: Annotated[
        list[str] | None,
        typer.Argument(metavar="POINT...", help="Ids of restore points; eight digits or more."),
    ] = None,
    is_at_once: AtOnceOption = False,  # noqa: FBT002 - the parser's calling convention
    is_cancelled: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--cancel", help="Let them stay after all; without POINT all of them.")
    ] = False,
) -> None:
    """Let restore points go by hand, in seven days; until then it can be cancelled.

    The first prune after that forgets them. Not even so goes what is held, nor the last good
    restore point.
    """
    chosen = tuple(point or ())
    with settings.application() as application:
        if is_cancelled:
            count = application.retention.keep_after_all(name, resource, chosen)
            if settings.is_json:
                output.document({"kept": count})
            else:
                output.text(f"{count:,} restore points stay that were to go.")
            return
        if not chosen:
            raise OperatorError(
                "This does not say which restore points are to go.",
                hint=f"`strongroom points {name} --resource {resource}` lists them.",
            )
        found = application.retention.forget(name, resource, chosen, is_at_once=is_at_once)
    _show_forgetting(settings, found)


def forgetting(
    settings: Settings,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Only those of this storage.")
    ] = None,
) -> None:
    """List the restore points that are to go by hand, and when."""
    with settings.application() as application:
        found = application.retention.forgetting()
    _show_forgetting(settings, [one for one in found if name in {None, one.storage}])


def _show_forgetting(settings: Settings, found: list[ToForget]) -> None:
    if settings.is_json:
        output.document([_to_forget(one) for one in found])
        return
    output.table(
        ("ID", "STORAGE", "RESOURCE", "NOT BEFORE", "ASKED", "BY"),
        [
            (
                one.point[:_ID_SHOWN],
                one.storage,
                one.resource,
                one.not_before,
                one.asked,
                one.asked_by,
            )
            for one in found
        ],
    )


def _to_forget(one: ToForget) -> dict[str, Json]:
    return {
        "id": one.point,
        "storage": one.storage,
        "resource": one.resource,
        "not_before": output.when(one.not_before),
        "asked": output.when(one.asked),
        "asked_by": one.asked_by,
    }


def add_prune(  # noqa: PLR0913, PLR0917 - one argument per option of the contract
    settings: Settings,
    name: job_schedule.Name,
    storage: Annotated[str, typer.Option(metavar="S", help="Storage to prune.")],
    resource: StoredResourcesOption = None,
    schedule: job_schedule.ScheduleOption = None,
    continuous: job_schedule.ContinuousOption = None,
    time_zone: job_schedule.ZoneOption = None,
    hours: job_schedule.HoursOption = None,
    priority: job_schedule.PriorityOption = Priority.NORMAL,
) -> None:
    """Add a job that prunes a storage at times of its own.

    Without one, backup jobs that have rules see to it themselves, once a week.
    """
    when = job_schedule.chosen(
        cron=schedule, continuous=continuous, time_zone=time_zone, hours=hours
    )
    with settings.application() as application:
        from strongroom.service.selections import PruneSelection  # noqa: PLC0415 - see Settings

        added = application.jobs.add_prune(
            name,
            storage=storage,
            selection=PruneSelection(resources=tuple(resource or ())),
            schedule=when,
            priority=priority,
        )
        job_shown.show_added(settings, application, added)
