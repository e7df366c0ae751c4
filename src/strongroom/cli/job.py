"""``strongroom job``: what is done again and again: from where, to where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom.cli import job_adding, job_editing, job_schedule, job_shown, output, waiting
from strongroom.cli.command import command, group
from strongroom.cli.settings import Settings
from strongroom.words.job_kind import JobKind

if TYPE_CHECKING:
    from strongroom.control.records import Run

app = group("What is backed up, from where, to where.")
app.add_typer(job_adding.app, name="add")
job_editing.register(app)
job_schedule.register(app)
Name = job_schedule.Name


@command(app, "list", exits=(2, 4))
def list_jobs(settings: Settings) -> None:
    """List all jobs."""
    with settings.application() as application:
        jobs = application.jobs.all()
        standings = job_schedule.of_jobs(application)
        kept = application.retention.all()
    jobs = [job for job in jobs if job.name in standings]  # one may be new or gone meanwhile
    if settings.is_json:
        output.document(
            [job_shown.document(job, standings[job.name], kept.get(job.name)) for job in jobs]
        )
    else:
        output.table(
            ("NAME", "KIND", "CONNECTION", "STORAGE", "COVERS", *job_schedule.HEADERS),
            [
                (
                    *(job.name, job.kind, job.connection, job.storage, job_shown.covers(job)),
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
        kept = application.retention.show(name) if job.kind == JobKind.BACKUP else None
    job_shown.show(settings, job, standing, kept)


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
