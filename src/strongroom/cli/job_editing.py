"""``strongroom job edit``: what a job covers from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import job_options, job_schedule, job_shown, keeping, unlocking
from strongroom.cli.command import command
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError
from strongroom.words.job_kind import JobKind

if TYPE_CHECKING:
    from strongroom.control.records import Job
    from strongroom.service.application import Application
    from strongroom.service.selections import SelectionEdit


def register(app: typer.Typer) -> None:
    """Add the command to those of jobs."""
    command(app, "edit", exits=(2, 4), parser=keeping.KeepingCommand)(edit)


def edit(  # noqa: PLR0913, PLR0917 - one argument per option of the contract
    settings: Settings,
    name: job_schedule.Name,
    resource: job_options.ResourceOption = None,
    resource_file: job_options.ResourceFileOption = None,
    match: job_options.MatchOption = None,
    group: job_options.GroupOption = None,
    exclude: job_options.ExcludeOption = None,
    recycle_bin: job_options.RecycleBinOption = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(metavar="X", help="Take this name, pattern or group out; repeatable."),
    ] = None,
    is_all: Annotated[
        bool | None,
        typer.Option("--all/--not-all", help="Cover all there is; or only what is named."),
    ] = None,
    replaces: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--replace", help="What is given takes the place of all that was there.")
    ] = False,
    sample: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Of a verify job; 0: all items."),
    ] = None,
    keep: keeping.KeepOption = None,
    prune_every: keeping.PruneEveryOption = None,
    is_at_once: keeping.AtOnceOption = False,  # noqa: FBT002 - the parser's calling convention
    password_file: unlocking.GuardOption = None,
) -> None:
    """Change what a backup or a verify job covers, from its next run on.

    What is given is added to what is there. For when it runs, see `job schedule`. Rules (--keep)
    take the place of those before; what only those kept goes in seven days.
    """
    with settings.application() as application:
        from strongroom.service.selections import SelectionEdit  # noqa: PLC0415 - see Settings

        change = SelectionEdit(
            resources=job_options.named(resource, resource_file),
            match=tuple(match or ()),
            groups=tuple(group or ()),
            exclude=tuple(exclude or ()),
            drop=tuple(drop or ()),
            is_all=is_all,
            replaces=replaces,
            sample=sample,
            recycle_bin=recycle_bin,
        )
        rules, every_s = keeping.words(keep), keeping.seconds(prune_every)
        if change == SelectionEdit() and rules is None and every_s is None:
            raise OperatorError(
                "Nothing was said about what the job is to cover.",
                hint="See `strongroom job edit --help`.",
            )
        if rules is not None or every_s is not None:
            application.retention.set(
                name, keep=rules, prune_every_s=every_s, is_at_once=is_at_once
            )
        if change == SelectionEdit():
            edited = application.jobs.show(name)
        else:
            edited = _edit(application, name, change, password_file)
        kept = application.retention.show(name) if edited.kind == JobKind.BACKUP else None
        job_shown.show(settings, edited, job_schedule.of_job(application, name), kept)


def _edit(
    application: Application, name: str, change: SelectionEdit, password_file: str | None
) -> Job:
    connection = application.jobs.show(name).connection
    if connection is None:
        return application.jobs.edit(name, change)
    return unlocking.unlocked(
        application, connection, password_file, lambda: application.jobs.edit(name, change)
    )
