"""Messages are sent, once if nobody dies, and never not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from strongroom.control import channels, outbox, rules
from strongroom.control.channels import Channel
from strongroom.control.database import Database, open_database
from strongroom.control.outbox import NewMessage
from strongroom.errors import IntegrityError
from strongroom.service import digest, sealed_channels, throttling
from strongroom.service.digest import DigestRule
from strongroom.service.happenings import Event
from strongroom.service.keys import Keys
from strongroom.service.sending_notices import ChannelState, SendingNotices, states
from strongroom.vault.service_key import FileKey
from strongroom.wire.posting.destination import Destination, Letter
from tests.fakes.hand_clock import HandClock
from tests.fakes.office import FakeOffice

SETTLE_S = throttling.SETTLE.total_seconds()


class Desk:
    """An open control database, and all that sends from it.

    Attributes:
        office: Where everything arrives.
    """

    def __init__(self, home: Path) -> None:
        self.database: Database = open_database(home / "control.db")
        self.keys = Keys(self.database, FileKey(home))
        self.clock = HandClock()
        self.office = FakeOffice()
        self.sending = self.another_process()

    def another_process(self) -> SendingNotices:
        return SendingNotices(self.database, self.keys, self.clock, self.office)

    def channel(self, name: str, *events: Event) -> Channel:
        new = Channel(
            id=f"id of {name}", name=name, sealed=b"", wrapped_key=b"", shown={},
            events=events or tuple(Event), created=self.clock.now(),
        )  # fmt: skip
        with self.database.write() as db:
            destination = Destination(address=f"fake://{name}")
            made = sealed_channels.sealed(self.keys, new, destination, "fake")
            channels.add(db, made)
        return made

    def put(self, channel: Channel, *abouts: str, event: Event = Event.FAILED) -> None:
        with self.database.write() as db:
            for about in abouts:
                new = NewMessage(event=event, about=about, title=f"about {about}", body="why")
                assert outbox.put(db, channel.id, new, now=self.clock.now())

    def look_after(self, **later: float) -> list[str]:
        """Move the clock and look; give the titles of what was sent by that."""
        before = len(self.office.sent)
        self.clock.move(**later)
        self.sending.look()
        return [letter.title for letter in self.office.letters[before:]]

    def state(self, name: str = "chat") -> ChannelState:
        with self.database.read() as db:
            return next(one for one in states(db) if one.name == name)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.sending.close()
    made.database.close()


def test_a_message_goes_to_its_channel_once_it_has_settled(desk: Desk) -> None:
    chat = desk.channel("chat")
    desk.put(chat, "a")
    assert desk.look_after(seconds=SETTLE_S - 1) == []
    assert desk.look_after(seconds=1) == ["about a"]
    assert desk.look_after(minutes=30) == []
    assert desk.office.sent[0][0].address == "fake://chat"
    assert desk.office.letters[0].tone == "failure"
    assert (desk.state().waiting, desk.state().sent) == (
        0,
        desk.clock.now() - timedelta(minutes=30),
    )


def test_what_comes_at_once_goes_in_one(desk: Desk) -> None:
    chat = desk.channel("chat")
    desk.put(chat, *map(str, range(40)))
    (title,) = desk.look_after(seconds=SETTLE_S)
    assert title == "Strongroom: 40 messages: 40 failed"
    assert desk.state().waiting == 0


def test_no_more_go_at_once_than_one_post_takes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "TOGETHER_MAX", 3)
    desk.put(desk.channel("chat"), *"abcde")
    assert desk.look_after(seconds=SETTLE_S) == ["Strongroom: 3 messages: 3 failed"]
    assert desk.look_after(seconds=1) == ["Strongroom: 2 messages: 2 failed"]


def test_a_storm_is_few_messages_and_loses_none(desk: Desk) -> None:
    chat = desk.channel("chat")
    told = 0
    for number in range(150):
        desk.put(chat, str(number))
        for title in desk.look_after(seconds=24):
            told += int(title.split(" ")[1]) if "messages" in title else 1
    assert len(desk.office.sent) == throttling.AN_HOUR
    told += sum(int(t.split(" ")[1]) if "messages" in t else 1 for t in desk.look_after(hours=1))
    assert told == 150


def test_a_channel_that_is_away_gets_all_of_it_later_and_delays_no_other(desk: Desk) -> None:
    chat, mail = desk.channel("chat"), desk.channel("mail")

    def chat_is_away(letter: Letter) -> None:
        desk.office.is_away = "chat" in letter.title

    desk.office.on_send = chat_is_away
    desk.put(chat, "chat 1")
    desk.put(mail, "mail 1")
    assert desk.look_after(seconds=SETTLE_S) == ["about mail 1"]
    since = desk.clock.now()
    assert (desk.state().failing_since, desk.state().why) == (since, "It is away.")
    assert desk.state("mail").failing_since is None
    assert desk.look_after(seconds=59) == []
    assert len(desk.office.tried) == 2, "it is left alone for a minute"
    desk.look_after(seconds=1)
    assert len(desk.office.tried) == 3
    desk.look_after(seconds=119)
    assert len(desk.office.tried) == 3, "and then for two"
    desk.put(chat, "chat 2")
    desk.office.on_send = lambda letter: setattr(desk.office, "is_away", False)
    assert desk.look_after(seconds=60) == ["Strongroom: 2 messages: 2 failed"]
    assert (desk.state().failing_since, desk.state().why, desk.state().waiting) == (None, "", 0)


def test_after_a_day_a_message_is_given_up_and_that_is_shown(desk: Desk) -> None:
    chat = desk.channel("chat", Event.FAILED)
    desk.office.is_away = True
    desk.put(chat, "old")
    for _ in range(47):
        desk.look_after(minutes=30)
    desk.put(chat, "new")
    assert (desk.state().waiting, desk.state().given_up) == (2, 0)
    assert 20 < len(desk.office.tried) < 60
    for _ in range(2):
        desk.look_after(minutes=30)
    assert (desk.state().waiting, desk.state().given_up) == (1, 1)
    desk.office.is_away = False
    assert desk.look_after(minutes=30) == ["about new"]
    assert desk.state().given_up == 1


def test_who_is_killed_after_sending_sends_again_and_before_it_loses_nothing(desk: Desk) -> None:
    class Killed(BaseException):
        pass

    def kill(letter: Letter) -> None:
        raise Killed

    desk.put(desk.channel("chat"), "a")
    desk.office.on_send = kill
    with pytest.raises(Killed):
        desk.look_after(seconds=SETTLE_S)
    desk.office.on_send = lambda letter: None
    desk.sending = desk.another_process()
    assert desk.look_after(minutes=9) == [], "somebody may be sending it still"
    assert desk.look_after(minutes=2) == ["about a"]


def test_two_processes_send_nothing_twice(desk: Desk) -> None:
    desk.put(desk.channel("chat"), "a")
    other = desk.another_process()
    desk.clock.move(seconds=SETTLE_S)
    desk.office.on_send = lambda letter: other.look()
    desk.sending.look()
    other.look()
    assert len(desk.office.sent) == 1


def test_an_error_of_our_own_is_told_and_stops_no_other_channel(desk: Desk) -> None:
    chat, mail = desk.channel("chat"), desk.channel("mail")

    def fail(letter: Letter) -> None:
        if "chat" in letter.title:
            raise ValueError("a secret that nobody shall read")

    desk.office.on_send = fail
    desk.put(chat, "chat")
    desk.put(mail, "mail")
    assert desk.look_after(seconds=SETTLE_S) == ["about mail"]
    assert desk.state().why == "An error in Strongroom itself (ValueError)."


def test_an_address_that_somebody_changed_is_not_sent_to(desk: Desk) -> None:
    chat, mail = desk.channel("chat"), desk.channel("mail")
    with desk.database.write() as db:
        channels.reseal(
            db, chat.id, sealed=mail.sealed, wrapped_key=mail.wrapped_key, shown={"sort": "fake"}
        )
        changed = channels.by_id(db, chat.id)
    assert changed is not None
    with pytest.raises(IntegrityError, match="channel 'chat'"):
        sealed_channels.opened(desk.keys, changed)
    desk.put(chat, "a")
    assert desk.look_after(seconds=SETTLE_S) == []
    assert "changed or damaged" in desk.state().why


def test_a_rotated_key_opens_what_was_sealed_before(desk: Desk) -> None:
    desk.put(desk.channel("chat"), "a")
    desk.keys.rotate()
    assert desk.look_after(seconds=SETTLE_S) == ["about a"]


def test_a_clock_that_was_wrong_puts_no_channel_to_rest_for_ever(desk: Desk) -> None:
    chat = desk.channel("chat")
    with desk.database.write() as db:
        channels.rest(db, chat.id, desk.clock.now() + timedelta(days=365))
    desk.put(chat, "a")
    assert desk.look_after(seconds=SETTLE_S) == ["about a"]


def test_what_was_sent_long_ago_is_forgotten(desk: Desk) -> None:
    chat = desk.channel("chat", Event.FAILED)
    desk.put(chat, "a")
    desk.look_after(seconds=SETTLE_S)
    desk.put(chat, "b")
    desk.look_after(days=61)
    desk.put(chat, "a")


def test_the_digest_goes_once_a_day_to_whom_it_is_meant(desk: Desk) -> None:
    desk.channel("chat", Event.DIGEST)
    desk.channel("mail", Event.FAILED)
    assert desk.look_after(hours=1) == [], "the hour was over when the channel was made"
    titles = desk.look_after(days=1) + desk.look_after(seconds=SETTLE_S)
    assert titles == ["Strongroom, 2026-03-06: nothing is backed up yet"]
    assert [one.address for one, _ in desk.office.sent] == ["fake://chat"]
    assert desk.look_after(hours=12) == []
    desk.sending = desk.another_process()
    assert desk.look_after(seconds=SETTLE_S) == [], "who starts anew looks what went"
    assert len(desk.look_after(hours=12) + desk.look_after(seconds=SETTLE_S)) == 1


def test_who_was_away_for_a_week_sends_one_digest(desk: Desk) -> None:
    desk.channel("chat", Event.DIGEST)
    titles = desk.look_after(days=7) + desk.look_after(seconds=SETTLE_S)
    assert titles == ["Strongroom, 2026-03-12: nothing is backed up yet"]


def test_another_hour_holds_from_then_on(desk: Desk) -> None:
    desk.channel("chat", Event.DIGEST)
    now = desk.clock.now()
    rule = DigestRule(at="08:00", time_zone="Europe/Berlin", since=now)
    with desk.database.write() as db:
        rules.put(db, digest.RULE, rule.to_json())
    assert desk.look_after(hours=20) + desk.look_after(seconds=SETTLE_S) == []
    desk.clock.move(hours=1)
    assert len(desk.look_after(minutes=1) + desk.look_after(seconds=SETTLE_S)) == 1


def test_a_digest_names_the_channels_that_nobody_reaches(desk: Desk) -> None:
    chat = desk.channel("chat", Event.DIGEST)
    broken = desk.channel("broken", Event.FAILED)
    with desk.database.write() as db:
        now = desk.clock.now()
        channels.went_wrong(db, broken.id, "It is away.", now=now, until=now)
    desk.look_after(days=1)
    desk.look_after(seconds=SETTLE_S)
    assert "Messages do not reach: broken." in desk.office.letters[0].body
    assert desk.office.sent[0][0].address == f"fake://{chat.name}"


def test_a_command_that_ends_sends_what_it_just_told_without_waiting(desk: Desk) -> None:
    arrived = threading.Event()
    desk.office.on_send = lambda letter: arrived.set()
    desk.put(desk.channel("chat"), "a")
    desk.sending.start()
    desk.sending.start()
    desk.sending.close()
    assert arrived.is_set()
    assert [letter.title for letter in desk.office.letters] == ["about a"]
    desk.sending.start()
    assert desk.state() == replace(desk.state(), waiting=0)


def test_a_home_without_channels_asks_nobody_for_the_time(desk: Desk) -> None:
    desk.clock.step_s = 1
    before = desk.clock._passed_s
    desk.sending.look()
    assert desk.clock._passed_s == before
