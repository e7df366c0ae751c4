"""Documents of several workers and attempts become one, whatever the order and the grouping."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.words import merging_pace
from strongroom.words.merging import NOTES_MAX, left, side_by_side, spans_s, spans_together
from strongroom.words.merging_pace import STRETCHES_MAX, histories_together
from tests.words.documents import SUMS, pace, paces, spans, told


def sums(document: Mapping[str, Any] | None) -> Any:
    """Leave out what the slots of a time were: where parts overlap, it is what it looks like."""
    if document is None:
        return None
    pace = document["pace"]
    if pace is not None:
        history = [{k: v for k, v in point.items() if k != "slots"} for point in pace["history"]]
        pace = {**pace, "history": history, "slots_most": 0, "slots_least": 0}
    return rounded({**document, "pace": pace})


def rounded(value: Any) -> Any:
    """Write floats so that the order of additions does not show."""
    if isinstance(value, float):
        return round(value, 1)
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


@settings(max_examples=40)
@given(told(), told(), told())
def test_workers_can_be_put_together_in_any_order_and_grouping(
    a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]
) -> None:
    whole = side_by_side([a, b, c])
    assert sums(whole) == sums(side_by_side([side_by_side([a, b]) or {}, c]))
    assert sums(whole) == sums(side_by_side([a, side_by_side([b, c]) or {}]))
    assert sums(whole) == sums(side_by_side([c, a, b]))
    assert json.loads(json.dumps(whole, allow_nan=False)) == whole


@settings(max_examples=40)
@given(told(), told())
def test_another_worker_makes_no_sum_smaller(a: dict[str, Any], b: dict[str, Any]) -> None:
    whole: Any = side_by_side([a, b])
    for part in (a, b):
        for name in ("worked", "now", "lately", "spent", "limited_s"):
            assert all(whole[name][one] >= value for one, value in part[name].items())
        assert whole["resources"].keys() >= part["resources"].keys()
        assert spans_s(whole["spans_s"]) >= spans_s(part["spans_s"]) - 1e-6
        assert whole["notes_before"] + len(whole["notes"]) >= len(part["notes"])
        if part["pace"] is not None:
            assert all(whole["pace"][name] >= part["pace"][name] for name in SUMS)
            assert whole["pace"]["slots_most"] >= part["pace"]["slots_most"]


@given(paces(), paces())
def test_rates_and_slots_of_workers_add_up(a: dict[str, Any], b: dict[str, Any]) -> None:
    whole: Any = merging_pace.side_by_side(a, b)
    for name in ("slots", "in_flight", "waiting"):
        assert whole[name] == a[name] + b[name]
    assert whole["items_per_s"] == pytest.approx(a["items_per_s"] + b["items_per_s"])
    order = [limit["by"] for limit in whole["limits"]]
    assert set(order) == {limit["by"] for part in (a, b) for limit in part["limits"]}
    assert len(order) == len(set(order))


@given(paces(), paces())
def test_histories_stay_short_and_leave_nothing_out(a: dict[str, Any], b: dict[str, Any]) -> None:
    whole: Any = merging_pace.side_by_side(a, b)
    points, before = whole["history"], [*a["history"], *b["history"]]
    assert len(points) <= STRETCHES_MAX
    assert [point["at_s"] for point in points] == sorted({point["at_s"] for point in points})
    assert points[-1]["at_s"] == max(point["at_s"] for point in before)
    for name in SUMS:
        assert sum(point[name] for point in points) == sum(point[name] for point in before)
    most = sum(max(point["slots"] for point in part["history"]) for part in (a, b))
    assert all(0 <= point["slots"] <= most for point in points)


def test_few_points_after_many_do_not_make_the_stretches_short_again() -> None:
    many = pace(history=[point(n + 0.5, 1) for n in range(60)])
    more = pace(history=[point(n + 0.5, 1) for n in range(60, 80)])
    few = pace(history=[point(10.7, 1), point(11.7, 1)])
    together: Any = merging_pace.side_by_side(merging_pace.side_by_side(many, more), few)
    apart: Any = merging_pace.side_by_side(many, merging_pace.side_by_side(more, few))
    ends = [one["at_s"] for one in together["history"]]
    assert ends == [one["at_s"] for one in apart["history"]]
    assert len(ends) == 40
    assert together["stretch_s"] == apart["stretch_s"] == 2


def test_slots_of_workers_side_by_side_add_up_over_time() -> None:
    a = [point(at_s, 5) for at_s in (1.5, 2.5, 3.5)]
    # The other one came later, and told nothing in one second.
    b = [point(2.5, 7), point(4.5, 8)]
    whole = histories_together(a, b)
    assert [(one["at_s"], one["slots"]) for one in whole] == [
        (1.5, 5), (2.5, 12), (3.5, 12), (4.5, 8),
    ]  # fmt: skip


def test_slots_of_attempts_one_after_the_other_do_not_add_up() -> None:
    earlier, later = [point(8.2, 9)], [point(8.9, 4), point(3602.0, 4)]
    whole = histories_together(earlier, later)
    assert [(one["at_s"], one["slots"], one["items"]) for one in whole] == [
        (8.9, 4, 20), (3602.0, 4, 10),
    ]  # fmt: skip


def test_the_next_attempt_goes_on_from_what_was_kept() -> None:
    first = pace(history=[point(8.0, 9)], slots=9, requests=5, items=50, limited_s={"pause": 8.0})
    second = pace(
        history=[point(3602.0, 4)], slots=4, requests=1, items=1, slots_most=4, slots_least=4,
        limited_s={"slow-resources": 2.0}, told="Now.",
    )  # fmt: skip
    kept = left(None, {"pace": {**first, "slots_most": 9, "slots_least": 4}})
    whole: Any = left(kept, {"pace": second}) or {}
    now = whole["pace"]
    assert (now["slots"], now["told"]) == (4, "Now.")
    assert (now["requests"], now["items"]) == (6, 51)
    assert (now["slots_least"], now["slots_most"]) == (4, 9)
    assert now["limited_s"] == {"pause": 8.0, "slow-resources": 2.0}
    assert now["mostly"].startswith("pauses that the server asked for (80%")


@settings(max_examples=40)
@given(told(), told(), told())
def test_what_stays_is_the_same_whoever_is_the_first_to_end(
    a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]
) -> None:
    by_one = left(left(left(None, a), b), c)
    together = left(left(None, side_by_side([a, b])), c)
    for kept in (by_one, together):
        assert kept is not None
        assert kept.keys() == {"pace", "worked", "limited_s", "spans_s"}
    assert totals(by_one) == totals(together)


def totals(kept: Any) -> Any:
    pace = kept["pace"] and {name: kept["pace"][name] for name in (*SUMS, "limited_s")}
    return rounded({**kept, "pace": pace})


@settings(max_examples=40)
@given(told(), told())
def test_of_what_was_told_no_text_stays(a: dict[str, Any], b: dict[str, Any]) -> None:
    a["notes"], a["notes_at_s"] = ["Inbox/Secret plans"], [1.0]
    a["resources"] = {"ann@example": {}}
    kept = json.dumps(left(left(None, b), a))
    assert "Secret plans" not in kept
    assert "ann@example" not in kept


def test_where_two_workers_tell_of_one_resource_that_counts_which_is_further() -> None:
    dead, alive = worker(items=900), worker(items=950)
    assert side_by_side([dead, alive]) == side_by_side([alive, dead])
    whole: Any = side_by_side([dead, alive])
    assert whole["resources"]["ann"]["items"] == 950
    unknown, nothing = worker(items=5), worker(items=5)
    nothing["resources"]["ann"]["left_s"] = 0.0
    assert side_by_side([unknown, nothing]) == side_by_side([nothing, unknown])


def test_notes_stand_in_the_order_in_which_they_were_told_and_old_ones_are_counted() -> None:
    a = worker(notes=[f"a{n}" for n in range(30)], at_s=[float(2 * n) for n in range(30)])
    b = worker(notes=[f"b{n}" for n in range(30)], at_s=[float(2 * n + 1) for n in range(30)])
    whole: Any = side_by_side([a, b])
    assert len(whole["notes"]) == NOTES_MAX
    assert whole["notes"][-4:] == ["a28", "b28", "a29", "b29"]
    assert whole["notes_before"] == 10


@given(st.lists(spans(), max_size=12), st.randoms())
def test_time_that_several_worked_counts_once(
    several: list[list[list[float]]], random: Any
) -> None:
    shuffled = several[:]
    random.shuffle(shuffled)
    whole = spans_together(*several)
    assert whole == spans_together(*shuffled)
    assert all(before[1] < after[0] for before, after in pairwise(whole))
    assert spans_s(whole) <= sum(map(spans_s, several)) + 1e-6


def test_a_run_that_rested_very_often_keeps_few_spans() -> None:
    whole: list[list[float]] = []
    for n in range(1000):
        whole = spans_together(whole, [[n * 10.0, n * 10.0 + (9.0 if n % 2 else 5.0)]])
    assert len(whole) <= 40
    assert (whole[0][0], whole[-1][1]) == (0.0, 9999.0)


def test_of_another_version_what_it_lacks_and_what_is_not_known_stop_nothing() -> None:
    old = {"pace": pace(limited_s={"what a later version knows": 5.0}), "resources": {}}
    whole: Any = left(left(None, old), worker())
    assert whole["pace"]["limited_s"] == {"what a later version knows": 5.0}
    odd = pace(limits=[{"by": "what a later version knows", "seconds": 1.0}])
    both: Any = merging_pace.side_by_side(odd, pace())
    assert both["limits"] == []


def point(at_s: float, slots: int) -> dict[str, Any]:
    return {"at_s": at_s, "slots": slots, **dict.fromkeys(SUMS, 10)}


def worker(
    *, items: int = 0, notes: list[str] | None = None, at_s: list[float] | None = None
) -> dict[str, Any]:
    return {
        "resources": {"ann": {"items": items, "left_s": None}},
        "notes": notes or [],
        "notes_at_s": at_s or [],
        "notes_before": 0,
        "pace": None,
    }
