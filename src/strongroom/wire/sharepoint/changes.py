"""The change log of a site, a web or a list, and the tokens that name places in it.

A log reaches back sixty days, unless its administrators say otherwise. Whoever comes later is
refused, and must list anew.

Source:
    https://learn.microsoft.com/previous-versions/office/sharepoint-server/ee548135(v=office.15)
    https://learn.microsoft.com/openspecs/sharepoint_protocols/ms-csomspt (SP.ChangeQuery)
    https://learn.microsoft.com/previous-versions/office/developer/sharepoint-2010/ms480348(v=office.14)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from strongroom.errors import CursorExpired, OperatorError
from strongroom.wire.sharepoint.pacing import Call
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteRefused
from strongroom.wire.sharepoint.rows import Row, guid, number, text, within

PAGE_CHANGES = 1000
PAGES_MAX = 20_000

_TOKEN = re.compile(r"1;([0-3]);([0-9a-fA-F-]{36});(\d{1,19});(-?\d{1,19})")
_EXPIRED = ("-2130575258", "-2147024809", "-2130575273")
"""Beginnings of the codes that a token is refused with: too old, or not of this log. Whatever else
a log with a good question says no to with 400 or 500 is taken for the same: listing anew helps."""

_FLAGS = (
    *("Item", "File", "Folder", "List", "Web", "Site", "Field", "ContentType", "View", "User"),
    *("Group", "GroupMembershipAdd", "GroupMembershipDelete", "RoleAssignmentAdd"),
    *("RoleAssignmentDelete", "RoleDefinitionAdd", "RoleDefinitionUpdate", "RoleDefinitionDelete"),
    *("Navigation", "SecurityPolicy", "Add", "Update", "SystemUpdate", "DeleteObject", "Move"),
    *("Rename", "Restore"),
)


class ChangeType(IntEnum):
    """What happened."""

    ADD = 1
    UPDATE = 2
    DELETE = 3
    RENAME = 4
    MOVE_AWAY = 5
    MOVE_INTO = 6
    RESTORE = 7
    ROLE_ADD = 8
    ROLE_DELETE = 9
    ROLE_UPDATE = 10
    ASSIGNMENT_ADD = 11
    ASSIGNMENT_DELETE = 12
    MEMBER_ADD = 13
    MEMBER_DELETE = 14
    SYSTEM_UPDATE = 15
    NAVIGATION = 16
    SCOPE_ADD = 17
    SCOPE_DELETE = 18
    LIST_CONTENT_TYPE_ADD = 19
    LIST_CONTENT_TYPE_DELETE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A place in a log.

    Attributes:
        scope: 1 a site collection, 2 a web, 3 a list.
        of: GUID of that.
        ticks: When: hundreds of nanoseconds since the year 1, UTC.
        number: Of the change that it stands behind; they only grow within a content database.
    """

    scope: int
    of: str
    ticks: int
    number: int

    def __str__(self) -> str:
        return f"1;{self.scope};{self.of};{self.ticks};{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedChange:
    """One entry.

    Attributes:
        token: Its place.
        kind: What happened; other numbers than those of ``ChangeType`` are possible.
        list_id, web_id, unique_id: GUIDs of what it happened to or in; empty if it is not told.
        item_id: Number of the item; 0 if it is none.
        what: ``item``, ``list``, ``view``, ``field``, ``content-type``, ``user``, ``group``,
            ``file`` (or folder, of a web and in no list), ``web``, or empty: by what the entry
            tells of itself.
    """

    token: Token
    kind: int
    list_id: str = ""
    web_id: str = ""
    unique_id: str = ""
    item_id: int = 0
    what: str = ""


def token_of(told: str) -> Token:
    """Read a token.

    Raises:
        ValueError: it is none.
    """
    found = _TOKEN.fullmatch(told)
    if found is None:
        raise ValueError("no change token")
    scope, of, ticks, event = found.groups()
    return Token(scope=int(scope), of=of.lower(), ticks=int(ticks), number=int(event))


