"""Putting delegates back so that nothing goes to them.

Adding a delegate over EWS sends no message (it is Outlook that writes one). But a delegate who gets
copies would be sent the next meeting request, so they come back without that, and it is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from strongroom.wire.ews.add_delegate import add_delegates
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.delegates import get_delegates
from strongroom.wire.ews.nodes import Node

_COPIES = "ReceiveCopiesOfMeetingMessages"
_LEVELS = "DelegatePermissions"


def write_delegates(
    connection: EwsConnection, address: str, saved: Sequence[Node]
) -> Iterator[str]:
    """Add the delegates whom the mailbox has not got; say what came of each.

    Raises:
        StrongroomError: the server takes no delegates at all.
    """
    if not saved:
        return
    known = {_address(user) for user in get_delegates(connection, address).users}
    missing = []
    for user in saved:
        if _address(user) in known:
            yield f"delegate {_who(user)}: is one already; left as it is."
        elif not _address(user):
            yield f"delegate {_who(user)}: not put back, since no address was saved."
        else:
            missing.append(user)
    if not missing:
        return
    results = add_delegates(connection, address, [_as_new(user) for user in missing])
    for user, error in zip(missing, results, strict=True):
        if error is not None:
            yield f"delegate {_who(user)}: not put back. {error.why}"
        else:
            yield f"delegate {_who(user)}: put back{_left_out(user)}."


def _as_new(user: Node) -> Node:
    """Write a delegate by address alone, without copies, without levels that no request takes."""
    children = []
    for child in user.children:
        if child.name == "UserId":
            children.append(replace(child, children=tuple(child.all("PrimarySmtpAddress"))))
        elif child.name == _COPIES:
            children.append(replace(child, text="false"))
        elif child.name == _LEVELS:
            levels = tuple(level for level in child.children if level.text != "Custom")
            children.append(replace(child, children=levels))
        else:
            children.append(child)
    return Node("DelegateUser", children=tuple(children))


def _left_out(user: Node) -> str:
    said = ""
    if user.text_of(_COPIES) == "true":
        said += ", without the copies of meeting messages that they got"
    levels = user.child(_LEVELS)
    custom = [level.name for level in (levels.children if levels else ()) if level.text == "Custom"]
    if custom:
        said += f", without rights of their own kind ({', '.join(custom)})"
    return said


def _address(user: Node) -> str:
    return user.text_of("UserId", "PrimarySmtpAddress").casefold()


def _who(user: Node) -> str:
    return user.text_of("UserId", "PrimarySmtpAddress") or user.text_of("UserId", "DisplayName")
