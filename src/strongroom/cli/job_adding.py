"""``strongroom job add``: a backup, a restore, a verification or an export, to be run again.

Other kinds stand with what they do: ``storage_copying``, ``pruning``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import job_options, job_schedule, job_shown, keeping, output, unlocking
from strongroom.cli.browse import AtOption
from strongroom.cli.command import command, group
from strongroom.cli.export import Format
from strongroom.cli.people import PeopleOption, people_of
from strongroom.cli.restore import Conflict, FieldsOption, PathsOption, VersionOption
from strongroom.cli.settings import Settings
from strongroom.words.priority import Priority

app = group("Add a job.")
Connection = Annotated[str, typer.Option(metavar="C", help="Connection to work through.")]
Storage = Annotated[str, typer.Option(metavar="S", help="Storage to work with.")]
Saved = Annotated[
    str, typer.Option("--resource", metavar="R", help="Whose restore point (see `points`).")
]
Items = Annotated[list[str] | None, typer.Option(metavar="ID", help="Item wanted; repeatable.")]


@command(app, "backup", exits=(2, 4), parser=keeping.KeepingCommand)
def add_backup(  # noqa: PLR0913, PLR0917 - one argument per option of the contract
    settings: Settings,
    name: job_schedule.Name,
    connection: Connection,
    storage: Storage,
    resource: job_options.ResourceOption = None,
    resource_file: job_options.ResourceFileOption = None,
    is_all: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--all", help="All that the server lists when the run begins.")
    ] = False,
    match: job_options.MatchOption = None,
    group_: job_options.GroupOption = None,
    exclude: job_options.ExcludeOption = None,
    recycle_bin: job_options.RecycleBinOption = None,
    keep: keeping.KeepOption = None,
    prune_every: keeping.PruneEveryOption = None,
    schedule: job_schedule.ScheduleOption = None,
    continuous: job_schedule.ContinuousOption = None,
    time_zone: job_schedule.ZoneOption = None,
    hours: job_schedule.HoursOption = None,
    priority: job_schedule.PriorityOption = Priority.NORMAL,
    password_file: unlocking.GuardOption = None,
) -> None:
    """Add a backup job; nothing is read until it runs."""
    when = job_schedule.chosen(
        cron=schedule, continuous=continuous, time_zone=time_zone, hours=hours
    )
    with settings.application() as application:
        from strongroom.service.selections import BackupSelection  # noqa: PLC0415 - see Settings

        rules = keeping.of_new(keep, prune_every)
        selection = BackupSelection(
            resources=job_options.named(resource, resource_file),
            is_all=is_all,
            match=tuple(match or ()),
            groups=tuple(group_ or ()),
            exclude=tuple(exclude or ()),
            recycle_bin=bool(recycle_bin),
        )
        added = unlocking.unlocked(
            application,
            connection,
            password_file,
            lambda: application.jobs.add_backup(
                name,
                connection=connection,
                storage=storage,
                selection=selection,
                schedule=when,
                priority=priority,
                keep=rules,
            ),
        )
        job_shown.show_added(settings, application, added, application.retention.show(added.name))


@command(app, "restore", exits=(2, 4, 5))
def add_restore(  # noqa: PLR0913, PLR0917 - one argument per option of the contract
    settings: Settings,
    name: job_schedule.Name,
    connection: Connection,
    storage: Storage,
    resource: Saved,
    at: AtOption = None,
    path: PathsOption = None,
    item: Items = None,
    to: Annotated[
        str | None, typer.Option(metavar="RESOURCE", help="Restore into another one.")
    ] = None,
    folder: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder to restore into; / is in place. Else one for each run.",
        ),
    ] = None,
    conflict: Annotated[
        Conflict, typer.Option(help="What to do with an item that is there already.")
    ] = Conflict.COPY,
    with_settings: Annotated[
        bool | None,
        typer.Option(
            "--settings/--no-settings", help="Rules, automatic replies, delegates, categories too."
        ),
    ] = None,
    people: PeopleOption = None,
    version: VersionOption = "",
    field: FieldsOption = None,
    schedule: job_schedule.ScheduleOption = None,
    continuous: job_schedule.ContinuousOption = None,
    time_zone: job_schedule.ZoneOption = None,
    hours: job_schedule.HoursOption = None,
    priority: job_schedule.PriorityOption = Priority.NORMAL,
    password_file: unlocking.GuardOption = None,
) -> None:
    """Add a restore, to be run as often as need be; it is looked at now whether it may be.

    Each run restores the point that is the newest when it is asked for, or what --at says.
    """
    when = job_schedule.chosen(
        cron=schedule, continuous=continuous, time_zone=time_zone, hours=hours
    )
    with settings.application() as application:
        from strongroom.service.restores import RestoreOrder  # noqa: PLC0415 - see Settings

        order = RestoreOrder(
            storage=storage,
            resource=resource,
            connection=connection,
            at=at,
            paths=tuple(path or ()),
            items=tuple(item or ()),
            to=to,
            folder=folder,
            conflict=conflict,
            settings=with_settings,
            people=people_of(people),
            version=version,
            fields=tuple(field or ()),
        )
        added = unlocking.unlocked(
            application,
            connection,
            password_file,
            lambda: application.jobs.add_restore(
                name, order=order, schedule=when, priority=priority
            ),
        )
        if conflict is Conflict.COPY and folder is not None:
            output.message(
                f"Every run of {name} writes all of it once more into {folder}; with --conflict "
                "skip or replace it would not."
            )
        job_shown.show_added(settings, application, added)


@command(app, "verify", exits=(2, 4))
def add_verify(  # noqa: PLR0913, PLR0917 - one argument per option of the contract
    settings: Settings,
    name: job_schedule.Name,
    storage: Storage,
    resource: job_options.StoredResourcesOption = None,
    sample: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Read N items per restore point instead of all."),
    ] = None,
    schedule: job_schedule.ScheduleOption = None,
    continuous: job_schedule.ContinuousOption = None,
    time_zone: job_schedule.ZoneOption = None,
    hours: job_schedule.HoursOption = None,
    priority: job_schedule.PriorityOption = Priority.NORMAL,
) -> None:
    """Add a job that reads stored items back and checks that everything fits together."""
    when = job_schedule.chosen(
        cron=schedule, continuous=continuous, time_zone=time_zone, hours=hours
    )
    with settings.application() as application:
        from strongroom.service.selections import VerifySelection  # noqa: PLC0415 - see Settings

        added = application.jobs.add_verify(
            name,
            storage=storage,
            selection=VerifySelection(resources=tuple(resource or ()), sample=sample),
            schedule=when,
            priority=priority,
        )
        job_shown.show_added(settings, application, added)


@command(app, "export", exits=(2, 4))
def add_export(  # noqa: PLR0913, PLR0917 - one argument per option of the contract
    settings: Settings,
    name: job_schedule.Name,
    storage: Storage,
    resource: Saved,
    format_: Annotated[
        Format,
        typer.Option("--format", help="eml: Internet messages; files: the stored bytes."),
    ],
    output_directory: Annotated[
        Path,
        typer.Option(
            "--output",
            metavar="DIR",
            help="A folder on the machine that runs jobs. It must be there, and belong to the "
            "account that runs Strongroom; each run writes into a new folder below it.",
        ),
    ],
    at: AtOption = None,
    path: PathsOption = None,
    item: Items = None,
    schedule: job_schedule.ScheduleOption = None,
    continuous: job_schedule.ContinuousOption = None,
    time_zone: job_schedule.ZoneOption = None,
    hours: job_schedule.HoursOption = None,
    priority: job_schedule.PriorityOption = Priority.NORMAL,
) -> None:
    """Add a job that writes saved items as files, into a folder of the service's own account."""
    when = job_schedule.chosen(
        cron=schedule, continuous=continuous, time_zone=time_zone, hours=hours
    )
    with settings.application() as application:
        from strongroom.operations.export import ExportFormat  # noqa: PLC0415 - see Settings
        from strongroom.service.export_jobs import ExportOrder  # noqa: PLC0415 - see Settings

        order = ExportOrder(
            storage=storage,
            resource=resource,
            output=str(output_directory),
            format=ExportFormat(format_.value),
            at=at,
            paths=tuple(path or ()),
            items=tuple(item or ()),
        )
        added = application.jobs.add_export(name, order=order, schedule=when, priority=priority)
        job_shown.show_added(settings, application, added)
