"""Whether a resource is protected, and if not, why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from strongroom.control.protected import Protected, Standing
from strongroom.control.records import Job
from strongroom.engine.schedule import Schedule
from strongroom.service.protection import Cause, Judge, oldest_allowed

NOW = datetime(2026, 3, 5, 10, 15, tzinfo=UTC)
JOB = Job(
    id="j1", name="nightly", kind="backup", connection_id="c1", storage_id="s1",
    connection="office", storage="disk", selection={}, created=NOW - timedelta(days=400),
)  # fmt: skip
GOOD = Protected(
    storage_id="s1", resource_kind="mailbox", resource_id="1", resource="ann@example", name="Ann",
    storage="disk", connection="office", job="nightly", run_id="r1", status=Standing.COMPLETE,
    why="", tried=NOW, good=NOW - timedelta(hours=12), point="p", newest=NOW, newest_point="p",
    items=3, saved=3, bytes_read=9, bytes_stored=5,
)  # fmt: skip
NIGHTLY = Schedule(cron="0 22 * * *")


def scheduled(schedule: Schedule | None) -> Job:
    return replace(JOB, schedule=None if schedule is None else schedule.to_json())


def judge(schedule: Schedule | None = None, max_age: timedelta | None = None) -> Judge:
    return Judge([scheduled(schedule)], ["s1"], now=NOW, max_age=max_age)


def aged(**age: float) -> Protected:
    return replace(GOOD, good=NOW - timedelta(**age))


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        (GOOD, None),
        (replace(GOOD, job=None), None),
        (replace(GOOD, status=Standing.WAITING), None),
        (replace(GOOD, status=Standing.FAILED), Cause.FAILED),
        (replace(GOOD, status=Standing.PARTIAL), Cause.INCOMPLETE),
        (replace(GOOD, status=Standing.EXCLUDED), Cause.EXCLUDED),
        (replace(GOOD, status=Standing.GONE), Cause.NO_LONGER_LISTED),
        (replace(GOOD, job="removed"), Cause.NO_JOB),
        (replace(GOOD, storage_id="s2"), Cause.STORAGE_REMOVED),
        (replace(GOOD, good=None, status=Standing.WAITING, tried=None), Cause.NEVER_TRIED),
        (replace(GOOD, good=None, status=Standing.PARTIAL), Cause.INCOMPLETE),
        (replace(GOOD, good=None, status=Standing.FAILED), Cause.FAILED),
    ],
)
def test_where_nothing_says_how_old_it_may_be_its_last_backup_counts(
    row: Protected, cause: Cause | None
) -> None:
    assert judge().cause(row) is cause


def test_a_failure_does_not_matter_while_the_last_good_point_is_young_enough() -> None:
    failed = replace(aged(hours=30), status=Standing.FAILED)
    assert judge(max_age=timedelta(hours=36)).cause(failed) is None
    assert judge(max_age=timedelta(hours=24)).cause(failed) is Cause.FAILED
    assert judge(NIGHTLY).cause(failed) is None
    assert judge(NIGHTLY).cause(replace(aged(hours=61), status=Standing.FAILED)) is Cause.FAILED


def test_what_is_too_old_is_told_with_both_times() -> None:
    old = aged(hours=61)
    by_schedule = judge(NIGHTLY)
    assert by_schedule.cause(old) is Cause.TOO_OLD
    assert by_schedule.why(old, Cause.TOO_OLD) == (
        "Its last complete restore point is from 2026-03-02T21:15:00Z; it should not be from "
        "before 2026-03-03T22:00:00Z."
    )
    assert judge(max_age=timedelta(days=9)).cause(old) is None, "who asks has the last word"
    assert judge(max_age=timedelta(hours=1)).cause(replace(GOOD, job=None)) is Cause.TOO_OLD


@pytest.mark.parametrize(
    ("schedule", "oldest"),
    [
        (None, None),
        (Schedule(), None),
        (Schedule(hours="mon-fri 20-06"), None),
        (NIGHTLY, datetime(2026, 3, 3, 22, tzinfo=UTC)),
        (Schedule(cron="* * * * *"), datetime(2026, 3, 5, 10, 14, tzinfo=UTC)),
        (Schedule(cron="0 22 * * fri"), datetime(2026, 2, 20, 22, tzinfo=UTC)),
        (Schedule(cron="0 3 1 * *"), datetime(2026, 2, 1, 3, tzinfo=UTC)),
        (Schedule(cron="0 3 1 1 *"), datetime(2025, 1, 1, 3, tzinfo=UTC)),
        (Schedule(cron="0 3 29 2 *"), None),
        (
            Schedule(cron="0 22 * * *", time_zone="Europe/Berlin"),
            datetime(2026, 3, 3, 21, tzinfo=UTC),
        ),
        (Schedule(idle_s=3600), NOW - timedelta(hours=26)),
        # Every hour, but only at night: what comes due in the day is one run in the evening.
        (Schedule(cron="0 * * * *", hours="20-06"), datetime(2026, 3, 5, 4, tzinfo=UTC)),
    ],
)
def test_a_schedule_says_from_when_the_last_good_point_must_be(
    schedule: Schedule | None, oldest: datetime | None
) -> None:
    assert oldest_allowed(scheduled(schedule), NOW) == oldest


def test_the_evening_run_that_is_under_way_makes_nothing_too_old() -> None:
    evening = datetime(2026, 3, 5, 20, 30, tzinfo=UTC)
    job = scheduled(Schedule(cron="0 * * * *", hours="20-06"))
    assert oldest_allowed(job, evening) == datetime(2026, 3, 5, 5, tzinfo=UTC)


def test_a_schedule_that_is_not_understood_any_more_says_nothing() -> None:
    job = replace(JOB, schedule={**NIGHTLY.to_json(), "time_zone": "Mars/Olympus"})
    assert oldest_allowed(job, NOW) is None


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_words(cause: Cause) -> None:
    row = replace(aged(days=9), why="as the run said")
    assert judge(NIGHTLY).why(row, cause)
