"""The conflict rule: no two runs that share a thing together, first come first served, all end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.engine.claims import Claims, Queued, decide

BASE = Claims(connection="c1", storage="s1", server="mail.x", resources=frozenset({"ann@x"}))
ELSEWHERE = Claims(connection="c2", storage="s2", server="mail.y", resources=frozenset({"ann@x"}))


def waiting(run_id: str, claims: Claims) -> Queued:
    return Queued(id=run_id, claims=claims, is_running=False)


def running(run_id: str, claims: Claims) -> Queued:
    return Queued(id=run_id, claims=claims, is_running=True)


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (ELSEWHERE, None),
        (replace(ELSEWHERE, storage="s1"), "same storage"),
        (replace(ELSEWHERE, connection="c1"), "same connection"),
        (replace(ELSEWHERE, server="mail.x"), "same mailbox or site"),
        (replace(ELSEWHERE, server="mail.x", resources=frozenset({"bob@x"})), None),
        (replace(ELSEWHERE, server="mail.x", resources=None), "same mailbox or site"),
        (replace(ELSEWHERE, resources=None), None),
    ],
)
def test_what_two_runs_share_keeps_them_apart(other: Claims, shared: str | None) -> None:
    assert BASE.shared_with(other) == shared
    assert other.shared_with(BASE) == shared


def test_claims_survive_being_kept() -> None:
    for claims in (BASE, replace(BASE, resources=None), replace(BASE, resources=frozenset())):
        assert Claims.from_json(claims.to_json()) == claims


def test_runs_that_share_nothing_start_together() -> None:
    decision = decide([running("a", BASE), waiting("b", ELSEWHERE)])
    assert decision.granted == ("b",)
    assert decision.waits_for == {}


def test_a_run_that_must_wait_says_for_whom_and_why() -> None:
    decision = decide([running("a", BASE), waiting("b", replace(ELSEWHERE, storage="s1"))])
    assert decision.granted == ()
    assert decision.waits_for == {"b": "run a: same storage"}


def test_nobody_overtakes_one_who_waits_for_the_same_thing() -> None:
    held = running("a", replace(ELSEWHERE, storage="s1", connection="c1"))
    first = waiting("b", replace(BASE, storage="s1", connection="c3", server="z"))
    second = waiting("c", replace(BASE, storage="s3", connection="c3", server="w"))
    decision = decide([held, first, second])
    assert decision.granted == ()
    assert decision.waits_for == {"b": "run a: same storage", "c": "run b: same connection"}


few = st.sampled_from(["1", "2", "3"])
any_claims = st.builds(
    Claims,
    connection=few,
    storage=few,
    server=st.sampled_from(["x", "y"]),
    resources=st.none() | st.frozensets(st.sampled_from(["ann", "bob", "eve"]), max_size=2),
)


@settings(max_examples=300)
@given(all_claims=st.lists(any_claims, min_size=1, max_size=12), data=st.data())
def test_however_runs_come_and_end_no_conflict_no_overtaking_and_everybody_finishes(
    all_claims: list[Claims], data: st.DataObject
) -> None:
    coming = [waiting(f"r{number}", claims) for number, claims in enumerate(all_claims)]
    queue: list[Queued] = []
    finished: list[str] = []
    while len(finished) < len(all_claims):
        active = [entry for entry in queue if entry.is_running]
        if coming and (not active or data.draw(st.booleans())):
            queue.append(coming.pop(0))
        elif active:
            ended = data.draw(st.sampled_from(active))
            queue.remove(ended)
            finished.append(ended.id)
        decision = decide(queue)
        check(queue, decision.granted, dict(decision.waits_for))
        queue = [
            replace(entry, is_running=entry.is_running or entry.id in decision.granted)
            for entry in queue
        ]
        assert not queue or any(entry.is_running for entry in queue), "the queue stands still"


def check(queue: list[Queued], granted: tuple[str, ...], waits_for: dict[str, str]) -> None:
    """Look at one decision from outside, pair by pair."""
    runs_now = [entry for entry in queue if entry.is_running or entry.id in granted]
    for number, one in enumerate(runs_now):
        for other in runs_now[number + 1 :]:
            assert one.claims.shared_with(other.claims) is None, "two that conflict run together"
    for place, entry in enumerate(queue):
        if entry.is_running:
            continue
        in_the_way = [
            other
            for other in queue
            if other is not entry
            and (other.is_running or queue.index(other) < place)
            and entry.claims.shared_with(other.claims) is not None
        ]
        # Granted at once if nothing is in the way, and never if something is.
        assert (entry.id in granted) == (not in_the_way)
        assert (entry.id in waits_for) == bool(in_the_way)
