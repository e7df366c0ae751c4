"""The conflict rule: no two runs that share a thing together, first come first served, all end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from strongroom.control.queued import Asked, Queued
from strongroom.engine.claims import (
    OVERTAKEN_MAX,
    SAFE_POINT,
    STANDS_ASIDE,
    STINT_MAX,
    Claims,
    Decision,
    Keys,
    clears_within,
    decide,
    shared,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BASE = Claims(connection="c1", storage="s1", server="mail.x", resources=frozenset({"ann@x"}))
ELSEWHERE = Claims(connection="c2", storage="s2", server="mail.y", resources=frozenset({"ann@x"}))
READING = Claims(repositories=frozenset({"s1/mailbox/1", "s1/mailbox/2"}))
TIDYING = Claims(repositories=frozenset({"s1/mailbox/2"}), is_reading=False)

COPYING = Claims(
    storage="s2", repositories=frozenset({"s1/*"}), alone=frozenset({"s2/*", "s2/mailbox/1"})
)
"""A copy of s1 into s2."""


class Line:
    """A queue on paper: each run is named by a letter, and first letters come first."""

    def __init__(self) -> None:
        self.entries: dict[str, Queued] = {}
        self.claims: dict[str, Keys] = {}
        self.now = NOW

    def add(self, run_id: str, claims: Claims, **fields: object) -> Line:
        position = len(self.claims) + 1
        entry = Queued(id=run_id, position=position, sort_ms=position)
        self.entries[run_id] = replace(entry, **fields)  # type: ignore[arg-type]
        self.claims[run_id] = claims.keys()
        return self

    def decide(self) -> Decision:
        decision = decide(self.entries.values(), self.claims, self.now)
        self.entries = {entry.id: entry for entry in decision.queue}
        return decision

    def stand_aside(self, run_id: str) -> None:
        self.entries[run_id] = replace(
            self.entries[run_id], is_running=False, asked=Asked.NOTHING, stands_since=self.now
        )

    def end(self, run_id: str) -> None:
        del self.entries[run_id]


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (BASE, ELSEWHERE, None),
        (BASE, replace(ELSEWHERE, storage="s1", connection="c1"), "storage"),
        (BASE, replace(ELSEWHERE, connection="c1"), "connection"),
        (BASE, replace(ELSEWHERE, server="mail.x"), "resource"),
        (BASE, replace(ELSEWHERE, server="mail.x", resources=frozenset({"bob@x"})), None),
        (BASE, replace(ELSEWHERE, server="mail.x", resources=frozenset()), None),
        (BASE, replace(ELSEWHERE, server="mail.x", resources=None), "server"),
        (BASE, replace(ELSEWHERE, resources=None), None),
        (BASE, READING, None),
        (READING, replace(READING, repositories=frozenset({"s1/mailbox/2"})), None),
        (READING, TIDYING, "repository"),
        (TIDYING, TIDYING, "repository"),
        (Claims(), Claims(), None),
        (COPYING, BASE, None),
        (COPYING, ELSEWHERE, "storage"),
        (COPYING, Claims(repositories=frozenset({"s1/*", "s1/mailbox/1"})), None),
        (COPYING, Claims(repositories=frozenset({"s2/mailbox/1"})), "repository"),
        (COPYING, Claims(repositories=frozenset({"s1/*"}), is_reading=False), "repository"),
        (COPYING, replace(COPYING, storage="s3", alone=frozenset({"s3/*"})), None),
    ],
)
def test_what_two_runs_share_keeps_them_apart(one: Claims, other: Claims, kind: str | None) -> None:
    assert shared(one.keys(), other.keys()) == kind
    assert shared(other.keys(), one.keys()) == kind


def test_claims_survive_being_kept() -> None:
    variants = (BASE, replace(BASE, resources=None), replace(BASE, resources=frozenset()))
    for claims in (*variants, READING, TIDYING, COPYING, Claims()):
        assert Claims.from_json(claims.to_json()) == claims


def test_claims_that_an_earlier_version_kept_are_understood() -> None:
    kept = {"connection": "c1", "storage": "s1", "server": "mail.x", "resources": ["ann@x"]}
    assert Claims.from_json(kept) == BASE
    assert Claims.from_json({}) == Claims()


def test_names_that_no_index_takes_are_claimed_all_the_same() -> None:
    long, other = "x" * 3000, "x" * 3001
    keys = replace(BASE, resources=frozenset({long, other, "a\0b", "a\0c"})).keys()
    assert len(keys) == 7
    assert all(len(key) < 300 and "\0" not in key for key in keys)
    one = replace(BASE, resources=frozenset({long})).keys()
    assert shared(one, replace(ELSEWHERE, server="mail.x", resources=frozenset({long})).keys())


def test_runs_that_share_nothing_start_together() -> None:
    decision = Line().add("a", BASE, is_running=True).add("b", ELSEWHERE).decide()
    assert decision.granted == ("b",)
    assert decision.waits_for == {}


def test_a_run_that_must_wait_says_for_whom_and_why() -> None:
    line = Line().add("a", BASE, is_running=True).add("b", replace(ELSEWHERE, storage="s1"))
    decision = line.decide()
    assert decision.granted == ()
    assert decision.waits_for == {"b": "run a: same storage"}


def test_nobody_overtakes_one_who_waits_for_the_same_thing() -> None:
    line = Line().add("a", Claims(storage="s"), is_running=True)
    line.add("b", Claims(storage="s", connection="t")).add("c", Claims(connection="t"))
    line.add("d", Claims(connection="u"))
    decision = line.decide()
    assert decision.granted == ("d",)
    assert decision.waits_for == {"b": "run a: same storage", "c": "run b: same connection"}


def test_a_run_that_is_not_to_start_yet_is_in_nobodys_way() -> None:
    line = Line().add("a", BASE, not_before=NOW + timedelta(seconds=1)).add("b", BASE)
    assert line.decide().granted == ("b",)
    line.now += timedelta(seconds=1)
    line.end("b")
    assert line.decide().granted == ("a",)


@pytest.mark.parametrize("asked", [Asked.STOP, Asked.PAUSE])
def test_a_waiting_run_that_is_to_leave_is_neither_granted_nor_in_anybodys_way(
    asked: Asked,
) -> None:
    assert Line().add("a", BASE, asked=asked).add("b", BASE).decide().granted == ("b",)


def test_an_urgent_run_goes_first_but_not_beside_what_runs() -> None:
    line = Line().add("a", BASE, kind="prune", is_running=True).add("b", BASE)
    decision = line.add("u", BASE, is_urgent=True).decide()
    assert (decision.granted, decision.asked) == ((), ())
    assert decision.waits_for == {"u": "run a: same storage", "b": "run a: same storage"}
    line.end("a")
    assert line.decide().granted == ("u",)


@pytest.mark.parametrize("kind", sorted(STANDS_ASIDE))
def test_a_long_run_stands_aside_for_an_urgent_one_and_goes_on_afterwards(kind: str) -> None:
    line = Line().add("a", BASE, kind=kind, is_running=True).add("b", BASE)
    assert line.add("u", BASE, is_urgent=True).decide().asked == ("a",)
    assert line.decide().asked == (), "it was asked already"
    line.stand_aside("a")
    assert line.decide().granted == ("u",)
    line.now += timedelta(minutes=2)
    line.end("u")
    assert line.decide().granted == ("a",), "on its old place, before b"
    assert line.entries["a"].yields_from == line.now + timedelta(minutes=2)


@pytest.mark.parametrize(("stood_s", "left_alone_s"), [(1, 60), (100, 100), (4000, 300)])
def test_who_stood_aside_is_left_alone_for_a_while(stood_s: int, left_alone_s: int) -> None:
    line = Line().add("a", BASE, stands_since=NOW - timedelta(seconds=stood_s))
    line.decide()
    line.add("u", BASE, is_urgent=True)
    line.now += timedelta(seconds=left_alone_s - 1)
    assert line.decide().asked == ()
    line.now += timedelta(seconds=1)
    assert line.decide().asked == ("a",)


def test_it_is_known_how_soon_a_run_stands_aside() -> None:
    backup = Queued(id="a", position=1, kind="backup", is_running=True)
    in_a_minute = replace(backup, yields_from=NOW + timedelta(minutes=1))
    assert clears_within(backup, NOW) == SAFE_POINT
    assert clears_within(replace(backup, asked=Asked.YIELD), NOW) == SAFE_POINT
    assert clears_within(in_a_minute, NOW) == SAFE_POINT + timedelta(minutes=1)
    assert clears_within(replace(backup, kind="prune"), NOW) is None
    assert clears_within(replace(backup, is_running=False), NOW) is None


def test_a_clock_that_went_wrong_leaves_nobody_alone_for_ever() -> None:
    wrong = NOW + STINT_MAX + timedelta(seconds=1)
    line = Line().add("a", BASE, is_running=True, yields_from=wrong)
    assert line.add("u", BASE, is_urgent=True).decide().asked == ("a",)


def test_nobody_is_asked_to_stand_aside_in_vain() -> None:
    line = Line().add("a", Claims(storage="s"), is_running=True)
    line.add("b", Claims(connection="c"), kind="restore", is_urgent=True, is_running=True)
    line.add("u", Claims(storage="s", connection="c"), is_urgent=True)
    assert line.decide().asked == (), "u must wait for b anyway"
    line.add("v", Claims(storage="s"), is_urgent=True)
    assert line.decide().asked == (), "v must wait for u anyway"
    line.end("b")
    assert line.decide().asked == ("a",)


def test_who_was_overtaken_ten_times_is_not_overtaken_again() -> None:
    line = Line().add("first", BASE, is_urgent=True, is_running=True).add("a", BASE)
    line.add("behind", BASE)
    latest = "first"
    for number in range(OVERTAKEN_MAX):
        line.add(f"u{number}", BASE, is_urgent=True).end(latest)
        latest = f"u{number}"
        assert line.decide().granted == (latest,)
    assert line.entries["a"].overtaken == OVERTAKEN_MAX
    assert line.entries["behind"].overtaken == 0, "it waits for its turn, not for urgent runs"
    line.add("late", BASE, is_urgent=True).end(latest)
    assert line.decide().granted == ("a",)
    assert line.decide().asked == (), "it has waited for urgent runs, and is left alone for a while"
    line.now += timedelta(minutes=1)
    assert line.decide().asked == ("a",)


def test_two_urgent_runs_in_one_decision_do_not_pass_one_that_only_one_of_them_may_pass() -> None:
    line = Line().add("a", Claims(storage="s", connection="c"), overtaken=OVERTAKEN_MAX - 1)
    line.add("u", Claims(storage="s"), is_urgent=True)
    line.add("v", Claims(connection="c"), is_urgent=True)
    decision = line.decide()
    assert decision.granted == ("u",)
    assert decision.waits_for == {"a": "run u: same storage", "v": "run a: same connection"}


def test_a_backup_always_ends_however_many_restores_are_asked_for() -> None:
    """Ten minutes of work, safe points 20 seconds apart, and always another restore waiting."""
    line = Line().add("b", BASE)
    line.decide()
    step, worked_s, stints, waited_s, longest_s = 10, 0, 1, 0, 0
    running, number = "b", 0
    while worked_s < 600:
        line.now += timedelta(seconds=step)
        if running == "b":
            worked_s += step
            waited_s += step
            if number == 0 or f"u{number}" not in line.entries:
                number += 1
                waited_s = 0
                line.add(f"u{number}", BASE, is_urgent=True)
            if line.entries["b"].asked is Asked.YIELD and worked_s % 20 == 0:
                line.stand_aside("b")
                longest_s = max(longest_s, waited_s)
        else:
            line.end(running)  # a restore of ten seconds
        for granted in line.decide().granted:
            running = granted
            stints += granted == "b"
    assert stints == 9, "one of 20 seconds, then a minute and the way to the next safe point"
    assert longest_s <= 80
