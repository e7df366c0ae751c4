"""Holds beat the last good point, which beats people's wishes, which beat rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from strongroom.operations.points import RestorePoint
from strongroom.operations.retaining import Fate, Held, JobRules, Keeping, Verdict, Wish, judge
from strongroom.words.coverage import Status
from strongroom.words.retention import KEEP_ALL, parse_rules

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ANNS, BOBS = "job-a", "job-b"


def point(age: int, *, job: str | None = ANNS, status: Status = Status.COMPLETE) -> RestorePoint:
    return RestorePoint(
        id=f"{job}-{age}",
        time=NOW - age * DAY,
        resource="ann@example",
        kind="mailbox",
        resource_id="a1",
        host="office",
        status=status,
        tree=b"",
        items=3,
        bytes=30,
        job=job,
    )


def rules(words: str, *former: tuple[str, datetime]) -> JobRules:
    return JobRules(
        job="nightly",
        rules=parse_rules([words]),
        former=tuple(
            (parse_rules([one]) if one else KEEP_ALL, until, UTC) for one, until in former
        ),
        zone=UTC,
    )


def judged(points: list[RestorePoint], keeping: Keeping, now: datetime = NOW) -> dict[str, Verdict]:
    return {one.point.id: one for one in judge(points, keeping, now=now)}


def fates(points: list[RestorePoint], keeping: Keeping, now: datetime = NOW) -> list[str]:
    """Say what becomes of the points, in the order they were given."""
    found = judged(points, keeping, now)
    return [str(found[one.id].fate) for one in points]


FIVE = [point(age) for age in range(5)]


def test_rules_reach_only_what_their_own_job_made() -> None:
    others = [point(age, job=BOBS) for age in range(5, 8)]
    nobodys = [point(9, job=None)]
    found = judged([*FIVE, *others, *nobodys], Keeping(jobs={ANNS: rules("last:2")}))
    assert [found[one.id].fate for one in FIVE] == [Fate.STAYS] * 2 + [Fate.GOES] * 3
    assert {found[one.id].fate for one in [*others, *nobodys]} == {Fate.STAYS}
    assert found[FIVE[2].id].why == "no rule of nightly keeps it"


def test_a_hold_beats_rules_and_hands_of_one_point_or_of_all() -> None:
    wish = Wish(by="uid:1", not_before=NOW)
    keeping = Keeping(
        jobs={ANNS: rules("last:1")},
        holds=[Held(point=FIVE[2].id, reason="case 4711")],
        wishes={FIVE[2].id: wish, FIVE[3].id: wish},
    )
    found = judged(FIVE, keeping)
    assert (found[FIVE[2].id].fate, found[FIVE[2].id].why) == (Fate.STAYS, "held: case 4711")
    assert found[FIVE[3].id].fate is Fate.GOES
    assert fates(FIVE, replace(keeping, holds=[Held(reason="all of it")])) == ["stays"] * 5


def test_after_a_hold_what_it_kept_waits() -> None:
    keeping = Keeping(
        jobs={ANNS: rules("last:1")}, holds=[Held(reason="case", until=NOW + 7 * DAY)]
    )
    assert fates(FIVE, keeping) == ["stays", *["waits"] * 4]
    assert judged(FIVE, keeping)[FIVE[1].id].until == NOW + 7 * DAY
    assert fates(FIVE, keeping, NOW + 7 * DAY) == ["stays", *["goes"] * 4]


def test_the_last_good_point_of_the_resource_goes_by_nobodys_hand() -> None:
    good, partial = point(5), point(0, status=Status.PARTIAL)
    wishes = {one.id: Wish(by="uid:1", not_before=NOW) for one in (good, partial)}
    assert fates([good, partial], Keeping(wishes=wishes)) == ["stays", "goes"]


def test_what_a_job_left_behind_goes_by_hand_alone() -> None:
    left = [point(age, job="gone") for age in range(1, 4)]
    keeping = Keeping(
        jobs={ANNS: rules("last:1")}, wishes={left[0].id: Wish(by="uid:1", not_before=NOW)}
    )
    assert fates([point(0), *left], keeping) == ["stays", "goes", "stays", "stays"]


def test_a_shorter_rule_takes_a_week_and_the_former_one_cancels_it() -> None:
    shorter = Keeping(jobs={ANNS: rules("last:1", ("last:3", NOW + 7 * DAY))})
    assert fates(FIVE, shorter) == ["stays", "waits", "waits", "goes", "goes"]
    later = NOW + 7 * DAY
    assert fates(FIVE, shorter, later) == ["stays", "goes", "goes", "goes", "goes"]
    back = Keeping(
        jobs={ANNS: rules("last:3", ("last:3", NOW + 7 * DAY), ("last:1", NOW + 8 * DAY))}
    )
    assert fates(FIVE, back, later) == ["stays", "stays", "stays", "goes", "goes"]


def test_former_rules_count_the_days_of_their_own_zone() -> None:
    on_saturday = NOW.replace(day=28, minute=30)
    late = replace(point(3), id="late", time=on_saturday.replace(hour=21))
    later = replace(point(3), id="later", time=on_saturday.replace(hour=23))
    oldest, newest = point(40), point(0)
    job = JobRules(
        job="nightly",
        rules=parse_rules(["daily:3"]),
        former=((parse_rules(["daily:3"]), NOW + DAY, ZoneInfo("Europe/Berlin")),),
        zone=UTC,
    )
    assert fates([newest, later, late, oldest], Keeping(jobs={ANNS: job})) == [
        "stays", "stays", "waits", "stays",
    ]  # fmt: skip


def test_first_rules_of_a_job_that_kept_everything_take_a_week_as_well() -> None:
    keeping = Keeping(jobs={ANNS: rules("last:1", ("", NOW + DAY))})
    assert fates(FIVE, keeping) == ["stays", *["waits"] * 4]


def test_a_longer_rule_takes_nothing_that_the_shorter_one_kept() -> None:
    keeping = Keeping(jobs={ANNS: rules("last:3", ("last:1", NOW + 7 * DAY))})
    assert fates(FIVE, keeping) == ["stays", "stays", "stays", "goes", "goes"]


def test_by_hand_waits_until_it_may_and_a_rule_does_not_wait_for_it() -> None:
    wish = Wish(by="uid:1", not_before=NOW + 7 * DAY)
    keeping = Keeping(jobs={ANNS: rules("last:3")}, wishes={FIVE[1].id: wish, FIVE[4].id: wish})
    assert fates(FIVE, keeping) == ["stays", "waits", "stays", "goes", "goes"]
    assert judged(FIVE, keeping)[FIVE[1].id].why == "by hand (uid:1)"


def test_what_the_storage_has_locked_goes_and_it_is_said_how_long_it_can_come_back() -> None:
    keeping = Keeping(jobs={ANNS: rules("last:1")}, locked_until=NOW + 30 * DAY)
    found = judged(FIVE, keeping)[FIVE[2].id]
    assert found.fate is Fate.GOES
    assert found.why.endswith("; its files are locked until 2026-04-30 12:00 UTC")
    assert "locked" not in judged(FIVE, keeping, NOW + 30 * DAY)[FIVE[2].id].why


def test_nothing_goes_where_things_are_only_added() -> None:
    keeping = Keeping(jobs={ANNS: rules("last:1")}, is_append_only=True)
    assert fates(FIVE, keeping) == ["stays", *["waits"] * 4]
    found = judged(FIVE, keeping)[FIVE[2].id]
    assert (found.until, found.why) == (
        None,
        "no rule of nightly keeps it; the storage is append-only",
    )


def test_a_hold_keeps_a_point_that_restic_gave_another_id_with_a_tag() -> None:
    tagged = replace(FIVE[3], id="tagged", original=FIVE[3].id)
    points = [*FIVE[:3], tagged]
    held = Held(point=FIVE[3].id, reason="case")
    assert fates(points, Keeping(jobs={ANNS: rules("last:1")}, holds=[held])) == [
        "stays", "goes", "goes", "stays",
    ]  # fmt: skip


def test_a_point_of_a_clock_that_was_wrong_is_not_the_last_good_one_alone() -> None:
    wrong, good, partial = point(-3000), point(1), point(0, status=Status.PARTIAL)
    keeping = Keeping(
        jobs={ANNS: rules("last:1")}, wishes={good.id: Wish(by="uid:1", not_before=NOW)}
    )
    assert fates([wrong, partial, good, point(2)], keeping) == ["stays", "stays", "stays", "goes"]


def test_an_empty_newest_complete_point_and_the_full_one_below_it_both_stay() -> None:
    empty, partial = replace(point(1), items=0), point(0, status=Status.PARTIAL)
    keeping = Keeping(
        jobs={ANNS: rules("last:1")}, wishes={empty.id: Wish(by="uid:1", not_before=NOW)}
    )
    assert fates([partial, empty, point(2), point(3)], keeping) == [
        "stays", "stays", "stays", "goes",
    ]  # fmt: skip


AGES = st.lists(st.integers(0, 900), min_size=1, max_size=25, unique=True)
WORDS = st.sampled_from(["last:1", "daily:3", "weekly:2 monthly:5", "within:9d", "yearly:1"])


@given(
    ages=AGES,
    now_rules=WORDS,
    former=WORDS,
    partial=st.sets(st.integers(0, 900)),
    wished=st.sets(st.integers(0, 900)),
)
def test_whatever_is_said_the_newest_complete_point_stays_and_holds_hold(
    ages: list[int], now_rules: str, former: str, partial: set[int], wished: set[int]
) -> None:
    points = [
        point(age, status=Status.PARTIAL if age in partial else Status.COMPLETE) for age in ages
    ]
    keeping = Keeping(
        jobs={ANNS: rules(now_rules, (former, NOW + DAY))},
        wishes={
            one.id: Wish(by="x", not_before=NOW)
            for one, age in zip(points, ages, strict=True)
            if age in wished
        },
    )
    found = judged(points, keeping)
    good = [one for one in points if one.status is Status.COMPLETE] or points
    newest = max(good, key=lambda one: one.time)
    assert found[newest.id].fate is Fate.STAYS
    held = replace(keeping, holds=[Held(point=points[-1].id, reason="r")])
    assert judged(points, held)[points[-1].id].fate is Fate.STAYS
