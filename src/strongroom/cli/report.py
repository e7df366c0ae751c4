"""``strongroom report``: what is protected, what is not and why, what came in, how runs went."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from strongroom.cli import report_kinds, report_writing
from strongroom.cli.command import command, group
from strongroom.cli.report_writing import Format
from strongroom.cli.settings import Settings
from strongroom.clock import SystemClock
from strongroom.errors import OperatorError
from strongroom.words.durations import read_duration

app = group("What is protected, what is not and why, what came in, how runs went.")
StorageOption = Annotated[
    str | None, typer.Option("--storage", metavar="NAME", help="Of this storage alone.")
]
JobOption = Annotated[str | None, typer.Option("--job", metavar="NAME", help="Of this job alone.")]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="T", help="From then on: 2026-03-05, 2026-03-05T10:15:00Z, or 30d ago."
    ),
]
MaxAgeOption = Annotated[
    str | None,
    typer.Option(
        "--max-age",
        metavar="DURATION",
        help="How old the last complete restore point may be (36h, 2d); "
        "else as the jobs' schedules say.",
    ),
]
FormatOption = Annotated[
    Format | None, typer.Option("--format", help="A table for people, CSV, or one JSON document.")
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write it into this new file.")
]


@command(app, "protected", exits=(2, 4))
def protected(
    settings: Settings,
    storage: StorageOption = None,
    job: JobOption = None,
    max_age: MaxAgeOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    output: OutputOption = None,
) -> None:
    """List what has a complete restore point that is young enough, and which one it is."""
    with settings.application() as application:
        lines = application.reports.protected(storage=storage, job=job, max_age_s=_seconds(max_age))
        report_writing.write(settings, report_kinds.PROTECTED, lines, format, output)


@command(app, "unprotected", exits=(2, 4))
def unprotected(
    settings: Settings,
    storage: StorageOption = None,
    job: JobOption = None,
    max_age: MaxAgeOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    output: OutputOption = None,
) -> None:
    """List what has none, and why."""
    with settings.application() as application:
        lines = application.reports.unprotected(
            storage=storage, job=job, max_age_s=_seconds(max_age)
        )
        report_writing.write(settings, report_kinds.UNPROTECTED, lines, format, output)


@command(app, "growth", exits=(2, 4))
def growth(
    settings: Settings,
    storage: StorageOption = None,
    job: JobOption = None,
    since: SinceOption = None,
    is_total: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--total", help="Sum up over all resources: by storage and day.")
    ] = False,
    format: FormatOption = None,  # noqa: A002 - the option's name
    output: OutputOption = None,
) -> None:
    """List what came in, by resource and day."""
    begin = _moment(since)
    with settings.application() as application:
        lines = application.reports.growth(
            storage=storage,
            job=job,
            since="" if begin is None else begin.strftime("%Y-%m-%d"),
            is_total=is_total,
        )
        kind = report_kinds.GROWTH_IN_TOTAL if is_total else report_kinds.GROWTH
        report_writing.write(settings, kind, lines, format, output)


@command(app, "runs", exits=(2, 4))
def runs(
    settings: Settings,
    storage: StorageOption = None,
    job: JobOption = None,
    since: SinceOption = None,
    format: FormatOption = None,  # noqa: A002 - the option's name
    output: OutputOption = None,
) -> None:
    """List runs, newest first, each in one line."""
    begin = _moment(since)
    with settings.application() as application:
        lines = application.reports.runs(storage=storage, job=job, since=begin)
        report_writing.write(settings, report_kinds.RUNS, lines, format, output)


def _seconds(max_age: str | None) -> int | None:
    return None if max_age is None else int(read_duration(max_age).total_seconds())


def _moment(text: str | None) -> datetime | None:
    """Read a time, a date (its beginning, UTC) or a duration (so long ago)."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    try:
        return SystemClock().now() - read_duration(text)
    except (OperatorError, OverflowError) as error:
        raise OperatorError(
            f"Neither a time nor a duration: {text!a}.",
            hint="Write it like 2026-03-05, 2026-03-05T10:15:00Z, or 30d for so long ago.",
        ) from error
