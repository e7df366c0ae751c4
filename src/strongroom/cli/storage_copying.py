"""``strongroom storage replicate`` and ``copies``, ``job add replicate``: a second copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import job_schedule, job_shown, output, storage_access, waiting
from strongroom.cli.command import command
from strongroom.cli.job_options import StoredResourcesOption
from strongroom.cli.settings import Settings
from strongroom.cli.storage_adding import (
    CaFile,
    CredentialsFile,
    CredentialsWord,
    absolute,
)
from strongroom.words.priority import Priority

if TYPE_CHECKING:
    from strongroom.service.application import Application
    from strongroom.service.storage_access import Access

Name = Annotated[str, typer.Argument(metavar="NAME", help="The storage that is copied.")]
To = Annotated[
    str,
    typer.Argument(
        metavar="TO",
        help="Where to: the name of its copy, or the URL or folder of an empty place.",
    ),
]
AsOption = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="COPY", help="Name of the copy in a new place. Else NAME with -copy."
    ),
]


def register(app: typer.Typer, jobs: typer.Typer) -> None:
    """Add the commands to those of storages, and to ``job add``."""
    command(app, "replicate", exits=(2, 3, 4, 5))(replicate)
    command(app, "copies", exits=(2, 4, 5))(copies)
    command(jobs, "replicate", exits=(2, 4, 5))(add_replicate)


def replicate(  # noqa: PLR0913, PLR0917 - one argument per option of the contract
    settings: Settings,
    name: Name,
    to: To,
    as_name: AsOption = None,
    resource: StoredResourcesOption = None,
    credentials_file: CredentialsFile = None,
    credentials: CredentialsWord = None,
    ca_file: CaFile = None,
    wait: waiting.WaitOption = False,  # noqa: FBT002 - the parser's calling convention
) -> int:
    """Bring a copy of a storage up to date; every file is read back when it has arrived.

    The copy is a storage like any other and opens with the same password and recovery key. A lost
    storage comes back in the same way: copy the copy to where it was.
    """
    access = storage_access.given(credentials_file, credentials, ca_file)
    with settings.application() as application:
        waiting.refuse_without_worker(application, is_waiting=wait)
        from strongroom.service.selections import ReplicateSelection  # noqa: PLC0415 - see Settings

        placed = _placed(application, name, to, as_name, access)
        selection = ReplicateSelection(to=placed, resources=tuple(resource or ()))
        run, was_there = application.replicas.ask(name, selection)
        if was_there:
            output.message(f"Run {run.id} does that already.")
        return waiting.finish(settings, application, run, is_waiting=wait)


def copies(settings: Settings, name: Name) -> None:
    """List the places of a storage: its own and its copies, and as of when they are whole."""
    with settings.application() as application:
        places = application.replicas.places(name)
    if settings.is_json:
        output.document(
            [
                {
                    "name": one.name,
                    "url": one.url,
                    "is_copy": one.is_copy,
                    "whole_as_of": output.when(one.whole_as_of) if one.whole_as_of else None,
                    "problem": one.problem,
                }
                for one in places
            ]
        )
        return
    output.table(
        ("NAME", "URL", "COPY", "WHOLE AS OF"),
        [
            (
                one.name,
                one.url,
                "?" if one.problem else "yes" if one.is_copy else "no",
                output.when(one.whole_as_of) if one.whole_as_of else "-",
            )
            for one in places
        ],
    )
    output.failures([f"{one.name}: {one.problem}" for one in places if one.problem])


def add_replicate(  # noqa: PLR0913, PLR0917 - one argument per option of the contract
    settings: Settings,
    name: job_schedule.Name,
    storage: Annotated[str, typer.Option(metavar="S", help="Storage that is copied.")],
    to: Annotated[
        str,
        typer.Option(
            metavar="TO",
            help="Where to: the name of its copy, or the URL or folder of an empty place.",
        ),
    ],
    as_name: AsOption = None,
    resource: StoredResourcesOption = None,
    credentials_file: CredentialsFile = None,
    credentials: CredentialsWord = None,
    ca_file: CaFile = None,
    schedule: job_schedule.ScheduleOption = None,
    continuous: job_schedule.ContinuousOption = None,
    time_zone: job_schedule.ZoneOption = None,
    hours: job_schedule.HoursOption = None,
    priority: job_schedule.PriorityOption = Priority.NORMAL,
) -> None:
    """Add a job that keeps a second copy of a storage up to date."""
    when = job_schedule.chosen(
        cron=schedule, continuous=continuous, time_zone=time_zone, hours=hours
    )
    access = storage_access.given(credentials_file, credentials, ca_file)
    with settings.application() as application:
        from strongroom.service.selections import ReplicateSelection  # noqa: PLC0415 - see Settings

        placed = _placed(application, storage, to, as_name, access)
        added = application.jobs.add_replicate(
            name,
            storage=storage,
            selection=ReplicateSelection(to=placed, resources=tuple(resource or ())),
            schedule=when,
            priority=priority,
        )
        job_shown.show_added(settings, application, added)


def _placed(
    application: Application, storage: str, to: str, as_name: str | None, access: Access | None
) -> str:
    """Give the name of the copy; a place that is given by where it is gets one."""
    is_place = any(sign in to for sign in "/\\:")
    if not is_place and as_name is None and access is None:
        return to
    return application.replicas.place(storage, absolute(to), name=as_name, access=access)
