"""Who is in a distribution group, through all groups inside it.

The server opens one group at a time and tells one level. Where it tells nobody it may be hiding
somebody (``wire.ews.expand_dl``), so a group without members is never taken for an empty one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from strongroom.errors import ItemError, OperatorError
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.expand_dl import GROUPS, MAILBOX, Expansion, GroupMember, expand_dl
from strongroom.wire.ews.faults import RequestRefused
from strongroom.words.group import Group

GROUPS_MAX = 2_000
"""So many groups are opened for one: more is a mistake, or somebody's mischief."""

_THERE_IS_NONE = frozenset({"ErrorNameResolutionNoResults", "ErrorNameResolutionNoMailbox"})
_NOBODY_TOLD = (
    "The server names no member of it: it is empty, or dynamic, or it, or who is in it, is hidden."
)
_NOT_ALL_TOLD = "The server names only a part of its members."
_NO_ADDRESS = "The server tells no SMTP address of it."
_OTHERS = {
    "Contact": "A contact: the mailbox is elsewhere.",
    "OneOff": "Somebody elsewhere.",
    "PublicFolder": "A public folder: public-folders covers it.",
    "GroupMailbox": "A group's own mailbox: it is named by its address.",
}


def look_up(
    account: EwsConnection, address: str, is_left_out: Callable[[str], bool] = lambda _: False
) -> Group:
    """Open a group and all groups inside it, each once, also where they stand in a circle.

    Args:
        account: A connection in nobody's name but the account's own.
        address: The group's.
        is_left_out: Says of a group inside it that it is not to be opened.

    Raises:
        OperatorError: there is no such group, or this server does not open groups.
        AccessDenied, TransientError, ServerUnreachable: it cannot be asked.
    """
    found = _Found(is_left_out)
    try:
        found.take(address, expand_dl(account, address))
    except ItemError as error:
        if error.code not in _THERE_IS_NONE:
            raise
        raise OperatorError(
            f"There is no group {address}.",
            why=f"{error.why} So it is where a group is hidden from the address list.",
            hint="Check the address.",
        ) from error
    except RequestRefused as error:
        raise OperatorError(
            "This server does not tell who is in a group.",
            why=error.why,
            hint="Name the mailboxes (--resource, --resource-file), or match their addresses "
            "(--match).",
        ) from error
    while (inside := found.next()) is not None:
        try:
            found.take(inside, expand_dl(account, inside))
        except (ItemError, RequestRefused) as error:
            found.untold[inside] = error.why or error.what
    return found.group()


class _Found:
    """What is known so far."""

    def __init__(self, is_left_out: Callable[[str], bool]) -> None:
        self.untold: dict[str, str] = {}
        self._is_left_out = is_left_out
        self._known: set[str] = set()
        self._to_open: deque[str] = deque()
        self._members: dict[str, str] = {}
        self._others: dict[str, str] = {}
        self._left_out: list[str] = []
        self._opened = 0

    def take(self, group: str, expansion: Expansion) -> None:
        """Take in what the server tells of one group."""
        self._known.add(group.casefold())
        self._opened += 1
        if not expansion.members:
            self.untold[group] = _NOBODY_TOLD
        elif not expansion.is_whole:
            self.untold[group] = _NOT_ALL_TOLD
        for member in expansion.members:
            self._take_member(member)

    def _take_member(self, member: GroupMember) -> None:
        key = member.address.casefold()
        if not key:
            self._others[member.name] = _NO_ADDRESS
        elif member.mailbox_type in GROUPS:
            if key not in self._known:
                self._known.add(key)
                self._meet_group(member.address)
        elif member.mailbox_type in {MAILBOX, ""}:
            self._members.setdefault(key, member.address)
        else:
            why = _OTHERS.get(member.mailbox_type, f"Not a mailbox: {member.mailbox_type}.")
            self._others[member.address] = why

    def _meet_group(self, address: str) -> None:
        if self._is_left_out(address):
            self._left_out.append(address)
        elif self._opened + len(self._to_open) >= GROUPS_MAX:
            self.untold[address] = f"It stands behind {GROUPS_MAX:,} other groups."
        else:
            self._to_open.append(address)

    def next(self) -> str | None:
        """Give the next group to open."""
        return self._to_open.popleft() if self._to_open else None

    def group(self) -> Group:
        """Give it all together."""
        return Group(
            members=tuple(self._members.values()),
            others=tuple(self._others.items()),
            left_out=tuple(self._left_out),
            untold=tuple(self.untold.items()),
        )
