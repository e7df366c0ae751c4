"""When jobs run: the options that say so, the commands that change it, and how it is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output
from strongroom.cli.command import command
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError
from strongroom.words.priority import Priority

if TYPE_CHECKING:
    from strongroom.control.turns import LastRun
    from strongroom.engine.schedule import Schedule
    from strongroom.service.application import SessionVerbs
    from strongroom.service.schedules import Standing
    from strongroom.words.json import Json

_CRON_HELP = "When it runs by itself: minute, hour, day, month, weekday, as in '30 22 * * mon-fri'."
ScheduleOption = Annotated[str | None, typer.Option("--schedule", metavar="CRON", help=_CRON_HELP)]
CronOption = Annotated[str | None, typer.Option("--cron", metavar="CRON", help=_CRON_HELP)]
ContinuousOption = Annotated[
    str | None,
    typer.Option(
        "--continuous",
        metavar="DURATION",
        help="Run it again and again, this long after each run has ended (15m, 2h, 1d).",
    ),
]
ZoneOption = Annotated[
    str | None,
    typer.Option(
        "--time-zone", metavar="ZONE", help="Whose clock is meant: Europe/Berlin; else UTC."
    ),
]
HoursOption = Annotated[
    str | None,
    typer.Option(
        "--hours",
        metavar="GRID",
        help="The only hours in which it runs: 'mon-fri 20-06, sat-sun 0-24', or 'always'.",
    ),
]
PriorityOption = Annotated[
    Priority,
    typer.Option("--priority", help="Whether its runs stand earlier or later in the queue."),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The job's name.")]
HEADERS = ("SCHEDULE", "NEXT", "LAST RUN")


def chosen(
    *,
    cron: str | None = None,
    continuous: str | None = None,
    time_zone: str | None = None,
    hours: str | None = None,
) -> Schedule:
    """Turn the options of a new job into a schedule.

    Raises:
        OperatorError: one of them cannot be understood, or two of them exclude each other.
    """
    from strongroom.engine.schedule import Schedule  # noqa: PLC0415 - see Settings

    return _changed(Schedule(), cron=cron, continuous=continuous, time_zone=time_zone, hours=hours)


def _changed(
    schedule: Schedule,
    *,
    cron: str | None,
    continuous: str | None,
    time_zone: str | None,
    hours: str | None,
) -> Schedule:
    from strongroom.words.durations import read_duration  # noqa: PLC0415 - see Settings

    if cron is not None and continuous is not None:
        raise OperatorError(
            "A job runs either by cron or continuously.", hint="Give one of the two options."
        )
    if cron is not None:
        schedule = replace(schedule, cron=cron, idle_s=None)
    if continuous is not None:
        idle_s = int(read_duration(continuous).total_seconds())
        schedule = replace(schedule, cron=None, idle_s=idle_s)
    return replace(
        schedule,
        time_zone=schedule.time_zone if time_zone is None else time_zone,
        hours=schedule.hours if hours is None else hours,
    )


def register(app: typer.Typer) -> None:
    """Add the commands to those of jobs."""
    command(app, "schedule", exits=(2, 4))(set_schedule)
    command(app, "pause", exits=(2, 4))(pause)
    command(app, "resume", exits=(2, 4))(resume)
    command(app, "priority", exits=(2, 4))(set_priority)


def set_schedule(
    settings: Settings,
    name: Name,
    cron: CronOption = None,
    continuous: ContinuousOption = None,
    is_never: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--never", help="Run it only when somebody asks for it.")
    ] = False,
    time_zone: ZoneOption = None,
    hours: HoursOption = None,
) -> None:
    """Say when a job runs by itself, and in which hours it may; what is not given stays."""
    from strongroom.engine.schedule import Schedule  # noqa: PLC0415 - see Settings

    given = (cron, continuous, time_zone, hours)
    if not is_never and all(one is None for one in given):
        raise OperatorError(
            "Nothing was said about when the job runs.",
            hint="Give --cron, --continuous or --never; or --hours, or --time-zone.",
        )
    if is_never and (cron is not None or continuous is not None):
        raise OperatorError(
            "A job runs either by a schedule or never by itself.",
            hint="Leave out --never, or the schedule.",
        )
    with settings.application() as application:
        kept = Schedule.from_json(application.jobs.show(name).schedule)
        before = replace(kept, cron=None, idle_s=None) if is_never else kept
        changed = _changed(
            before, cron=cron, continuous=continuous, time_zone=time_zone, hours=hours
        )
        application.schedules.set(name, changed)
        standing = of_job(application, name)
    _show(settings, standing)


def pause(settings: Settings, name: Name) -> None:
    """Let a job's schedule rest; a run that is under way goes on, and `job run` works."""
    with settings.application() as application:
        application.schedules.pause(name)
        standing = of_job(application, name)
    _show(settings, standing)


def resume(settings: Settings, name: Name) -> None:
    """Let a job's schedule go on, with its next turn."""
    with settings.application() as application:
        application.schedules.resume(name)
        standing = of_job(application, name)
    _show(settings, standing)


def set_priority(
    settings: Settings,
    name: Name,
    priority: Annotated[Priority, typer.Argument(help="A step is worth 15 minutes of waiting.")],
) -> None:
    """Let a job's runs stand earlier or later in the queue, those that wait included."""
    with settings.application() as application:
        application.schedules.set_priority(name, priority)
        standing = of_job(application, name)
    _show(settings, standing)


def of_jobs(application: SessionVerbs) -> dict[str, Standing]:
    """Ask how all jobs stand, by their names."""
    return {one.name: one for one in application.schedules.all()}


def of_job(application: SessionVerbs, name: str) -> Standing:
    """Ask how one job stands, which is there."""
    return of_jobs(application)[name]


def cells(standing: Standing) -> tuple[object, ...]:
    """Give what a list shows of it, below ``HEADERS``."""
    told = f"paused ({standing.told})" if standing.is_paused else standing.told
    return told, standing.due, None if standing.last_run is None else _run(standing.last_run)


def document(standing: Standing) -> dict[str, Json]:
    """Give what a document of the job has of it."""
    last = standing.last_run
    return {
        "schedule": standing.schedule,
        "schedule_told": standing.told,
        "next_due": None if standing.due is None else output.when(standing.due),
        "paused": standing.is_paused,
        "priority": str(standing.priority),
        "last_run": None
        if last is None
        else {
            "id": last.id,
            "status": str(last.status),
            "created": output.when(last.created),
            "finished": None if last.finished is None else output.when(last.finished),
        },
        "last_missed": None
        if standing.missed is None
        else {"due": output.when(standing.missed), "why": standing.missed_why},
    }


def print_lines(standing: Standing) -> None:
    """Print what people are shown of it."""
    output.text(f"runs: {standing.told}" + (" (paused)" if standing.is_paused else ""))
    output.text(f"next due: {'-' if standing.due is None else output.when(standing.due)}")
    output.text(f"priority: {standing.priority}")
    output.text(f"last run: {'-' if standing.last_run is None else _run(standing.last_run)}")
    if standing.missed is not None:
        output.text(f"last missed: {output.when(standing.missed)} ({standing.missed_why})")


def _run(run: LastRun) -> str:
    return f"{run.id} {run.status} {output.when(run.finished or run.created)}"


def _show(settings: Settings, standing: Standing) -> None:
    if settings.is_json:
        output.document({"name": standing.name, **document(standing)})
    else:
        output.text(f"name: {standing.name}")
        print_lines(standing)
