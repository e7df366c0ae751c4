"""The change log of a site collection, and the tokens that name places in it.

A token is ``1;scope;guid;ticks;number``: the scope of whoever was asked, its guid, .NET ticks (UTC)
and the number of a change. Numbers come from the whole content database, so they rise in leaps. The
log keeps 60 days; a token from before that is refused.

Source:
    https://learn.microsoft.com/sharepoint/dev/solution-guidance/query-sharepoint-change-log-with-changequery-and-changetoken
"""

from __future__ import annotations

import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Self

from strongroom.clock import Clock
from strongroom.lab.sharepoint.content.refusals import TokenInvalid, TokenTooOld

_VERSION = "1"
_ZERO = datetime(1, 1, 1, tzinfo=UTC)
_FIRST_NUMBER = 610_803_381
_ANY_NUMBER = -1


class ChangeType(IntEnum):
    """What happened, in SharePoint's own numbers."""

    NO_CHANGE = 0
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


class Thing(StrEnum):
    """What it happened to: ``SP.ChangeItem`` is a change of an ``Item``, and so on."""

    ITEM = "Item"
    FILE = "File"
    FOLDER = "Folder"
    LIST = "List"
    WEB = "Web"
    SITE = "Site"
    FIELD = "Field"
    CONTENT_TYPE = "ContentType"
    VIEW = "View"
    USER = "User"
    GROUP = "Group"


class Scope(IntEnum):
    """Whose token it is."""

    DATABASE = 0
    SITE = 1
    WEB = 2
    LIST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeToken:
    """A place in the log.

    Attributes:
        guid: Of the site collection, web or list, in small letters.
        number: Of the last change that lies before the place; -1: the ticks alone say where.
    """

    scope: Scope
    guid: str
    ticks: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``1;3;<guid>;<ticks>;<number>``.

        Raises:
            TokenInvalid: it is written otherwise.
        """
        try:
            version, scope, guid, ticks, number = text.split(";")
            made = cls(
                scope=Scope(int(scope)),
                guid=str(uuid.UUID(guid)),
                ticks=int(ticks),
                number=int(number),
            )
        except ValueError:
            raise TokenInvalid("The changeToken is not well formed.") from None
        if version != _VERSION:
            raise TokenInvalid("The changeToken is of another version.")
        return made

    def __str__(self) -> str:
        return f"{_VERSION};{self.scope:d};{self.guid};{self.ticks};{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry.

    Attributes:
        number: Rises; unique in the collection.
        when: Aware, UTC.
        list_id: Empty for what is no part of a list; so are the others.
        object_id: Of the field, view or content type.
        principal_id: Of the user or group.
        editor_id: Who did it.
        path: Server-relative, of an item, when it happened.
    """

    number: int
    when: datetime
    type: ChangeType
    thing: Thing
    web_id: str = ""
    list_id: str = ""
    item_id: int = 0
    unique_id: str = ""
    object_id: str = ""
    principal_id: int = 0
    editor_id: int = 0
    path: str = ""

    def token(self, scope: Scope, guid: str) -> ChangeToken:
        """Give the place right behind it, for an object that was asked for its changes."""
        return ChangeToken(scope=scope, guid=guid, ticks=ticks_of(self.when), number=self.number)


