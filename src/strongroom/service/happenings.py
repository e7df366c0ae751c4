"""What happened, in plain words for whoever is to act: from a run's end to a message. Pure.

A message goes out of the house, through servers of others, to people who may not look into what is
kept. So it names jobs and resources, and neither folders nor items: what errors say is repeated
only where they speak of servers, accounts and storages, and without what stands in quotation marks
unless it is the name of a connection, a storage or a job.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from strongroom.control.outbox import NewMessage
from strongroom.control.records import Fault, Job, Run, RunStatus, TaskStatus
from strongroom.control.run_end import RunEnd, Trouble
from strongroom.engine.faults import paused_by_a_person
from strongroom.service.plain_words import plain


class Event(StrEnum):
    """What a channel can be told of. The values are part of the command line contract."""

    FAILED = "failed"
    PARTIAL = "partial"
    MISSED = "missed"
    PAUSED = "paused"
    COMPLETE = "complete"
    DIGEST = "digest"


TONES = {
    Event.FAILED: "failure",
    Event.PARTIAL: "warning",
    Event.MISSED: "warning",
    Event.PAUSED: "warning",
    Event.COMPLETE: "success",
    Event.DIGEST: "info",
}
USUALLY = (Event.FAILED, Event.PARTIAL, Event.MISSED, Event.PAUSED, Event.DIGEST)
"""What a channel is told of if nobody says otherwise."""

TROUBLES_MAX = 10
"""So many resources are named in a message; how many more there are is said."""

_TURNS_MAX = 5
_EVENT_OF = {
    RunStatus.FAILED: Event.FAILED,
    RunStatus.PARTIAL: Event.PARTIAL,
    RunStatus.PAUSED: Event.PAUSED,
    RunStatus.COMPLETE: Event.COMPLETE,
}
_HEADS = {
    Event.FAILED: "failed",
    Event.PARTIAL: "is partial: something is missing",
    Event.PAUSED: "waits for a person",
    Event.COMPLETE: "is complete",
}
_OPEN_KINDS = frozenset({"backup", "verify", "prune", "replicate"})
"""Runs whose errors name no folders but in quotation marks; a restore's and an export's do."""

_OPEN_CODES = frozenset({2, 5})
"""Errors that speak of servers, accounts, storages. Damage (4) names where in a mailbox it is."""

_QUOTED = re.compile(r"(?<!\w)(['\"])(.+?)\1(?!\w)|«(.+?)»|\u2018(.+?)\u2019|\u201c(.+?)\u201d")
_LEFT_OUT = "…"


def of_run(run: Run, end: RunEnd, known: frozenset[str]) -> NewMessage | None:
    """Say how a run ended, or that it waits for a person; None: nobody has to be told.

    Args:
        run: The run, as it stands now.
        end: How its tasks stand.
        known: Names of connections, storages and jobs: they may be told.
    """
    event = _EVENT_OF.get(run.status)
    if event is None or run.error == paused_by_a_person(run.id):
        return None
    lines = [*_times(run), *_counts(end)]
    lines += _why(run, known)
    lines += _troubles(run, end, known)
    lines += _now_what(run, event, known)
    return NewMessage(
        event=event,
        about=f"{run.id}/{run.attempts}",
        title=plain(f"Strongroom: {_named(run)} {_HEADS[event]}"),
        body="\n".join(lines),
    )


def of_missed(job: Job, missed: Sequence[datetime], why: str) -> NewMessage:
    """Say that turns of a job's schedule were missed.

    Args:
        job: Whose.
        missed: The turns, aware; at least one.
        why: One sentence of ours.
    """
    shown = ", ".join(when(turn) for turn in missed[:_TURNS_MAX])
    more = len(missed) - _TURNS_MAX
    lines = [
        f"Not run when due: {shown}" + (f" and {more} more." if more > 0 else "."),
        plain(f"Why: {why}"),
        "Missed turns are not made up for one by one; one run catches up.",
        plain(f"See how it stands: strongroom job show {job.name}"),
    ]
    count = "a turn" if len(missed) == 1 else f"{len(missed)} turns"
    return NewMessage(
        event=Event.MISSED,
        about=f"{job.id}/{missed[-1].isoformat()}",
        title=plain(f"Strongroom: the {job.kind} {job.name} missed {count}"),
        body="\n".join(lines),
    )


def when(moment: datetime) -> str:
    """Write a time for people: to the minute, UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def told(fault: Fault, kind: str, known: frozenset[str]) -> str:
    """Say why something went wrong, without names of folders and items.

    Args:
        fault: As it was kept.
        kind: Of the run.
        known: Names that may be told.
    """
    if kind in _OPEN_KINDS and fault.exit_code in _OPEN_CODES:
        return plain(_without_names(f"{fault.what} {fault.why}".strip(), known))
    return {
        1: "An error in Strongroom itself.",
        3: "Some items could not be handled.",
        4: "What is stored is damaged, or does not fit together.",
        5: "A server did not answer, or not in time.",
    }.get(fault.exit_code, "A person must act.")


