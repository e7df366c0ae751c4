"""How jobs are shown: in lists, one by one, and as documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from strongroom.cli import job_schedule, keeping, output
from strongroom.cli.settings import Settings
from strongroom.words.job_kind import JobKind

if TYPE_CHECKING:
    from strongroom.control.records import Job
    from strongroom.service.application import SessionVerbs
    from strongroom.service.retention import RetentionView
    from strongroom.service.schedules import Standing
    from strongroom.words.json import Json

_NAMED_MAX = 5


def show(
    settings: Settings, job: Job, standing: Standing, kept: RetentionView | None = None
) -> None:
    """Show one job, and what it keeps."""
    if settings.is_json:
        output.document(document(job, standing, kept))
        return
    for field in ("name", "kind", "connection", "storage"):
        output.text(f"{field}: {getattr(job, field) or '-'}")
    output.text(f"covers: {covers(job, is_whole=True)}")
    if kept is not None:
        keeping.lines(kept)
    job_schedule.print_lines(standing)


def show_added(
    settings: Settings, application: SessionVerbs, job: Job, kept: RetentionView | None = None
) -> None:
    """Show a job that was just added."""
    show(settings, job, job_schedule.of_job(application, job.name), kept)


def document(job: Job, standing: Standing, kept: RetentionView | None = None) -> Json:
    """Write a job as its document."""
    return {
        "id": job.id,
        "name": job.name,
        "kind": job.kind,
        "connection": job.connection,
        "storage": job.storage,
        **job.selection,
        "created": output.when(job.created),
        **({} if kept is None else keeping.document(kept)),
        **job_schedule.document(standing),
    }


def covers(job: Job, *, is_whole: bool = False) -> str:
    """Say in one line what a job covers.

    Args:
        job: The job.
        is_whole: Every name, not only the first ones.
    """
    selection: dict[str, Any] = dict(job.selection)
    match job.kind:
        case JobKind.BACKUP:
            return _backup(selection, is_whole=is_whole)
        case JobKind.RESTORE:
            return _restore(selection)
        case JobKind.VERIFY:
            named = _list(selection["resources"], is_whole=is_whole) or "all"
            sample = selection["sample"]
            return named if sample is None else f"{named}, {sample} items of each restore point"
        case JobKind.PRUNE | JobKind.REPLICATE:
            named = _list(selection["resources"], is_whole=is_whole) or "all"
            return f"{named}, copied to {selection['to']}" if "to" in selection else named
        case JobKind.EXPORT:
            return f"{selection['resource']} as {selection['format']} into {selection['output']}"
        case _:
            return ""


def _backup(selection: dict[str, Any], *, is_whole: bool) -> str:
    parts = ["all"] if selection["all"] else []
    parts += filter(None, [_list(selection["resources"], is_whole=is_whole)])
    parts += [f"matching {pattern}" for pattern in selection.get("match", ())]
    parts += [f"members of {group}" for group in selection.get("groups", ())]
    parts += [f"without {pattern}" for pattern in selection["exclude"]]
    parts += ["with the recycle bin"] if selection.get("recycle_bin") else []
    return ", ".join(parts)


def _restore(selection: dict[str, Any]) -> str:
    told = f"{selection['resource']} into {selection['to'] or 'itself'}"
    match selection["folder"]:
        case None:
            told += ", a new folder each time"
        case "/":
            told += ", in place"
        case folder:
            told += f", folder {folder}"
    at = "" if selection["at"] is None else f", as of {selection['at']}"
    return f"{told}{at} ({selection['conflict']})"


def _list(names: Sequence[str], *, is_whole: bool) -> str:
    shown = list(names if is_whole else names[:_NAMED_MAX])
    if len(shown) < len(names):
        shown.append(f"{len(names) - len(shown):,} more")
    return ", ".join(shown)