class ChangeLog:
    """All that happened in a site collection, oldest first.

    Attributes:
        days: How long entries are kept; a test may move it.
        tells_below: What happens to a folder is told of everything in it as well. Whether real
            servers do is not written down anywhere, so whoever reads must bear both.
    """

    def __init__(self, site_id: str, clock: Clock) -> None:
        self.days = 60
        self.tells_below = False
        self._site_id = site_id
        self._clock = clock
        self._changes: list[Change] = []
        self._number = _FIRST_NUMBER
        self._trimmed_number = 0

    def __len__(self) -> int:
        return len(self._changes)

    @property
    def last_number(self) -> int:
        """Number of the newest change of the whole content database."""
        return self._number

    def note(  # noqa: PLR0913 - one argument per column of the log
        self,
        kind: ChangeType,
        thing: Thing,
        *,
        web_id: str = "",
        list_id: str = "",
        item_id: int = 0,
        unique_id: str = "",
        object_id: str = "",
        principal_id: int = 0,
        editor_id: int = 0,
        path: str = "",
    ) -> Change:
        """Write down that something happened just now."""
        self._number += 1
        made = Change(
            number=self._number,
            when=self._clock.now(),
            type=kind,
            thing=thing,
            web_id=web_id,
            list_id=list_id,
            item_id=item_id,
            unique_id=unique_id,
            object_id=object_id,
            principal_id=principal_id,
            editor_id=editor_id,
            path=path,
        )
        self._changes.append(made)
        return made

    def pass_numbers(self, count: int) -> None:
        """Let other collections of the same content database use up some numbers."""
        self._number += count

    def forget_before(self, number: int) -> None:
        """Cut the log: tokens of changes before that number are too old from now on."""
        self._changes = [one for one in self._changes if one.number >= number]
        self._trimmed_number = number

    def current_token(self, scope: Scope, guid: str) -> ChangeToken:
        """Give the place behind everything: its time is now, whenever the last change was."""
        now = ticks_of(self._clock.now())
        return ChangeToken(scope=scope, guid=guid, ticks=now, number=self._number)

    def since(
        self,
        scope: Scope,
        guid: str,
        *,
        start: ChangeToken | None = None,
        end: ChangeToken | None = None,
        is_wanted: Callable[[Change], bool] = lambda _: True,
    ) -> Iterator[Change]:
        """Go through the changes of a site collection, a web (not those below it) or a list.

        Args:
            scope: Of the object that is asked.
            guid: Its id.
            start: Give only what lies behind it.
            end: Give nothing that lies behind it.
            is_wanted: Chooses among them.

        Raises:
            TokenInvalid: a token of another object.
            TokenTooOld: the start lies before what the log still has.
        """
        begin = self._position(start, scope, guid) if start else self._oldest()
        stop = self._position(end, scope, guid) if end else len(self._changes)
        for one in self._changes[begin:stop]:
            if self._is_of(one, scope, guid) and is_wanted(one):
                yield one

    def last_of(self, scope: Scope, guid: str) -> Change | None:
        """Give the newest change of an object, if the log has one."""
        return next((o for o in reversed(self._changes) if self._is_of(o, scope, guid)), None)

    def _oldest(self) -> int:
        """Find the first entry that is not older than the log's window."""
        horizon = self._horizon()
        return bisect_left(self._changes, horizon, key=lambda one: one.when)

    def _horizon(self) -> datetime:
        return self._clock.now() - timedelta(days=self.days)

    def _position(self, token: ChangeToken, scope: Scope, guid: str) -> int:
        if token.scope != scope or token.guid != guid:
            raise TokenInvalid("The changeToken belongs to another object.")
        if token.ticks < ticks_of(self._horizon()) or (
            0 <= token.number < self._trimmed_number - 1
        ):
            raise TokenTooOld(
                "The changeToken refers to a time before the start of the current change log."
            )
        if token.number == _ANY_NUMBER:
            return bisect_right(self._changes, token.ticks, key=lambda one: ticks_of(one.when))
        if token.number > self._number:
            raise TokenInvalid("The changeToken refers to a change that has not happened.")
        return bisect_right(self._changes, token.number, key=lambda one: one.number)

    def _is_of(self, one: Change, scope: Scope, guid: str) -> bool:
        if scope == Scope.LIST:
            return one.list_id == guid
        if scope == Scope.WEB:
            return one.web_id == guid
        return guid == self._site_id


def ticks_of(when: datetime) -> int:
    """Give a time as .NET counts it: tenths of microseconds since the year 1."""
    passed = when - _ZERO
    return (passed.days * 86_400 + passed.seconds) * 10_000_000 + passed.microseconds * 10
