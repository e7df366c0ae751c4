"""From a run's end to a message in plain words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from strongroom.control.outbox import NewMessage
from strongroom.control.records import Fault, Job, Run, RunStatus, TaskStatus
from strongroom.control.run_end import RunEnd, Trouble
from strongroom.engine.faults import bug, fault_of, paused_by_a_person
from strongroom.errors import IntegrityError, OperatorError, ServerUnreachable
from strongroom.service import happenings
from strongroom.service.happenings import Event

NOW = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
RUN = Run(
    position=1,
    id="k7x3q9",
    job_id="j1",
    job="nightly",
    kind="backup",
    request={},
    claims={},
    status=RunStatus.FAILED,
    waits_for=None,
    is_stop_asked=False,
    is_pause_asked=False,
    attempts=2,
    requests=0,
    throttled=0,
    created=NOW,
    started=NOW,
    finished=NOW + timedelta(minutes=13),
    error=None,
)
JOB = Job(
    id="j1",
    name="nightly",
    kind="backup",
    connection_id="c1",
    storage_id="s1",
    connection="office",
    storage="disk",
    selection={},
    created=NOW,
)
NOTHING = RunEnd(counts={}, sums=dict.fromkeys(("saved", "unchanged", "skipped", "failed"), 0),
                 troubles=[])  # fmt: skip
DENIED = Fault(
    exit_code=2,
    what="The account backup may not open the mailbox ann@example.org.",
    why="It said so.",
    hint="Give it the right to.",
)
KNOWN = frozenset({"office", "disk", "nightly"})


def trouble(resource: str = "ann@example.org", fault: Fault | None = DENIED) -> Trouble:
    return Trouble(resource=resource, status=TaskStatus.FAILED, error=fault, skipped=0, failed=0)


def ended(*troubles: Trouble, complete: int = 0) -> RunEnd:
    counts = {TaskStatus.COMPLETE: complete}
    for one in troubles:
        counts[one.status] = counts.get(one.status, 0) + 1
    return RunEnd(
        counts=counts,
        sums={"saved": 5, "unchanged": 6, "skipped": 7, "failed": 8},
        troubles=troubles,
    )


def message(run: Run, end: RunEnd = NOTHING) -> NewMessage:
    told = happenings.of_run(run, end, KNOWN)
    assert told is not None
    return told


def test_a_failure_says_what_why_and_what_to_do() -> None:
    fault = Fault(
        exit_code=5, what="mail.example cannot be reached.", why="It was refused.", hint="Look."
    )
    told = message(replace(RUN, error=fault), ended(trouble(), complete=3))
    assert (told.event, told.about) == (Event.FAILED, "k7x3q9/2")
    assert told.title == "Strongroom: the backup nightly failed"
    assert told.body.split("\n") == [
        "It began 2026-03-05 02:00 UTC and ended 2026-03-05 02:13 UTC.",
        "Resources: 3 complete, 1 failed.",
        "Items: 5 saved, 6 unchanged, 7 skipped, 8 failed.",
        "Why: mail.example cannot be reached. It was refused.",
        (
            "- ann@example.org: The account backup may not open the mailbox ann@example.org. "
            "It said so."
        ),
        "What to do: Look.",
        "See all of it: strongroom run show k7x3q9",
    ]


def test_a_partial_run_names_what_is_missing_where() -> None:
    partial = Trouble(
        resource="bob@example.org", status=TaskStatus.PARTIAL, error=None, skipped=2, failed=1
    )
    told = message(replace(RUN, status=RunStatus.PARTIAL), ended(trouble(), partial))
    assert told.event == Event.PARTIAL
    assert told.title == "Strongroom: the backup nightly is partial: something is missing"
    assert "- bob@example.org: 1 items failed and 2 items skipped." in told.body
    assert "What failed is tried again in the next run." in told.body


def test_a_run_that_waits_for_a_person_says_how_it_goes_on() -> None:
    told = message(replace(RUN, status=RunStatus.PAUSED, finished=None, error=DENIED))
    assert told.event == Event.PAUSED
    assert told.title == "Strongroom: the backup nightly waits for a person"
    assert "When it is mended, let it go on: strongroom run resume k7x3q9" in told.body
    hint = "Sign in, then: strongroom run resume k7x3q9"
    told = message(replace(RUN, status=RunStatus.PAUSED, error=replace(DENIED, hint=hint)))
    assert told.body.count("run resume") == 1


def test_success_is_told_briefly_to_whom_it_is_told() -> None:
    told = message(replace(RUN, status=RunStatus.COMPLETE), ended(complete=2))
    assert told.event == Event.COMPLETE
    assert "strongroom run show" not in told.body
    assert "Resources: 2 complete." in told.body


@pytest.mark.parametrize(
    "run",
    [
        replace(RUN, status=RunStatus.CANCELLED),
        replace(RUN, status=RunStatus.RUNNING),
        replace(RUN, status=RunStatus.WAITING),
        replace(RUN, status=RunStatus.PAUSED, error=paused_by_a_person(RUN.id)),
    ],
)
def test_what_a_person_did_or_goes_on_by_itself_is_told_nobody(run: Run) -> None:
    assert happenings.of_run(run, NOTHING, KNOWN) is None


def test_a_run_without_a_job_is_told_by_its_kind() -> None:
    assert message(replace(RUN, job=None, kind="restore")).title == "Strongroom: a restore failed"


def test_the_same_run_that_fails_again_is_told_again() -> None:
    assert message(RUN).about != message(replace(RUN, attempts=3)).about


def test_many_troubles_are_counted_not_listed() -> None:
    many = [trouble(f"{number}@example.org") for number in range(10)]
    end = replace(ended(*many), counts={TaskStatus.FAILED: 4321})
    told = message(RUN, end)
    assert told.body.count("\n- ") == 11
    assert "- and 4311 more" in told.body
    assert len(told.body) < 3000


SECRET_FOLDER = "Divorce/Lawyer"


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        (
            "backup",
            fault_of(IntegrityError(f"The rows of {SECRET_FOLDER} do not fit together.")),
        ),
        ("backup", fault_of(OperatorError(f"The folder '{SECRET_FOLDER}' is shut."))),
        ("backup", fault_of(OperatorError("Shut.", hint=f'Open "{SECRET_FOLDER}".'))),
        ("verify", fault_of(ServerUnreachable("Gone.", why=f"\u201c{SECRET_FOLDER}\u201d"))),
        ("backup", bug(f"Traceback:\n  KeyError: '{SECRET_FOLDER}'\n{SECRET_FOLDER}")),
        ("backup", Fault(exit_code=3, what=SECRET_FOLDER)),
        ("restore", fault_of(OperatorError(f"No such folder: {SECRET_FOLDER}."))),
        ("export", fault_of(OperatorError("x", hint=f"Look into {SECRET_FOLDER}"))),
    ],
)
def test_names_of_folders_and_items_are_left_out(kind: str, fault: Fault) -> None:
    told = message(replace(RUN, kind=kind, error=fault), ended(trouble(fault=fault)))
    assert "Divorce" not in told.body + told.title
    assert "Why: " in told.body
    assert "See all of it: strongroom run show k7x3q9" in told.body


def test_names_that_operators_chose_stay_and_apostrophes_hide_nothing() -> None:
    what = "The connection 'office' isn't the server's own, and 'Lawyer's letters' is."
    told = message(replace(RUN, error=Fault(exit_code=2, what=what)))
    assert "Why: The connection 'office' isn't the server's own, and … is." in told.body


def test_hostile_names_change_neither_lines_nor_markup() -> None:
    evil = "x\r\nBcc: <at>all</at> [y](https://evil.example)\u202e @channel"
    run = replace(RUN, job=evil, error=Fault(exit_code=2, what=evil, hint=evil))
    told = message(run, ended(trouble(evil, Fault(exit_code=2, what=evil))))
    plainly = message(replace(RUN, error=DENIED), ended(trouble()))
    assert told.title.isprintable()
    assert told.body.count("\n") == plainly.body.count("\n")
    assert not set(told.title + told.body) & set("<>[]\r\u202e")
    assert " @channel" not in told.body


def test_missed_turns_are_told_with_their_times() -> None:
    turns = [NOW + timedelta(days=number) for number in range(7)]
    told = happenings.of_missed(JOB, turns[:1], "Nobody worked.")
    assert told.title == "Strongroom: the backup nightly missed a turn"
    assert told.body.startswith("Not run when due: 2026-03-05 02:00 UTC.\nWhy: Nobody worked.\n")
    many = happenings.of_missed(JOB, turns, "Nobody worked.")
    assert many.title.endswith("missed 7 turns")
    assert "2026-03-09 02:00 UTC and 2 more." in many.body
    assert told.about != many.about