def _named(run: Run) -> str:
    return f"a {run.kind}" if run.job is None else f"the {run.kind} {run.job}"


def _times(run: Run) -> Iterator[str]:
    if run.started is not None and run.finished is not None:
        yield f"It began {when(run.started)} and ended {when(run.finished)}."


def _counts(end: RunEnd) -> Iterator[str]:
    parts = [
        f"{end.counts[status]} {status}"
        for status in (
            TaskStatus.COMPLETE,
            TaskStatus.PARTIAL,
            TaskStatus.FAILED,
            TaskStatus.WAITING,
            TaskStatus.EXCLUDED,
        )
        if end.counts.get(status)
    ]
    if parts:
        yield f"Resources: {', '.join(parts)}."
    sums = end.sums
    if any(sums.values()):
        yield (
            f"Items: {sums['saved']} saved, {sums['unchanged']} unchanged, "
            f"{sums['skipped']} skipped, {sums['failed']} failed."
        )


def _why(run: Run, known: frozenset[str]) -> Iterator[str]:
    if run.error is not None:
        yield f"Why: {told(run.error, run.kind, known)}"


def _troubles(run: Run, end: RunEnd, known: frozenset[str]) -> Iterator[str]:
    for one in end.troubles[:TROUBLES_MAX]:
        yield plain(f"- {one.resource}: {_trouble(one, run.kind, known)}")
    more = end.troubled - min(len(end.troubles), TROUBLES_MAX)
    if more > 0:
        yield f"- and {more} more"


def _trouble(one: Trouble, kind: str, known: frozenset[str]) -> str:
    if one.status is TaskStatus.FAILED:
        return "failed." if one.error is None else told(one.error, kind, known)
    parts = [f"{one.failed} items failed"] if one.failed else []
    parts += [f"{one.skipped} items skipped"] if one.skipped else []
    return (" and ".join(parts) or "something is missing") + "."


def _now_what(run: Run, event: Event, known: frozenset[str]) -> Iterator[str]:
    fault = run.error
    if fault is not None and fault.hint and run.kind in _OPEN_KINDS:
        hint = f"What to do: {fault.hint}"
        if fault.exit_code in _OPEN_CODES and _without_names(hint, known) == hint:
            yield plain(hint)
    if event is Event.PARTIAL:
        yield "What failed is tried again in the next run."
    if event is Event.PAUSED and (fault is None or "run resume" not in fault.hint):
        yield f"When it is mended, let it go on: strongroom run resume {run.id}"
    if fault is not None and fault.exit_code == 1:
        yield "Please report it with what the next command shows."
    if event is not Event.COMPLETE:
        yield f"See all of it: strongroom run show {run.id}"


def _without_names(text: str, known: frozenset[str]) -> str:
    def left(found: re.Match[str]) -> str:
        quoted = next(one for one in found.groups()[1:] if one is not None)
        return found[0] if quoted in known else _LEFT_OUT

    return _QUOTED.sub(left, text)
