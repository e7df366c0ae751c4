"""Rows of marks and requests: what needs a second person, and who asked. Inside a transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.schema import MARKS, REQUESTS
from strongroom.control.upserts import insert_if_new

ADD_MARK = insert_if_new(MARKS)
ALL_MARKS = sa.select(MARKS).order_by(MARKS.c.thing)
MARKED = sa.select(MARKS.c.thing).where(MARKS.c.thing.in_(sa.bindparam("things", expanding=True)))
REMOVE_MARK = sa.delete(MARKS).where(MARKS.c.thing == sa.bindparam("wanted"))
ADD_REQUEST = sa.insert(REQUESTS)
ALL_REQUESTS = sa.select(REQUESTS).order_by(REQUESTS.c.asked.desc(), REQUESTS.c.id)
REQUEST_BY_ID = sa.select(REQUESTS).where(REQUESTS.c.id == sa.bindparam("wanted"))
REQUESTS_LIKE = ALL_REQUESTS.where(
    REQUESTS.c.account == sa.bindparam("who"),
    REQUESTS.c.verb == sa.bindparam("which"),
    REQUESTS.c.what == sa.bindparam("same"),
    REQUESTS.c.used.is_(None),
)
APPROVE = (
    sa.update(REQUESTS)
    .where(REQUESTS.c.id == sa.bindparam("wanted"), REQUESTS.c.approved.is_(None))
    .values(approved_by=sa.bindparam("who"), approved=sa.bindparam("now"))
)
USE = (
    sa.update(REQUESTS)
    .where(REQUESTS.c.id == sa.bindparam("wanted"), REQUESTS.c.used.is_(None))
    .values(used=sa.bindparam("now"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A thing that one person alone may not touch.

    Attributes:
        thing: ``STORAGE-ID/KIND:ID`` or ``CONNECTION-ID/KIND:ID``, or with ``*`` for all of it.
        marked_by: Stable id of who marked it.
    """

    thing: str
    marked_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody wants to do with a marked thing.

    Attributes:
        account: Stable id of who asks.
        asked_as: What they are called; says nothing about who they are.
        verb: The verb.
        what: All that it was asked with, as JSON: an approval is for exactly this.
        approved_by: Stable id of the second person, once there is one.
        used: When it was done.
    """

    id: str
    account: str
    asked_as: str
    verb: str
    what: str
    asked: datetime
    approved_by: str | None = None
    approved: datetime | None = None
    used: datetime | None = None


def add_mark(db: sa.Connection, mark: Mark) -> bool:
    """Mark a thing; say whether it was not."""
    values = {"thing": mark.thing, "marked_by": mark.marked_by, "at": rows.time_text(mark.at)}
    return bool(db.execute(ADD_MARK, values).rowcount)


def all_marks(db: sa.Connection) -> list[Mark]:
    """List all marks by thing."""
    found = db.execute(ALL_MARKS).mappings()
    return [Mark(**{**row, "at": rows.time_of(row["at"])}) for row in found]


def marked(db: sa.Connection, things: Collection[str]) -> list[str]:
    """Say which of these things are marked."""
    return list(db.execute(MARKED, {"things": list(things)}).scalars())


def remove_mark(db: sa.Connection, thing: str) -> bool:
    """Take a mark off; say whether it was there."""
    return bool(db.execute(REMOVE_MARK, {"wanted": thing}).rowcount)


def add_request(db: sa.Connection, request: Request) -> None:
    """Keep a new request."""
    db.execute(
        ADD_REQUEST,
        {
            "id": request.id,
            "account": request.account,
            "asked_as": request.asked_as,
            "verb": request.verb,
            "what": request.what,
            "asked": rows.time_text(request.asked),
        },
    )


def all_requests(db: sa.Connection) -> list[Request]:
    """List all requests, newest first."""
    return [_request(row) for row in db.execute(ALL_REQUESTS).mappings()]


def request_by_id(db: sa.Connection, request_id: str) -> Request | None:
    """Find a request."""
    row = db.execute(REQUEST_BY_ID, {"wanted": request_id}).mappings().one_or_none()
    return None if row is None else _request(row)


def requests_like(db: sa.Connection, *, account: str, verb: str, what: str) -> list[Request]:
    """List the requests for exactly this that were not used yet, newest first."""
    values = {"who": account, "which": verb, "same": what}
    return [_request(row) for row in db.execute(REQUESTS_LIKE, values).mappings()]


def approve(db: sa.Connection, request_id: str, *, by: str, now: datetime) -> bool:
    """Approve a request; say whether it was not approved before."""
    values = {"wanted": request_id, "who": by, "now": rows.time_text(now)}
    return bool(db.execute(APPROVE, values).rowcount)


def use(db: sa.Connection, request_id: str, *, now: datetime) -> bool:
    """Use an approved request up; say whether it was not used before."""
    values = {"wanted": request_id, "now": rows.time_text(now)}
    return bool(db.execute(USE, values).rowcount)


def _request(row: sa.RowMapping) -> Request:
    fields: dict[str, Any] = dict(row)
    return Request(
        **{
            **fields,
            "asked": rows.time_of(fields["asked"]),
            "approved": rows.time_or_none(fields["approved"]),
            "used": rows.time_or_none(fields["used"]),
        }
    )
