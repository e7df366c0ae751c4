"""The daily digest: when it goes, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.control.day import PausedRun, Troubled
from strongroom.control.protected import Standing
from strongroom.control.records import Fault, RunStatus
from strongroom.errors import OperatorError
from strongroom.service import digest
from strongroom.service.digest import DigestRule, Figures
from strongroom.service.happenings import Event

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
BERLIN = DigestRule(at="07:00", time_zone="Europe/Berlin", since=LONG_AGO)
UNTIL = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
FIGURES = Figures(
    since=UNTIL - timedelta(days=1),
    until=UNTIL,
    runs={RunStatus.COMPLETE: 12, RunStatus.FAILED: 1},
    standings={
        Standing.COMPLETE: 120,
        Standing.PARTIAL: 1,
        Standing.FAILED: 2,
        Standing.EXCLUDED: 4,
        Standing.GONE: 5,
    },
    good_in_day=115,
    good_in_week=120,
    never_good=1,
    troubled=[
        Troubled(
            resource="ann@example.org",
            storage="disk",
            status=Standing.FAILED,
            good=None,
            error=Fault(exit_code=2, what="There is no mailbox ann@example.org.", why="'Divorce'"),
            skipped=0,
            failed=0,
        ),
        Troubled(
            resource="bob@example.org",
            storage="disk",
            status=Standing.PARTIAL,
            good=UNTIL - timedelta(days=9, hours=3),
            error=None,
            skipped=2,
            failed=1,
        ),
    ],
    paused=[PausedRun(id="k7x3", kind="backup", job="nightly")],
    grown_on="2026-03-04",
    grown={"items": 1203, "bytes_read": 1_250_000_000, "bytes_stored": 999},
    unsent=["chat"],
)
DAY = date(2026, 3, 5)


def lines(figures: Figures) -> list[str]:
    return digest.message(DAY, figures, frozenset()).body.split("\n")


def test_it_goes_at_its_hour_on_the_clock_of_its_zone() -> None:
    assert BERLIN.newest(datetime(2026, 3, 5, 6, 0, tzinfo=UTC)) == (DAY, UNTIL)
    before = BERLIN.newest(datetime(2026, 3, 5, 5, 59, tzinfo=UTC))
    assert before == (date(2026, 3, 4), UNTIL - timedelta(days=1))
    summer = BERLIN.newest(datetime(2026, 7, 1, 12, 0, tzinfo=UTC))
    assert summer == (date(2026, 7, 1), datetime(2026, 7, 1, 5, 0, tzinfo=UTC))


@pytest.mark.parametrize("at", ["02:30", "03:00", "00:00", "23:59"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC"])
def test_every_day_has_one_and_they_follow_each_other(at: str, zone: str) -> None:
    rule = DigestRule(at=at, time_zone=zone, since=LONG_AGO)
    # A year, hour by hour, both changes of the clocks among them.
    hours = [datetime(2026, 1, 2, tzinfo=UTC) + timedelta(hours=n) for n in range(365 * 24)]
    told = [rule.newest(hour) for hour in hours]
    days = list(dict.fromkeys(day for day, _ in told))
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert len(set(told)) == len(days)
    dues = list(dict.fromkeys(due for _, due in told))
    assert all(timedelta(hours=22) < b - a < timedelta(hours=26) for a, b in zip(dues, dues[1:]))  # noqa: B905, RUF007
    assert all(
        due <= hour < due + timedelta(hours=26) for hour, (_, due) in zip(hours, told, strict=True)
    )


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2060, 1, 1)))  # noqa: DTZ001
def test_the_newest_one_is_never_in_the_future(moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    _, due = BERLIN.newest(now)
    assert due <= now < due + timedelta(hours=25, minutes=1)


@pytest.mark.parametrize("at", ["7:00", "24:00", "07:60", "", "07:00:00", "noon"])
def test_what_is_no_time_of_day_is_refused(at: str) -> None:
    with pytest.raises(OperatorError, match="no time of day"):
        replace(BERLIN, at=at)


def test_a_zone_that_is_not_there_is_refused() -> None:
    with pytest.raises(OperatorError, match="no such time zone"):
        replace(BERLIN, time_zone="Europe/Atlantis")


def test_the_rule_comes_back_as_it_was() -> None:
    assert DigestRule.from_json(BERLIN.to_json()) == BERLIN
    usual = DigestRule.from_json(None)
    assert (usual.at, usual.time_zone) == ("07:00", "UTC")
    assert usual.newest(UNTIL) is not None


def test_it_says_what_is_protected_what_is_not_and_why() -> None:
    told = digest.message(DAY, FIGURES, frozenset())
    assert (told.event, told.about) == (Event.DIGEST, "2026-03-05")
    assert told.title == "Strongroom, 2026-03-05: 3 of 123 resources are not as they should be"
    assert lines(FIGURES) == [
        "From 2026-03-04 06:00 UTC to 2026-03-05 06:00 UTC.",
        "Runs that ended: 12 complete, 1 failed.",
        (
            "Last restore point that lacks nothing: 115 of this day, 5 of the last 7 days, "
            "2 older, 1 never."
        ),
        "Left out by the jobs: 4. Not listed by the server any more: 5.",
        "Not protected as they should be:",
        (
            "- ann@example.org, storage disk: failed: There is no mailbox ann@example.org. … "
            "Last good: never."
        ),
        (
            "- bob@example.org, storage disk: partial: 1 items failed, 2 skipped. "
            "Last good: 9 days ago."
        ),
        "- and 1 more",
        "Runs that wait for a person:",
        "- the backup nightly: strongroom run show k7x3",
        "New on 2026-03-04 (UTC): 1,203 items, 1.2 GB read, 999 bytes stored.",
        "Messages do not reach: chat. See: strongroom notify list",
    ]


def test_a_good_day_is_short() -> None:
    good = replace(
        FIGURES,
        runs={RunStatus.COMPLETE: 2},
        standings={Standing.COMPLETE: 3},
        good_in_day=3,
        good_in_week=3,
        never_good=0,
        troubled=[],
        paused=[],
        unsent=[],
        grown=dict.fromkeys(FIGURES.grown, 0),
    )
    assert digest.message(DAY, good, frozenset()).title.endswith("all 3 resources are protected")
    assert lines(good)[1:] == [
        "Runs that ended: 2 complete.",
        (
            "Last restore point that lacks nothing: 3 of this day, 0 of the last 7 days, 0 older, "
            "0 never."
        ),
    ]


def test_a_home_that_backs_up_nothing_says_so() -> None:
    empty = replace(FIGURES, runs={}, standings={}, troubled=[], paused=[], unsent=[], grown={})
    assert digest.message(DAY, empty, frozenset()).title.endswith("nothing is backed up yet")
    assert lines(empty) == [
        "From 2026-03-04 06:00 UTC to 2026-03-05 06:00 UTC.",
        "Runs that ended: none.",
    ]


def test_hostile_names_stay_on_their_line() -> None:
    evil = replace(FIGURES.troubled[0], resource="x\n- <at>all</at>", storage="[d](http://e)")
    (line,) = (one for one in lines(replace(FIGURES, troubled=[evil])) if "all" in one)
    assert line.startswith("- x - \u2039at\u203aall\u2039/at\u203a, storage (d)(http://e): failed")