def token_at(when: datetime, site_id: str) -> Token:
    """Make a place in a site collection's log out of a time, for servers that tell none."""
    passed = when.astimezone(UTC) - datetime(1, 1, 1, tzinfo=UTC)
    ticks = (passed.days * 86_400 + passed.seconds) * 10_000_000 + passed.microseconds * 10
    return Token(scope=1, of=site_id, ticks=ticks, number=-1)


def read_token(rest: RestConnection, owner: str) -> Token:
    """Ask for the place behind everything that happened until now.

    Args:
        rest: The connection.
        owner: Path of whose log it is: ``/sites/a/_api/site``, ``…/web``, ``…/web/lists(guid'…')``.

    Raises:
        StrongroomError: as ``RestConnection.get``.
    """
    found = rest.get(f"{owner}?$select=CurrentChangeToken", Row, call=Call.ONE)
    try:
        return token_of(text(within(found, "CurrentChangeToken"), "StringValue"))
    except ValueError:
        raise OperatorError(
            f"{rest.transport.host} tells no place in its log of changes.",
            why="Without it nobody can say later what happened since.",
        ) from None


def read_changes(rest: RestConnection, owner: str, since: Token) -> Iterator[list[LoggedChange]]:
    """Read what happened behind a place, page by page, until nothing more is there.

    Raises:
        CursorExpired: the log does not reach back so far, or is another one.
        StrongroomError: as ``RestConnection.get``.
    """
    at = since
    for _ in range(PAGES_MAX):
        page = _page(rest, owner, at)
        if not page:
            return
        yield page
        # However few a page has, only an empty one is the end: how many make one is the server's
        # affair. One that leads nowhere would be asked for for ever.
        if page[-1].token.number <= at.number:
            return
        at = page[-1].token
    raise OperatorError(f"The log of changes of {rest.transport.host} has no end.")


def change_query(since: Token) -> Row:
    """Write the question: everything that can happen, from a place on."""
    token = {"__metadata": {"type": "SP.ChangeToken"}, "StringValue": str(since)}
    query: Row = {"__metadata": {"type": "SP.ChangeQuery"}, **dict.fromkeys(_FLAGS, True)}
    return {"query": {**query, "FetchLimit": str(PAGE_CHANGES), "ChangeTokenStart": token}}


def _page(rest: RestConnection, owner: str, since: Token) -> list[LoggedChange]:
    try:
        found = rest.ask(f"{owner}/getchanges", change_query(since), Row, call=Call.CHANGES)
    except SiteRefused as error:
        if error.status in {400, 500} or error.code.startswith(_EXPIRED):
            raise CursorExpired(
                "The log of changes does not reach back to the last backup.", why=error.why
            ) from error
        raise
    rows = found.get("value")
    return [logged(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def logged(row: Row) -> LoggedChange:
    """Read one entry.

    Raises:
        OperatorError: it does not say where it stands.
    """
    try:
        token = token_of(text(within(row, "ChangeToken"), "StringValue"))
    except ValueError:
        raise OperatorError(
            "An entry of the log of changes does not say where it stands."
        ) from None
    return LoggedChange(
        token=token,
        kind=number(row, "ChangeType"),
        list_id=guid(row, "ListId"),
        web_id=guid(row, "WebId"),
        unique_id=guid(row, "UniqueId"),
        item_id=number(row, "ItemId"),
        what=_what(row),
    )


def _what(row: Row) -> str:
    """Say what an entry is about, by the properties that only its kind has."""
    for name, what in _BY_PROPERTY.items():
        if _is_told(row.get(name)):
            return what
    return ""


def _is_told(value: object) -> bool:
    return value not in (None, "", 0, "00000000-0000-0000-0000-000000000000")


_BY_PROPERTY = {
    "ItemId": "item",
    "ViewId": "view",
    "FieldId": "field",
    "ContentTypeId": "content-type",
    "GroupId": "group",
    "UserId": "user",
    "ListId": "list",
    "UniqueId": "file",
    "WebId": "web",
}
