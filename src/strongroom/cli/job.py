"""``strongroom job``: what is backed up, from where, to where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import job_schedule, output, unlocking, waiting
from strongroom.cli.command import command, group
from strongroom.cli.settings import Settings
from strongroom.words.priority import Priority

if TYPE_CHECKING:
    from strongroom.control.records import Job, Run
    from strongroom.service.schedules import Standing
    from strongroom.words.json import Json

app = group("What is backed up, from where, to where.")
add_app = group("Add a job.")
app.add_typer(add_app, name="add")
job_schedule.register(app)
Name = job_schedule.Name


@command(add_app, "backup", exits=(2, 4))
def add_backup(  # noqa: PLR0913, PLR0917 - one argument per option of the contract
    settings: Settings,
    name: Name,
    connection: Annotated[str, typer.Option(metavar="C", help="Connection to read through.")],
    storage: Annotated[str, typer.Option(metavar="S", help="Storage to write to.")],
    resource: Annotated[
        list[str] | None,
        typer.Option(
            metavar="R",
            help="ADDRESS, archive:ADDRESS, recoverable:ADDRESS, public-folders or an id; "
            "repeatable.",
        ),
    ] = None,
    is_all: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--all", help="All that the server lists when the run begins.")
    ] = False,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Addresses to leave out (* and ?); repeatable."),
    ] = None,
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

        selection = BackupSelection(
            resources=tuple(resource or ()), is_all=is_all, exclude=tuple(exclude or ())
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
            ),
        )
        standing = job_schedule.of_job(application, added.name)
    _show(settings, added, standing)


@command(app, "list", exits=(2, 4))
def list_jobs(settings: Settings) -> None:
    """List all jobs."""
    with settings.application() as application:
        jobs = application.jobs.all()
        standings = job_schedule.of_jobs(application)
    jobs = [job for job in jobs if job.name in standings]  # one may be new or gone meanwhile
    if settings.is_json:
        output.document([_document(job, standings[job.name]) for job in jobs])
    else:
        output.table(
            ("NAME", "KIND", "CONNECTION", "STORAGE", "COVERS", *job_schedule.HEADERS),
            [
                (
                    *(job.name, job.kind, job.connection, job.storage, _covers(job)),
                    *job_schedule.cells(standings[job.name]),
                )
                for job in jobs
            ],
        )


@command(app, "show", exits=(2, 4))
def show(settings: Settings, name: Name) -> None:
    """Show one job."""
    with settings.application() as application:
        job = application.jobs.show(name)
        standing = job_schedule.of_job(application, name)
    _show(settings, job, standing)


@command(app, "run", exits=(2, 3, 4, 5))
def run(settings: Settings, name: Name, wait: waiting.WaitOption = False) -> int:  # noqa: FBT002
    """Run a job now; a run of it that waits or runs already is joined."""
    with settings.application() as application:
        waiting.refuse_without_worker(application, is_waiting=wait)
        asked, is_joined = application.jobs.ask_run(name)
        if is_joined:
            output.message(_joined(asked))
        return waiting.finish(settings, application, asked, is_waiting=wait)


def _joined(run: Run) -> str:
    if run.attempts and run.status == "waiting":
        return f"Continuing run {run.id}, which was cut short: what it has saved is not read again."
    return f"Joining run {run.id}, which is {run.status} already."


@command(app, "remove", exits=(2, 4))
def remove(settings: Settings, name: Name) -> None:
    """Forget a job; its runs and restore points stay."""
    with settings.application() as application:
        application.jobs.remove(name)
    if settings.is_json:
        output.document({"removed": name})
    else:
        output.text(f"Removed the job {name}. Its restore points stay.")


def _show(settings: Settings, job: Job, standing: Standing) -> None:
    if settings.is_json:
        output.document(_document(job, standing))
        return
    for field in ("name", "kind", "connection", "storage"):
        output.text(f"{field}: {getattr(job, field)}")
    output.text(f"covers: {_covers(job)}")
    job_schedule.print_lines(standing)


def _covers(job: Job) -> str:
    from strongroom.service.selections import BackupSelection  # noqa: PLC0415 - see Settings

    selection = BackupSelection.from_json(job.selection)
    covers = "all" if selection.is_all else ", ".join(selection.resources)
    return covers + "".join(f", without {pattern}" for pattern in selection.exclude)


def _document(job: Job, standing: Standing) -> Json:
    return {
        "id": job.id,
        "name": job.name,
        "kind": job.kind,
        "connection": job.connection,
        "storage": job.storage,
        **job.selection,
        "created": output.when(job.created),
        **job_schedule.document(standing),
    }
