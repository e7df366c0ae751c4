"""Channels, the messages that wait for them, and rules: what is kept comes back as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from strongroom.control import channels, outbox, rules
from strongroom.control.channels import Channel
from strongroom.control.database import Database
from strongroom.control.outbox import Counts, NewMessage

NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
CHANNEL = Channel(
    id="c1",
    name="operators",
    sealed=b"\0box",
    wrapped_key=b"key",
    shown={"sort": "mail"},
    events=("failed", "digest"),
    created=NOW,
)
OTHER = replace(CHANNEL, id="c2", name="chat", events=())


@pytest.fixture
def database(control_database: Database) -> Database:
    with control_database.write() as db:
        channels.add(db, CHANNEL)
        channels.add(db, OTHER)
    return control_database


def later(**duration: float) -> datetime:
    return NOW + timedelta(**duration)


def message(about: str = "run/1", event: str = "failed") -> NewMessage:
    return NewMessage(event=event, about=about, title=f"{about} {event}", body="why\nwhat now")


def put(database: Database, *abouts: str, at: datetime = NOW, channel: str = "c1") -> None:
    with database.write() as db:
        for one in abouts:
            assert outbox.put(db, channel, message(one), now=at)


def waiting(database: Database, channel: str = "c1") -> list[str]:
    with database.read() as db:
        return [one.about for one in outbox.waiting(db, channel, at_most=100)]


def test_channels_come_back_as_they_were_by_name(database: Database) -> None:
    with database.read() as db:
        assert channels.everything(db) == [OTHER, CHANNEL]
        assert channels.by_name(db, "operators") == channels.by_id(db, "c1") == CHANNEL
        assert channels.by_name(db, "nobody") is channels.by_id(db, "nobody") is None


def test_another_address_forgets_how_the_old_one_went(database: Database) -> None:
    with database.write() as db:
        channels.went_wrong(db, "c1", "It is away.", now=NOW, until=later(minutes=1))
        channels.went_wrong(db, "c1", "Still.", now=later(minutes=2), until=later(minutes=4))
        failing = channels.by_id(db, "c1")
        assert failing == replace(
            CHANNEL,
            rests_until=later(minutes=4),
            failing_since=NOW,
            failures=2,
            why="Still.",
        )
        channels.reseal(db, "c1", sealed=b"new", wrapped_key=b"new key", shown={"sort": "chat"})
        channels.rewrap(db, "c1", b"newer key")
        channels.change_events(db, "c1", ["missed"])
        assert channels.by_id(db, "c1") == replace(
            CHANNEL,
            sealed=b"new",
            wrapped_key=b"newer key",
            shown={"sort": "chat"},
            events=("missed",),
        )
        assert channels.by_id(db, "c2") == OTHER


def test_a_success_ends_the_failing(database: Database) -> None:
    with database.write() as db:
        channels.rest(db, "c1", later(minutes=9))
        channels.went_wrong(db, "c1", "It is away.", now=NOW, until=later(minutes=1))
        channels.went_well(db, "c1")
        assert channels.by_id(db, "c1") == CHANNEL


def test_the_same_is_told_once_to_each_channel(database: Database) -> None:
    with database.write() as db:
        assert outbox.put(db, "c1", message(), now=NOW)
        assert not outbox.put(db, "c1", message(), now=later(hours=1))
        assert outbox.put(db, "c1", message(event="partial"), now=NOW)
        assert outbox.put(db, "c2", message(), now=NOW)
        (first,) = outbox.waiting(db, "c2", at_most=9)
        outbox.mark_sent(db, [first], post="p", now=NOW)
        assert not outbox.put(db, "c2", message(), now=later(hours=1)), "nor after it was sent"


def test_messages_wait_oldest_first_until_they_are_sent_or_given_up(database: Database) -> None:
    put(database, "b", at=later(seconds=2))
    put(database, "a", at=later(seconds=3))
    put(database, "c", at=later(seconds=1))
    assert waiting(database) == ["c", "b", "a"]
    with database.write() as db:
        assert outbox.channels_waiting(db) == ["c1"]
        oldest, *_ = outbox.waiting(db, "c1", at_most=1)
        outbox.mark_sent(db, [oldest], post="p", now=later(seconds=9))
        assert outbox.give_up(db, "c1", later(seconds=2), now=later(days=1)) == 1
    assert waiting(database) == ["a"]
    with database.read() as db:
        assert outbox.counts(db) == {"c1": Counts(waiting=1, given_up=1, sent=later(seconds=9))}


def test_what_went_together_is_one_post_even_at_the_same_moment(database: Database) -> None:
    put(database, "a", "b", "c", "d")
    with database.write() as db:
        a, b, c, d = outbox.waiting(db, "c1", at_most=9)
        outbox.mark_sent(db, [a, b], post="one", now=later(minutes=1))
        outbox.mark_sent(db, [c], post="two", now=later(minutes=1))
        outbox.mark_sent(db, [d], post="three", now=later(minutes=2))
        assert outbox.posts_since(db, "c1", NOW) == [later(minutes=m) for m in (1, 1, 2)]
        assert outbox.posts_since(db, "c1", later(minutes=1)) == [later(minutes=2)]
        assert outbox.posts_since(db, "c2", NOW) == []


def test_what_is_over_is_forgotten_and_what_waits_is_not(database: Database) -> None:
    put(database, "sent", "given up", "waits")
    with database.write() as db:
        waits = {one.about: one for one in outbox.waiting(db, "c1", at_most=9)}
        outbox.mark_sent(db, [waits["sent"]], post="p", now=NOW)
        outbox.mark_sent(db, [waits["waits"]], post="p", now=later(days=9))
        outbox.give_up(db, "c1", NOW, now=NOW)
        outbox.forget(db, later(days=1))
        assert outbox.counts(db)["c1"] == Counts(sent=later(days=9))
        assert outbox.put(db, "c1", message("sent"), now=NOW)


def test_a_channel_takes_its_messages_along(database: Database) -> None:
    put(database, "a")
    with database.write() as db:
        channels.remove(db, "c1")
        assert outbox.counts(db) == {}


def test_a_rule_is_kept_in_the_place_of_the_one_before(database: Database) -> None:
    with database.write() as db:
        assert rules.get(db, "digest") is None
        rules.put(db, "digest", {"at": "07:00"})
        rules.put(db, "digest", {"at": "08:00"})
        rules.put(db, "history", {"days": 30})
        assert rules.get(db, "digest") == {"at": "08:00"}
        assert (rules.remove(db, "digest"), rules.remove(db, "digest")) == (True, False)
        assert rules.get(db, "digest") is None
        assert rules.get(db, "history") == {"days": 30}
