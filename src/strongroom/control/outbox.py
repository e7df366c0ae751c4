"""Rows of messages to send. Every function works inside the caller's transaction.

A message waits until it is sent or given up. It is put there in the transaction that keeps what it
tells of, so neither is ever there without the other; and once for each channel, event and what it
is about, whoever notices that first. What was sent or given up stays for a while, for that.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.schema import OUTBOX

_WAITS = sa.and_(OUTBOX.c.sent.is_(None), OUTBOX.c.given_up.is_(None))
_OF_CHANNEL = OUTBOX.c.channel_id == sa.bindparam("channel")
ADD = sa.insert(OUTBOX)
IS_THERE = sa.select(sa.func.count()).where(
    _OF_CHANNEL,
    OUTBOX.c.event == sa.bindparam("same_event"),
    OUTBOX.c.about == sa.bindparam("same_thing"),
)
CHANNELS_WAITING = sa.select(OUTBOX.c.channel_id).where(_WAITS).distinct()
WAITING = (
    sa.select(OUTBOX)
    .where(_OF_CHANNEL, _WAITS)
    .order_by(OUTBOX.c.created, OUTBOX.c.id)
    .limit(sa.bindparam("at_most"))
)
POSTS_SINCE = (
    sa.select(sa.func.max(OUTBOX.c.sent))
    .where(_OF_CHANNEL, OUTBOX.c.sent > sa.bindparam("after"))
    .group_by(OUTBOX.c.post)
)
SENT = (
    sa.update(OUTBOX)
    .where(OUTBOX.c.id == sa.bindparam("wanted"))
    .values(sent=sa.bindparam("now"), post=sa.bindparam("in_post"))
)
GIVE_UP = (
    sa.update(OUTBOX)
    .where(_OF_CHANNEL, _WAITS, OUTBOX.c.created <= sa.bindparam("before"))
    .values(given_up=sa.bindparam("now"))
)
FORGET = sa.delete(OUTBOX).where(
    sa.or_(
        OUTBOX.c.sent <= sa.bindparam("before"),
        OUTBOX.c.given_up <= sa.bindparam("before"),
    )
)
STUCK = sa.select(
    sa.func.count().filter(_WAITS).label("waiting"),
    sa.func.min(OUTBOX.c.created).filter(_WAITS).label("oldest"),
    sa.func.count().filter(OUTBOX.c.given_up.is_not(None)).label("given_up"),
)
COUNTS = sa.select(
    OUTBOX.c.channel_id,
    sa.func.sum(sa.case((_WAITS, 1), else_=0)).label("waiting"),
    sa.func.sum(sa.case((OUTBOX.c.given_up.is_not(None), 1), else_=0)).label("given_up"),
    sa.func.max(OUTBOX.c.sent).label("sent"),
).group_by(OUTBOX.c.channel_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to put there.

    Attributes:
        event: What happened, one word.
        about: To what, so that it is told once: a run's attempt, a turn of a job, a day.
        title: One line.
        body: Lines.
    """

    event: str
    about: str
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message for one channel."""

    id: str
    channel_id: str
    event: str
    about: str
    title: str
    body: str
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many messages of a channel wait, and how many were given up and not forgotten yet.

    Attributes:
        sent: When one was last sent; None: none is remembered.
    """

    waiting: int = 0
    given_up: int = 0
    sent: datetime | None = None


def put(db: sa.Connection, channel_id: str, message: NewMessage, *, now: datetime) -> bool:
    """Let a message wait for a channel; False if it was put there before."""
    if is_there(db, channel_id, message.event, message.about):
        return False
    db.execute(
        ADD,
        {
            "id": uuid.uuid4().hex,
            "channel_id": channel_id,
            "about": message.about,
            "event": message.event,
            "title": message.title,
            "body": message.body,
            "created": rows.time_text(now),
        },
    )
    return True


def is_there(db: sa.Connection, channel_id: str, event: str, about: str) -> bool:
    """Say whether a message was put there, whatever became of it."""
    same = {"channel": channel_id, "same_event": event, "same_thing": about}
    return bool(db.execute(IS_THERE, same).scalar_one())


def channels_waiting(db: sa.Connection) -> Sequence[str]:
    """List the ids of the channels for which messages wait."""
    return db.execute(CHANNELS_WAITING).scalars().all()


def waiting(db: sa.Connection, channel_id: str, *, at_most: int) -> list[Message]:
    """List the messages that wait for a channel, oldest first."""
    found = db.execute(WAITING, {"channel": channel_id, "at_most": at_most}).mappings()
    return [_record(row) for row in found]


def posts_since(db: sa.Connection, channel_id: str, after: datetime) -> list[datetime]:
    """Say when posts to a channel were sent after that, earliest first."""
    told = db.execute(POSTS_SINCE, {"channel": channel_id, "after": rows.time_text(after)})
    return sorted(rows.time_of(one) for one in told.scalars())


def mark_sent(db: sa.Connection, messages: Sequence[Message], *, post: str, now: datetime) -> None:
    """Remember that messages went, all of them in one post."""
    moment = rows.time_text(now)
    db.execute(SENT, [{"wanted": one.id, "in_post": post, "now": moment} for one in messages])


def give_up(db: sa.Connection, channel_id: str, before: datetime, *, now: datetime) -> int:
    """Send no more what has waited for a channel since then or longer; say how many."""
    moments = {"before": rows.time_text(before), "now": rows.time_text(now)}
    return db.execute(GIVE_UP, {"channel": channel_id, **moments}).rowcount


def forget(db: sa.Connection, before: datetime) -> None:
    """Keep no message that was sent or given up by then."""
    db.execute(FORGET, {"before": rows.time_text(before)})


def summary(db: sa.Connection) -> tuple[Counts, datetime | None]:
    """Count the messages of all channels together; say since when the oldest waits."""
    found = db.execute(STUCK).one()
    return Counts(waiting=found.waiting, given_up=found.given_up), rows.time_or_none(found.oldest)


def counts(db: sa.Connection) -> Mapping[str, Counts]:
    """Count the messages of each channel that has any, by its id."""
    return {
        row["channel_id"]: Counts(
            waiting=int(row["waiting"]),
            given_up=int(row["given_up"]),
            sent=rows.time_or_none(row["sent"]),
        )
        for row in db.execute(COUNTS).mappings()
    }


def _record(row: sa.RowMapping) -> Message:
    names = ("id", "channel_id", "event", "about", "title", "body")
    return Message(**{name: row[name] for name in names}, created=rows.time_of(row["created"]))
