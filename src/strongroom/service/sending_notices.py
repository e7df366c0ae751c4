"""Sends what waits in the outbox, in a thread of its own: a run waits for no chat.

A message is sent first and marked as sent afterwards. Whoever is killed between the two sends it
again, so a message may come twice and never not at all. Where several processes look after one
database, a channel is sent to by one at a time: whoever begins says so in the channel's row, for
``_LEASE`` at the most.

A channel that takes nothing is tried again, more and more seldom; what is a day old is given up and
shown (``strongroom notify list``). When and how much is sent is decided in ``throttling``.
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from strongroom.clock import Clock
from strongroom.control import channels, outbox, rules
from strongroom.control.channels import Channel
from strongroom.control.database import Database
from strongroom.errors import StrongroomError
from strongroom.service import digest, sealed_channels, throttling
from strongroom.service.digest import DigestRule
from strongroom.service.happenings import Event
from strongroom.service.keys import Keys
from strongroom.service.ports import Office
from strongroom.service.repeating import Repeating
from strongroom.service.telling import known_names, put_for
from strongroom.service.throttling import Post
from strongroom.wire.posting.destination import Letter

_LOOK_S = 5.0

_LEASE = timedelta(minutes=10)
"""How long one post may take: longer than any that its channel's server still answers."""

_REMEMBERED = timedelta(days=60)
"""How long what was sent or given up is kept, so that it is not told again, and can be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """How sending to a channel goes, for lists and for the health answer.

    Attributes:
        sort: Of which sort its address is.
        waiting: How many messages wait.
        given_up: How many were given up in the last weeks, because they were a day old.
        sent: When something was last sent; None: nothing is remembered.
        failing_since: When it first failed since it last went well; None: it goes well.
        why: Why it fails, or an empty string.
    """

    name: str
    sort: str
    events: tuple[str, ...]
    created: datetime
    waiting: int
    given_up: int
    sent: datetime | None
    failing_since: datetime | None
    why: str


def states(db: sa.Connection) -> list[ChannelState]:
    """Say of all channels, by name, how sending goes."""
    counted = outbox.counts(db)
    found = []
    for channel in channels.everything(db):
        counts = counted.get(channel.id, outbox.Counts())
        found.append(
            ChannelState(
                name=channel.name,
                sort=str(channel.shown.get("sort", "")),
                events=channel.events,
                created=channel.created,
                waiting=counts.waiting,
                given_up=counts.given_up,
                sent=counts.sent,
                failing_since=channel.failing_since,
                why=channel.why,
            )
        )
    return found


class SendingNotices:
    """Sends for one open home. Safe in many threads; whoever made it closes it."""

    def __init__(self, database: Database, keys: Keys, clock: Clock, office: Office) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._office = office
        # Whatever fails is the database: whoever works with it says so.
        self._repeating = Repeating("notices", _LOOK_S, lambda is_last: self.look(is_last=is_last))
        self._looking = threading.Lock()
        self._digested: date | None = None

    def start(self) -> None:
        """Send from now on, until it is closed."""
        self._repeating.start()

    def close(self) -> None:
        """Stop, after a last look that takes a few seconds at most. Safe to call twice."""
        self._repeating.close()

    def look(self, *, is_last: bool = False) -> None:
        """Send what may be sent now.

        Args:
            is_last: Nobody may look again for a long time: nothing waits for more of its kind.

        Raises:
            StrongroomError: the control database failed.
        """
        with self._looking:
            with self._database.read() as db:
                has_channels = bool(channels.everything(db))
                waiting = outbox.channels_waiting(db)
            if not has_channels:
                return
            for channel_id in waiting:
                self._serve(channel_id, timedelta(0) if is_last else throttling.SETTLE)
            self._digest(self._clock.now())

    def _serve(self, channel_id: str, settle: timedelta) -> None:
        """Send what waits for one channel, if it is its turn."""
        now = self._clock.now()
        with self._database.read() as db:
            if not self._has_turn(db, channel_id, now, settle):
                return
        with self._database.write() as db:
            outbox.give_up(db, channel_id, now - throttling.DAY, now=now)
            outbox.forget(db, now - _REMEMBERED)
            channel = channels.by_id(db, channel_id)
            waiting = outbox.waiting(db, channel_id, at_most=throttling.TOGETHER_MAX)
            # Looked at again under the write lock: another process may have begun.
            if channel is None or not waiting:
                return
            if not self._may_send(db, channel, now, settle):
                return
            channels.rest(db, channel_id, now + _LEASE)
        self._send(channel, throttling.together(waiting))

    def _has_turn(
        self, db: sa.Connection, channel_id: str, now: datetime, settle: timedelta
    ) -> bool:
        """Say whether there is something to do for a channel, be it to give something up."""
        channel = channels.by_id(db, channel_id)
        if channel is None:
            return False
        oldest = outbox.waiting(db, channel_id, at_most=1)
        is_over = any(one.created <= now - throttling.DAY for one in oldest)
        return is_over or self._may_send(db, channel, now, settle)

    def _may_send(
        self, db: sa.Connection, channel: Channel, now: datetime, settle: timedelta
    ) -> bool:
        rests_until = channel.rests_until
        # One that rests longer than any does was put to rest by a clock that was wrong.
        if rests_until is not None and now < rests_until <= now + throttling.REST_MAX:
            return False
        oldest = outbox.waiting(db, channel.id, at_most=1)
        posts = outbox.posts_since(db, channel.id, now - throttling.HOUR)
        return bool(oldest) and (
            throttling.due(oldest[0].created, posts, now=now, settle=settle) <= now
        )

    def _send(self, channel: Channel, post: Post) -> None:
        """Send one post, and keep how that went."""
        why = self._why_not(channel, Letter(title=post.title, body=post.body, tone=post.tone))
        now = self._clock.now()
        with self._database.write() as db:
            if why is None:
                outbox.mark_sent(db, post.messages, post=uuid.uuid4().hex, now=now)
                channels.went_well(db, channel.id)
            else:
                rest = throttling.rest(channel.failures + 1)
                channels.went_wrong(db, channel.id, why, now=now, until=now + rest)

    def _why_not(self, channel: Channel, letter: Letter) -> str | None:
        """Send a message; say why it did not go, or None."""
        try:
            self._office.send(sealed_channels.opened(self._keys, channel), letter)
        except StrongroomError as error:
            return error.why or error.what
        except Exception as error:  # noqa: BLE001 - a border: our bug stops no other channel
            return f"An error in Strongroom itself ({type(error).__name__})."
        return None

    def _digest(self, now: datetime) -> None:
        """Let the newest digest wait for whom it is meant, once."""
        with self._database.read() as db:
            rule = DigestRule.from_json(rules.get(db, digest.RULE))
            day, due = rule.newest(now)
            if day == self._digested:
                return
            listening = [
                one
                for one in channels.everything(db)
                if Event.DIGEST in one.events
                and max(one.created, rule.since) < due
                and not outbox.is_there(db, one.id, Event.DIGEST, day.isoformat())
            ]
            if not listening:
                self._digested = day
                return
            unsent = [one.name for one in states(db) if one.failing_since or one.given_up]
            figures = digest.gather(db, due - throttling.DAY, due, unsent)
            message = digest.message(day, figures, known_names(db))
        with self._database.write() as db:
            put_for(db, listening, message, now=now)
        self._digested = day
