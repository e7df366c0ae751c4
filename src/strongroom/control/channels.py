"""Rows of channels: where messages go, and how sending there goes. In the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.schema import CHANNELS
from strongroom.words.json import Json

ADD = sa.insert(CHANNELS)
ALL = sa.select(CHANNELS).order_by(CHANNELS.c.name)
BY_NAME = sa.select(CHANNELS).where(CHANNELS.c.name == sa.bindparam("wanted"))
BY_ID = sa.select(CHANNELS).where(CHANNELS.c.id == sa.bindparam("wanted"))
_OF_ONE = CHANNELS.c.id == sa.bindparam("wanted")
CHANGE_EVENTS = sa.update(CHANNELS).where(_OF_ONE).values(events=sa.bindparam("told"))
RESEAL = (
    sa.update(CHANNELS)
    .where(_OF_ONE)
    .values(
        sealed=sa.bindparam("record_box"),
        wrapped_key=sa.bindparam("key_box"),
        shown=sa.bindparam("copies"),
        rests_until=None,
        failing_since=None,
        failures=0,
        why="",
    )
)
REWRAP = sa.update(CHANNELS).where(_OF_ONE).values(wrapped_key=sa.bindparam("key_box"))
REMOVE = sa.delete(CHANNELS).where(_OF_ONE)
REST = sa.update(CHANNELS).where(_OF_ONE).values(rests_until=sa.bindparam("until"))
WENT_WELL = (
    sa.update(CHANNELS)
    .where(_OF_ONE)
    .values(rests_until=None, failing_since=None, failures=0, why="")
)
WENT_WRONG = (
    sa.update(CHANNELS)
    .where(_OF_ONE)
    .values(
        rests_until=sa.bindparam("until"),
        failing_since=sa.func.coalesce(CHANNELS.c.failing_since, sa.bindparam("now")),
        failures=CHANNELS.c.failures + 1,
        why=sa.bindparam("reason"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A named place where messages go; its address is in the sealed boxes.

    Attributes:
        shown: What lists show of the address: its sort, and nothing of where it leads.
        events: What it is told of.
        rests_until: Nobody sends there until then; None: whenever there is something.
        failing_since: When it first failed since it last went well; None: it goes well.
        failures: How often it failed since then.
        why: Why it fails, or an empty string.
    """

    id: str
    name: str
    sealed: bytes
    wrapped_key: bytes
    shown: Mapping[str, Json]
    events: tuple[str, ...]
    created: datetime
    rests_until: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    why: str = ""


def add(db: sa.Connection, channel: Channel) -> None:
    """Keep a new channel; its name must be free."""
    db.execute(
        ADD,
        {
            "id": channel.id,
            "name": channel.name,
            "sealed": channel.sealed,
            "wrapped_key": channel.wrapped_key,
            "shown": rows.json_text(channel.shown),
            "events": _events_text(channel.events),
            "created": rows.time_text(channel.created),
        },
    )


def everything(db: sa.Connection) -> list[Channel]:
    """List all channels by name."""
    return [_record(row) for row in db.execute(ALL).mappings()]


def by_name(db: sa.Connection, name: str) -> Channel | None:
    """Find a channel by its name."""
    row = db.execute(BY_NAME, {"wanted": name}).mappings().one_or_none()
    return None if row is None else _record(row)


def by_id(db: sa.Connection, channel_id: str) -> Channel | None:
    """Find a channel by its id."""
    row = db.execute(BY_ID, {"wanted": channel_id}).mappings().one_or_none()
    return None if row is None else _record(row)


def change_events(db: sa.Connection, channel_id: str, events: Iterable[str]) -> None:
    """Tell it of other things from now on."""
    db.execute(CHANGE_EVENTS, {"wanted": channel_id, "told": _events_text(events)})


def reseal(
    db: sa.Connection,
    channel_id: str,
    *,
    sealed: bytes,
    wrapped_key: bytes,
    shown: Mapping[str, Json],
) -> None:
    """Keep another address; how the old one went is forgotten."""
    db.execute(
        RESEAL,
        {
            "wanted": channel_id,
            "record_box": sealed,
            "key_box": wrapped_key,
            "copies": rows.json_text(shown),
        },
    )


def rewrap(db: sa.Connection, channel_id: str, wrapped_key: bytes) -> None:
    """Put the key of its address under another service key."""
    db.execute(REWRAP, {"wanted": channel_id, "key_box": wrapped_key})


def remove(db: sa.Connection, channel_id: str) -> None:
    """Keep it no more, nor the messages that wait for it."""
    db.execute(REMOVE, {"wanted": channel_id})


def rest(db: sa.Connection, channel_id: str, until: datetime) -> None:
    """Let nobody send there until then."""
    db.execute(REST, {"wanted": channel_id, "until": rows.time_text(until)})


def went_well(db: sa.Connection, channel_id: str) -> None:
    """Remember that a post was taken."""
    db.execute(WENT_WELL, {"wanted": channel_id})


def went_wrong(
    db: sa.Connection, channel_id: str, why: str, *, now: datetime, until: datetime
) -> None:
    """Remember that a post was not taken, and let nobody send there until then."""
    db.execute(
        WENT_WRONG,
        {
            "wanted": channel_id,
            "reason": why,
            "now": rows.time_text(now),
            "until": rows.time_text(until),
        },
    )


def _events_text(events: Iterable[str]) -> str:
    return ",".join(events)


def _record(row: sa.RowMapping) -> Channel:
    fields: dict[str, Any] = dict(row)
    return Channel(
        **{
            **fields,
            "shown": rows.json_of(fields["shown"]),
            "events": tuple(filter(None, fields["events"].split(","))),
            "created": rows.time_of(fields["created"]),
            "rests_until": rows.time_or_none(fields["rests_until"]),
            "failing_since": rows.time_or_none(fields["failing_since"]),
        }
    )
